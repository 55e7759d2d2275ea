// What progress says, from given numbers.

import Testing
import Wire

@testable import Monitor
@testable import ProcessPool

private let second = 1_000_000_000

private func view(
    done: Int, failed: Int = 0, cut: Int, total: Int? = nil, rest: SourceRest? = nil, on occupations: [Occupation] = []
) -> RunView {
    var tally = Tally()
    tally.succeeded = done - failed
    tally.failed = failed > 0 ? [.error: failed] : [:]
    tally.skipped = cut - done
    return RunView(
        tally: tally, totalItems: total, rest: rest, retrying: 0, occupations: occupations, bytesWaiting: 0)
}

private func chunk(_ first: Int, _ count: Int, bytes: Int = 0) -> Chunk {
    Chunk(
        first: first, count: count,
        payload: Payload(
            input: 0, firstPosition: first, records: .range(offset: 0, length: bytes, checksum: 0)))
}

private func worker(_ number: Int, on item: Int, isStopped: Bool = false) -> Occupation {
    Occupation(
        worker: number, pid: 70 + Int32(number), isReady: true, isStopped: isStopped, item: item, chunk: chunk(1, 9))
}

@Test func `a total is what was cut and what the bytes that are left come to, until all is cut`() {
    var meter = ProgressMeter(start: 0, isOpenEnded: false)
    #expect(meter.progress(view(done: 0, cut: 0, rest: SourceRest(bytes: 1000)), now: second).total == nil)
    meter.hear(.cut(chunk(1, 10, bytes: 100)))
    let progress = meter.progress(view(done: 4, cut: 10, rest: SourceRest(bytes: 900)), now: second)
    #expect(progress.total == Progress.Total(100, isEstimate: true))
    #expect(progress.fraction == 0.04)
    #expect(meter.progress(view(done: 4, cut: 10, rest: SourceRest(items: 7)), now: second).total == Progress.Total(17))
    #expect(meter.progress(view(done: 4, cut: 10, total: 10), now: second).total == Progress.Total(10))
    #expect(meter.progress(view(done: 4, cut: 10), now: second).total == nil, "nothing tells of a pipe's end")
}

@Test func `a run that ends with enough successes has no percent`() {
    var meter = ProgressMeter(start: 0, isOpenEnded: true)
    #expect(meter.progress(view(done: 4, cut: 10, total: 10), now: second).fraction == nil)
}

@Test func `what an earlier run has done counts as done, and not for the rate`() {
    var meter = ProgressMeter(start: 0, isOpenEnded: false)
    meter.hear(.restored(chunk(1, 60), Array(repeating: .success([], ItemTraits()), count: 60)))
    let progress = meter.progress(view(done: 80, cut: 100, total: 100), now: 10 * second)
    #expect((progress.done, progress.rate, progress.secondsLeft) == (80, 2, 10))
}

@Test func `the rate is that of the last fifteen seconds`() {
    var meter = ProgressMeter(start: 0, isOpenEnded: false)
    for time in 1...20 { _ = meter.progress(view(done: 100 * time, cut: 5000, total: 5000), now: time * second) }
    let progress = (21...40).map {
        meter.progress(view(done: 2000 + 10 * ($0 - 20), cut: 5000, total: 5000), now: $0 * second)
    }.last
    #expect(progress?.rate == 10)
    #expect(progress?.secondsLeft == 280)
}

@Test func `the item that has run longest is named, and before it one whose worker is stopped`() {
    var meter = ProgressMeter(start: 0, isOpenEnded: false)
    _ = meter.progress(view(done: 0, cut: 9, on: [worker(1, on: 1), worker(2, on: 5)]), now: second)
    _ = meter.progress(view(done: 1, cut: 9, on: [worker(1, on: 2), worker(2, on: 5)]), now: 2 * second)
    var slowest = meter.progress(view(done: 1, cut: 9, on: [worker(1, on: 2), worker(2, on: 5)]), now: 5 * second)
        .slowest
    #expect(slowest == Progress.Slowest(occupation: worker(2, on: 5), seconds: 4))
    let stopped = worker(1, on: 2, isStopped: true)
    slowest = meter.progress(view(done: 1, cut: 9, on: [stopped, worker(2, on: 5)]), now: 6 * second).slowest
    #expect(slowest?.occupation == stopped)
}

// MARK: The line

