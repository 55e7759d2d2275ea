// What the page shows of a run, gathered from what listeners are told: a value without a clock and without files, whose size
// does not grow with the run.

package import ProcessPool
import Posix
import Wire

package struct ReportData {
    /// What one worker did, over all processes that were it.
    struct Worker: Equatable {
        var pid: Int32 = 0
        var (succeeded, failed, retried) = (0, 0, 0)
        /// Nanoseconds in which it ran items.
        var busy = 0
        var (starts, deaths) = (0, 0)
    }

    /// The clock's time, in nanoseconds, that all others are counted from.
    private let start: Int
    private(set) var end = 0
    private(set) var workers: [Worker] = []
    private(set) var bins: TimeBins
    private(set) var durations = Durations()
    private(set) var slowest = SlowestMarks(capacity: most)
    /// The first attempts that failed: for good, and to be run again.
    private(set) var (failures, retries): ([ItemMark], [ItemMark]) = ([], [])
    private(set) var groups = FailureGroups(capacity: 200)
    private(set) var retried = 0
    /// Items whose outcome is an earlier run's.
    private(set) var (restored, restoredFailures) = (0, 0)
    private(set) var ending: Ending?
    /// Where results are joined.
    private(set) var joined: JoinWork?
    private var isKilling = false
    private(set) var tally = Tally()
    /// Items that were not read; nil where their number is unknown.
    package var itemsLeft: Int? = 0
    /// What to do better; for the page's section of that name.
    package var advice: [String] = []

    /// Items that are shown exactly.
    private static let most = 1000

    /// What an item is, that a chunk in memory has; nil where it has not.
    private let read: (Int, Chunk) -> String?
    /// Where in its input an item is.
    private let positions: (Int, Chunk) -> ClosedRange<Int>
    /// Items of a chunk whose text is worth reading while the run goes on.
    private static let fewItems = 64

    /// `workers` is their greatest number; `read` tells what an item of a chunk is, and `positions` where.
    package init(
        start: Int, workers: Int, read: @escaping (Int, Chunk) -> String? = { _, _ in nil },
        positions: @escaping (Int, Chunk) -> ClosedRange<Int> = { item, _ in item...item }
    ) {
        (self.start, self.read, self.positions) = (start, read, positions)
        bins = TimeBins(workers: workers)
    }

    package mutating func hear(_ news: RunNews, now: Int) {
        end = max(end, now - start)
        switch news {
        case .restored(_, let outcomes):
            restored += outcomes.count
            for case .failure in outcomes { restoredFailures += 1 }
        case .started(let worker, let pid):
            makeRoom(for: worker)
            workers[worker - 1].pid = pid
            workers[worker - 1].starts += 1
        case .succeeded(let chunk, _, let worker, let times):
            succeed(chunk, worker, times)
        case .failed(let item, let chunk, let retryDelay):
            fail(item, of: chunk, isRetried: retryDelay != nil, now: now)
        case .killing: isKilling = true
        case .killed(let item, let chunk, let worker, let time): cutOff(item, of: chunk, worker, time)
        case .died(let worker, let status) where status != .exited(0) && !isKilling:
            makeRoom(for: worker)
            workers[worker - 1].deaths += 1
        case .joined(let work): joined = work
        case .ended(let ending, let tally): (self.ending, self.tally) = (ending, tally)
        default: break
        }
    }

    private mutating func makeRoom(for worker: Int) {
        while workers.count < worker { workers.append(Worker()) }
        bins.makeLanes(workers.count)
    }

    private mutating func succeed(_ chunk: Chunk, _ worker: Int, _ times: ArraySlice<ItemTime>) {
        makeRoom(for: worker)
        var busy = 0
        for (place, time) in times.enumerated() {
            bins.add(.ok, lane: worker - 1, from: time.start - start, to: time.end - start)
            durations.add(time.nanoseconds, isFailed: false)
            busy += time.nanoseconds
            if slowest.wants(time.nanoseconds) {
                slowest.insert(
                    mark(
                        chunk.next + place, of: chunk, worker, chunk.attempt, time, .ok, nil,
                        text(of: chunk.next + place, in: chunk)))
            }
        }
        workers[worker - 1].succeeded += times.count
        workers[worker - 1].busy += busy
    }

    private mutating func fail(_ item: FailedItem, of chunk: Chunk, isRetried: Bool, now: Int) {
        let time = item.time ?? ItemTime(start: now, nanoseconds: 0)
        makeRoom(for: item.worker)
        let outcome = isRetried ? MarkOutcome.retried : MarkOutcome(item.failure.kind)
        let text = text(of: item.item, in: chunk)
        let group =
            isRetried
            ? nil
            : groups.add(
                item.failure, item: item.item, of: item.chunk, text: text, at: time.end - start)
        let mark = mark(item.item, of: item.chunk, item.worker, item.attempts, time, outcome, group, text)
        if isRetried {
            retried += 1
            workers[item.worker - 1].retried += 1
            if retries.count < ReportData.most { retries.append(mark) }
        } else {
            durations.add(time.nanoseconds, isFailed: true)
            workers[item.worker - 1].failed += 1
            if failures.count < ReportData.most { failures.append(mark) }
        }
        if item.isToldAgain(of: chunk) { return bins.addEnd(outcome, lane: item.worker - 1, at: time.end - start) }
        bins.add(outcome, lane: item.worker - 1, from: time.start - start, to: time.end - start)
        workers[item.worker - 1].busy += time.nanoseconds
        if slowest.wants(time.nanoseconds) { slowest.insert(mark) }
    }

    private mutating func cutOff(_ item: Int, of chunk: Chunk, _ worker: Int, _ time: ItemTime) {
        makeRoom(for: worker)
        bins.add(.killed, lane: worker - 1, from: time.start - start, to: time.end - start)
        workers[worker - 1].busy += time.nanoseconds
        if slowest.wants(time.nanoseconds) {
            slowest.insert(
                mark(item, of: chunk, worker, chunk.attempt, time, .killed, nil, text(of: item, in: chunk)))
        }
    }

    /// Of a stream, which cannot be read again.
    private func text(of item: Int, in chunk: Chunk) -> String? {
        guard case .bytes = chunk.payload.records, chunk.count <= ReportData.fewItems || failures.isEmpty else {
            return nil
        }
        return read(item, chunk)
    }

    /// Where the bytes of a stream tell where an item is, they do so now.
    private func located(_ item: Int, in chunk: Chunk) -> Chunk {
        guard chunk.positions(of: item) == nil, case .bytes = chunk.payload.records, chunk.payload.bytes > 0 else {
            return chunk
        }
        return chunk.locating(item, at: positions(item, chunk))
    }

    private func mark(
        _ item: Int, of chunk: Chunk, _ worker: Int, _ attempt: Int, _ time: ItemTime, _ outcome: MarkOutcome,
        _ group: Int? = nil, _ text: String? = nil
    ) -> ItemMark {
        ItemMark(
            item: item, chunk: located(item, in: chunk).withoutRecords, text: text, worker: worker,
            attempt: attempt, start: time.start - start, nanoseconds: time.nanoseconds, outcome: outcome, group: group)
    }

    // MARK: What follows

    /// Attempts that are drawn exactly, each once: the first ones that failed, and the slowest.
    var marks: [ItemMark] {
        var known: Set<[Int]> = []
        return (failures + retries + slowest.marks).filter { known.insert([$0.item, $0.attempt]).inserted }
    }

    /// Items whose text is worth a look for it, by item and attempt.
    var worthReading: Set<[Int]> {
        let slowest = slowest.marks.sorted { $0.nanoseconds > $1.nanoseconds }
        return Set((slowest.prefix(200) + failures.prefix(100)).map { [$0.item, $0.attempt] })
    }
}
