// The outbox in the hands of C, which runs items and finishes them by itself. Unsafe for that reason.

/// Where the outcomes of further items go.
@safe package struct OutboxRoom {
    /// The batch begins here; `used` bytes of it are written, and with `enough` of them it is to be sent.
    package let output: UnsafeMutableRawPointer
    package var used: Int
    package let capacity: Int
    package let enough: Int
    /// Items that the batch finishes.
    package var finished: Int
    package let status: StatusWords
    /// Items that were begun in all.
    package var begun: UInt64
}

extension Outbox {
    /// Lets `work` append to the open entry and finish items, as `begin` and `commit` do for one.
    package mutating func lend<Result>(_ work: (inout OutboxRoom) -> Result) -> Result {
        openForItems()
        var room = unsafe OutboxRoom(
            output: output.base, used: output.count, capacity: output.capacity, enough: Outbox.batchBytes,
            finished: itemsInBatch, status: status, begun: begun)
        let result = work(&room)
        output.count = room.used
        begun = room.begun
        noteFinished(items: room.finished - itemsInBatch)
        return result
    }
}
