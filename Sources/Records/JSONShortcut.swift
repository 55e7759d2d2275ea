// The writer of JSON in C, owned: it writes most values, and JSONWriter.swift the others. Unsafe because it writes to
// borrowed memory.

import Bytes
import CJSONBridge
import Lua

/// Writes numbers, strings, lists, and tables with strings as keys.
@safe struct JSONShortcut: ~Copyable {
    private let writer: OpaquePointer

    /// The least space for a value, in a buffer that is nearly full.
    private static let leastSpace = 4096

    init(tags: TableTags) {
        guard let writer = unsafe pmap_json_create_writer(tags.inC, writeFloat) else {
            ByteBuffer.exitWithoutMemory(for: "a writer of JSON")
        }
        unsafe self.writer = writer
    }

    deinit { unsafe pmap_json_destroy_writer(writer) }

    /// Appends the value at `index`, which is not relative; or nothing, and false.
    func write(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) -> Bool {
        let start = buffer.count, size = max(buffer.capacity - start, JSONShortcut.leastSpace)
        unsafe buffer.append(upTo: size) { memory in
            let first = unsafe memory.assumingMemoryBound(to: CChar.self)
            var cursor = unsafe pmap_cursor(next: first, end: first + size)
            return unsafe pmap_json_write(stack.thread, index, writer, &cursor) ? cursor.next - first : 0
        }
        return buffer.count > start
    }

    /// The functions of the item loop: lines of JSON, or text with JSON in it. Valid as long as this.
    var fastPath: FastPath.Writer { unsafe FastPath.Writer(pmap_json_append, context: UnsafeMutableRawPointer(writer)) }
    var textFastPath: FastPath.Writer {
        unsafe FastPath.Writer(
            pmap_append_text, table: pmap_json_append_table, context: UnsafeMutableRawPointer(writer))
    }
}
