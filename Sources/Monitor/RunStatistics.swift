// What a run comes to in numbers: what became of the items, what the workers did, and where the time went. It hears the run's
// news; no clock, no files, and no more memory for more items.

package import Posix
package import ProcessPool
package import Wire

/// Times are in nanoseconds. What an earlier run has done is counted as restored, and in nothing else.
package struct RunStatistics {
    package struct Worker: Equatable {
        /// Those that have their outcome.
        package var items = 0
        /// The time in tasks, also of attempts that failed and were tried again.
        package var busy = 0
        /// Not as it was told to, nor at the end of a run that ended before its time.
        package var deaths = 0
        /// The most that was seen.
        package var memory: ProcessMemory?
        /// When its last item ended, and which that was.
        package var lastEnd = 0
        package var last: Item?
        /// The worker before it is gone, and this one has run no item yet.
        fileprivate var vacancy: Vacancy?
    }

    /// An attempt at an item.
    package struct Item: Equatable {
        package var item: Int
        /// Without its records, unless only these tell where it is.
        package var chunk: Chunk
        package var time: ItemTime
        package var end = End.succeeded
    }

    /// What an attempt came to.
    package enum End: Equatable {
        case succeeded
        case failed(Failure.Kind)
        /// The run ended before.
        case killed

        /// As in the job log.
        var name: String {
            switch self {
            case .succeeded: "ok"
            case .failed(let kind): kind.rawValue
            case .killed: "killed"
            }
        }
    }

    /// How often a worker has come in another's place, and what went by from one's end to the other's first item.
    package struct Successions: Equatable {
        package var count = 0
        package var time = 0
    }

    fileprivate enum Vacancy: Equatable {
        case left(Int), died(Int)
    }

    /// The number of slowest items that are kept.
    package static let slowestCount = 10

    package let start: Int
    package var end: Int
    package var ending: Ending?
    /// The number that was asked for: 0 where everything ran in pmap's own process.
    package let workerCount: Int
    package let processors: Int
    package var seed: UInt64
    /// The name of an item in its input.
    package let name: (Int, Chunk) -> String
    /// What a failure gives in place of a record.
    private let errorBytes: (FailedItem) -> Int

    package var succeeded = 0
    package var failed: [Failure.Kind: Int] = [:]
    package var restored = 0
    /// Of the restored ones.
    package var restoredFailures: [Failure.Kind: Int] = [:]
    package var blank = 0
    /// Items that gave bytes.
    package var records = 0
    /// Items that were known and have no outcome.
    package var skipped = 0
    /// Nobody knows how many items the input has that was not read.
    package var isRestUnknown = false

    /// Of the input that was read, where it is bytes.
    package var bytesIn = 0
    /// What items gave, though what they gave may be joined.
    private var bytesGiven = 0
    /// The processor time of pmap's own process, and of its children.
    package var (hostProcessor, childProcessor) = (0, 0)
    /// When the first item began, and when the input's last items were known.
    package var firstItem: Int?
    package var lastCut: Int
    package var workers: [Worker]
    /// The slowest first.
    package private(set) var slowest: [Item] = []
    /// Attempts that failed and were tried again, and their time.
    package var (retries, retryTime) = (0, 0)
    /// Items without an outcome, as the run ended while they ran, and their time.
    package var (killed, killedTime) = (0, 0)
    /// After a death, and after a worker that had left in good order.
    package var (afterDeaths, afterLeaving) = (Successions(), Successions())
    package var hostWork: [HostWork: Int] = [:]
    package var waits: [RunWait: Int] = [:]
    /// Where results are joined: what the process has done that joins them, and the time that workers took for it.
    package var joined: JoinWork?
    package var workersJoined = 0
    private var waitStarts: [RunWait: Int] = [:]
    private var isKilling = false

    package init(
        start: Int, workers count: Int, processors: Int, seed: UInt64, name: @escaping (Int, Chunk) -> String,
        errorBytes: @escaping (FailedItem) -> Int = { _ in 0 }
    ) {
        (self.start, end, lastCut) = (start, start, start)
        (workerCount, self.processors, self.seed) = (count, processors, seed)
        (self.name, self.errorBytes) = (name, errorBytes)
        workers = Array(repeating: Worker(), count: max(count, 1))
    }

    package mutating func hear(_ news: RunNews, now: Int) {
        switch news {
        case .cut(let chunk):
            bytesIn += chunk.payload.bytes
            lastCut = now
        case .restored(_, let outcomes): restore(outcomes)
        case .succeeded(let chunk, let items, let worker, let times): succeed(items, of: chunk, worker, times)
        case .failed(let item, let chunk, let retryDelay): fail(item, of: chunk, isRetried: retryDelay != nil, now)
        case .killed(let item, let chunk, let worker, let time): cutOff(item, of: chunk, worker, time)
        case .died(let worker, let status): lose(worker, status, now)
        case .killing: isKilling = true
        case .worked(let work, _, let nanoseconds): hostWork[work, default: 0] += nanoseconds
        case .waits(let wait, true): waitStarts[wait] = now
        case .waits(let wait, false): endWait(wait, now)
        case .ended(let ending, let tally):
            for wait in RunWait.allCases { endWait(wait, now) }
            (end, self.ending) = (now, ending)
            (blank, skipped) = (tally.blank, tally.skipped)
        case .joinedHere(_, let nanoseconds): workersJoined += nanoseconds
        case .joining: for wait in RunWait.allCases { endWait(wait, now) }
        case .joined(let work): joined = work
        case .started, .dismissed, .sent, .chunkEnded, .suspended, .joins: break
        }
    }

    /// A worker, from 1, was seen with so much memory.
    package mutating func see(_ memory: ProcessMemory, of worker: Int) {
        var most = workers[worker - 1].memory ?? memory
        most.shared = max(most.shared, memory.shared)
        most.private = max(most.private, memory.private)
        workers[worker - 1].memory = most
    }

    private mutating func endWait(_ wait: RunWait, _ now: Int) {
        if let start = waitStarts.removeValue(forKey: wait) { waits[wait, default: 0] += now - start }
    }

    // MARK: Items

    private mutating func succeed(_ items: Int, of chunk: Chunk, _ worker: Int, _ times: ArraySlice<ItemTime>) {
        succeeded += items
        workers[worker - 1].items += items
        guard let first = times.first, let last = times.last else { return }
        var (busy, bytes, empty) = (0, 0, 0)
        for place in times.indices {
            let time = times[place]
            busy += time.nanoseconds
            bytes += time.bytes
            empty += time.bytes == 0 ? 1 : 0
            if time.nanoseconds > leastSlow {
                keep(item(chunk.next + place - times.startIndex, of: chunk, time))
            }
        }
        bytesGiven += bytes
        records += times.count - empty
        work(worker, from: first.start, busy)
        workers[worker - 1].lastEnd = last.end
        workers[worker - 1].last = item(chunk.next + times.count - 1, of: chunk, last)
    }

    private func item(_ item: Int, of chunk: Chunk, _ time: ItemTime, end: End = .succeeded) -> Item {
        Item(item: item, chunk: chunk.naming(item), time: time, end: end)
    }

    private mutating func fail(_ failed: FailedItem, of chunk: Chunk, isRetried: Bool, _ now: Int) {
        let spent = failed.time?.nanoseconds ?? 0
        if isRetried {
            retries += 1
            retryTime += spent
        } else {
            self.failed[failed.failure.kind, default: 0] += 1
            workers[failed.worker - 1].items += 1
            let bytes = errorBytes(failed)
            bytesGiven += bytes
            records += bytes > 0 ? 1 : 0
        }
        if failed.isToldAgain(of: chunk) {
            retries -= 1
            retryTime -= spent
            return
        }
        if let time = failed.time {
            end(item(failed.item, of: failed.chunk, time, end: .failed(failed.failure.kind)), on: failed.worker)
        }
        if let status = failed.status {
            if status == .exited(0) { workers[failed.worker - 1].deaths += 1 }
            workers[failed.worker - 1].vacancy = .died(now)
        }
    }

    private mutating func restore(_ outcomes: [Outcome]) {
        restored += outcomes.count
        for case .failure(let failure, _, _) in outcomes { restoredFailures[failure.kind, default: 0] += 1 }
    }

    private mutating func cutOff(_ item: Int, of chunk: Chunk, _ worker: Int, _ time: ItemTime) {
        killed += 1
        killedTime += time.nanoseconds
        end(self.item(item, of: chunk, time, end: .killed), on: worker)
    }

    /// An attempt of a worker has ended, whose time counts.
    private mutating func end(_ item: Item, on worker: Int) {
        if item.time.nanoseconds > leastSlow { keep(item) }
        work(worker, from: item.time.start, item.time.nanoseconds)
        workers[worker - 1].lastEnd = item.time.end
        workers[worker - 1].last = item
    }

    private mutating func work(_ worker: Int, from start: Int, _ busy: Int) {
        firstItem = min(firstItem ?? start, start)
        workers[worker - 1].busy += busy
        switch workers[worker - 1].vacancy {
        case nil: return
        // It is what the worker before has died of.
        case .died(let end) where start < end: return
        case .died(let end): afterDeaths.add(start - end)
        case .left(let end): afterLeaving.add(start - end)
        }
        workers[worker - 1].vacancy = nil
    }

    private mutating func lose(_ worker: Int, _ status: ExitStatus, _ now: Int) {
        if isKilling { return }
        if status != .exited(0) { workers[worker - 1].deaths += 1 }
        if workers[worker - 1].vacancy != nil { return }  // what it had begun is told behind its death
        workers[worker - 1].vacancy = status == .exited(0) ? .left(now) : .died(now)
    }

    /// What an item must take more than to be among the slowest.
    private var leastSlow: Int {
        slowest.count < RunStatistics.slowestCount ? -1 : slowest[slowest.count - 1].time.nanoseconds
    }

    private mutating func keep(_ item: Item) {
        let place = slowest.firstIndex { $0.time.nanoseconds < item.time.nanoseconds } ?? slowest.count
        slowest.insert(item, at: place)
        if slowest.count > RunStatistics.slowestCount { slowest.removeLast() }
    }
}

