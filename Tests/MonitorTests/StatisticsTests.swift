// The statistics of a run, from given news, and the advice that follows from given numbers.

import Posix
import Testing
import Wire

@testable import Monitor
@testable import ProcessPool

private let second = 1_000_000_000
private let millisecond = 1_000_000

private func chunk(_ first: Int, _ count: Int) -> Chunk {
    Chunk(
        first: first, count: count,
        payload: Payload(
            input: 0, firstPosition: first, records: .range(offset: 0, length: 2 * count, checksum: 0)))
}

/// Of `workers`, on a machine with four processors.
private func statistics(workers: Int = 2) -> RunStatistics {
    RunStatistics(start: 0, workers: workers, processors: 4, seed: 7) { item, chunk in
        "in:\(chunk.positions(of: item)?.shown ?? "")"
    }
}

private func failure(
    _ kind: Failure.Kind = .error, of chunk: Chunk, worker: Int = 1, _ time: ItemTime?,
    _ status: Posix.ExitStatus? = nil
) -> FailedItem {
    FailedItem(Failure(kind, "no"), of: chunk, worker: worker - 1, time: time, status: status)
}

private func time(_ start: Int, _ nanoseconds: Int, bytes: Int = 2) -> ItemTime {
    ItemTime(start: start, nanoseconds: nanoseconds, bytes: bytes)
}

// MARK: The numbers

@Test func `items count once, and the time of every attempt`() {
    var run = statistics()
    run.hear(.cut(chunk(1, 3)), now: 1)
    run.hear(.succeeded(chunk(1, 3), items: 2, worker: 1, times: [time(2, 10), time(12, 20, bytes: 0)]), now: 40)
    run.hear(.failed(failure(of: chunk(3, 1), time(32, 5)), of: chunk(3, 1), retryDelay: 0), now: 40)
    #expect((run.items, run.retries, run.retryTime, run.busy) == (2, 1, 5, 35))
    var rest = chunk(3, 1)
    let again = rest.takeOutNext()
    run.hear(.failed(failure(.timeout, of: again, worker: 2, time(40, 7)), of: again, retryDelay: nil), now: 50)
    #expect((run.succeeded, run.failed, run.items, run.records) == (2, [.timeout: 1], 3, 1))
    #expect((run.retries, run.retryTime, run.busy) == (1, 5, 42))
    #expect((run.bytesIn, run.bytesOut, run.firstItem) == (6, 2, 2))
    #expect(run.workers.map(\.items) == [2, 1])
}

@Test func `an attempt that is told again, as there will be no other, was no retry`() {
    var run = statistics(workers: 1)
    let item = failure(.crash, of: chunk(1, 1), time(1, 5), .exited(0))
    run.hear(.died(worker: 1, .exited(0)), now: 6)
    run.hear(.failed(item, of: chunk(1, 1), retryDelay: 100), now: 6)
    var rest = chunk(1, 1)
    run.hear(.failed(item, of: rest.takeOutNext(), retryDelay: nil), now: 9)
    #expect((run.items, run.retries, run.retryTime, run.busy, run.deathCount) == (1, 0, 0, 5, 1))
}

@Test func `the slowest items are kept in their order, however they come`() {
    for durations in [Array(1...50), (1...50).reversed(), (1...50).map { $0 * 37 % 51 }] {
        var run = statistics()
        for (place, duration) in durations.enumerated() {
            run.hear(
                .succeeded(chunk(place + 1, 1), items: 1, worker: 1, times: [time(0, duration)]), now: 1)
        }
        #expect(run.slowest.map(\.time.nanoseconds) == Array((41...50).reversed()))
        #expect(run.slowest.allSatisfy { durations[$0.item - 1] == $0.time.nanoseconds })
    }
}

@Test func `only a death that nobody wanted is one, and it costs what goes by until the next item`() {
    var run = statistics()
    run.hear(.died(worker: 1, .killed(signal: 9)), now: 10)
    run.hear(.succeeded(chunk(1, 1), items: 1, worker: 1, times: [time(14, 1)]), now: 15)
    run.hear(.died(worker: 2, .exited(0)), now: 20)
    run.hear(.succeeded(chunk(2, 1), items: 1, worker: 2, times: [time(22, 1)]), now: 23)
    run.hear(.killing, now: 30)
    run.hear(.died(worker: 1, .killed(signal: 9)), now: 31)
    #expect(run.workers.map(\.deaths) == [1, 0])
    #expect((run.afterDeaths.count, run.afterDeaths.time) == (1, 4))
    #expect((run.replacements.count, run.replacements.time) == (2, 6))
}

