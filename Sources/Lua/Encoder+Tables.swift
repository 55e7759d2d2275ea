// Tables are encoded as arrays if they are lists, else as maps, with their length if they have one, in an extension that
// names their metatable.

import Bytes
import CLua

extension Encoder {
    /// Pairs that one protected call fetches.
    private static var batch: Int32 { 16 }

    mutating func openTable(_ index: Int32, into buffer: inout ByteBuffer) throws(EncodeError) -> Frame? {
        if let entry = try orInterrupted({ () throws(LuaError) in try names.find(index, as: .value, in: stack) }) {
            encodeName(entry, into: &buffer)
            return nil
        }
        if encodeReference(to: stack.identity(index), into: &buffer) { return nil }
        let index = ensureStack(for: index)
        var header = stack.pushMetatable(index) ? try encodeMetatable(into: &buffer) : nil
        let base = stack.top
        guard let contents = stack.contents(index, limit: 0) else {
            throw .cannotSend("anything: the Lua stack is full", path: "")
        }
        let entries = contents.entries
        if entries > UInt32.max { throw tooLarge("a table") }
        if contents.isList {
            buffer.appendArray(count: entries)
            return frame(.list, index, base: base, count: entries, header: header)
        }
        let length = stack.rawCount(index)
        if length > 0, length <= MessagePackExtension.longestTable(entries: entries) {
            header = header ?? buffer.open(.table)
            buffer.append(integer: Int64(length))
            buffer.append(integer: Int64(entries - countEntries(of: index, upTo: length)))
        }
        buffer.appendMap(count: entries)
        stack.pushNil()
        _ = try orInterrupted { () throws(LuaError) in try stack.nextPairs(index, limit: Encoder.batch) }
        return frame(.pairs, index, base: base, count: entries, header: header)
    }

    /// The number of a table's entries with keys from 1 to `length`.
    private func countEntries(of table: Int32, upTo length: Int) -> Int {
        var count = 0
        for key in 1...length {
            if stack.rawGet(table, at: key) != .nil { count += 1 }
            stack.pop()
        }
        return count
    }

    /// Begins the extension for the metatable. Stack: metatable →
    private mutating func encodeMetatable(into buffer: inout ByteBuffer) throws(EncodeError) -> Int {
        let metatable = stack.top
        defer { stack.pop() }
        if let kind = tags.kind(ofMetatable: stack.identity(metatable)) {
            return buffer.open(kind == .array ? .array : .object)
        }
        let known = try orInterrupted { () throws(LuaError) in try names.find(metatable, as: .metatable, in: stack) }
        guard let known else { throw unknown(metatable) }
        let header = buffer.open(.instance)
        encodeName(known, into: &buffer)
        return header
    }

    /// The refusal of a table with this metatable. Some of the program's own have words for it.
    private func unknown(_ metatable: Int32) -> EncodeError {
        let height = stack.top
        defer { stack.top = height }
        stack.rawGet(metatable, field: "__kind")
        stack.rawGet(metatable, field: "__advice")
        guard let kind = stack.string(-2), let advice = stack.string(-1) else {
            return .cannotSend("a table with a metatable", path: "", advice: "register its class with pmap.register")
        }
        return .cannotSend(kind, path: "", advice: advice)
    }

    mutating func advanceList(_ frame: inout Frame, into buffer: inout ByteBuffer) throws(EncodeError) -> Int32? {
        let index = frame.base + 1
        while frame.current < frame.count {
            stack.top = frame.base
            frame.current = buffer.appendScalars(of: frame.index, from: frame.current + 1, to: frame.count, stack) - 1
            if frame.current == frame.count { return nil }
            frame.current += 1
            let type = unsafe lua_rawgeti(stack.thread, frame.index, lua_Integer(frame.current))
            if !(try encodeScalar(index, type: type, nilIsNull: true, into: &buffer)) { return index }
        }
        return nil
    }

    /// Stack above the frame's base: a key or nil, then the pairs that follow it.
    mutating func advancePairs(_ frame: inout Frame, into buffer: inout ByteBuffer) throws(EncodeError) -> Int32? {
        stack.top = frame.end
        while true {
            while frame.current < Int(frame.end) {
                frame.current += 1
                let index = Int32(frame.current), isValue = (index - frame.base) & 1 == 1
                if !(try encodeScalar(index, nilIsNull: isValue, into: &buffer)) { return index }
            }
            if frame.end - frame.base < 1 + 2 * Encoder.batch { return nil }
            frame.end = try fetchPairs(after: frame.end - 1, frame)
            frame.current = Int(frame.base + 1)
        }
    }

    /// Stack above the base: …, key, value → key, next key, next value, …; returns the new height.
    private func fetchPairs(after key: Int32, _ frame: Frame) throws(EncodeError) -> Int32 {
        stack.copy(key)
        stack.replace(frame.base + 1)
        stack.top = frame.base + 1
        _ = try orInterrupted { () throws(LuaError) in try stack.nextPairs(frame.index, limit: Encoder.batch) }
        return stack.top
    }
}
