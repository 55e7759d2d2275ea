// A worker's position in its chunk: one item after the other, without copies.

/// The items of a chunk, in order, each without its end, unless it may be several lines. The last one may lack it.
package struct RecordCursor {
    let chunk: RecordBytes
    private(set) var framing: RecordFraming
    private let terminator: UInt8

    /// The offset of the next record.
    package internal(set) var offset = 0

    package init(_ chunk: RecordBytes, _ framing: RecordFraming) {
        self.chunk = chunk
        self.framing = framing
        terminator = framing.terminator
    }

    /// What is left of the chunk.
    var rest: RecordBytes { chunk.from(offset) }

    /// The next record, valid as long as the chunk's memory; nil at the end.
    package mutating func next() -> RecordBytes? {
        guard offset < chunk.count else { return nil }
        let start = offset
        if !framing.isPlain {
            offset += framing.lastItem(of: chunk.from(start))
            let item = chunk[start..<offset]
            return item[0..<framing.recordLength(of: item)]
        }
        let end = chunk.firstIndex(of: terminator, from: start) ?? chunk.count
        offset = min(end + 1, chunk.count)
        return chunk[start..<end]
    }

    /// Skips up to `records` records; returns how many it has skipped.
    @discardableResult
    package mutating func skip(_ records: Int) -> Int {
        var skipped = 0
        while skipped < records, next() != nil { skipped += 1 }
        return skipped
    }
}