@Test func `deaths one after the other cost what goes by from each to the next item`() {
    var run = statistics(workers: 1)
    for (start, end) in [(2, 10), (14, 20), (27, 30)] {
        let item = failure(.crash, of: chunk(1, 1), time(start, end - start), .killed(signal: 9))
        run.hear(.died(worker: 1, .killed(signal: 9)), now: end)
        run.hear(.failed(item, of: chunk(1, 1), retryDelay: 0), now: end)
    }
    #expect((run.deathCount, run.afterDeaths.count, run.afterDeaths.time) == (3, 2, 11))
}

@Test func `an item that is killed as the run ends counts with its time, and nowhere else`() {
    var run = statistics()
    run.hear(.succeeded(chunk(1, 1), items: 1, worker: 1, times: [time(0, 10)]), now: 10)
    run.hear(.killing, now: 50)
    run.hear(.died(worker: 2, .killed(signal: 9)), now: 50)
    run.hear(.killed(item: 2, of: chunk(2, 1), worker: 2, time(0, 50)), now: 50)
    #expect((run.items, run.killed, run.killedTime, run.busy, run.deathCount) == (1, 1, 50, 60, 0))
    #expect(run.slowest.map(\.end) == [.killed, .succeeded])
    #expect(run.lonely?.item.item == 2)
    #expect(run.workers.map(\.items) == [1, 0])
}

@Test func `what an error record has is output`() {
    var run = RunStatistics(start: 0, workers: 1, processors: 4, seed: 7) { _, _ in
        ""
    } errorBytes: {
        $0.item == 1 ? 7 : 0
    }
    for item in 1...2 {
        let chunk = chunk(item, 1)
        run.hear(.failed(failure(of: chunk, time(1, 1, bytes: 0)), of: chunk, retryDelay: nil), now: 2)
        run.hear(.failed(failure(of: chunk, time(1, 1, bytes: 0)), of: chunk, retryDelay: 1), now: 2)
    }
    #expect((run.bytesOut, run.records) == (7, 1))
}

@Test func `what had failed in an earlier run is told of what is restored`() {
    var run = statistics()
    let outcomes: [Outcome] = [
        .success([], ItemTraits()), .failure(Failure(.timeout, "no"), attempts: 1, worker: 1),
    ]
    run.hear(.restored(chunk(1, 2), outcomes), now: 1)
    #expect((run.restored, run.restoredFailures, run.failures) == (2, [.timeout: 1], 0))
    #expect(run.text.contains("0 succeeded, 0 failed, 2 restored, 1 of which had failed (1 timeout)"))
}

@Test func `a wait lasts until it ends, or the run does`() {
    var run = statistics()
    run.hear(.waits(.input, true), now: 10)
    run.hear(.waits(.input, false), now: 15)
    run.hear(.waits(.input, true), now: 20)
    run.hear(.waits(.reader, true), now: 22)
    run.hear(.ended(.completed, Tally()), now: 30)
    #expect(run.waits == [.input: 15, .reader: 8])
    #expect(run.wall == 30)
}

@Test func `the tail is what workers had nothing to do in at the end, and begins when all is cut`() {
    var run = statistics(workers: 4)
    run.hear(.succeeded(chunk(1, 1), items: 1, worker: 1, times: [time(0, 100)]), now: 100)
    run.hear(.succeeded(chunk(2, 1), items: 1, worker: 2, times: [time(0, 60)]), now: 60)
    run.hear(.succeeded(chunk(3, 1), items: 1, worker: 3, times: [time(0, 20)]), now: 20)
    #expect(run.tail == (40 + 80 + 100) / 4)
    #expect(run.lonely?.time == 40)
    run.lastCut = 80
    #expect(run.tail == 3 * 20 / 4)
    #expect(run.lonely?.time == 20)
}

