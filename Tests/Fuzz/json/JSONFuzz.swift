// Feeds JSON texts, whatever the bytes after them are. What is read can be written, as JSON and as Lua literals; both are
// read back, and then written as the same text. The writer in C writes what the one in Swift does.

import Bytes
import Fuzzing
import Lua
import Records

@main final class JSONFuzz: FuzzTarget {
    private let state: State
    private let tags: TableTags
    private var reader: RecordReader
    private var json: RecordWriter
    private var slow: RecordWriter
    private var lua: RecordWriter

    init() {
        guard let state = try? State() else { preconditionFailure("there is no memory for a state") }
        tags = TableTags(state.stack)
        reader = RecordReader(InputLayout(.jsonl), tags: tags)
        json = RecordWriter(.jsonl, tags: tags)
        slow = RecordWriter(.jsonl, tags: tags, takesShortcut: false)
        lua = RecordWriter(.lua, tags: tags)
        state.stack.newTable()
        state.stack.pushNull()
        state.stack.rawSet(-2, field: "null")
        state.stack.pushGlobals()
        state.stack.insert(at: -2)
        state.stack.rawSet(-2, field: "pmap")
        state.stack.pop()
        self.state = state
    }

    func feed(_ bytes: UnsafeRawBufferPointer) {
        let stack = state.stack
        let text = unsafe Array(bytes)
        let value = read(text, padding: 0)
        if value {
            let first = written()
            precondition(read(text, padding: UInt8(ascii: "1")), "what is read depends on the bytes behind it")
            precondition(written() == first, "what is read depends on the bytes behind it")
            stack.pop()
            precondition(read(first, padding: UInt8(ascii: "\"")), "what was written is not JSON")
            precondition(written() == first, "a value that came back is written as another text")
            stack.pop()
            literal()
            stack.pop()
        } else {
            precondition(!read(text, padding: UInt8(ascii: "]")), "what is read depends on the bytes behind it")
        }
        precondition(stack.top == 0, "something was left on the stack")
    }

    /// Stack: → value, or nothing and false. Behind the text are as many bytes as there must be, and no more.
    private func read(_ text: [UInt8], padding: UInt8) -> Bool {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count + 64, alignment: 1)
        defer { unsafe memory.deallocate() }
        unsafe memory.initializeMemory(as: UInt8.self, repeating: padding)
        unsafe memory.copyBytes(from: text)
        do throws(RecordError) {
            return try reader.read(
                unsafe RecordBytes(UnsafeRawBufferPointer(memory))[0..<text.count], onto: state.stack)
                == .value
        } catch {
            _ = error.description
            return false
        }
    }

    /// The value on top as a line of JSON, without the newline.
    private func written() -> [UInt8] {
        var buffer = ByteBuffer()
        do throws(RecordError) {
            try json.append(1, from: state.stack.top, of: state.stack, to: &buffer)
        } catch { preconditionFailure("what was read cannot be written: \(error)") }
        let line = buffer.array
        buffer.reset()
        do throws(RecordError) {
            try slow.append(1, from: state.stack.top, of: state.stack, to: &buffer)
        } catch { preconditionFailure("what is written in C is not in Swift: \(error)") }
        precondition(buffer.array == line, "what is written in C is written otherwise in Swift")
        precondition(line.firstIndex(of: UInt8(ascii: "\n")) == line.count - 1, "a record is not one line")
        return line.dropLast()
    }

    /// The same by way of a Lua literal, for what is not nested too deep for Lua. Stack: value → value
    private func literal() {
        let stack = state.stack
        guard let first = writtenAsLua() else { return }
        do throws(LuaError) {
            try stack.load(Array("return ".utf8) + first, name: "=literal")
            try stack.call(arguments: 0, results: 1)
        } catch { preconditionFailure("Lua does not read what was written: \(error)") }
        precondition(writtenAsLua() == first, "a literal that came back is written as another text")
        stack.pop()
    }

    private func writtenAsLua() -> [UInt8]? {
        var buffer = ByteBuffer()
        do throws(RecordError) {
            try lua.append(1, from: state.stack.top, of: state.stack, to: &buffer)
            return buffer.array
        } catch { return nil }
    }

    var seeds: [[UInt8]] {
        [
            #"{"n": 9007199254740993, "tags": [], "unit": null, "o": {}, "é\u00e9\ud83d\ude00": "a\"\\\/\b\f\n\r\t"}"#,
            #"[1, -0, -0.0, 1.5e300, 1e-300, 18446744073709551615, 18446744073709551616, -9223372036854775808, true, false]"#,
            "\u{feff}\"x\"", " \t\r", "123456789012345678901234567890", #"{"a":1,"a":{"1":2,"01":[null]}}"#,
            String(repeating: "[", count: 1024) + String(repeating: "]", count: 1024),
            "{" + (0..<70).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}",
        ].map { Array($0.utf8) }
    }
}
