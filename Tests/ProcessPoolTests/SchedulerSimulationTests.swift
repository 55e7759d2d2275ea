// Whole runs without a process: random costs, deaths, pauses, a source that runs dry, workers that cannot be had.

import Chance
import Testing

@testable import ProcessPool

/// What may happen in a simulated run; each is once in so many items.
struct Weather: Sendable {
    var name: String
    var workers = 3
    var costs = [1000]
    var deaths = Int.max
    var dryness = Int.max
    var pauses = Int.max
    var unusable = 0
    var chunkItems: Int?
    var itemsPerWorker: Int?
}

private struct Simulation {
    private struct Worker {
        var chunks: [Chunk] = []
        var time = 0
        var chunkTime = 0
        var itemsRun = 0
        var isDismissed = false
        var isAbsent = true
    }

    private let weather: Weather
    private var scheduler: Scheduler
    private var random: Seeded
    private var workers: [Worker]
    private var left: Int
    private var next = 1
    private var isDry = false
    private var isPaused = false
    private var unusable: Int
    private(set) var runs: [Int: Int] = [:]
    private(set) var mostItemsRun = 0

    init(_ weather: Weather, items: Int, seed: Int) {
        self.weather = weather
        scheduler = Scheduler(
            workers: weather.workers, chunkItems: weather.chunkItems, itemsPerWorker: weather.itemsPerWorker)
        random = Seeded(seed)
        workers = Array(repeating: Worker(), count: weather.workers)
        left = items
        unusable = weather.unusable
    }

    /// Whether everything came to an end.
    mutating func run() -> Bool {
        perform(.sourceReady)
        repeat {
            let busy = workers.indices.filter { !workers[$0].chunks.isEmpty }
            if let next = busy.min(by: { workers[$0].time < workers[$1].time }) { runItem(of: next) }
            settle()
        } while isDry || isPaused || workers.contains { !$0.chunks.isEmpty }
        return scheduler.isDone && workers.allSatisfy(\.isAbsent)
    }

    private mutating func perform(_ event: Scheduler.Event) {
        for action in scheduler.handle(event) {
            switch action {
            case .askSource(_, let items): perform(cut(items))
            case .send(let chunk, let worker):
                if workers[worker].isAbsent { workers[worker] = Worker(time: now, isAbsent: false) }
                workers[worker].chunks.append(chunk)
            case .dismiss(let worker):
                precondition(workers[worker].chunks.isEmpty && !workers[worker].isAbsent, "dismissed at work")
                workers[worker].isDismissed = true
            }
        }
    }

    private var now: Int { workers.filter { !$0.chunks.isEmpty }.map(\.time).min() ?? workers.map(\.time).max() ?? 0 }

    private mutating func cut(_ items: Int) -> Scheduler.Event {
        if left == 0 { return .sourceEnded }
        if random.once(in: weather.dryness) {
            isDry = true
            return .sourceDry
        }
        let count = min(items, left)
        defer { (next, left) = (next + count, left - count) }
        return .chunk(Chunk(first: next, count: count))
    }

    private mutating func runItem(of number: Int) {
        if unusable > 0, workers[number].itemsRun == 0 {
            unusable -= 1
            let unfinished = workers[number].chunks
            workers[number] = Worker()
            return perform(.unusable(worker: number, unfinished: unfinished))
        }
        let cost = weather.costs.randomElement(using: &random) ?? 1
        workers[number].time += cost
        workers[number].chunkTime += cost
        workers[number].itemsRun += 1
        mostItemsRun = max(mostItemsRun, workers[number].itemsRun)
        let chunk = workers[number].chunks[0]
        runs[chunk.next, default: 0] += 1
        workers[number].chunks[0] = chunk.advanced(by: 1)
        if random.once(in: weather.deaths) {
            let unfinished = workers[number].chunks.filter { $0.remaining > 0 }
            workers[number] = Worker()
            perform(.gone(worker: number, unfinished: unfinished))
        } else if chunk.remaining == 1 {
            workers[number].chunks.removeFirst()
            defer { workers[number].chunkTime = 0 }
            perform(.ended(worker: number, items: chunk.count, nanoseconds: workers[number].chunkTime))
        }
    }

    /// What happens around the workers.
    private mutating func settle() {
        if random.once(in: weather.pauses) {
            isPaused.toggle()
            perform(.pause(isPaused))
        }
        let isIdle = workers.allSatisfy(\.chunks.isEmpty)
        if isPaused, isIdle {
            isPaused = false
            perform(.pause(false))
        }
        while isDry, isIdle || random.once(in: 3) {
            isDry = false
            perform(.sourceReady)
        }
        for number in workers.indices where workers[number].isDismissed {
            workers[number] = Worker()
            perform(.gone(worker: number, unfinished: []))
        }
    }
}

@Test(arguments: [
    Weather(name: "short items"), Weather(name: "long items", costs: [5_000_000]),
    Weather(name: "all lengths", workers: 8, costs: [1, 1000, 100_000, 10_000_000]),
    Weather(name: "one worker", workers: 1, costs: [1, 1_000_000]),
    Weather(name: "more workers than items", workers: 50), Weather(name: "deaths", costs: [10, 100_000], deaths: 20),
    Weather(name: "every item kills", workers: 2, deaths: 1),
    Weather(name: "deaths, chunks of 7", workers: 4, deaths: 9, chunkItems: 7),
    Weather(name: "a few items per worker", costs: [10], itemsPerWorker: 5),
    Weather(name: "a few items per worker, and deaths", costs: [10], deaths: 10, itemsPerWorker: 5),
    Weather(name: "a source with gaps", costs: [100, 1_000_000], dryness: 2),
    Weather(name: "a slow reader", costs: [100, 1_000_000], deaths: 30, pauses: 5),
    Weather(name: "workers that cannot be had", workers: 4, deaths: 30, unusable: 3),
    Weather(
        name: "all of it", workers: 5, costs: [1, 1000, 3_000_000], deaths: 15, dryness: 4, pauses: 7, unusable: 4,
        itemsPerWorker: 30),
])
func `every item is run exactly once, and then everybody leaves`(weather: Weather) {
    for seed in 0..<8 {
        for items in [0, 1, 2, 17, 300] {
            var simulation = Simulation(weather, items: items, seed: seed)
            let ended = simulation.run()
            #expect(ended, "\(weather.name), seed \(seed), \(items) items")
            #expect(simulation.runs.count == items && simulation.runs.values.allSatisfy { $0 == 1 })
            if let limit = weather.itemsPerWorker, weather.deaths == .max { #expect(simulation.mostItemsRun <= limit) }
        }
    }
}
