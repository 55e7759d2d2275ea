// Which running item has had its time. Times in, verdicts out; no clock.

/// Watches what workers are on. An item's time begins when the host first sees it, so that a worker reads no clock.
struct Deadlines {
    enum Verdict: Equatable {
        /// An ordinary Lua error is to be raised in the item, once.
        case condemn(item: Int)
        /// It did not unwind in time: the error is to be raised wherever it goes.
        case press(item: Int)
        /// It did not let itself be interrupted.
        case kill
    }

    /// How far it has come with an item.
    private enum Stage { case running, condemned, pressed }

    private struct Watch {
        let item: Int
        /// When the stage began.
        var since: Int
        var stage = Stage.running
    }

    /// Nanoseconds an item may take, and each of the two stages that follow.
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
            guard now - watch.since >= (watch.stage == .running ? limit : Deadlines.grace) else { continue }
            switch watch.stage {
            case .running:
                watches[worker] = Watch(item: item, since: now, stage: .condemned)
                verdicts[worker] = .condemn(item: item)
            case .condemned:
                watches[worker] = Watch(item: item, since: now, stage: .pressed)
                verdicts[worker] = .press(item: item)
            case .pressed: verdicts[worker] = .kill
            }
        }
        return verdicts
    }
}
