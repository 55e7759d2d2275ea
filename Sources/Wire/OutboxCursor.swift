// Write access to an outbox for C, which runs items and finishes them by itself. Unsafe for that reason.

import Bytes

/// A position in the open batch, where the outcomes of further items are written.
@safe package struct OutboxCursor {
    /// The beginning of the batch; `used` bytes of it are written, and with `flushSize` of them it is to be sent.
    package let output: UnsafeMutableRawPointer
    package var used: Int
    package let capacity: Int
    package let flushSize: Int
    /// Items that the batch finishes.
    package var finished: Int
    package let status: StatusWords
    /// The times of items are kept.
    package let isTimed: Bool
    /// Items begun in all.
    package var begun: UInt64
}

extension Outbox {
    /// Calls `work`, which may append to the open entry and finish items, as `begin` and `commit` do for one.
    package mutating func withCursor<Result>(_ work: (inout OutboxCursor) -> Result) -> Result {
        openForItems()
        var cursor = unsafe OutboxCursor(
            output: output.base, used: output.count, capacity: output.capacity, flushSize: enough,
            finished: itemsInBatch, status: status, isTimed: isTimed, begun: begun)
        let result = work(&cursor)
        output.count = cursor.used
        begun = cursor.begun
        countFinished(items: cursor.finished - itemsInBatch)
        return result
    }
}
