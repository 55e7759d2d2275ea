// How long runs take, in simulated time, beside a greedy assignment in order that knows when each worker is free and
// hands out one item at a time for nothing.

import Chance
import Testing

@testable import ProcessPool

private struct Bench {
    private struct Worker {
        var chunks: [Chunk] = []
        /// When the running item is done; it is the first of the first chunk.
        var free = 0
        var chunkStart = 0
        var isAbsent = true
    }

    private let costs: [Int]
    private var scheduler: Scheduler
    private var relief = Relief()
    private var workers: [Worker]
    private var next = 1
    private var now = 0
    private var isLooking = false
    private(set) var itemsRun = 0

    init(costs: [Int], workers: Int) {
        self.costs = costs
        scheduler = Scheduler(workers: workers)
        self.workers = Array(repeating: Worker(), count: workers)
    }

    /// Nanoseconds until the last item is done.
    mutating func run() -> Int {
        perform(.available)
        while let number = nextWorker() {
            let look = now + 2_000_000
            if isLooking, workers[number].free > look {
                now = look
            } else {
                now = workers[number].free
                finishItem(of: number)
            }
            relieve()
        }
        return now
    }

    private func nextWorker() -> Int? {
        var (next, free): (Int?, Int) = (nil, .max)
        for number in workers.indices where !workers[number].chunks.isEmpty && workers[number].free < free {
            (next, free) = (number, workers[number].free)
        }
        return next
    }

    private mutating func perform(_ event: Scheduler.Event) {
        for action in scheduler.handle(event) {
            switch action {
            case .cut(_, let items):
                // A source of ranges makes its last chunks small, too.
                let left = costs.count - next + 1
                let count = min(items, max(left / (2 * workers.count), min(left, 1)))
                let chunk = Chunk(first: next, count: count, payload: [])
                next += count
                perform(count == 0 ? .exhausted : .cut(chunk))
            case .send(let chunk, let number):
                workers[number].chunks.append(chunk)
                if workers[number].chunks.count == 1 { begin(number) }
            case .dismiss(let number): perform(.gone(worker: number, unfinished: []))
            }
        }
    }

    private mutating func begin(_ number: Int) {
        guard let chunk = workers[number].chunks.first else { return }
        workers[number].chunkStart = now
        workers[number].free = now + (chunk.remaining > 0 ? costs[chunk.next - 1] : 0)
    }

    private mutating func finishItem(of number: Int) {
        var chunk = workers[number].chunks[0]
        if chunk.remaining > 0 {
            itemsRun += 1
            chunk = chunk.advanced(by: 1)
            workers[number].chunks[0] = chunk
        }
        if chunk.remaining > 0 { return workers[number].free += costs[chunk.next - 1] }
        let nanoseconds = now - workers[number].chunkStart
        workers[number].chunks.removeFirst()
        begin(number)
        perform(.ended(worker: number, items: chunk.count, nanoseconds: nanoseconds))
    }

    private mutating func relieve() {
        isLooking = scheduler.idleWorkers > 0
        if !isLooking { relief.forget() }
        while isLooking, relieveOne() {}
    }

    private mutating func relieveOne() -> Bool {
        let idle = scheduler.idleWorkers
        let loads = workers.indices.map { number in
            let left = workers[number].chunks.reduce(0) { $0 + $1.remaining } - 1
            return Relief.Load(worker: number, left: max(left, 0), current: workers[number].chunks.first?.next ?? 0)
        }
        isLooking = idle > 0 && loads.contains { $0.left > 0 }
        guard isLooking, let order = relief.choose(loads, idle: idle, cost: scheduler.costOfItem, now: now) else {
            return false
        }
        let number = order.worker
        var kept = order.keeping + 1  // and the running item
        var rests: [Chunk] = []
        for place in workers[number].chunks.indices {
            let items = workers[number].chunks[place].items
            let boundary = min(items.lowerBound + kept, items.upperBound)
            kept -= boundary - items.lowerBound
            if boundary < items.upperBound {
                rests += workers[number].chunks[place].cut(at: boundary).parts(order.pieces)
            }
        }
        perform(.takenBack(worker: number, rests))
        return !rests.isEmpty
    }
}

private func greedy(_ costs: [Int], workers: Int) -> Int {
    var free = Array(repeating: 0, count: workers)
    for cost in costs {
        let first = free.indices.min { free[$0] < free[$1] } ?? 0
        free[first] += cost
    }
    return free.max() ?? 0
}

private enum Durations: String, CaseIterable, CustomTestStringConvertible {
    case short, long, uniform, bimodal, heavyTailed, longestLast, shortThenLong, longThenShort, everLonger

    var testDescription: String { rawValue }

    /// Nanoseconds of each item.
    func costs(_ random: inout Seeded) -> [Int] {
        switch self {
        case .short: Array(repeating: 1000, count: 20_000)
        case .long: Array(repeating: 20_000_000, count: 1000)
        case .uniform: (0..<10_000).map { _ in random.below(200_000) }
        case .bimodal: (0..<80_000).map { _ in random.once(in: 100) ? 5_000_000 : 10_000 }
        case .heavyTailed:
            (0..<20_000).map { _ in min(20_000_000_000 / (1 + random.below(1_000_000)), 500_000_000) }
        case .longestLast: (0..<400).map { $0 >= 390 ? 500_000_000 : 3_000_000 + random.below(4_000_000) }
        case .shortThenLong: Array(repeating: 2000, count: 20_000) + Array(repeating: 100_000_000, count: 40)
        case .longThenShort: Array(repeating: 50_000_000, count: 40) + Array(repeating: 2000, count: 20_000)
        case .everLonger: (0..<5000).map { $0 * 80 }
        }
    }
}

@Test(arguments: Durations.allCases, [1, 2, 3, 16, 100])
private func `a run takes at most three percent longer than greedy assignment`(durations: Durations, workers: Int) {
    var random = Seeded(workers)
    let costs = durations.costs(&random)
    var bench = Bench(costs: costs, workers: workers)
    let taken = bench.run()
    let best = greedy(costs, workers: workers)
    #expect(bench.itemsRun == costs.count)
    // Somebody has to be idle, and somebody on a slow item, for two looks.
    #expect(Double(taken) <= 1.03 * Double(best) + 6e6, "\(taken) beside \(best)")
}
