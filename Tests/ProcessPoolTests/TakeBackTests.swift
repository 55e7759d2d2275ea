// What a worker has not begun, told from the last item it was seen on.

import Chance
import Testing
import Wire

@testable import ProcessPool

private func given(_ chunks: Chunk...) -> Assignments {
    var assignments = Assignments()
    for chunk in chunks { assignments.append(chunk) }
    return assignments
}

private let (early, late) = (Chunk(first: 11, count: 5, payload: []), Chunk(first: 31, count: 4, payload: []))

@Test(arguments: [(0, 0, 9), (7, 0, 9), (11, 1, 8), (15, 5, 4), (31, 6, 3), (34, 9, 0), (99, 0, 9)])
func `what is left is what lies behind the item a worker is on`(current: Int, begun: Int, left: Int) {
    let assignments = given(early, late)
    #expect(assignments.begun(current: current) == begun)
    #expect(assignments.left(begun: begun) == left)
}

@Test(arguments: [(0, 0), (11, 0), (12, 0), (13, 1), (15, 3), (31, 3), (34, 3), (99, 0)])
func `what is lost with a worker is what it has begun of its oldest chunk and not told of`(current: Int, lost: Int) {
    var assignments = given(early, late)
    _ = assignments.finish(items: 2)
    #expect(assignments.lost(current: current) == lost)
    _ = assignments.finish(items: 3)
    #expect(assignments.lost(current: current) == 0, "nothing of a chunk that is done")
}

@Test func `what a worker is about to begin stays with it`() {
    var assignments = given(early, late)
    #expect(assignments.begunOrNext(current: 0) == 1 && assignments.begunOrNext(current: 11) == 1)
    #expect(assignments.begunOrNext(current: 12) == 2)
    _ = assignments.finish(items: 5)
    #expect(assignments.begunOrNext(current: 15) == 6)
    _ = assignments.endChunk()
    #expect(assignments.begunOrNext(current: 15) == 6 && assignments.begunOrNext(current: 32) == 7)
    #expect(assignments.left(begun: 10) == 0, "nothing is left behind the last one")
}

@Test func `what is taken back is gone from the worker, and the rest of a chunk is gathered by itself`() {
    var assignments = given(early, late)
    _ = assignments.finish(items: 1)
    let taken = assignments.takeBack(behind: assignments.begun(current: 13))
    #expect(taken.map(\.slot) == [11, 31])
    #expect(taken.map(\.rest.items) == [14..<16, 31..<35])
    #expect(taken.map(\.rest.slot) == [14, 31], "of a chunk that was not begun the slot goes along")
    #expect(assignments.chunks.map(\.items) == [12..<14, 31..<31])
    #expect(assignments.left(begun: 3) == 0 && assignments.takeBack(behind: 3).isEmpty)
}

@Test func `items count from the first chunk on, also when earlier ones have ended`() {
    var assignments = given(early, late)
    _ = assignments.finish(items: 5)
    _ = assignments.endChunk()
    #expect(assignments.begun(current: 15) == 5 && assignments.begun(current: 32) == 7)
    assignments.append(Chunk(first: 12, count: 1, payload: []))
    #expect(assignments.begun(current: 12) == 10, "an item that is tried again is known by its chunk")
    #expect(assignments.takeBack(behind: 7).map(\.rest.items) == [33..<35, 12..<13])
}

@Test(arguments: [
    (1, [1..<11]), (3, [1..<4, 4..<7, 7..<11]), (10, (1...10).map { $0..<$0 + 1 }), (20, (1...10).map { $0..<$0 + 1 }),
])
func `what is shared out is shared evenly, and gathered in its order`(pieces: Int, items: [Range<Int>]) {
    let parts = Chunk(first: 1, count: 10, payload: []).parts(pieces)
    #expect(parts.map(\.items) == items && parts.map(\.slot) == items.map(\.lowerBound))
}

@Test func `a worker that was relieved gets no chunk before those it has have ended`() {
    var scheduler = Scheduler(workers: 2, chunkItems: 10)
    #expect(scheduler.handle(.available) == [.cut(worker: 0, items: 10)])
    let chunk = Chunk(first: 1, count: 10, payload: [])
    #expect(scheduler.handle(.cut(chunk)) == [.send(chunk, worker: 0), .cut(worker: 1, items: 10)])
    #expect(scheduler.idleWorkers == 0)
    #expect(scheduler.handle(.exhausted) == [] && scheduler.idleWorkers == 1)
    var begun = chunk
    let rest = begun.cut(at: 4)
    #expect(scheduler.handle(.takenBack(worker: 0, [rest])) == [.send(rest, worker: 1)])
    #expect(scheduler.idleWorkers == 0 && !scheduler.isDone)
    let end = rest.advanced(by: 6)
    #expect(scheduler.handle(.takenBack(worker: 1, [end])) == [], "worker 0 is barred, and so is worker 1")
    #expect(scheduler.handle(.ended(worker: 0, items: 3, nanoseconds: 1)) == [.send(end, worker: 0)])
}
