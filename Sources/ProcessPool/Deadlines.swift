// Which worker has had its time, for an item or for what stands around items. Phases and times in, decisions out; no clock.

/// Watches what workers are on. The time of a phase begins when the host first sees it, so that a worker reads no clock.
struct Deadlines {
    /// What a worker is on. Another phase has a time of its own, and so has each try of an item.
    enum Phase: Equatable {
        /// It was forked, and is not ready: it runs `setup`.
        case starting
        /// It is ready and has chunks, and it is time to tell of an item, to begin the next one, or to end the chunk.
        case waiting(Exchange)
        /// `begun` counts the items that it has begun with this one.
        case running(item: Int, begun: Int)
        /// It was told to leave: it runs `teardown`.
        case leaving
    }

    /// How far worker and host have come with each other: whatever changes here gives a worker new time.
    struct Exchange: Equatable {
        /// Items that the worker has begun, and the batch that it fills.
        var begun = 0
        var batch: UInt64 = 0
        /// Bytes that are not on their way to the worker yet, and bytes of a batch that have come from it.
        var unsent = 0
        var received = 0
    }

    enum Decision: Equatable {
        /// An ordinary Lua error is to be raised in the item, once; `isFinal` when it did not unwind in time: wherever it goes.
        case interrupt(item: Int, isFinal: Bool)
        /// It is in this phase for too long, and did not let itself be interrupted where it was asked.
        case kill(Phase)
        /// It takes long, and nobody has said how long it may take.
        case mention(Phase)
    }

    /// How far it has come with a phase.
    private enum Stage { case begun, interrupted, forced, mentioned }

    private struct Watch {
        let phase: Phase
        /// When the stage began.
        var since: Int
        var stage = Stage.begun
    }

    /// Nanoseconds an item may take, and `setup` or `teardown`; nil for as long as they like.
    private let item: Int?
    private let setup: Int?
    /// What each of the stages behind the limit of an item takes.
    private static let grace = 500_000_000
    /// The least that a worker has to begin an item: its pages, and the item's bytes, may be far away.
    private static let leastToBegin = 5_000_000_000
    private static let long = 10_000_000_000
    /// A gap this long between two looks means that the host itself did not run.
    private static let suspension = 1_000_000_000

    private var watches: [Int: Watch] = [:]
    private var lastLook: Int?

    init(item: Int?, setup: Int?) {
        self.item = item
        self.setup = setup
    }

    var watchesItems: Bool { item != nil }

    /// Time that does not count.
    mutating func shift(by nanoseconds: Int) {
        for worker in watches.keys { watches[worker]?.since += nanoseconds }
        lastLook = lastLook.map { $0 + nanoseconds }
    }

    /// Nobody's time has begun: the host has not heard its workers.
    mutating func forget() { watches = [:] }

    /// `phases` is what each worker is on, if anything. Time in which the host was stopped is nobody's.
    mutating func look(_ phases: [Int: Phase], now: Int) -> [Int: Decision] {
        if let lastLook, now - lastLook > Deadlines.suspension { shift(by: now - lastLook) }
        lastLook = now
        for worker in watches.keys where phases[worker] != watches[worker]?.phase { watches[worker] = nil }
        var decisions: [Int: Decision] = [:]
        for (worker, phase) in phases {
            guard let watch = watches[worker] else {
                watches[worker] = Watch(phase: phase, since: now)
                continue
            }
            guard let (decision, next) = decide(watch, after: now - watch.since) else { continue }
            decisions[worker] = decision
            if let next { watches[worker] = Watch(phase: phase, since: now, stage: next) }
        }
        return decisions
    }

    /// The decision that is due, and the stage that begins with it.
    private func decide(_ watch: Watch, after elapsed: Int) -> (Decision, Stage?)? {
        switch (watch.phase, watch.stage) {
        case (.running(let item, _), .begun):
            isDue(elapsed, self.item) ? (.interrupt(item: item, isFinal: false), .interrupted) : nil
        case (.running(let item, _), .interrupted):
            elapsed >= Deadlines.grace ? (.interrupt(item: item, isFinal: true), .forced) : nil
        case (.running, _): elapsed >= Deadlines.grace ? (.kill(watch.phase), nil) : nil
        case (.waiting, _):
            isDue(elapsed, item.map { max($0, Deadlines.leastToBegin) }) ? (.kill(watch.phase), nil) : nil
        case (.starting, let stage), (.leaving, let stage):
            if isDue(elapsed, setup) {
                (.kill(watch.phase), nil)
            } else if setup == nil && stage == .begun && elapsed >= Deadlines.long {
                (.mention(watch.phase), .mentioned)
            } else {
                nil
            }
        }
    }

    private func isDue(_ elapsed: Int, _ limit: Int?) -> Bool { limit.map { elapsed >= $0 } ?? false }
}
