// The writer of MessagePack in C: it writes most values, and MsgpackWriter.swift the others. Unsafe because it writes to
// borrowed memory.

import Bytes
import CRecordBridge
import Lua

/// Writes numbers, strings, lists, and tables with strings as keys.
@safe struct MsgpackShortcut: ~Copyable {
    private let tags: UnsafeMutablePointer<pmap_table_tags>

    /// The least space for a value, in a buffer that is nearly full.
    private static let leastSpace = 4096

    init(tags: TableTags) {
        unsafe self.tags = .allocate(capacity: 1)
        unsafe self.tags.initialize(to: tags.inC)
    }

    deinit { unsafe tags.deallocate() }

    /// Appends the value at `index`, which is not relative; or nothing, and false.
    func write(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) -> Bool {
        let start = buffer.count, size = max(buffer.capacity - start, MsgpackShortcut.leastSpace)
        unsafe buffer.append(upTo: size) { memory in
            let first = unsafe memory.assumingMemoryBound(to: CChar.self)
            var cursor = unsafe pmap_cursor(next: first, end: first + size)
            return unsafe pmap_msgpack_write(stack.thread, index, tags, &cursor) ? cursor.next - first : 0
        }
        return buffer.count > start
    }

    /// The function of the item loop. Valid as long as this.
    var fastPath: FastPath.Writer {
        unsafe FastPath.Writer(pmap_msgpack_append, context: UnsafeMutableRawPointer(tags))
    }
}
