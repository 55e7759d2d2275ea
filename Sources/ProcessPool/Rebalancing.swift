// Whose items go to others, when a worker is idle and there is nothing to give it (work stealing). Loads and times in, orders
// out; no clock.

/// Watches what workers are on while somebody is idle.
package struct Rebalancing {
    /// What a worker has.
    package struct Load {
        package let worker: Int
        /// Items it has not begun.
        package let left: Int
        /// The item it was last seen on.
        package let current: Int

        package init(worker: Int, left: Int, current: Int) {
            self.worker = worker
            self.left = left
            self.current = current
        }
    }

    /// Nanoseconds that make an item a slow one, and that make items worth the way to another worker.
    private static let slowItem = 2_000_000
    private static let worthwhile = 1_000_000.0

    /// What each worker was on, and since when.
    private var seen: [Int: (item: Int, since: Int)] = [:]

    package init() {}

    /// What is to be done: all but `keeping` of the worker's items are revoked, and shared out in so many pieces.
    package struct Order: Equatable {
        package let worker: Int
        /// The item it was seen on.
        package let current: Int
        package let keeping: Int
        package let pieces: Int
    }

    /// The orders that give `idle` workers something to do, of those with most left first; `cost` is what an item takes, in
    /// nanoseconds, as far as is known.
    package mutating func choose(_ loads: [Load], idle: Int, cost: Double, now: Int) -> [Order] {
        for load in loads where seen[load.worker]?.item != load.current { seen[load.worker] = (load.current, now) }
        var (idle, orders) = (idle, [Order]())
        for load in loads.filter({ $0.left > 0 }).sorted(by: { $0.left > $1.left }) {
            if idle == 0 { break }
            let isSlow = seen[load.worker].map { now - $0.since >= Rebalancing.slowItem } ?? false
            let worthwhile = isSlow ? load.left : Int(Double(load.left) * cost / Rebalancing.worthwhile)
            let pieces = min(idle, worthwhile, load.left)
            if pieces < 1 { continue }
            let keeping = isSlow ? 0 : load.left / (pieces + 1)
            orders.append(Order(worker: load.worker, current: load.current, keeping: keeping, pieces: pieces))
            idle -= pieces
        }
        return orders
    }

    /// Nobody is idle any more.
    package mutating func forget() { seen = [:] }
}
