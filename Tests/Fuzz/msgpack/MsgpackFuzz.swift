// Feeds values of MessagePack, whatever the bytes behind them are. What is read is what the framing finds the end of; it can
// be written, and is the same bytes when it is read and written again. The writer in C writes what the one in Swift does.

import Bytes
import Fuzzing
import Lua
import Records

@main final class MsgpackFuzz: FuzzTarget {
    private let state: State
    private var reader: RecordReader
    private var writer: RecordWriter
    private var slow: RecordWriter

    init() {
        guard let state = try? State() else { preconditionFailure("there is no memory for a state") }
        let tags = TableTags(state.stack)
        reader = RecordReader(InputLayout(.msgpack), tags: tags, bigIntegers: .string)
        writer = RecordWriter(.msgpack, tags: tags)
        slow = RecordWriter(.msgpack, tags: tags, takesShortcut: false)
        self.state = state
    }

    func feed(_ bytes: UnsafeRawBufferPointer) {
        let stack = state.stack
        let all = unsafe Array(bytes)
        var search = ItemSearch(RecordFraming(.values))
        let end = unsafe search.end(in: RecordBytes(bytes))
        let record = Array(all.prefix(end ?? all.count))
        let isRead = read(record)
        precondition(!isRead || end != nil && !search.isBroken, "a value that has no end was read")
        if isRead {
            // A key that is a table is read, and has no form.
            if let first = written() {
                stack.pop()
                precondition(read(first), "what was written is no value")
                precondition(written() == first, "a value that came back is written otherwise")
            }
            stack.pop()
        }
        precondition(stack.top == 0, "something was left on the stack")
    }

    /// Stack: → value, or nothing and false. Nothing behind the record may be read.
    private func read(_ record: [UInt8]) -> Bool {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: record.count, alignment: 1)
        defer { unsafe memory.deallocate() }
        unsafe memory.copyBytes(from: record)
        do throws(RecordError) {
            return try reader.read(unsafe RecordBytes(UnsafeRawBufferPointer(memory)), onto: state.stack) == .value
        } catch {
            _ = error.description
            return false
        }
    }

    /// The value on top.
    private func written() -> [UInt8]? {
        let (quick, slow) = (written(&writer), written(&slow))
        precondition(quick == slow, "what is written in C is written otherwise in Swift")
        return quick
    }

    private func written(_ writer: inout RecordWriter) -> [UInt8]? {
        var buffer = ByteBuffer()
        do throws(RecordError) {
            try writer.append(1, from: state.stack.top, of: state.stack, to: &buffer)
            return buffer.array
        } catch { return nil }
    }

    var seeds: [[UInt8]] {
        let strings: [[UInt8]] = [
            [0x85, 0xA1, 0x61, 0xC0, 0xD9, 1, 0x62, 0xC3, 0xC4, 1, 0xFF, 0xCD, 1, 2, 3, 0xE0, 0xC2, 0x90],
            [
                0x98, 0xCC, 1, 0xCE, 0, 1, 2, 3, 0xCF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0xD0, 0x80, 0xD1, 0x80, 0, 0xD2, 0x80,
                0, 0, 0,
            ]
                + [0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xCA, 0x3F, 0xC0, 0, 0],
            [0x94, 0xD6, 0xFF, 0, 0, 0, 1, 0xD7, 0xFF, 0, 0, 0, 8, 0, 0, 0, 1, 0xC7, 12, 0xFF] + [0, 0, 0, 1]
                + [UInt8](repeating: 0xFF, count: 8) + [0xD4, 86, 1],
            [0xDC, 0, 2, 0xDE, 0, 1, 0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0x80, 0xDD, 0, 0, 0, 1, 0xDF, 0, 0, 0, 0],
            [0x81, 0x91, 1, 2], [0xC1], [0x81, 0xC0, 1], [0xC5, 0, 2, 0xC3, 0xA9], [0xDA, 0, 1, 0xFF],
            [UInt8](repeating: 0x91, count: 1024) + [1],
        ]
        return strings + [[0xDE, 0, 70] + (0..<70).flatMap { [0xA2, 0x6B, UInt8($0 + 40), UInt8($0)] as [UInt8] }]
    }
}
