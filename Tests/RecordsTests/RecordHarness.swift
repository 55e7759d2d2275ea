// A Lua state with a reader and a writer, for tests that say what goes in and what should come out.

import Bytes
import Lua
import Records

/// A state in which texts are read and Lua expressions written.
struct RecordHarness: ~Copyable {
    let state: State
    let tags: TableTags
    var stack: Stack { state.stack }

    init() throws {
        state = try State()
        tags = TableTags(state.stack)
        stack.newTable()
        stack.pushNull()
        stack.rawSet(-2, field: "null")
        for kind in TableTags.Kind.allCases {
            let tags = tags
            stack.push { stack throws(LuaError) in
                tags.tag(1, as: kind, in: stack)
                stack.top = 1
                return 1
            }
            stack.rawSet(-2, field: kind.rawValue)
        }
        stack.pushGlobals()
        stack.insert(at: -2)
        stack.rawSet(-2, field: "pmap")
        stack.pop()
    }

    /// Stack: → values of the Lua expressions
    func push(_ expressions: String) throws -> Int32 {
        let top = stack.top
        let source = Array("return \(expressions)".utf8)
        try unsafe source.withUnsafeBytes { try unsafe stack.load($0, name: "=test") }
        try stack.call(arguments: 0, results: -1)
        return stack.top - top
    }

    /// The record that the results become, as text; in hexadecimal where it is none.
    func write(_ expressions: String, as format: OutputFormat) throws -> String {
        let top = stack.top
        defer { stack.top = top }
        return try writeTop(try push(expressions), as: format)
    }

    func writeTop(_ count: Int32, as format: OutputFormat, takesShortcut: Bool = true) throws -> String {
        var writer = RecordWriter(format, tags: tags, takesShortcut: takesShortcut)
        var buffer = ByteBuffer()
        let top = stack.top
        defer { precondition(stack.top == top, "the writer left something on the stack") }
        do throws(RecordError) {
            try writer.append(count, from: top - count + 1, of: stack, to: &buffer)
        } catch {
            precondition(buffer.count == 0, "the writer left something in the buffer")
            throw error
        }
        if format.isBinary { return buffer.array.hexadecimal }
        return unsafe String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// The record that the results become, or why they do not, with the shortcut and without it.
    func writeBothWays(_ expressions: String, as format: OutputFormat) throws -> (String, String) {
        let top = stack.top
        defer { stack.top = top }
        let count = try push(expressions)
        func written(_ takesShortcut: Bool) throws -> String {
            do { return try writeTop(count, as: format, takesShortcut: takesShortcut) } catch let error as RecordError {
                return error.description
            }
        }
        return (try written(true), try written(false))
    }

    /// What a message says when the results cannot be written.
    func refusal(_ expressions: String, as format: OutputFormat) throws -> String {
        do {
            return "no error: " + (try write(expressions, as: format))
        } catch let error as RecordError {
            return error.description
        }
    }

    /// Stack: → value, when there is one. The bytes after the record are what the next one would be.
    func read(
        _ record: [UInt8], as format: InputFormat, bigIntegers: BigIntegers = .error
    ) throws -> RecordReader.Outcome {
        var reader = RecordReader(InputLayout(format), tags: tags, bigIntegers: bigIntegers)
        let memory =
            record + [InputLayout(format).framing.terminator] + Array("[\"next\"] 1234567890 \u{ff} \\\"".utf8)
            + Array(repeating: 0, count: 64)
        return try unsafe memory.withUnsafeBytes {
            try unsafe reader.read(RecordBytes(UnsafeRawBufferPointer(rebasing: $0[..<record.count])), onto: stack)
        }
    }

    /// The record as JSON, or why it is not read.
    func json(of record: [UInt8], as format: InputFormat, bigIntegers: BigIntegers = .error) throws -> String {
        let top = stack.top
        defer { stack.top = top }
        do {
            _ = try read(record, as: format, bigIntegers: bigIntegers)
        } catch let error as RecordError {
            precondition(stack.top == top, "the reader left something on the stack")
            return error.description
        }
        return String(try writeTop(1, as: .jsonl).dropLast())
    }

    /// A text read as a record of jsonl and written as `format`.
    func convert(_ text: String, to format: OutputFormat, bigIntegers: BigIntegers = .error) throws -> String {
        let top = stack.top
        defer { stack.top = top }
        guard try read(Array(text.utf8), as: .jsonl, bigIntegers: bigIntegers) == .value else { return "blank" }
        precondition(stack.top == top + 1, "one record is one value")
        return String(try writeTop(1, as: format).dropLast())
    }

    /// What a message says when the text cannot be read.
    func fault(_ text: [UInt8]) throws -> String {
        let top = stack.top
        defer { stack.top = top }
        do {
            _ = try read(text, as: .jsonl)
            return "no error"
        } catch let error as RecordError {
            precondition(stack.top == top, "the reader left something on the stack")
            return error.description
        }
    }
}

/// `body` with a view of `bytes`.
func withRecordBytes<Result>(_ bytes: [UInt8], _ body: (RecordBytes) throws -> Result) rethrows -> Result {
    try unsafe bytes.withUnsafeBytes { try unsafe body(RecordBytes($0)) }
}

extension [UInt8] {
    /// `93 01 02`
    var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    init(hexadecimal text: String) {
        self = text.split { $0 == " " || $0 == "-" }.compactMap { UInt8($0, radix: 16) }
    }
}
