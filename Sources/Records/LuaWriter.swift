// A Lua value → a literal that `load` reads back, on one line. Metamethods never run.

import Bytes
import Lua

/// Writes Lua literals.
struct LuaWriter: ~Copyable {
    /// Lua's own parser refuses about 200 tables in one another.
    private var open = OpenTables(limit: 180)
    private var keys = SortedPairs(order: .lua)

    /// Appends the value at `index`, which is not relative.
    mutating func write(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        switch stack.type(index) {
        case .string:
            if let bytes = stack.recordBytes(index) { buffer.append(luaString: bytes) }
        case .number where stack.isInteger(index):
            write(stack.integer(index) ?? 0, to: &buffer)
        case .number:
            write(stack.number(index), to: &buffer)
        case .boolean:
            buffer.append(stack.boolean(index) ? "true" : "false")
        case .nil, .none:
            buffer.append("nil")
        case .lightUserdata where stack.isNull(index):
            buffer.append("pmap.null")
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

    private func refusal(_ value: Unwritable) -> RecordError { .unwritable(value, format: .lua, path: "") }

    // MARK: Tables

    private mutating func writeTable(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        do { try open.push(index, of: stack) } catch { throw refusal(error) }
        let top = stack.top
        guard let contents = stack.contents(index, limit: SortedPairs.limit), stack.reserve(8) else {
            throw refusal(.depth(open.limit))
        }
        buffer.append(UInt8(ascii: "{"))
        if contents.isList {
            try writeList(contents.entries, at: index, of: stack, to: &buffer)
        } else {
            try writePairs(index, contents, of: stack, to: &buffer)
        }
        buffer.append(UInt8(ascii: "}"))
        stack.top = top
        open.pop()
    }

    private mutating func writeList(_ count: Int, at index: Int32, of stack: Stack, to buffer: inout ByteBuffer)
        throws(RecordError)
    {
        for offset in 0..<count {
            if offset > 0 { buffer.append(", ") }
            stack.rawGet(index, at: offset + 1)
            do { try write(stack.top, of: stack, to: &buffer) } catch { throw error.below("[\(offset + 1)]") }
            stack.pop()
        }
    }

    private mutating func writePairs(
        _ index: Int32, _ contents: TableContents, of stack: Stack, to buffer: inout ByteBuffer
    ) throws(RecordError) {
        let table: SortedPairs.Table
        do { table = try keys.open(index, contents, on: stack) } catch { throw refusal(error) }
        let top = stack.top
        for number in table.pairs {
            if number > table.pairs.lowerBound { buffer.append(", ") }
            let pair = keys[number]
            writeKey(of: pair, to: &buffer)
            buffer.append(" = ")
            let value = keys.value(of: pair, in: table, on: stack)
            do { try write(value, of: stack, to: &buffer) } catch { throw error.below(keys.step(to: pair)) }
            if !pair.isOnStack { stack.top = top }
        }
        keys.close(table)
    }

    private func writeKey(of pair: SortedPairs.Pair, to buffer: inout ByteBuffer) {
        let name = keys.name(of: pair)
        if case .text = pair.key, name.isIdentifier { return buffer.append(name) }
        buffer.append(UInt8(ascii: "["))
        switch pair.key {
        case .text: buffer.append(luaString: name)
        case .integer(let key): write(key, to: &buffer)
        case .float(let key): write(key, to: &buffer)
        case .boolean(let key): buffer.append(key ? "true" : "false")
        }
        buffer.append(UInt8(ascii: "]"))
    }

    // MARK: Scalars

    /// -9223372036854775808 would be read as the negative of a float.
    private func write(_ value: Int64, to buffer: inout ByteBuffer) {
        if value == .min { buffer.append("math.mininteger") } else { buffer.append(decimal: value) }
    }

    private func write(_ value: Double, to buffer: inout ByteBuffer) {
        if value.isFinite {
            buffer.append(exact: value)
        } else {
            buffer.append(value.isNaN ? "(0/0)" : value < 0 ? "-math.huge" : "math.huge")
        }
    }
}
