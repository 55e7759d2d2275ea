// What a run is asked for.

package import Bytes
package import Wire

package struct RunPlan {
    package var workers = 1
    package var chunkItems: Int?
    package var itemsPerWorker: Int?
    package var isOrdered = true
    package var retries = RetryPolicy()
    /// What one item may take.
    package var timeLimit: TimeLimit?
    /// The signal that makes a worker raise an error in the item that has taken longer.
    package var interruption: Int32 = 0
    /// What `setup` and `teardown` may take, each.
    package var setupLimit: TimeLimit?
    package var halt: HaltPolicy?
    /// What workers write to standard error goes through the host, which keeps the terminal for itself.
    package var gathersErrors = false
    /// Somebody wants to know when each item ran.
    package var keepsTimes = false
    /// Results are joined by the numbers of their items.
    package var joins = false
    /// What items come to is told to a host, which puts it in order.
    package var isRelayed = false
    package var pace = Scheduler.Pace.near
    /// How many items there are, where that is known and asked for.
    package var totalItems: Int?

    /// An item, by its number and its chunk, for failures that come without it; where somebody wants to know.
    package var input: ItemInput?
    package typealias ItemInput = (Int, Chunk) -> ByteString?

    /// Where an item is in its input, by its number and its chunk, for chunks that cannot tell it themselves.
    package var positions: ItemPositions?
    package typealias ItemPositions = (Int, Chunk) -> ClosedRange<Int>

    /// What results have in common, where they are rows.
    package var table: (any ResultTable)?

    package init() {}
}
