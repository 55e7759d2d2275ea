// Tables on their way in.

import Wire

extension Decoder {
    /// Room made beforehand, whatever is claimed; larger tables grow as their contents arrive.
    private static var preallocated: Int { 1 << 22 }

    /// The shape of a table whose `#` is `length`, and of which so many entries are not among these places: with just this
    /// room it has that length when it is filled.
    struct Shape {
        var length: Int, others: Int
    }

    /// Stack: → table
    func openTable(
        _ kind: Frame.Kind, count: Int, awaited: Int, shape: Shape? = nil, _ reader: inout WireReader
    ) throws(WireError) -> Frame {
        try reader.require(count)
        if count + awaited > reader.remainingOfMessage {
            throw .truncated(at: reader.offset, needed: count + awaited - reader.remainingOfMessage)
        }
        let room = Int32(min(count, Decoder.preallocated))
        if let shape {
            stack.newTable(list: Int32(clamping: shape.length), keys: Int32(clamping: shape.others))
        } else if kind == .list {
            stack.newTable(list: room)
        } else {
            stack.newTable(keys: room / 2)
        }
        return Frame(kind, count: count, awaited: awaited)
    }

    /// A length, a number of other entries, and the head of a map; the length was read. Stack: → table
    func openShaped(
        _ kind: WireExtension, at start: Int, length: Int64, awaited: Int, _ reader: inout WireReader
    ) throws(WireError) -> Frame {
        guard let end = reader.payloadEnd, reader.offset < end, case .integer(let others) = try reader.readToken(),
            reader.offset < end, case .map(let count) = try reader.readToken(),
            0...Int64(count) ~= others, 1...Int64(WireExtension.longestTable(entries: count)) ~= length
        else { throw .malformed(kind, at: start) }
        let shape = Shape(length: Int(length), others: Int(others))
        return try openTable(.pairs, count: 2 * count, awaited: awaited, shape: shape, &reader)
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
