// Chunks on their way to a worker, and what it has of them.

import Testing
import Wire

@testable import ProcessPool

private let commands: [Command] = [
    .run(Chunk(first: 1, count: 1, payload: [])), .leave,
    .run(Chunk(first: 5, count: 1 << 40, payload: Array(0...255)).advanced(by: 3)), .leave,
    .run(Chunk(first: .max, count: 0, payload: [7])),
]

@Test func `commands come out as they went in, however the pipe cuts them`() {
    var whole = WireBuffer()
    for command in commands { command.append(to: &whole) }
    for size in [1, 2, 7, 39, 40, 41, 100, whole.count] {
        var received = WireBuffer()
        var taken: [Command] = []
        for start in stride(from: 0, to: whole.count, by: size) {
            received.append(whole.array(start..<min(start + size, whole.count)))
            while let command = Command.take(from: &received) { taken.append(command) }
        }
        #expect(taken == commands, "\(size) bytes at a time")
        #expect(received.count == 0)
    }
}

/// The header of a whole chunk of items 5, 6 and 7, with one of its numbers changed: tag, first, count, next item, end of
/// the items, slot, attempt, bytes.
@Test(arguments: [
    (0, 0), (0, 7), (1, 6), (1, .max), (1, -1), (2, 2), (2, -1), (2, .max), (3, 4), (3, 9), (3, -1), (4, 9), (4, 4),
    (4, -1), (5, -1), (6, -1), (7, -1), (7, -64), (7, .max), (7, .min),
])
func `what the host cannot have written is an order to leave`(place: Int, number: Int) {
    var received = WireBuffer()
    Command.run(Chunk(first: 5, count: 3, payload: [])).append(to: &received)
    received.store(UInt64(bitPattern: Int64(number)), at: 8 * place)
    #expect(Command.take(from: &received) == .leave)
}

@Test func `a chunk that was begun knows what is left of it`() {
    let chunk = Chunk(first: 10, count: 5, payload: [1]).advanced(by: 2).advanced(by: 1)
    #expect((chunk.first, chunk.count, chunk.next, chunk.remaining) == (10, 5, 13, 2))
    #expect(chunk.payload == [1])
}

@Test func `items count for the oldest chunk, and never more than it has`() {
    var assignments = Assignments()
    #expect(assignments.finish(items: 1) == nil)
    #expect(assignments.endChunk() == 0)
    let (first, second) = (
        Chunk(first: 1, count: 3, payload: []), Chunk(first: 4, count: 2, payload: []).advanced(by: 1)
    )
    assignments.append(first)
    assignments.append(second)
    #expect(assignments.finish(items: 2) == first)
    #expect(assignments.finish(items: 5) == first.advanced(by: 2))
    #expect(assignments.chunks == [first.advanced(by: 3), second])
    #expect(assignments.endChunk() == 3)
    #expect(assignments.finish(items: 1) == second)
    #expect(assignments.endChunk() == 1)
    #expect(assignments.chunks.isEmpty)
}
