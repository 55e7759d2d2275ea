// From what workers tell to the paper.

import Chance
import Posix
import Testing
import Wire

@testable import ProcessPool

private let megabyte = 1 << 20

private func chunk(_ first: Int, _ count: Int = 1) -> Chunk { Chunk(first: first, count: count) }

extension RunExecutor {
    fileprivate func told(_ slot: Int, _ entries: Entry...) { tell(.told(slot: slot, entries, isReady: true)) }

    fileprivate func writeAll() { while !output.queue.isEmpty { write() } }
}

@Test(arguments: [10 * megabyte, 1000 * megabyte])
func `what memory does not hold for an earlier item comes out of the spill file in order`(spillLimit: Int) throws {
    let paper = try Paper()
    let executor = try paper.executor(of: (1...50).map { chunk($0) }, slots: 50, spillLimit: spillLimit)
    for item in (2...50).reversed() {
        executor.told(item - 1, .output(Array(repeating: UInt8(item), count: megabyte), items: 1))
        #expect(spillLimit < 17 * megabyte || executor.run.sequencer.bytesKept <= 33 * megabyte)
    }
    #expect(executor.run.sequencer.isOverfull == (spillLimit < 17 * megabyte))
    executor.write()
    #expect(try paper.written() == [])
    executor.told(0, .output([1], items: 1))
    executor.writeAll()
    #expect(executor.run.sequencer.isDone && executor.run.sequencer.bytesKept == 0)
    let written = try paper.written()
    #expect(written.count == 49 * megabyte + 1)
    #expect(written[0] == 1)
    #expect(
        (2...50).allSatisfy {
            written[1 + ($0 - 2) * megabyte] == UInt8($0) && written[($0 - 1) * megabyte] == UInt8($0)
        })
}

@Test func `without a spill file nothing is handed out while memory is full, and then again`() throws {
    let paper = try Paper()
    let executor = try paper.executor(of: (1...40).map { chunk($0) }, slots: 40, folders: [])
    for item in 2...40 {
        executor.told(item - 1, .output(Array(repeating: 0, count: megabyte), items: 1))
        #expect(executor.run.sequencer.isOverfull == (item > 32))
        executor.tell(.tick([], outputIsFull: false, messagesAreFull: false))
        #expect(executor.run.isPaused == (item > 32))
    }
    executor.told(0, .output([], items: 1))
    executor.tell(.tick([], outputIsFull: false, messagesAreFull: false))
    #expect(!executor.run.isPaused)
}

@Test func `text and failures keep their places among the records`() throws {
    let paper = try Paper()
    let listener = Listener()
    let executor = try paper.executor(of: [chunk(1, 2), chunk(3, 2)], slots: 2, listener: listener)
    executor.told(1, .standardError(Array("three".utf8)), .failure(Failure(.error, "no")), .output([4], items: 1))
    #expect(listener.heard == [])
    executor.told(0, .output([1], items: 1), .standardError(Array("two".utf8)), .output([2], items: 1))
    #expect(listener.heard == ["two", "three", "item 3 failed: no"])
    executor.writeAll()
    #expect(try paper.written() == [1, 2] + Array("<3>".utf8) + [4])
    let run = executor.run
    #expect(run.sequencer.isDone && run.sequencer.bytesKept == 0)
    #expect((run.tally.succeeded, run.tally.failures, run.tally.skipped) == (3, 1, 0))
}

@Test(arguments: [
    [Entry.output([1], items: 3)], [.output([1], items: 2), .item([1], ItemTraits())],
    [.output([1], items: 2), .failure(Failure(.error, "no"))],
])
func `a worker is not believed to have done more than it was given`(entries: [Entry]) throws {
    var plan = RunPlan()
    plan.chunkItems = 2
    var run = Run(plan, slots: 1, .process, isRecorded: false)
    var actions: [Run.Action] = []
    for event in [Run.Event.begun, .chunk(chunk(1, 2))] { run.handle(event, now: 0, into: &actions) }
    actions = []
    run.handle(.told(slot: 0, entries + [.output([7], items: 0)], isReady: true), now: 0, into: &actions)
    #expect(actions.last == .distrust(0), "nothing behind it is taken")
    let believed = entries.count - 1
    #expect((run.tally.succeeded, run.tally.failures, run.tally.skipped) == (2 * believed, 0, 2 - 2 * believed))
}

@Test func `what waits when nothing more will come is let go`() throws {
    let paper = try Paper()
    let executor = try paper.executor(of: (1...3).map { chunk($0) }, slots: 3)
    for item in [3, 2] { executor.told(item - 1, .output([UInt8(item)], items: 1)) }
    executor.tell(.signal(2, [], outputIsEmpty: true))
    executor.tell(.signal(2, [], outputIsEmpty: true))
    let killed = Run.Death(.killed(signal: 9))
    for slot in 0..<3 { executor.tell(.died(slot: slot, killed)) }
    #expect(!executor.run.sequencer.isDone)
    executor.tell(.tick([], outputIsFull: false, messagesAreFull: false))
    executor.write()
    #expect(try paper.written() == [2, 3])
    #expect(executor.run.sequencer.isDone && executor.run.sequencer.bytesKept == 0)
}
