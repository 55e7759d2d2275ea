// A worker's position in its chunk: one record after the other, without copies.

/// The records of a chunk, in order, each without its terminator. The last one may lack it.
package struct RecordCursor {
    let chunk: RecordBytes
    let terminator: UInt8

    /// The offset of the next record.
    package internal(set) var offset = 0

    package init(_ chunk: RecordBytes, terminator: UInt8) {
        self.chunk = chunk
        self.terminator = terminator
    }

    /// The next record, valid as long as the chunk's memory; nil at the end.
    package mutating func next() -> RecordBytes? {
        guard offset < chunk.count else { return nil }
        let start = offset
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