@Test func `of memory the most counts`() {
    var run = statistics()
    for kilobytes in [(4, 9), (8, 3)] {
        let text =
            "Rss: 1 kB\nShared_Clean:  \(kilobytes.0) kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: \(kilobytes.1) kB\n"
        run.see(ProcessMemory(shared: 1024 * kilobytes.0, private: 1024 * (1 + kilobytes.1)), of: 2)
        #expect(ProcessMemory(text) == ProcessMemory(shared: 1024 * kilobytes.0, private: 1024 * (1 + kilobytes.1)))
    }
    #expect(run.workers.map { $0.memory?.shared } == [nil, 8192])
    #expect(run.workers[1].memory?.private == 10240)
    #expect(ProcessMemory("") == nil)
}

// MARK: Advice

/// A run of ten seconds in which nothing stands out: two workers, a hundred items.
private func run(_ change: (inout RunStatistics) -> Void = { _ in }) -> RunStatistics {
    var run = statistics()
    (run.end, run.succeeded, run.records, run.firstItem, run.childProcessor) = (10 * second, 100, 100, 0, 20 * second)
    for worker in 0..<2 {
        let time = time(10 * second - 190 * millisecond, 190 * millisecond)
        run.workers[worker].items = 50
        run.workers[worker].busy = 9_500 * millisecond
        run.workers[worker].lastEnd = time.end
        run.workers[worker].last = RunStatistics.Item(item: 100 - worker, chunk: chunk(1, 100), time: time)
    }
    change(&run)
    return run
}

private func item(_ number: Int, _ start: Int, _ nanoseconds: Int) -> RunStatistics.Item {
    RunStatistics.Item(item: number, chunk: chunk(1, 100), time: time(start, nanoseconds))
}

/// Numbers, and the sentences that follow.
private func advice() -> [(RunStatistics, [String])] {
    [
        (run(), ["the workers were in tasks 95% of the time: only a faster task or more processors make this shorter"]),
        (run { $0.succeeded = 0 }, ["no item was run"]),
        (
            run { for worker in 0..<2 { $0.workers[worker].busy /= 2 } },
            ["nothing stands out; the workers were in tasks 48% of the time"]
        ),
        (
            run { $0.childProcessor = 2 * second },
            [
                "tasks waited, as for a disk or the network, 89% of their time: more workers run more of them at once, as with -j4"
            ]
        ),
        (
            run {
                $0.workers[1].lastEnd = 2 * second; $0.workers[0].last = item(9, 1500 * millisecond, 8500 * millisecond)
            },
            ["80% of the run one item ran alone, in:9 (8.5 s): put long items first"]
        ),
        (
            run {
                $0.workers[1].lastEnd = 2 * second; $0.workers[0].last = item(1, 0, 10 * second)
            },
            [
                "80% of the run one item ran alone, in:1 (10.0 s): no number of workers makes that shorter, only smaller items do"
            ]
        ),
        (
            run { run in
                run.hostProcessor = 9 * second
                for worker in 0..<2 { run.workers[worker].busy = 5 * second }
            },
            [
                "pmap's own process was busy 90% of the time, which no worker can help with: return fewer and shorter records, or make an item more work"
            ]
        ),
        (
            run { run in
                run.succeeded = 10_000_000
                for worker in 0..<2 { run.workers[worker].busy = 3 * second }
            },
            [
                "items take 0.6 µs, about what it costs to hand one to a worker: put several into one item; -j1 or -j0 may be as fast"
            ]
        ),
        (
            run { run in
                run.waits = [.input: 7 * second, .reader: 3 * second]
                for worker in 0..<2 { run.workers[worker].busy = 2 * second }
            },
            [
                "workers waited for the input 70% of the time: what makes it is the slow part",
                "the reader of standard output was slow: pmap waited for it 30% of the time",
            ]
        ),
        (
            run { ($0.waits, $0.hostWork) = ([.order: 5 * second], [.spill: second]) },
            [
                "results waited for one early item, on the disk or with the workers idle, 60% of the time: -u writes them as they finish"
            ]
        ),
        (
            run { run in
                run.workers[0].deaths = 20
                run.afterDeaths = RunStatistics.Successions(count: 20, time: 5 * second)
            },
            [
                "a worker dies every 5 items, and each death costs 250.0 ms: the messages say of what, and --errors FILE has them all"
            ]
        ),
        (
            run { $0.afterLeaving = RunStatistics.Successions(count: 100, time: 2 * second) },
            ["a worker is replaced every item, and each time costs 20.0 ms: let --max-tasks be more"]
        ),
        (
            run { $0.retryTime = 9_500 * millisecond },
            [
                "50% of the time in tasks went into attempts that failed and were tried again: --errors FILE shows what fails in the end, and fewer --retries cost less"
            ]
        ),
        (
            run { run in
                (run.firstItem, run.end) = (4 * millisecond, 8 * millisecond)
                for worker in 0..<2 { run.workers[worker].busy = millisecond }
                for worker in 0..<2 { (run.workers[worker].lastEnd, run.workers[worker].last) = (7 * millisecond, nil) }
            },
            ["the tasks took 2.0 ms together, and the start of the workers 4.0 ms: -j0 does without them"]
        ),
        (
            run { run in
                (run.firstItem, run.end) = (millisecond, 30 * millisecond)
                for worker in 0..<2 { run.workers[worker].busy = 10 * millisecond }
            },
            ["the tasks took 20.0 ms together, and the start of the workers 1.0 ms: -j0 does without them"]
        ),
        (
            run { run in
                run.end = 30 * millisecond
                for worker in 0..<2 { run.workers[worker].busy = 20 * millisecond }
            },
            ["the run took 30.0 ms, and its tasks 40.0 ms together: there is nothing to gain"]
        ),
        (
            run { $0.firstItem = 3 * second },
            ["30% of the run went by before the first item began: setup, and the start of the workers"]
        ),
    ]
}

