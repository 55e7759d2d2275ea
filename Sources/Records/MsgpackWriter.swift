// A Lua value → MessagePack. Metamethods never run. A value without a form in it is an error with its path; the caller
// removes what was appended before.

import Bytes
import Lua

/// Writes values of MessagePack: of the core types, which any reader knows.
struct MsgpackWriter: ~Copyable {
    private let tags: TableTags
    private var open = OpenTables(limit: 1024)
    private var keys = SortedPairs(order: .lua)

    init(tags: TableTags) {
        self.tags = tags
    }

    /// Appends the value at `index`, which is not relative.
    mutating func write(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        switch stack.type(index) {
        case .string:
            if let bytes = stack.recordBytes(index) { try write(bytes, to: &buffer) }
        case .number where stack.isInteger(index):
            buffer.append(integer: stack.integer(index) ?? 0)
        case .number:
            buffer.append(float: stack.number(index))
        case .boolean:
            buffer.append(boolean: stack.boolean(index))
        case .nil, .none:
            buffer.appendNil()
        case .lightUserdata where stack.isNull(index):
            buffer.appendNil()
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

    private func refusal(_ value: Unwritable) -> RecordError { .unwritable(value, format: .msgpack, path: "") }

    /// Text, or what is not UTF-8 as binary.
    private func write(_ text: RecordBytes, to buffer: inout ByteBuffer) throws(RecordError) {
        guard UInt32(exactly: text.count) != nil else { throw refusal(.long("a string")) }
        if text.isUTF8 { buffer.appendString(count: text.count) } else { buffer.appendBinary(count: text.count) }
        buffer.append(text)
    }

    // MARK: Tables

    private mutating func writeTable(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        do { try open.push(index, of: stack) } catch { throw refusal(error) }
        let top = stack.top
        guard let contents = stack.contents(index, limit: SortedPairs.limit), stack.reserve(8) else {
            throw refusal(.depth(open.limit))
        }
        let length: Int?
        do { length = try contents.arrayLength(tag: tags.kind(index, in: stack)) } catch { throw refusal(error) }
        guard UInt32(exactly: length ?? contents.entries) != nil else { throw refusal(.long("a table")) }
        if let length {
            try writeArray(length, at: index, of: stack, to: &buffer)
        } else {
            try writeMap(index, contents, of: stack, to: &buffer)
        }
        stack.top = top
        open.pop()
    }

    private mutating func writeArray(_ count: Int, at index: Int32, of stack: Stack, to buffer: inout ByteBuffer)
        throws(RecordError)
    {
        buffer.appendArray(count: count)
        for offset in 0..<count {
            stack.rawGet(index, at: offset + 1)
            do { try write(stack.top, of: stack, to: &buffer) } catch { throw error.below("[\(offset + 1)]") }
            stack.pop()
        }
    }

    private mutating func writeMap(
        _ index: Int32, _ contents: TableContents, of stack: Stack, to buffer: inout ByteBuffer
    ) throws(RecordError) {
        let table: SortedPairs.Table
        do { table = try keys.open(index, contents, on: stack) } catch { throw refusal(error) }
        let top = stack.top
        buffer.appendMap(count: contents.entries)
        for number in table.pairs {
            let pair = keys[number]
            try writeKey(of: pair, to: &buffer)
            let value = keys.value(of: pair, in: table, on: stack)
            do { try write(value, of: stack, to: &buffer) } catch { throw error.below(keys.step(to: pair)) }
            if !pair.isOnStack { stack.top = top }
        }
        keys.close(table)
    }

    private func writeKey(of pair: SortedPairs.Pair, to buffer: inout ByteBuffer) throws(RecordError) {
        switch pair.key {
        case .text: try write(keys.name(of: pair), to: &buffer)
        case .integer(let key): buffer.append(integer: key)
        case .float(let key): buffer.append(float: key)
        case .boolean(let key): buffer.append(boolean: key)
        }
    }
}
