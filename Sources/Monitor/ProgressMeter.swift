// How far a run is, as numbers. No clock, no terminal.

import Bytes
package import ProcessPool

/// What a person wants to know of a run while it goes on.
package struct Progress: Equatable {
    package var done = 0
    /// Of how many; nil when nothing tells that.
    package var total: Total?
    /// Items a second; nil before any was done.
    package var rate: Double?
    package var secondsElapsed = 0.0
    package var secondsLeft: Double?
    package var failed = 0
    package var retrying = 0
    /// The item that has run longest, or whose worker stands stopped.
    package var slowest: Slowest?

    package struct Total: Equatable {
        package var items: Int
        package var isEstimate: Bool

        package init(_ items: Int, isEstimate: Bool = false) { (self.items, self.isEstimate) = (items, isEstimate) }
    }

    package struct Slowest: Equatable {
        package var occupation: Occupation
        package var seconds: Double
    }

    package init() {}

    /// Of all items; nil where there is no total.
    package var fraction: Double? { total.map { $0.items == 0 ? 1 : min(1, Double(done) / Double($0.items)) } }
}

/// Makes progress of what a run shows now and then. The rate is that of the last seconds, and what an earlier run has done
/// is no part of it.
package struct ProgressMeter {
    private let start: Int
    /// Nobody knows how many items there will be: the run ends when enough have succeeded.
    private let isOpenEnded: Bool
    /// Items that were cut, and their bytes.
    private var (itemsCut, bytesCut) = (0, 0)
    private var restored = 0
    /// The times of some looks, and what was done by then, oldest first; all of them in the last seconds.
    private var samples: [(time: Int, done: Int)]
    /// The item that each worker was on when it was looked at, and since when.
    private var begun: [Int: (item: Int, time: Int)] = [:]

    /// Nanoseconds of the rate.
    private static let window = 15_000_000_000

    package init(start: Int, isOpenEnded: Bool) {
        (self.start, self.isOpenEnded) = (start, isOpenEnded)
        samples = [(start, 0)]
    }

    package mutating func hear(_ news: RunNews) {
        switch news {
        case .cut(let chunk):
            itemsCut += chunk.count
            bytesCut += chunk.payload.bytes
        case .restored(_, let outcomes): restored += outcomes.count
        default: break
        }
    }

    package mutating func progress(_ view: RunView, now: Int) -> Progress {
        var progress = Progress()
        progress.done = view.tally.succeeded + view.tally.failures
        progress.failed = view.tally.failures
        progress.retrying = view.retrying
        progress.secondsElapsed = Double(now - start) / 1e9
        progress.total = isOpenEnded ? nil : total(view)
        progress.rate = rate(progress.done - restored, now)
        if let total = progress.total, let rate = progress.rate, rate > 0 {
            progress.secondsLeft = Double(max(0, total.items - progress.done)) / rate
        }
        progress.slowest = slowest(view.occupations, now)
        return progress
    }

    /// What was cut, and what the bytes that are left come to.
    private func total(_ view: RunView) -> Progress.Total? {
        if let items = view.totalItems { return Progress.Total(items) }
        guard let rest = view.rest else { return nil }
        let known = view.tally.items + rest.items
        if rest.bytes == 0 { return Progress.Total(known) }
        guard bytesCut > 0 else { return nil }
        let more = Double(rest.bytes) * Double(itemsCut) / Double(bytesCut)
        return Progress.Total(known + Int(more.rounded()), isEstimate: true)
    }

    private mutating func rate(_ done: Int, _ now: Int) -> Double? {
        samples.append((now, done))
        while samples.count > 2, samples[1].time <= now - ProgressMeter.window { samples.removeFirst() }
        let (time, before) = samples[0]
        guard now > time, done > 0 else { return nil }
        return Double(done - before) / (Double(now - time) / 1e9)
    }

    private mutating func slowest(_ occupations: [Occupation], _ now: Int) -> Progress.Slowest? {
        var (still, slowest): ([Int: (item: Int, time: Int)], Progress.Slowest?) = ([:], nil)
        for occupation in occupations {
            guard let item = occupation.item else { continue }
            let last = begun[occupation.worker]
            let since = last?.item == item ? last?.time ?? now : now
            still[occupation.worker] = (item, since)
            let seconds = Double(now - since) / 1e9
            let isWorse = slowest.map {
                occupation.isStopped != $0.occupation.isStopped ? occupation.isStopped : seconds > $0.seconds
            }
            if isWorse ?? true { slowest = Progress.Slowest(occupation: occupation, seconds: seconds) }
        }
        begun = still
        return slowest
    }
}
