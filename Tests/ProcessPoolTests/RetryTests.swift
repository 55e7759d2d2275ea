// Items that are tried again: when, by whom, and where what they give at last has its place.

import Bytes
import Chance
import Posix
import Testing
import Wire

@testable import ProcessPool

@Test func `an item is tried as often as was asked, and waits twice as long each time`() {
    let policy = RetryPolicy(retries: 3, backoffSeconds: 1, seed: 7)
    for item in 1...100 {
        for attempt in 1...3 {
            let wait = 1_000_000_000 << (attempt - 1)
            guard let delay = policy.delay(item: item, attempt: attempt) else {
                Issue.record("item \(item) is given up")
                continue
            }
            #expect(delay >= wait / 2 && delay <= wait / 2 * 3)
            #expect(delay == RetryPolicy(retries: 3, backoffSeconds: 1, seed: 7).delay(item: item, attempt: attempt))
        }
        #expect(policy.delay(item: item, attempt: 4) == nil)
    }
    #expect(Set((1...100).map { policy.delay(item: $0, attempt: 1) }).count > 90, "they do not come back together")
    #expect(RetryPolicy().delay(item: 1, attempt: 1) == nil)
    #expect(RetryPolicy(retries: .max, backoffSeconds: 1e9).delay(item: 1, attempt: 1_000_000) != nil)
}

@Test func `an item that is taken out is a chunk by itself, and the rest goes on behind it`() {
    var chunk = Chunk(first: 10, count: 5).advanced(by: 2)
    let again = chunk.takeOutNext()
    #expect((again.next, again.remaining, again.segment, again.attempt, again.payload) == (12, 1, 12, 2, chunk.payload))
    #expect((chunk.next, chunk.remaining, chunk.segment, chunk.attempt) == (13, 2, 13, 1))
    #expect((again.first, again.count, chunk.first, chunk.count) == (10, 5, 10, 5), "the payload is that of all")
}

@Test(arguments: [true, false])
func `items that are tried again or taken back give each once, and in order if there is one`(isOrdered: Bool) {
    for seed in 0..<300 {
        var random = Seeded(seed)
        var gather = Gather<Int>(isOrdered: isOrdered)
        var (cut, seen): (Int, [Int]) = (1, [])
        var open: [Chunk] = []
        while cut < 60 || !open.isEmpty {
            if cut < 60 && (open.isEmpty || random.once(in: 4)) {
                let chunk = Chunk(first: cut, count: 1 + random.below(8))
                gather.open(first: cut, count: chunk.count)
                open.append(chunk)
                cut += chunk.count
                continue
            }
            let place = random.below(open.count)
            let chunk = open[place]
            if random.once(in: 3) {
                gather.splitNext(of: chunk.segment)
                open.append(open[place].takeOutNext())
            } else if random.once(in: 3) {
                let rest = open[place].split(at: chunk.next + random.below(chunk.remaining + 1))
                if rest.segment != chunk.segment { gather.split(segment: chunk.segment, at: rest.segment) }
                open.append(rest)
            } else {
                seen += gather.accept(chunk.next, items: 1, chunk: chunk.segment)
                open[place] = chunk.advanced(by: 1)
            }
            open.removeAll { $0.remaining == 0 }
        }
        #expect((isOrdered ? seen : seen.sorted()) == Array(1..<cut), "seed \(seed)")
        #expect(gather.openChunks == 0)
    }
}

private func chunk(_ first: Int, _ count: Int) -> Chunk { Chunk(first: first, count: count) }

/// Notes what it is asked to keep.
private final class Log: OutcomeLog {
    private(set) var kept: [Int] = []
    func record(_ outcome: Outcome, item: Int, of chunk: Chunk) { kept.append(item) }
    func recordModule(_ name: String, digest: [UInt8]?) {}
    func commit(now: Int) {}
    var hasUncommitted: Bool { false }
    var failure: Failure? { nil }
}

/// What becomes of items 1 to 3 of one worker, of which the second has failed at its first try: `then` is what it says of
/// the second try.
@Test(arguments: [
    (nil, ["item 2 failed: first"], [1, 3]),
    (Entry.failure(Failure(.error, "second")), ["item 2 failed: second"], [1, 3]),
    (Entry.item([2], ItemTraits()), [], [1, 3, 2]),
])
func `when nothing more is run, an item that was to be tried again has failed as it did last`(
    then: Entry?, heard: [String], kept: [Int]
) throws {
    let paper = try Paper()
    let (listener, log) = (Listener(), Log())
    var plan = RunPlan()
    plan.retries = RetryPolicy(retries: 2)
    let executor = try paper.executor(of: [chunk(1, 3)], slots: 1, plan, listener: listener, log: log)
    let first = [Entry.item([1], ItemTraits()), .failure(Failure(.error, "first")), .item([3], ItemTraits())]
    executor.tell(.told(slot: 0, first + [.chunkEnd(nanoseconds: 1)], isReady: true))
    executor.tell(.tick([], outputIsFull: false, messagesAreFull: false))
    if let then { executor.tell(.told(slot: 0, [then], isReady: true)) }
    executor.tell(.signal(2, [], outputIsEmpty: true))
    executor.tell(.signal(2, [], outputIsEmpty: true))
    executor.tell(.died(slot: 0, Run.Death(.killed(signal: 9))))
    executor.tell(.tick([], outputIsFull: false, messagesAreFull: false))
    #expect(listener.heard == heard)
    #expect(log.kept == kept, "another run tries it again")
    #expect(executor.run.tally.failures == heard.count && executor.run.tally.skipped == 0)
    executor.write()
    #expect(try paper.written() == [1] + (heard.isEmpty ? [2] : Array("<2>".utf8)) + [3])
    #expect(executor.run.sequencer.isDone && executor.run.sequencer.bytesKept == 0)
}

@Test func `what a failure does not say of its input the host knows`() throws {
    let paper = try Paper()
    let listener = Listener()
    var plan = RunPlan()
    plan.input = { item, chunk in ByteString("item \(item) of \(chunk.count)") }
    let executor = try paper.executor(of: [chunk(1, 2)], slots: 1, plan, listener: listener)
    executor.tell(.told(slot: 0, [.failure(Failure(.error, "no", input: "its own"))], isReady: true))
    executor.tell(.died(slot: 0, Run.Death(.killed(signal: 9), current: 2)))
    #expect(listener.inputs == ["its own", "item 2 of 2"])
}
