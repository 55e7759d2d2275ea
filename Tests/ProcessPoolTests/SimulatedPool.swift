// Workers in simulated time, for a whole run. Nothing costs anything but the items themselves.

import Posix
import Wire

@testable import ProcessPool

/// A run over items of known durations.
struct SimulatedPool {
    private struct Worker {
        /// What it has, and how many items it was sent before each.
        var chunks: [(chunk: Chunk, before: Int)] = []
        var sent = 0
        var limit = Int.max
        /// When it began the first of its chunks, and will end it.
        var (start, end) = (0, 0)

        /// The items of its first chunk that it will run.
        var items: Range<Int> {
            guard let (chunk, before) = chunks.first else { return 0..<0 }
            let count = min(chunk.remaining, max(limit - before, 0))
            return chunk.next..<chunk.next + count
        }
    }

    /// What the first items take together, by how many they are.
    private let sums: [Int]
    private var run: Run
    private var workers: [Worker]
    /// When chunks end, times the number of workers, plus the worker; those that ended otherwise are still in it.
    private var ends = Heap()
    private var next = 1
    private var now = 0
    private(set) var itemsRun = 0

    /// `sums` begins with 0.
    init(sums: [Int], workers: Int) {
        self.sums = sums
        var plan = RunPlan()
        plan.workers = workers
        run = Run(plan, slots: workers, .process, isRecorded: false)
        self.workers = Array(repeating: Worker(), count: workers)
    }

    /// Nanoseconds until the last item is done.
    mutating func execute() -> Int {
        tell(.begun)
        while let end = ends.first {
            let (time, worker) = end.quotientAndRemainder(dividingBy: workers.count)
            if run.mayRebalance, time > now + Run.rebalancingInterval {
                now += Run.rebalancingInterval
            } else {
                ends.removeFirst()
                if workers[worker].chunks.isEmpty || workers[worker].end != time { continue }
                now = time
                endChunk(of: worker)
            }
            let sights = run.wantsSights(now) ? workers.indices.map(sight) : []
            tell(.tick(sights, outputIsFull: false, messagesAreFull: false))
        }
        return now
    }

    private mutating func tell(_ event: Run.Event) {
        var (events, next) = ([event], 0)
        while next < events.count {
            var actions: [Run.Action] = []
            run.handle(events[next], now: now, into: &actions)
            next += 1
            for action in actions { events += perform(action) }
        }
    }

    /// What it is answered by.
    private mutating func perform(_ action: Run.Action) -> [Run.Event] {
        switch action {
        case .askSource(let items):
            // A source of ranges makes its last chunks small, too.
            let left = sums.count - next
            let count = min(items, max(left / (2 * workers.count), min(left, 1)))
            if count == 0 { return [.sourceEnded] }
            defer { next += count }
            return [.chunk(Chunk(first: next, count: count))]
        case .send(let chunk, let slot):
            workers[slot].chunks.append((chunk, workers[slot].sent))
            workers[slot].sent += chunk.remaining
            if workers[slot].chunks.count == 1 { begin(slot) }
        case .limit(let slot, let items): workers[slot].limit = items ?? .max
        case .revoke(let revocation):
            workers[revocation.slot].limit = revocation.limit
            noteEnd(of: revocation.slot)
            return [.limited(revocation, current: current(revocation.slot))]
        case .dismiss(let slot):
            workers[slot] = Worker()
            return [.died(slot: slot, Run.Death(.exited(0)))]
        default: break
        }
        return []
    }

    private mutating func begin(_ slot: Int) {
        if workers[slot].chunks.isEmpty { return }
        workers[slot].start = now
        noteEnd(of: slot)
    }

    private mutating func noteEnd(of slot: Int) {
        if workers[slot].chunks.isEmpty { return }
        let items = workers[slot].items
        workers[slot].end = workers[slot].start + sums[items.upperBound - 1] - sums[items.lowerBound - 1]
        ends.insert(workers[slot].end * workers.count + slot)
    }

    private mutating func endChunk(of slot: Int) {
        let items = workers[slot].items.count
        let nanoseconds = now - workers[slot].start
        workers[slot].chunks.removeFirst()
        itemsRun += items
        begin(slot)
        let entries = (items > 0 ? [Entry.output([], items: items)] : []) + [.chunkEnd(nanoseconds: nanoseconds)]
        tell(.told(slot: slot, entries, isReady: true))
    }

    private func sight(_ slot: Int) -> Run.Sight { Run.Sight(slot: slot, current: current(slot)) }

    /// The item that a worker is on.
    private func current(_ slot: Int) -> Int {
        let items = workers[slot].items
        guard !items.isEmpty else { return 0 }
        let done = sums[items.lowerBound - 1] + now - workers[slot].start
        var (low, high) = (items.lowerBound, items.upperBound - 1)  // the first that is not done, or the last one
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > done { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
