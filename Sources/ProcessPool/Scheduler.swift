// Who works on what, and how many items at a time. Events in, actions out; no descriptors, no clock, no Lua.

/// Deals chunks to workers.
///
/// A chunk is as many items as take about the target of its pace, judged by those that are done, and grows at most
/// eightfold at a time. A worker whose items are short gets the next chunk while it works on one, so that it never waits for the
/// pipe; one whose items are long does not, so that no item waits behind another while a worker is idle.
package struct Scheduler {
    /// How much is handed out at once.
    package struct Pace: Sendable {
        /// Nanoseconds that a chunk should take.
        let target: Int
        /// Items that take longer, in nanoseconds, are not handed out ahead.
        let longItem: Int

        /// For workers of this machine.
        package static let near = Pace(target: 4_000_000, longItem: 1_000_000)
        /// For those of others, to which the way is long.
        package static let far = Pace(target: 100_000_000, longItem: 1_000_000_000)
    }

    package enum Event: Equatable {
        /// The chunk that was asked for.
        case chunk(Chunk)
        /// There is nothing yet; `.sourceReady` will follow.
        case sourceDry
        case sourceReady
        /// There is nothing left.
        case sourceEnded
        /// A worker's oldest chunk has ended, with `items` of it run in `nanoseconds`.
        case ended(worker: Int, items: Int, nanoseconds: Int)
        /// A worker will not run these of its items; until its chunks have ended it gets no others.
        case revoked(worker: Int, [Chunk])
        /// A worker is gone; `unfinished` are its chunks, without what is done of them.
        case gone(worker: Int, unfinished: [Chunk])
        /// A worker is gone and must not be replaced, for now or for good.
        case unusable(worker: Int, unfinished: [Chunk])
        /// A worker is so many, each of which has chunks of its own.
        case lanes(worker: Int, Int)
        /// A worker that was unusable may be forked again.
        case usable(worker: Int)
        /// A chunk will come back later.
        case awaited
        /// It is back.
        case returned(Chunk)
        /// No new chunk is to be asked for, or some again.
        case pause(Bool)
        /// No further item is to be begun.
        case stop
    }

    package enum Action: Equatable {
        /// Ask for a chunk of at most `items` for `worker`, and answer by an event.
        case askSource(worker: Int, items: Int)
        /// Send it; a worker that does not exist yet is forked.
        case send(Chunk, worker: Int)
        /// Tell the worker to leave.
        case dismiss(worker: Int)
    }

    private struct Worker {
        enum Phase { case absent, present, leaving, unusable }
        var phase = Phase.absent
        var chunksInFlight = 0
        var itemsLeft: Int
        /// How many chunks are worked on at once.
        var lanes = 1
        /// It begins nothing more of the chunks it has.
        var isLimited = false

        /// What may be asked of it.
        var state: State {
            switch phase {
            case .leaving: .leaving
            case .unusable: .unusable
            case .absent: .absent
            case .present where chunksInFlight == 0: itemsLeft > 0 ? .idle : .spent
            case .present where itemsLeft == 0 || isLimited || chunksInFlight >= 2 * lanes: .full
            case .present: chunksInFlight < lanes ? .underused : .atWork
            }
        }
    }

    /// Those who may get a chunk come first, and among them who should get it before others.
    private enum State: Int, CaseIterable {
        /// Nothing to do.
        case idle
        /// Not forked yet.
        case absent
        /// Some of its lanes have nothing to do.
        case underused
        /// A chunk in each lane, and others may follow.
        case atWork
        /// It gets nothing more before a chunk of its own has ended.
        case full
        /// It has had its share of items, and nothing to do.
        case spent
        case leaving, unusable
    }

    private enum SourceState { case open, dry, ended }

    /// Where chunks are aligned they have at least so many items, if an item takes less than so many nanoseconds.
    private static let (leastAligned, shortItem) = (16_384, 2_000.0)
    private let fixedItems: Int?
    private let itemsPerWorker: Int
    private let chunksAtOnce: Int
    private let pace: Pace
    /// Some worker has several lanes.
    private var hasLanes = false
    private let isAligned: Bool
    private var workers: [Worker]
    /// Who is in which state; an entry for each.
    private var workersByState: [NumberSet]
    private var chunksInFlight = 0
    /// What goes out before anything new.
    private var returned = ChunkQueue()
    /// The same, for those who have nothing else.
    private var suspects = ChunkQueue()
    private var chunksAwaited = 0
    private var sourceState = SourceState.open
    private var askedFor: Int?
    private var isPaused = false
    private var nanosecondsPerItem: Double?
    private var largestChunk = 0

    /// `chunkItems` fixes the size of chunks; a worker is replaced after `itemsPerWorker`, and has at most `chunksAtOnce` in
    /// each lane. With `isAligned` chunks are better large.
    package init(
        workers: Int, chunkItems: Int? = nil, itemsPerWorker: Int? = nil, chunksAtOnce: Int = 2,
        isAligned: Bool = false,
        pace: Pace = .near
    ) {
        self.chunksAtOnce = chunksAtOnce
        self.pace = pace
        self.isAligned = isAligned
        fixedItems = chunkItems
        self.itemsPerWorker = itemsPerWorker ?? Int.max
        self.workers = Array(repeating: Worker(itemsLeft: self.itemsPerWorker), count: workers)
        workersByState = State.allCases.map { _ in NumberSet(below: workers) }
        for worker in 0..<workers { workersByState[State.absent.rawValue].insert(worker) }
    }

    /// Every chunk is done and nobody works; what remains is to see the workers off.
    package var isDone: Bool {
        sourceState == .ended && returned.isEmpty && suspects.isEmpty && chunksAwaited == 0 && chunksInFlight == 0
    }

    /// Somebody works.
    package var isBusy: Bool { chunksInFlight > 0 }

    /// Nobody is left to work.
    package var isHelpless: Bool { count(.unusable) == workers.count }

    package mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .chunk(let chunk):
            guard let worker = askedFor else { return [] }
            askedFor = nil
            return assign(chunk, to: worker) + dispatch()
        case .sourceDry:
            if askedFor != nil { sourceState = .dry }
            askedFor = nil
        case .sourceReady:
            if sourceState == .dry { sourceState = .open }
        case .sourceEnded:
            (askedFor, sourceState) = (nil, .ended)
        case .ended(let worker, let items, let nanoseconds):
            change(worker) {
                $0.chunksInFlight -= 1
                if $0.chunksInFlight == 0 { $0.isLimited = false }
            }
            learn(items: items, nanoseconds: nanoseconds)
        case .revoked(let worker, let chunks):
            change(worker) {
                $0.isLimited = $0.chunksInFlight > 0
                $0.itemsLeft += chunks.reduce(0) { $0 + $1.remaining }
            }
            returned.prepend(chunks)
        case .gone(let worker, let unfinished):
            change(worker) { [itemsPerWorker] in $0 = Worker(itemsLeft: itemsPerWorker) }
            takeBack(unfinished)
        case .unusable(let worker, let unfinished):
            change(worker) { $0 = Worker(phase: .unusable, itemsLeft: 0) }
            takeBack(unfinished)
        case .lanes(let worker, let lanes):
            hasLanes = hasLanes || lanes > 1
            change(worker) { $0.lanes = lanes }
        case .usable(let worker):
            change(worker) { [itemsPerWorker] in $0 = Worker(itemsLeft: itemsPerWorker) }
        case .awaited:
            chunksAwaited += 1
        case .returned(let chunk):
            chunksAwaited -= 1
            returned.append(chunk)
        case .pause(let paused):
            isPaused = paused
        case .stop:
            (askedFor, sourceState) = (nil, .ended)
            returned.removeAll()
            suspects.removeAll()
            chunksAwaited = 0
        }
        return dispatch()
    }

    /// Nanoseconds that an item takes, as far as is known.
    package var costOfItem: Double { nanosecondsPerItem ?? 0 }

    /// Workers that have nothing to do while there is nothing to give them.
    package var idleWorkers: Int {
        if !returned.isEmpty || !suspects.isEmpty || askedFor != nil || sourceState == .open || isPaused { return 0 }
        return count(.idle) + count(.absent)
    }

    private func count(_ state: State) -> Int { workersByState[state.rawValue].count }
    private func first(_ state: State) -> Int? { workersByState[state.rawValue].first }

    /// Whatever is changed about a worker is changed here, so that it is found by its state.
    private mutating func change(_ number: Int, _ body: (inout Worker) -> Void) {
        let (before, chunksBefore) = (workers[number].state, workers[number].chunksInFlight)
        body(&workers[number])
        chunksInFlight += workers[number].chunksInFlight - chunksBefore
        let after = workers[number].state
        if after == before { return }
        workersByState[before.rawValue].remove(number)
        workersByState[after.rawValue].insert(number)
    }

    private mutating func learn(items: Int, nanoseconds: Int) {
        guard items > 0 else { return }
        let cost = Double(nanoseconds) / Double(items)
        guard let known = nanosecondsPerItem else {
            nanosecondsPerItem = cost
            largestChunk = max(largestChunk, items)
            return
        }
        // That items take longer is believed as far as time has passed: the first item of a late worker, which has its
        // pages to fetch, would else make all chunks small.
        let weight = cost < known ? 0.5 : 0.5 * min(1, Double(nanoseconds) / Double(pace.target))
        nanosecondsPerItem = known + weight * (cost - known)
        largestChunk = max(largestChunk, items)
    }

    /// Items that the next chunk should have.
    private var chunkItems: Int {
        if let fixedItems { return fixedItems }
        guard let nanosecondsPerItem else { return 1 }
        let isShort = isAligned && nanosecondsPerItem < Scheduler.shortItem
        let wanted = max(
            Int(Double(pace.target) / max(nanosecondsPerItem, 1)), isShort ? Scheduler.leastAligned : 1)
        return max(1, min(wanted, largestChunk * 8))
    }

    /// Chunks that a worker may have at once.
    private var chunksPerWorker: Int {
        guard let nanosecondsPerItem else { return 1 }
        return nanosecondsPerItem < Double(pace.longItem) ? chunksAtOnce : 1
    }

    private mutating func takeBack(_ unfinished: [Chunk]) {
        returned.prepend(unfinished.filter { !$0.isSuspect })
        suspects.prepend(unfinished.filter(\.isSuspect))
    }

    private mutating func assign(_ chunk: Chunk, to worker: Int) -> [Action] {
        change(worker) {
            $0.phase = .present
            $0.chunksInFlight += 1
            $0.itemsLeft -= chunk.remaining
        }
        return [.send(chunk, worker: worker)]
    }

    private mutating func dispatch() -> [Action] {
        var actions: [Action] = []
        while askedFor == nil, let worker = nextWorker() {
            if let chunk = suspects.popFirst() {
                actions += assign(chunk, to: worker)
                change(worker) { $0.isLimited = true }
            } else if let chunk = returned.popFirst() {  // also when paused: what everything waits for may be among them
                actions += assign(chunk, to: worker)
            } else if sourceState == .open && !isPaused {
                askedFor = worker
                actions.append(.askSource(worker: worker, items: min(chunkItems, workers[worker].itemsLeft)))
            } else {
                break
            }
        }
        return actions + dismissals()
    }

    private func leastBusy(_ state: State) -> Int? {
        if !hasLanes { return first(state) }
        return workers.indices.filter { workers[$0].state == state }.min {
            workers[$0].chunksInFlight * workers[$1].lanes < workers[$1].chunksInFlight * workers[$0].lanes
        }
    }

    /// The worker with the fewest chunks, present ones first, if it may have one more.
    private func nextWorker() -> Int? {
        if let worker = first(.idle) ?? first(.absent) { return worker }
        // They wait for one that has nothing to do.
        if !suspects.isEmpty { return nil }
        return leastBusy(.underused) ?? (chunksPerWorker > 1 ? leastBusy(.atWork) : nil)
    }

    /// Those who have nothing to do and will have nothing.
    private mutating func dismissals() -> [Action] {
        let leaving = takeAll(.spent) + (askedFor == nil && isDone ? takeAll(.idle) : [])
        return leaving.map { .dismiss(worker: $0) }
    }

    private mutating func takeAll(_ state: State) -> [Int] {
        var taken: [Int] = []
        while let worker = first(state) {
            change(worker) { $0.phase = .leaving }
            taken.append(worker)
        }
        return taken
    }
}
