// Whom to relieve, when a worker is idle and there is nothing to give it. Loads and times in, a worker out; no clock.

/// Watches what workers are on while somebody is idle.
package struct Relief {
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

    /// What is to be done: all but `keeping` of the worker's items are taken back, and shared out in so many pieces.
    package struct Order: Equatable {
        package let worker: Int
        package let keeping: Int
        package let pieces: Int
    }

    /// Whom to relieve for `idle` workers, if anybody; `cost` is what an item takes, as far as is known.
    package mutating func choose(_ loads: [Load], idle: Int, cost: Double, now: Int) -> Order? {
        for load in loads where seen[load.worker]?.item != load.current { seen[load.worker] = (load.current, now) }
        guard let load = loads.max(by: { $0.left < $1.left }), load.left > 0 else { return nil }
        if let since = seen[load.worker]?.since, now - since >= Relief.slowItem {
            return Order(worker: load.worker, keeping: 0, pieces: min(idle, load.left))
        }
        let pieces = min(idle, Int(Double(load.left) * cost / Relief.worthwhile), load.left)
        if pieces < 1 { return nil }
        return Order(worker: load.worker, keeping: load.left / (pieces + 1), pieces: pieces)
    }

    /// Nobody is idle any more.
    package mutating func forget() { seen = [:] }
}
