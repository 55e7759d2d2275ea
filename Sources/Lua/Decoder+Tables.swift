// Tables on their way in.

import Wire

extension Decoder {
    /// Room made beforehand, whatever is claimed; larger tables grow as their contents arrive.
    private static var preallocated: Int { 1 << 22 }

    /// Stack: → table
    func openTable(
        _ kind: Frame.Kind, count: Int, awaited: Int, _ reader: inout WireReader
    ) throws(WireError) -> Frame {
        try reader.require(count)
        if count + awaited > reader.remainingOfMessage {
            throw .truncated(at: reader.offset, needed: count + awaited - reader.remainingOfMessage)
        }
        let room = Int32(min(count, Decoder.preallocated))
        if kind == .list { stack.newTable(list: room) } else { stack.newTable(keys: room / 2) }
        return Frame(kind, count: count, awaited: awaited)
    }

    mutating func advanceList(_ frame: inout Frame, _ reader: inout WireReader) throws(WireError) -> WireToken? {
        while frame.current < frame.count {
            frame.current = reader.readScalars(into: frame.slot, from: frame.current + 1, to: frame.count, stack) - 1
            if frame.current == frame.count { return nil }
            frame.current += 1
            let token = try reader.readToken()
            guard try push(token, nilIsNull: true, &reader) else { return token }
            stack.rawSet(frame.slot, at: frame.current)
        }
        return nil
    }

    /// Stack above the table: → key → (nothing)
    mutating func advancePairs(_ frame: inout Frame, _ reader: inout WireReader) throws(WireError) -> WireToken? {
        while frame.current < frame.count {
            frame.current += 1
            let start = reader.offset
            let token = try reader.readToken()
            if frame.isAtKey { try checkKey(token, at: start) }
            guard try push(token, nilIsNull: true, &reader) else { return token }
            if !frame.isAtKey { stack.rawSet(frame.slot) }
        }
        return nil
    }

    @inline(__always)
    private func checkKey(_ token: WireToken, at offset: Int) throws(WireError) {
        if case .nil = token { throw .badKey("nil", at: offset) }
        if case .float(let value) = token, value.isNaN { throw .badKey("nan", at: offset) }
    }
}
