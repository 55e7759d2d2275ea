// Tables on their way in.

import Wire

extension Decoder {
    /// Room made beforehand, whatever is claimed; larger tables grow as their contents arrive.
    private static var preallocated: Int { 1 << 22 }

    /// Stack: → table, or metatable → table
    mutating func openTable(
        list: Int, pairs: Int, stays: Bool, awaited: Int, end: Int? = nil, outerEnd: Int? = nil,
        hasMetatable: Bool = false, _ reader: inout WireReader
    ) throws(WireError) {
        let count = list + 2 * pairs
        try reader.require(count)
        if count + awaited > reader.remainingOfMessage {
            throw .truncated(at: reader.offset, needed: count + awaited - reader.remainingOfMessage)
        }
        stack.newTable(
            list: Int32(min(list, Decoder.preallocated)), keys: Int32(min(pairs, Decoder.preallocated)))
        if hasMetatable {
            stack.insert(at: -2)
            stack.setMetatable(-2)
        }
        let number = graph?.add(stack) ?? 0
        if !stays { attach() }
        push(
            Frame(
                kind: pairs == 0 ? .list : .pairs, stays: stays, slot: 0, current: 0, count: count, awaited: awaited,
                end: end, outerEnd: outerEnd, thread: 0, number: number))
    }

    mutating func continueList(_ frame: Frame, _ reader: inout WireReader) throws(WireError) {
        var place = frame.current
        while place < frame.count {
            place += 1
            let token = try reader.readToken()
            if try push(token, nilIsNull: true, &reader) {
                stack.rawSet(frame.slot, at: place)
            } else {
                frames[frames.count - 1].current = place
                return try open(token, stays: false, awaited: frame.awaited + frame.count - place, &reader)
            }
        }
        try close(frame, &reader)
    }

    /// Stack above the table: → key → (nothing)
    mutating func continuePairs(_ frame: Frame, _ reader: inout WireReader) throws(WireError) {
        var place = frame.current
        while place < frame.count {
            place += 1
            let start = reader.offset, isKey = place & 1 == 1
            let token = try reader.readToken()
            if isKey { try checkKey(token, at: start) }
            if try push(token, nilIsNull: true, &reader) {
                if !isKey { stack.rawSet(frame.slot) }
            } else {
                frames[frames.count - 1].current = place
                return try open(token, stays: isKey, awaited: frame.awaited + frame.count - place, &reader)
            }
        }
        try close(frame, &reader)
    }

    @inline(__always)
    private func checkKey(_ token: WireToken, at offset: Int) throws(WireError) {
        if case .nil = token { throw .badKey("nil", at: offset) }
        if case .float(let value) = token, value.isNaN { throw .badKey("nan", at: offset) }
    }
}
