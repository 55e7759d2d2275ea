// The data of a page, from given numbers.

import Testing
import Wire

@testable import ProcessPool
@testable import Report

private func chunk(_ first: Int, _ count: Int, attempt: Int = 1) -> Chunk {
    let payload = Payload(input: 0, firstPosition: first, records: .range(offset: 0, length: 0, checksum: 0))
    return Chunk(
        first: first, count: count, payload: payload, items: first..<first + count, segment: first, attempt: attempt)
}

private func failed(
    _ item: Int, _ message: String, _ kind: Failure.Kind = .error, attempt: Int = 1, worker: Int = 0, start: Int = 0,
    traceback: String? = nil
) -> RunNews {
    .failed(
        FailedItem(
            Failure(kind, message, traceback: traceback), of: chunk(item, 1, attempt: attempt), worker: worker,
            time: ItemTime(start: start, nanoseconds: 10)),
        of: chunk(item, 1, attempt: attempt), retryDelay: nil)
}

private let facts = RunFacts(
    command: "pmap -e item", script: "-e", version: "pmap 0", seed: 1, workers: 4, processors: 2, date: 0)

@Test func `bins that are merged keep all that was in them`() {
    var bins = TimeBins(workers: 2)
    bins.makeLanes(2)
    var busy = 0
    for place in 0..<3000 {
        let (start, end) = (place * place * 1000, place * place * 1000 + place * 777)
        bins.add(place % 5 == 0 ? .error : .ok, lane: place % 2, from: start, to: end)
        busy += end - start
    }
    #expect(bins.width << 9 > 2999 * 2999 * 1000 && bins.width << 8 <= 2999 * 2999 * 1000 + 2999 * 777)
    #expect(bins.busy.reduce(0, +) == busy)
    #expect(bins.ended(.ok).reduce(0, +) == 2400 && bins.ended(.error).reduce(0, +) == 600)
    let lanes = (0..<2).flatMap { lane in MarkOutcome.allCases.map { bins.busy(inLane: lane, $0).reduce(0, +) } }
    #expect(lanes.reduce(0, +) == busy)
    #expect(bins.ended(inLane: 0).reduce(0, +) == 1500)
    // An item is where it was.
    let end = 2000 * 2000 * 1000 + 2000 * 777
    #expect(bins.busy[end / bins.width] > 0)
}

@Test(arguments: [(1, 512), (64, 512), (65, 256), (4096, 8)])
func `many lanes have fewer bins`(workers: Int, expected: Int) {
    var bins = TimeBins(workers: workers)
    bins.makeLanes(workers)
    bins.add(.ok, lane: workers - 1, from: 0, to: 1 << 40)
    #expect(bins.ended(inLane: workers - 1).count == expected)
    #expect(bins.busy(inLane: workers - 1, .ok).reduce(0, +) == 1 << 40)
}

@Test func `a quantile is within three percent`() {
    var durations = Durations()
    for number in 1...100_000 { durations.add(number * 1000, isFailed: number % 10 == 0) }
    for (part, exact) in [(0.5, 50e6), (0.95, 95e6), (0.99, 99e6)] {
        #expect(abs(Double(durations.quantile(part)) / exact - 1) < 0.03)
    }
    #expect((durations.least, durations.most, durations.count) == (1000, 100_000_000, 100_000))
    #expect(durations.bars.reduce(0) { $0 + $1.ok } == 90_000 && durations.bars.reduce(0) { $0 + $1.failed } == 10_000)
    var one = Durations()
    one.add(12_345, isFailed: false)
    #expect([0.5, 0.95, 0.99].map(one.quantile) == [12_345, 12_345, 12_345])
    #expect(Durations().quantile(0.5) == 0 && Durations().bars == [])
}

@Test func `every duration is in the range of its bucket`() {
    for value in Array(0...5000) + [1 << 20, (1 << 40) - 1, 1 << 40, Int.max - 1] {
        #expect(Durations.range(of: Durations.bucket(of: value)).contains(value))
    }
}

