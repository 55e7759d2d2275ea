// How long runs take, in simulated time, beside a greedy assignment in order that knows when each worker is free and
// hands out one item at a time for nothing.

import Chance
import Testing

@testable import ProcessPool

/// What some items take, in nanoseconds.
private struct Durations {
    let costs: [Int]
    /// What the first items take together, by how many they are.
    let sums: [Int]

    init(_ costs: [Int]) {
        self.costs = costs
        var (sums, sum) = ([0], 0)
        sums.reserveCapacity(costs.count + 1)
        for cost in costs {
            sum += cost
            sums.append(sum)
        }
        self.sums = sums
    }

    func greedy(workers: Int) -> Int {
        var (free, last) = (Heap(), 0)
        for _ in 0..<workers { free.insert(0) }
        for cost in costs {
            let end = (free.first ?? 0) + cost
            free.replaceFirst(end)
            last = max(last, end)
        }
        return last
    }

    /// No assignment is faster than this; it costs less to find out than what greedy assignment takes.
    func bound(workers: Int) -> Int { max((sums.last ?? 0) / workers, costs.max() ?? 0) }

    func check(workers: Int) {
        var pool = SimulatedPool(sums: sums, workers: workers)
        let taken = pool.execute()
        #expect(pool.itemsRun == costs.count)
        // Somebody has to be idle, and somebody on a slow item, for two looks.
        let isNear = { (best: Int) in Double(taken) <= 1.03 * Double(best) + 6e6 }
        if isNear(bound(workers: workers)) { return }
        let best = greedy(workers: workers)
        #expect(isNear(best), "\(taken) beside \(best), \(workers) workers")
    }
}

private enum Shape: String, CaseIterable, CustomTestStringConvertible {
    case short, long, uniform, bimodal, heavyTailed, longestLast, shortThenLong, longThenShort, everLonger

    var testDescription: String { rawValue }

    func durations(_ random: inout Seeded) -> Durations {
        switch self {
        case .short: Durations(Array(repeating: 1000, count: 20_000))
        case .long: Durations(Array(repeating: 20_000_000, count: 1000))
        case .uniform: Shape.uniform(10_000, &random)
        case .bimodal: Shape.bimodal(80_000, &random)
        case .heavyTailed: Shape.heavyTailed(20_000, &random)
        case .longestLast:
            Durations((0..<400).map { $0 >= 390 ? 500_000_000 : 3_000_000 + random.below(4_000_000) })
        case .shortThenLong:
            Durations(Array(repeating: 2000, count: 20_000) + Array(repeating: 100_000_000, count: 40))
        case .longThenShort:
            Durations(Array(repeating: 50_000_000, count: 40) + Array(repeating: 2000, count: 20_000))
        case .everLonger: Durations((0..<5000).map { $0 * 80 })
        }
    }

    static func uniform(_ count: Int, _ random: inout Seeded) -> Durations {
        Durations((0..<count).map { _ in random.below(200_000) })
    }

    static func bimodal(_ count: Int, _ random: inout Seeded) -> Durations {
        Durations((0..<count).map { _ in random.once(in: 100) ? 5_000_000 : 10_000 })
    }

    static func heavyTailed(_ count: Int, _ random: inout Seeded) -> Durations {
        Durations((0..<count).map { _ in min(20_000_000_000 / (1 + random.below(1_000_000)), 500_000_000) })
    }
}

@Test(arguments: Shape.allCases, [1, 2, 3, 16, 100])
private func `a run takes at most three percent longer than greedy assignment`(shape: Shape, workers: Int) {
    var random = Seeded(workers)
    shape.durations(&random).check(workers: workers)
}

@Test(arguments: [Shape.uniform, .bimodal, .heavyTailed])
private func `so does one of a million items, for any number of workers`(shape: Shape) {
    var random = Seeded(7)
    let million = 1_000_000
    let durations =
        switch shape {
        case .bimodal: Shape.bimodal(million, &random)
        case .heavyTailed: Shape.heavyTailed(million, &random)
        default: Shape.uniform(million, &random)
        }
    for workers in [1, 2, 16, 128, 1024] { durations.check(workers: workers) }
}
