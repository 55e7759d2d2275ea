// Tables on their way out: lists become arrays, all others maps, with their length if they have one; a metatable is
// named around them.

import CLua
import Wire

extension Encoder {
    /// Pairs that one protected call fetches.
    private static var batch: Int32 { 16 }

    mutating func openTable(_ slot: Int32, into buffer: inout WireBuffer) throws(EncodeError) -> Frame? {
        if let entry = try orInterrupted({ () throws(LuaError) in try names.find(slot, as: .value, in: stack) }) {
            encodeName(entry, into: &buffer)
            return nil
        }
        if encodeReference(to: stack.identity(slot), into: &buffer) { return nil }
        let slot = makeRoom(for: slot)
        var header = stack.pushMetatable(slot) ? try encodeMetatable(into: &buffer) : nil
        let base = stack.top
        guard let contents = stack.contents(slot, limit: 0) else {
            throw .cannotSend("anything: the Lua stack is full", path: "")
        }
        let entries = contents.entries
        if entries > UInt32.max { throw tooLarge("a table") }
        if contents.isList {
            buffer.appendArray(count: entries)
            return frame(.list, slot, base: base, count: entries, header: header)
        }
        let length = stack.rawCount(slot)
        if length > 0, length <= WireExtension.longestTable(entries: entries) {
            header = header ?? buffer.open(.table)
            buffer.append(integer: Int64(length))
            buffer.append(integer: Int64(entries - places(of: slot, upTo: length)))
        }
        buffer.appendMap(count: entries)
        stack.pushNil()
        _ = try orInterrupted { () throws(LuaError) in try stack.nextPairs(slot, limit: Encoder.batch) }
        return frame(.pairs, slot, base: base, count: entries, header: header)
    }

    /// How many places of a table, up to this one, are not nil.
    private func places(of slot: Int32, upTo length: Int) -> Int {
        var count = 0
        for place in 1...length {
            if stack.rawGet(slot, at: place) != .nil { count += 1 }
            stack.pop()
        }
        return count
    }

    /// Begins the extension that says what the metatable is. Stack: metatable →
    private mutating func encodeMetatable(into buffer: inout WireBuffer) throws(EncodeError) -> Int {
        let metatable = stack.top
        defer { stack.pop() }
        if let kind = marks.kind(ofMetatable: stack.identity(metatable)) {
            return buffer.open(kind == .array ? .array : .object)
        }
        let known = try orInterrupted { () throws(LuaError) in try names.find(metatable, as: .metatable, in: stack) }
        guard let known else {
            throw .cannotSend(
                "a table with a metatable", path: "", advice: "register its class with pmap.register")
        }
        let header = buffer.open(.instance)
        encodeName(known, into: &buffer)
        return header
    }

    mutating func advanceList(_ frame: inout Frame, into buffer: inout WireBuffer) throws(EncodeError) -> Int32? {
        let slot = frame.base + 1
        while frame.current < frame.count {
            stack.top = frame.base
            frame.current = buffer.appendScalars(of: frame.slot, from: frame.current + 1, to: frame.count, stack) - 1
            if frame.current == frame.count { return nil }
            frame.current += 1
            let type = unsafe lua_rawgeti(stack.thread, frame.slot, lua_Integer(frame.current))
            if !(try encodeScalar(slot, type: type, nilIsNull: true, into: &buffer)) { return slot }
        }
        return nil
    }

    /// Stack above the frame's base: a key or nil, then the pairs that follow it.
    mutating func advancePairs(_ frame: inout Frame, into buffer: inout WireBuffer) throws(EncodeError) -> Int32? {
        stack.top = frame.end
        while true {
            while frame.current < Int(frame.end) {
                frame.current += 1
                let slot = Int32(frame.current), isValue = (slot - frame.base) & 1 == 1
                if !(try encodeScalar(slot, nilIsNull: isValue, into: &buffer)) { return slot }
            }
            if frame.end - frame.base < 1 + 2 * Encoder.batch { return nil }
            frame.end = try fetchPairs(after: frame.end - 1, frame)
            frame.current = Int(frame.base + 1)
        }
    }

    /// Stack above the base: …, key, value → key, next key, next value, …; answers the new height.
    private func fetchPairs(after key: Int32, _ frame: Frame) throws(EncodeError) -> Int32 {
        stack.copy(key)
        stack.replace(frame.base + 1)
        stack.top = frame.base + 1
        _ = try orInterrupted { () throws(LuaError) in try stack.nextPairs(frame.slot, limit: Encoder.batch) }
        return stack.top
    }
}