@Test func `the slowest are kept, in whatever order they come`() {
    var slowest = SlowestMarks(capacity: 100)
    for place in 0..<5000 {
        let nanoseconds = place * 7919 % 5000
        if slowest.wants(nanoseconds) {
            slowest.insert(
                ItemMark(
                    item: place, chunk: chunk(place, 1), text: nil, worker: 1, attempt: 1, start: 0,
                    nanoseconds: nanoseconds,
                    outcome: .ok, group: nil))
        }
    }
    #expect(slowest.marks.map(\.nanoseconds).sorted() == Array(4900..<5000))
}

@Test func `messages have a group each up to a number, and the others are counted`() {
    var data = ReportData(start: 0, workers: 1)
    for item in 1...1000 { data.hear(failed(item, "t.lua:\(item % 250): no"), now: item) }
    #expect(data.groups.groups.count == 200)
    #expect(data.groups.groups.allSatisfy { $0.count == 4 })
    #expect(data.groups.others == 200)
    for item in 1...5 { data.hear(failed(item, "the worker (pid \(item)) was killed", .crash), now: item) }
    #expect(data.groups.others == 205)
}

@Test func `messages that differ in numbers alone are one, those of other lines are not`() {
    var data = ReportData(start: 0, workers: 1)
    for item in 1...5 {
        data.hear(failed(item, "the worker (pid \(item)) was killed", .crash), now: item)
        data.hear(failed(item, "t.lua:\(item % 2): bad 0x5f\(item)a0, \(item)"), now: item)
    }
    #expect(
        data.groups.groups.map { $0.message } == [
            "the worker (pid 1) was killed", "t.lua:1: bad 0x5f1a0, 1", "t.lua:0: bad 0x5f2a0, 2",
        ])
    #expect(data.groups.groups.map(\.count) == [5, 3, 2])
    #expect(data.groups.groups.allSatisfy { $0.isVaried })
}

@Test(arguments: [
    ("", ""), ("7", "#"), ("a 17", "a #"), ("t.lua:17: x", "t.lua:17: x"), ("n:17", "n:#"), ("1:2:3", "#:2:#"),
    ("0x7fab: 0xg", "#: #g"), ("é1é", "é#é"), ("a1b2", "a#b#"),
])
func `a pattern has marks for numbers`(message: String, pattern: String) {
    let got = FailureGroups.pattern(of: message)
    #expect(String(decoding: got, as: UTF8.self) == pattern)
}

@Test func `an attempt that is tried again is drawn, and counts as a retry alone`() {
    var data = ReportData(start: 0, workers: 1)
    let first = FailedItem(
        Failure(.error, "no"), of: chunk(1, 1), worker: 0, time: ItemTime(start: 0, nanoseconds: 10))
    data.hear(.failed(first, of: chunk(1, 1), retryDelay: 5), now: 10)
    #expect((data.retried, data.durations.count, data.workers[0].retried, data.workers[0].busy) == (1, 0, 1, 10))
    // The run ends before it is tried again.
    data.hear(.failed(first, of: chunk(1, 1, attempt: 2), retryDelay: nil), now: 20)
    #expect((data.durations.count, data.workers[0].failed, data.workers[0].busy) == (1, 1, 10))
    #expect(data.marks.map(\.outcome) == [.error])
}

@Test func `a page of any run stays small`() {
    var data = ReportData(start: 0, workers: 4096)
    let evil = String(repeating: "<\u{1}\u{2028}é", count: 400)
    for worker in 1...4096 { data.hear(.started(worker: worker, pid: 4_000_000), now: 0) }
    for item in 1...8_000 {
        let kind = Failure.Kind.allCases[item % 3]
        data.hear(
            failed(item, "t.lua:\(item): \(evil)", kind, worker: item * 31 % 4096, start: item << 27, traceback: evil),
            now: item << 27)
    }
    let hostile = ReportTexts(
        source: { item, _ in "\(evil):\(item)" }, positions: { item, _ in item...item }, text: { _, _ in evil },
        hidden: { $0 })
    #expect(data.json(facts, hostile).count < 2_700_000)
}
