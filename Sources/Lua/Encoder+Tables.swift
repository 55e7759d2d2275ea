// Tables on their way out: lists become arrays, all others maps; a metatable is named around them.

import CLua
import Wire

extension Encoder {
    /// Pairs that one protected call fetches.
    private static var batch: Int32 { 16 }

    mutating func encodeTable(_ slot: Int32, into buffer: inout WireBuffer) throws(EncodeError) -> Bool {
        if !hasFreshNames { try refreshNames() }
        if let entry = try orInterrupted({ () throws(LuaError) in try names.find(slot, as: .value, in: stack) }) {
            encodeName(entry, into: &buffer)
            return false
        }
        if encodeReference(to: stack.identity(slot), into: &buffer) { return false }
        let slot = makeRoom(for: slot)
        let header = stack.pushMetatable(slot) ? try encodeMetatable(into: &buffer) : nil
        let base = stack.top
        let (entries, isList) = try orInterrupted { () throws(LuaError) in
            try stack.openTable(slot, limit: Encoder.batch)
        }
        if entries > UInt32.max { throw tooLarge("a table") }
        if isList || entries == 0 { buffer.appendArray(count: entries) } else { buffer.appendMap(count: entries) }
        open(isList ? .list : .pairs, slot, base: base, count: entries, header: header)
        return true
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

    mutating func continueList(_ frame: Frame, into buffer: inout WireBuffer) throws(EncodeError) {
        stack.top = frame.base
        var place = frame.current
        do throws(EncodeError) {
            while place < frame.count {
                place += 1
                stack.rawGet(frame.slot, at: place)
                if try encodeSlot(frame.base + 1, nilIsNull: true, into: &buffer) {
                    frames[frames.count - 2].current = place
                    return
                }
                stack.pop()
            }
        } catch {
            frames[frames.count - 1].current = place
            throw error
        }
        try close(frame, in: &buffer)
    }

    /// Stack above the frame's base: a key or nil, then the pairs that follow it.
    mutating func continuePairs(_ frame: Frame, into buffer: inout WireBuffer) throws(EncodeError) {
        var slot = Int32(frame.current), end = frame.end
        do throws(EncodeError) {
            while true {
                stack.top = end
                while slot < end {
                    slot += 1
                    let isValue = (slot - frame.base) & 1 == 1
                    if try encodeSlot(slot, nilIsNull: isValue, into: &buffer) {
                        frames[frames.count - 2].current = Int(slot)
                        frames[frames.count - 2].end = end
                        return
                    }
                }
                if end - frame.base < 1 + 2 * Encoder.batch { break }
                end = try fetchPairs(after: end - 1, frame)
                slot = frame.base + 1
            }
        } catch {
            frames[frames.count - 1].current = Int(slot)
            throw error
        }
        try close(frame, in: &buffer)
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