extension RunStatistics.Successions {
    static func + (left: Self, right: Self) -> Self {
        Self(count: left.count + right.count, time: left.time + right.time)
    }

    fileprivate mutating func add(_ nanoseconds: Int) {
        count += 1
        time += max(0, nanoseconds)
    }
}

// MARK: What follows from the numbers

extension RunStatistics {
    package var failures: Int { failed.values.reduce(0, +) }
    package var items: Int { succeeded + failures }
    /// What items gave; or what was written, where that is joined.
    package var bytesOut: Int { joined?.bytes ?? bytesGiven }
    package var wall: Int { end - start }
    package var busy: Int { workers.reduce(0) { $0 + $1.busy } }
    package var deathCount: Int { workers.reduce(0) { $0 + $1.deaths } }
    /// Whatever has ended the worker before.
    package var replacements: Successions { afterDeaths + afterLeaving }
    package var processorTime: Int { hostProcessor + childProcessor }
    /// How many times as long the tasks alone would have taken, one after the other.
    package var speedUp: Double { RunStatistics.ratio(busy, wall) }
    package var efficiency: Double { speedUp / Double(workers.count) }

    /// Nothing follows the end of the run.
    package var isCutShort: Bool { ending == .signal(Signal.quit) }

    package static func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }

    /// What went by before the first item began.
    package var startTime: Int { firstItem.map { max(0, $0 - start) } ?? 0 }
    private var lastEnd: Int { workers.map(\.lastEnd).max() ?? 0 }

    /// From when a worker had nothing more to do to the end of the last item, of all workers on average.
    package var tail: Int {
        if items == 0 { return 0 }
        return workers.reduce(0) { $0 + max(0, lastEnd - max($1.lastEnd, lastCut, firstItem ?? start)) } / workers.count
    }

    /// The item that ended last, and how long it ran when no other did any more; nil with one worker.
    package var lonely: (item: Item, time: Int)? {
        let ends = workers.sorted { $0.lastEnd > $1.lastEnd }
        guard ends.count > 1, let item = ends[0].last else { return nil }
        return (item, max(0, item.time.end - max(item.time.start, ends[1].lastEnd, lastCut)))
    }

    package func name(of item: Item) -> String { name(item.item, item.chunk) }
}
