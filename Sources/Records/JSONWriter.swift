// A Lua value → JSON text. Metamethods never run. A value without a form in JSON is an error
// with its path; the caller removes what was appended before.

import Bytes
import Lua

/// Writes JSON values.
struct JSONWriter: ~Copyable {
    /// For messages: the value may be part of a record in another format.
    private let format: OutputFormat
    private let tags: TableTags
    private var open = OpenTables(limit: 1024)
    private var keys = SortedPairs(order: .text)

    init(tags: TableTags, format: OutputFormat) {
        self.tags = tags
        self.format = format
    }

    /// Appends the value at `index`, which is not relative.
    mutating func write(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        switch stack.type(index) {
        case .string:
            if let bytes = stack.recordBytes(index) { try write(bytes, to: &buffer) }
        case .number where stack.isInteger(index):
            buffer.append(decimal: stack.integer(index) ?? 0)
        case .number:
            let value = stack.number(index)
            guard value.isFinite else { throw refusal(.number(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")) }
            buffer.append(exact: value)
        case .boolean:
            buffer.append(stack.boolean(index) ? "true" : "false")
        case .nil, .none:
            buffer.append("null")
        case .lightUserdata where stack.isNull(index):
            buffer.append("null")
        case .table:
            try writeTable(index, of: stack, to: &buffer)
        default:
            throw refusal(stack.unwritable(index))
        }
    }

    /// Removes the tables that an error left open.
    mutating func reset() {
        open.removeAll()
        keys.removeAll()
    }

    private func refusal(_ value: Unwritable) -> RecordError { .unwritable(value, format: format, path: "") }

    // MARK: Tables

    private mutating func writeTable(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        do { try open.push(index, of: stack) } catch { throw refusal(error) }
        let top = stack.top
        guard let contents = stack.contents(index, limit: SortedPairs.limit), stack.reserve(8) else {
            throw refusal(.depth(open.limit))
        }
        let length: Int?
        do { length = try contents.arrayLength(tag: tags.kind(index, in: stack)) } catch { throw refusal(error) }
        if let length {
            try writeList(length, at: index, of: stack, to: &buffer)
        } else {
            try writeObject(index, contents, of: stack, to: &buffer)
        }
        stack.top = top
        open.pop()
    }

    private mutating func writeList(_ count: Int, at index: Int32, of stack: Stack, to buffer: inout ByteBuffer)
        throws(RecordError)
    {
        buffer.append(UInt8(ascii: "["))
        for offset in 0..<count {
            if offset > 0 { buffer.append(UInt8(ascii: ",")) }
            stack.rawGet(index, at: offset + 1)
            do { try write(stack.top, of: stack, to: &buffer) } catch { throw error.below("[\(offset + 1)]") }
            stack.pop()
        }
        buffer.append(UInt8(ascii: "]"))
    }

    private mutating func writeObject(
        _ index: Int32, _ contents: TableContents, of stack: Stack, to buffer: inout ByteBuffer
    ) throws(RecordError) {
        let table: SortedPairs.Table
        do { table = try keys.open(index, contents, on: stack) } catch { throw refusal(error) }
        let top = stack.top
        buffer.append(UInt8(ascii: "{"))
        for number in table.pairs {
            if number > table.pairs.lowerBound { buffer.append(UInt8(ascii: ",")) }
            let pair = keys[number], name = keys.name(of: pair)
            if keys.repeatsName(number, in: table) { throw refusal(.equalKeys(name.text)) }
            do { try write(name, to: &buffer) } catch { throw refusal(.keyNotUTF8) }
            buffer.append(UInt8(ascii: ":"))
            let value = keys.value(of: pair, in: table, on: stack)
            do { try write(value, of: stack, to: &buffer) } catch { throw error.below(keys.step(to: pair)) }
            if !pair.isOnStack { stack.top = top }
        }
        buffer.append(UInt8(ascii: "}"))
        keys.close(table)
    }

    // MARK: Strings

    private func write(_ text: RecordBytes, to buffer: inout ByteBuffer) throws(RecordError) {
        if buffer.append(plain: text) { return }
        guard text.isUTF8 else { throw refusal(.stringNotUTF8) }
        buffer.append(UInt8(ascii: "\""))
        buffer.append(escapedJSON: text)
        buffer.append(UInt8(ascii: "\""))
    }
}
