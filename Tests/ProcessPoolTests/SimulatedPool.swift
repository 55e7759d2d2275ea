// Workers in simulated time, for the scheduler and relief as the host's loop uses them. Nothing costs anything but the
// items themselves.

@testable import ProcessPool

/// A run over items of known durations.
struct SimulatedPool {
    private struct Worker {
        var chunks: [Chunk] = []
        /// When it began the first of them, and will end it.
        var (start, end) = (0, 0)
    }

    /// What the first items take together, by how many they are.
    private let sums: [Int]
    private var scheduler: Scheduler
    private var relief = Relief()
    private var workers: [Worker]
    /// When chunks end, times the number of workers, plus the worker; those that ended otherwise are still in it.
    private var ends = Heap()
    private var next = 1
    private var now = 0
    private var mayRelieve = false
    private var nextRelief = 0
    private(set) var itemsRun = 0

    /// `sums` begins with 0.
    init(sums: [Int], workers: Int) {
        self.sums = sums
        scheduler = Scheduler(workers: workers)
        self.workers = Array(repeating: Worker(), count: workers)
    }

    /// Nanoseconds until the last item is done.
    mutating func run() -> Int {
        perform(.available)
        while let end = ends.first {
            let look = now + Int(HostLoop.reliefInterval) * 1_000_000
            let (time, worker) = end.quotientAndRemainder(dividingBy: workers.count)
            if mayRelieve, time > look {
                now = look
            } else {
                ends.removeFirst()
                if workers[worker].chunks.isEmpty || workers[worker].end != time { continue }
                now = time
                endChunk(of: worker)
            }
            relieve()
        }
        return now
    }

    private mutating func perform(_ event: Scheduler.Event) {
        var actions = Array(scheduler.handle(event).reversed())
        while let action = actions.popLast() {
            switch action {
            case .cut(_, let items):
                // A source of ranges makes its last chunks small, too.
                let left = sums.count - next
                let count = min(items, max(left / (2 * workers.count), min(left, 1)))
                let chunk = Chunk(first: next, count: count, payload: [])
                next += count
                actions += scheduler.handle(count == 0 ? .exhausted : .cut(chunk)).reversed()
            case .send(let chunk, let number):
                workers[number].chunks.append(chunk)
                if workers[number].chunks.count == 1 { begin(number) }
            case .dismiss(let number): actions += scheduler.handle(.gone(worker: number, unfinished: [])).reversed()
            }
        }
    }

    private mutating func begin(_ number: Int) {
        if workers[number].chunks.isEmpty { return }
        workers[number].start = now
        noteEnd(of: number)
    }

    private mutating func noteEnd(of number: Int) {
        let items = workers[number].chunks[0].items
        workers[number].end = workers[number].start + sums[items.upperBound - 1] - sums[items.lowerBound - 1]
        ends.insert(workers[number].end * workers.count + number)
    }

    private mutating func endChunk(of number: Int) {
        let items = workers[number].chunks.removeFirst().remaining
        let nanoseconds = now - workers[number].start
        itemsRun += items
        begin(number)
        perform(.ended(worker: number, items: items, nanoseconds: nanoseconds))
    }

    /// The item that a worker is on.
    private func current(_ number: Int) -> Int? {
        guard let items = workers[number].chunks.first?.items, !items.isEmpty else { return nil }
        let done = sums[items.lowerBound - 1] + now - workers[number].start
        var (low, high) = (items.lowerBound, items.upperBound - 1)  // the first that is not done, or the last one
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > done { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func relieve() {
        mayRelieve = scheduler.idleWorkers > 0
        if !mayRelieve { return relief.forget() }
        if now < nextRelief { return }
        nextRelief = now + HostLoop.reliefPause * workers.count
        let loads = workers.indices.compactMap { number in
            current(number).map { current in
                let given = workers[number].chunks.reduce(0) { $0 + $1.remaining }
                let left = given - (current - workers[number].chunks[0].next) - 1
                return Relief.Load(worker: number, left: left, current: current)
            }
        }
        mayRelieve = loads.contains { $0.left > 0 }
        if !mayRelieve { return relief.forget() }
        for order in relief.choose(loads, idle: scheduler.idleWorkers, cost: scheduler.costOfItem, now: now) {
            relieve(order)
        }
    }

    private mutating func relieve(_ order: Relief.Order) {
        guard var boundary = current(order.worker).map({ $0 + 1 + order.keeping }) else { return }
        var rests: [Chunk] = []
        for place in workers[order.worker].chunks.indices {
            let items = workers[order.worker].chunks[place].items
            if boundary < items.upperBound {
                rests += workers[order.worker].chunks[place].cut(at: max(boundary, items.lowerBound)).parts(
                    order.pieces)
            }
            // What is kept beyond this chunk is kept of the next one.
            if place + 1 < workers[order.worker].chunks.count {
                boundary = workers[order.worker].chunks[place + 1].next + max(boundary - items.upperBound, 0)
            }
        }
        noteEnd(of: order.worker)
        perform(.takenBack(worker: order.worker, rests))
    }
}