@Test(arguments: advice().indices)
func `advice follows from the numbers`(row: Int) {
    #expect(Advice.sentences(of: advice()[row].0) == advice()[row].1)
}

@Test func `a run with more workers than items, than processors, or one`() {
    var few = statistics(workers: 8)
    (few.end, few.succeeded, few.firstItem, few.childProcessor) = (10 * second, 3, 0, 30 * second)
    for worker in 0..<3 {
        (few.workers[worker].items, few.workers[worker].busy, few.workers[worker].lastEnd) = (
            1, 10 * second, 10 * second
        )
        few.workers[worker].last = item(worker + 1, 0, 10 * second)
    }
    #expect(
        Advice.sentences(of: few) == [
            "workers had nothing left to do for 63% of the run: there were 3 items for 8 of them: -j3 is as fast"
        ])
    var many = statistics(workers: 8)
    (many.end, many.succeeded, many.firstItem, many.childProcessor) = (10 * second, 800, 0, 39 * second)
    for worker in 0..<8 {
        (many.workers[worker].items, many.workers[worker].busy, many.workers[worker].lastEnd) = (
            100, 10 * second, 10 * second
        )
    }
    #expect(
        Advice.sentences(of: many) == ["all 4 processors were busy: more workers than -j4 make nothing faster"])
    var one = statistics(workers: 0)
    (one.end, one.succeeded, one.firstItem) = (10 * second, 10, 0)
    one.workers[0].busy = 9 * second
    #expect(
        Advice.sentences(of: one) == [
            "one process ran all items, and this machine has 4 processors: -j4 uses them"
        ])
}

@Test func `at most three sentences are given, of what costs most`() {
    let run = run { run in
        run.waits = [.input: 3 * second, .reader: 4 * second, .order: 5 * second]
        run.hostProcessor = 9 * second
        for worker in 0..<2 { run.workers[worker].busy = 5 * second }
    }
    let sentences = Advice.sentences(of: run)
    #expect(sentences.map { $0.prefix(10) } == ["pmap's own", "results wa", "the reader"])
}

@Test(arguments: [
    (0, "0.0 µs"), (240, "0.2 µs"), (999_960, "1.0 ms"), (3_140_000, "3.1 ms"), (999_960_000, "1.0 s"),
    (2_314_000_000, "2.31 s"),
    (99_996_000_000, "1:40"), (3_723_000_000_000, "1:02:03"),
])
func `a duration has the digits that tell something`(nanoseconds: Int, text: String) {
    #expect(Advice.duration(nanoseconds) == text)
}

@Test func `the text fits into eighty columns`() {
    var run = run { $0.hear(.waits(.input, true), now: 0) }
    run.hear(.waits(.input, false), now: second)
    run.hear(.failed(failure(.crash, of: chunk(3, 1), time(1, 5)), of: chunk(3, 1), retryDelay: 0), now: 40)
    run.seed = .max
    for line in run.text.split(separator: "\n") { #expect(line.count <= 79, "\(line)") }
}
