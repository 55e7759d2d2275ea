// Which running item has had its time. Times in, verdicts out; no clock.

/// Watches what workers are on. An item's time begins when the host first sees it, so that a worker reads no clock.
struct Deadlines {
    enum Verdict: Equatable {
        /// An ordinary Lua error is to be raised in the item.
        case condemn(item: Int)
        /// It did not let itself be interrupted.
        case kill
    }

    private struct Watch {
        let item: Int
        var since: Int
        var isCondemned = false
    }

    /// Nanoseconds an item may take, and what a condemned one gets to unwind.
    private let limit: Int
    private static let grace = 500_000_000
    /// A gap this long between two looks means that the host itself did not run.
    private static let suspension = 1_000_000_000

    private var watches: [Int: Watch] = [:]
    private var lastLook: Int?

    init(limit: Int) { self.limit = limit }

    /// Time that does not count.
    mutating func shift(by nanoseconds: Int) {
        for worker in watches.keys { watches[worker]?.since += nanoseconds }
        lastLook = lastLook.map { $0 + nanoseconds }
    }

    /// `running` is the item each worker is on, if any. Time in which the host was stopped is nobody's.
    mutating func look(_ running: [Int: Int], now: Int) -> [Int: Verdict] {
        if let lastLook, now - lastLook > Deadlines.suspension { shift(by: now - lastLook) }
        lastLook = now
        var verdicts: [Int: Verdict] = [:]
        for worker in watches.keys where running[worker] != watches[worker]?.item { watches[worker] = nil }
        for (worker, item) in running {
            guard let watch = watches[worker] else {
                watches[worker] = Watch(item: item, since: now)
                continue
            }
            let elapsed = now - watch.since
            if !watch.isCondemned && elapsed >= limit {
                watches[worker]?.isCondemned = true
                verdicts[worker] = .condemn(item: item)
            } else if watch.isCondemned && elapsed >= limit + Deadlines.grace {
                verdicts[worker] = .kill
            }
        }
        return verdicts
    }
}
