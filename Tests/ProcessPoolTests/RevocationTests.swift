// What a worker has not begun, told from the last item it was seen on.

import Chance
import Testing

@testable import ProcessPool

private func given(_ sent: Chunk...) -> ChunksInFlight {
    var chunks = ChunksInFlight()
    for chunk in sent { chunks.append(chunk) }
    return chunks
}

private let (early, late) = (Chunk(first: 11, count: 5), Chunk(first: 31, count: 4))

@Test(arguments: [(0, 0, 9), (7, 0, 9), (11, 1, 8), (15, 5, 4), (31, 6, 3), (34, 9, 0), (99, 0, 9)])
func `what is left is what lies behind the item a worker is on`(current: Int, begun: Int, left: Int) {
    let chunks = given(early, late)
    #expect(chunks.begun(current: current) == begun)
    #expect(chunks.left(begun: begun) == left)
}

@Test(arguments: [(0, 0), (11, 0), (12, 0), (13, 1), (15, 3), (31, 3), (34, 3), (99, 0)])
func `what is lost with a worker is what it has begun of its oldest chunk and not told of`(current: Int, lost: Int) {
    var chunks = given(early, late)
    _ = chunks.finish(items: 2)
    #expect(chunks.lost(current: current) == lost)
    _ = chunks.finish(items: 3)
    #expect(chunks.lost(current: current) == 0, "nothing of a chunk that is done")
}

@Test func `what a worker is about to begin stays with it`() {
    var chunks = given(early, late)
    #expect(chunks.begunOrNext(current: 0) == 1 && chunks.begunOrNext(current: 11) == 1)
    #expect(chunks.begunOrNext(current: 12) == 2)
    _ = chunks.finish(items: 5)
    #expect(chunks.begunOrNext(current: 15) == 6)
    _ = chunks.endChunk()
    #expect(chunks.begunOrNext(current: 15) == 6 && chunks.begunOrNext(current: 32) == 7)
    #expect(chunks.left(begun: 10) == 0, "nothing is left behind the last one")
}

@Test func `what is taken back is gone from the worker, and the rest of a chunk is gathered by itself`() {
    var chunks = given(early, late)
    _ = chunks.finish(items: 1)
    let taken = chunks.revoke(behind: chunks.begun(current: 13))
    #expect(taken.map(\.segment) == [11, 31])
    #expect(taken.map(\.rest.items) == [14..<16, 31..<35])
    #expect(taken.map(\.rest.segment) == [14, 31], "of a chunk that was not begun the slot goes along")
    #expect(chunks.chunks.map(\.items) == [12..<14, 31..<31])
    #expect(chunks.left(begun: 3) == 0 && chunks.revoke(behind: 3).isEmpty)
}

@Test func `items count from the first chunk on, also when earlier ones have ended`() {
    var chunks = given(early, late)
    _ = chunks.finish(items: 5)
    _ = chunks.endChunk()
    #expect(chunks.begun(current: 15) == 5 && chunks.begun(current: 32) == 7)
    chunks.append(Chunk(first: 12, count: 1))
    #expect(chunks.begun(current: 12) == 10, "an item that is tried again is known by its chunk")
    #expect(chunks.revoke(behind: 7).map(\.rest.items) == [33..<35, 12..<13])
}

@Test(arguments: [
    (1, [1..<11]), (3, [1..<4, 4..<7, 7..<11]), (10, (1...10).map { $0..<$0 + 1 }), (20, (1...10).map { $0..<$0 + 1 }),
])
func `what is shared out is shared evenly, and gathered in its order`(pieces: Int, items: [Range<Int>]) {
    let parts = Chunk(first: 1, count: 10).parts(pieces)
    #expect(parts.map(\.items) == items && parts.map(\.segment) == items.map(\.lowerBound))
}

@Test func `a worker that was relieved gets no chunk before those it has have ended`() {
    var scheduler = Scheduler(workers: 2, chunkItems: 10)
    #expect(scheduler.handle(.sourceReady) == [.askSource(worker: 0, items: 10)])
    let chunk = Chunk(first: 1, count: 10)
    #expect(scheduler.handle(.chunk(chunk)) == [.send(chunk, worker: 0), .askSource(worker: 1, items: 10)])
    #expect(scheduler.idleWorkers == 0)
    #expect(scheduler.handle(.sourceEnded) == [] && scheduler.idleWorkers == 1)
    var begun = chunk
    let rest = begun.split(at: 4)
    #expect(scheduler.handle(.revoked(worker: 0, [rest])) == [.send(rest, worker: 1)])
    #expect(scheduler.idleWorkers == 0 && !scheduler.isDone)
    let end = rest.advanced(by: 6)
    #expect(scheduler.handle(.revoked(worker: 1, [end])) == [], "worker 0 is barred, and so is worker 1")
    #expect(scheduler.handle(.ended(worker: 0, items: 3, nanoseconds: 1)) == [.send(end, worker: 0)])
}
