// The writer of JSON in C, owned: it does what most values are, and JSONWriter.swift the rest. Unsafe because it writes to
// memory that it is lent.

import CJSONBridge
import Lua
import Wire

/// Writes numbers, strings, lists, and tables with strings as keys.
@safe struct JSONShortcut: ~Copyable {
    private let form: OpaquePointer

    /// So much of a value is tried in a buffer that is nearly full.
    private static let leastRoom = 4096

    init(marks: TableMarks) {
        guard let form = unsafe pmap_json_create_writer(pmap_json_marks(marks), writeFloat) else {
            preconditionFailure("there is no memory for a writer")
        }
        unsafe self.form = form
    }

    deinit { unsafe pmap_json_destroy_writer(form) }

    /// Appends the value at `index`, which is not relative; or nothing, and false.
    func write(_ index: Int32, of stack: Stack, to buffer: inout WireBuffer) -> Bool {
        let start = buffer.count, size = max(buffer.capacity - start, JSONShortcut.leastRoom)
        unsafe buffer.append(upTo: size) { memory in
            let first = unsafe memory.assumingMemoryBound(to: CChar.self)
            var room = unsafe pmap_room(next: first, end: first + size)
            return unsafe pmap_json_write(stack.thread, index, form, &room) ? room.next - first : 0
        }
        return buffer.count > start
    }

    /// How answers are written where many items are run at a time: as lines of JSON, or as text with JSON in it. Valid as
    /// long as this.
    var way: ItemWay.Writing { unsafe ItemWay.Writing(pmap_json_append, context: UnsafeMutableRawPointer(form)) }
    var textWay: ItemWay.Writing {
        unsafe ItemWay.Writing(pmap_append_text, table: pmap_json_append_table, context: UnsafeMutableRawPointer(form))
    }
}

/// At most 24 bytes.
private func writeFloat(_ value: Double, to room: UnsafeMutablePointer<CChar>?) -> Int32 {
    guard let room = unsafe room else { return 0 }
    var text = value.description
    return text.withUTF8 { utf8 in
        unsafe UnsafeMutableRawBufferPointer(start: room, count: utf8.count).copyBytes(from: utf8)
        return Int32(utf8.count)
    }
}