private let full: Progress = {
    var progress = Progress()
    (progress.done, progress.total) = (4812, Progress.Total(10_000))
    (progress.rate, progress.secondsElapsed, progress.secondsLeft) = (1203, 4, 4.3)
    (progress.failed, progress.retrying) = (12, 3)
    progress.slowest = Progress.Slowest(occupation: worker(2, on: 5), seconds: 12.7)
    return progress
}()

private func line(_ progress: Progress, _ columns: Int, isUnicode: Bool = true, name: String = "words.txt:5") -> String
{
    ProgressLine(columns: columns, isUnicode: isUnicode, hasColors: false).text(progress) { _, _ in name }
}

@Test(arguments: [
    (
        150,
        " 48% ██████████████▍░░░░░░░░░░░░░░░ 4,812 of 10,000 · 1,203/s · 0:04 · 0:04 left · 12 failed, 3 tried again · words.txt:5 for 12 s"
    ),
    (100, " 48% 4,812 of 10,000 · 1,203/s · 0:04 · 0:04 left · 12 failed, 3 tried again · words.txt:5 for 12 s"),
    (95, " 48% 4,812 of 10,000 · 1,203/s · 0:04 left · 12 failed, 3 tried again · words.txt:5 for 12 s"),
    (80, " 48% ████▊░░░░░ 4,812 of 10,000 · 1,203/s · 0:04 left · 12 failed, 3 tried again"),
    (60, " 48% 4,812 of 10,000 · 0:04 left · 12 failed, 3 tried again"),
    (30, " 48% ████▎░░░░ 4,812 of 10,000"),
    (10, " 48%"), (3, ""),
])
func `a narrow line leaves out what matters least`(columns: Int, wanted: String) {
    #expect(line(full, columns) == wanted)
}

@Test func `without UTF-8 the line is of ASCII`() {
    #expect(
        line(full, 80, isUnicode: false)
            == " 48% [#####......] 4,812 of 10,000, 1,203/s, 0:04 left, 12 failed, 3 tried again")
}

@Test(arguments: [
    (
        "a\u{1B}[2J\nb",
        "1 items · 0:00 · a\\27[2J\\nb for 5 s"
    ),
    (
        String(repeating: "漢", count: 30),
        "1 items · 0:00 · \(String(repeating: "漢", count: 19))… for 5 s"
    ),
])
func `an item's name neither controls the terminal nor fills it`(name: String, wanted: String) {
    var progress = Progress()
    progress.done = 1
    progress.slowest = Progress.Slowest(occupation: worker(1, on: 1), seconds: 5)
    #expect(line(progress, 100, name: name) == wanted)
}

@Test func `a worker that stands stopped is named with its pid`() {
    var progress = Progress()
    progress.slowest = Progress.Slowest(occupation: worker(2, on: 5, isStopped: true), seconds: 0.1)
    #expect(line(progress, 100) == "0 items · 0:00 · words.txt:5: worker 2 is stopped (pid 72)")
}

@Test(arguments: [
    (0.04, "0.04"), (0.256, "0.26"), (3.14, "3.1"), (9.96, "10.0"), (47.6, "48"), (1_234_567, "1,234,567"),
])
func `a rate has the digits that tell something`(rate: Double, wanted: String) {
    var progress = Progress()
    progress.rate = rate
    #expect(line(progress, 100) == "0 items · \(wanted)/s · 0:00")
}

// MARK: The line below the messages

@Test func `a message stands above the status line, which waits while a message has not ended its line`() {
    var status = StatusLine()
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    #expect(text(status.around(Array("one\n".utf8), columns: 80)) == "one\n")
    #expect(text(status.show("5%", columns: 80)) == "\r\u{1B}[K5%")
    #expect(text(status.show("5%", columns: 80)) == "")
    #expect(text(status.around(Array("two\n".utf8), columns: 80)) == "\r\u{1B}[Ktwo\n5%")
    #expect(text(status.around(Array("thr".utf8), columns: 80)) == "\r\u{1B}[Kthr")
    #expect(text(status.show("6%", columns: 80)) == "")
    #expect(text(status.around(Array("ee\n".utf8), columns: 80)) == "ee\n6%")
    #expect(text(status.show("", columns: 80)) == "\r\u{1B}[K")
    #expect(text(status.around(Array("four\n".utf8), columns: 80)) == "four\n")
}

@Test func `a status line that a narrower terminal has wrapped is erased as a whole`() {
    var status = StatusLine()
    _ = status.show(String(repeating: "x", count: 61), columns: 80)
    #expect(String(decoding: status.show("y", columns: 30), as: UTF8.self) == "\r\u{1B}[2A\u{1B}[Jy")
}
