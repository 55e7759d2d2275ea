// Tables are decoded here.

extension Decoder {
    /// The most values for which a table is allocated beforehand; larger ones grow as their contents arrive.
    private static var preallocated: Int { 1 << 22 }

    /// The sizes of a table whose `#` is `length`, and of which `others` entries have other keys than 1…`length`: allocated
    /// with just these sizes, it has that length when it is filled.
    struct Shape {
        var length: Int, others: Int
    }

    /// Stack: → table
    func openTable(
        _ kind: Frame.Kind, count: Int, awaited: Int, shape: Shape? = nil, _ reader: inout MessagePackReader
    ) throws(DecodeError) -> Frame {
        try reader.require(count)
        if count + awaited > reader.remainingOfMessage {
            throw .truncated(at: reader.offset, needed: count + awaited - reader.remainingOfMessage)
        }
        let size = Int32(min(count, Decoder.preallocated))
        if let shape {
            stack.newTable(list: Int32(clamping: shape.length), keys: Int32(clamping: shape.others))
        } else if kind == .list {
            stack.newTable(list: size)
        } else {
            stack.newTable(keys: size / 2)
        }
        return Frame(kind, count: count, awaited: awaited)
    }

    /// Reads the number of other entries and the head of a map; the length was read. Stack: → table
    func openShaped(
        _ kind: MessagePackExtension, at start: Int, length: Int64, awaited: Int, _ reader: inout MessagePackReader
    ) throws(DecodeError) -> Frame {
        guard let end = reader.payloadEnd, reader.offset < end, case .integer(let others) = try reader.readToken(),
            reader.offset < end, case .map(let count) = try reader.readToken(),
            0...Int64(count) ~= others, 1...Int64(MessagePackExtension.longestTable(entries: count)) ~= length
        else { throw .malformed(kind, at: start) }
        let shape = Shape(length: Int(length), others: Int(others))
        return try openTable(.pairs, count: 2 * count, awaited: awaited, shape: shape, &reader)
    }

    mutating func advanceList(_ frame: inout Frame, _ reader: inout MessagePackReader) throws(DecodeError)
        -> MessagePackToken?
    {
        while frame.current < frame.count {
            frame.current = reader.readScalars(into: frame.index, from: frame.current + 1, to: frame.count, stack) - 1
            if frame.current == frame.count { return nil }
            frame.current += 1
            let token = try reader.readToken()
            guard try push(token, nilIsNull: true, &reader) else { return token }
            stack.rawSet(frame.index, at: frame.current)
        }
        return nil
    }

    /// Stack above the table: → key → (nothing)
    mutating func advancePairs(_ frame: inout Frame, _ reader: inout MessagePackReader) throws(DecodeError)
        -> MessagePackToken?
    {
        while frame.current < frame.count {
            frame.current += 1
            let start = reader.offset
            let token = try reader.readToken()
            if frame.isAtKey { try checkKey(token, at: start) }
            guard try push(token, nilIsNull: true, &reader) else { return token }
            if !frame.isAtKey { stack.rawSet(frame.index) }
        }
        return nil
    }

    @inline(__always)
    private func checkKey(_ token: MessagePackToken, at offset: Int) throws(DecodeError) {
        if case .nil = token { throw .badKey("nil", at: offset) }
        if case .float(let value) = token, value.isNaN { throw .badKey("nan", at: offset) }
    }
}
