// Chunks on their way to a worker, and what it has of them.

import Bytes
import Chance
import Posix
import Testing

@testable import ProcessPool

private let commands: [Command] = [
    .run(Chunk(first: 1, count: 1)), .leave,
    .run(chunk(of: .range(offset: 0, length: 0, checksum: 0)).advanced(by: 3)), .leave,
    .run(chunk(of: .range(offset: 1 << 40, length: 1 << 60, checksum: .max))),
    .run(Chunk(first: .max, count: 0)),
    .run(chunk(of: .tooLong)), .run(chunk(of: .bytes(FrozenBytes([1])), under: FrozenBytes([]), perItem: nil)),
    .run(chunk(of: .bytes(FrozenBytes([1, 2])), under: FrozenBytes(Array("id,name".utf8)), perItem: 7)),
    .run(chunk(of: .listed, under: FrozenBytes([10]), perItem: 0)), .run(chunk(of: .bytes(FrozenBytes([])))),
    .run(chunk(of: .bytes(FrozenBytes([2, 0, 255])))),
]

private func chunk(of records: Payload.Records, under header: FrozenBytes? = nil, perItem: Int? = 1) -> Chunk {
    Chunk(
        first: 5, count: 1 << 40,
        payload: Payload(
            input: 1_000_000, firstPosition: .max, records: records, positions: 1 << 50, perItem: perItem,
            header: header))
}

/// As they go down the pipe.
private func written(_ commands: [Command]) throws -> [UInt8] {
    let file = try Descriptor(temporaryIn: "/tmp")
    var queue = CommandQueue()
    for command in commands { queue.append(command) }
    while !queue.isEmpty { try queue.write(to: file) }
    return try file.read(count: file.position, at: 0)
}

@Test func `commands come out as they went in, however the pipe cuts them`() throws {
    let whole = try written(commands)
    for size in [1, 2, 7, 135, 136, 137, 200, whole.count] {
        var received = ByteBuffer()
        var taken: [Command] = []
        for start in stride(from: 0, to: whole.count, by: size) {
            received.append(whole[start..<min(start + size, whole.count)])
            while let command = Command.take(from: &received) { taken.append(command) }
        }
        #expect(taken == commands, "\(size) bytes at a time")
        #expect(received.count == 0)
    }
}

@Test(arguments: [[65_535], [65_536], [3, 65_537, 5], [1_048_575, 1_048_576, 1, 3_000_000, 70_000]])
func `long bodies come out as they went in`(sizes: [Int]) throws {
    var random = Seeded(1)
    let commands = sizes.map {
        Command.run(chunk(of: .bytes(FrozenBytes(random.bytes($0)))))
    }
    let whole = try written(commands + [.leave])
    var received = ByteBuffer()
    var taken: [Command] = []
    for start in stride(from: 0, to: whole.count, by: 100_000) {
        received.append(whole[start..<min(start + 100_000, whole.count)])
        while let command = Command.take(from: &received) { taken.append(command) }
    }
    #expect(taken == commands + [.leave])
    #expect(received.count == 0)
}

/// The header of a whole chunk of items 5, 6 and 7, with one of its numbers changed: tag, first, count, next item, end of
/// the items, segment, attempt, input, first position, kind of records, offset, length; behind the checksum the positions,
/// those an item, whether there is a header, its length.
@Test(arguments: [
    (0, 0), (0, 99), (1, 6), (1, .max), (1, -1), (2, 2), (2, -1), (2, .max), (3, 4), (3, 9), (3, -1), (4, 9), (4, 4),
    (4, -1), (5, -1), (6, -1), (7, -1), (7, .min), (8, -1), (9, -1), (9, 4), (9, .max), (10, -1), (11, -1), (11, .max),
    (13, -1), (13, .max), (14, -1), (15, -1), (16, -1), (16, .max), (16, .min),
])
func `what the host cannot have written is an order to leave`(place: Int, number: Int) throws {
    var received = ByteBuffer()
    received.append(try written([.run(Chunk(first: 5, count: 3))]))
    received.store(UInt64(bitPattern: Int64(number)), at: 8 * place)
    #expect(Command.take(from: &received) == .leave)
}

@Test func `a chunk that was begun knows what is left of it`() {
    let whole = Chunk(first: 10, count: 5, payload: Payload(input: 1, firstPosition: 100, records: .tooLong))
    let chunk = whole.advanced(by: 2).advanced(by: 1)
    #expect((chunk.first, chunk.count, chunk.next, chunk.remaining) == (10, 5, 13, 2))
    #expect((chunk.payload, chunk.positions(of: 13)) == (whole.payload, 103...103))
}

@Test func `the positions of an item are told by its place, as far as its chunk tells them`() {
    func chunk(perItem: Int?) -> Chunk {
        Chunk(
            first: 10, count: 3,
            payload: Payload(input: 0, firstPosition: 4, records: .listed, positions: 5, perItem: perItem))
    }
    #expect((10..<13).map { chunk(perItem: 2).positions(of: $0) } == [4...5, 6...7, 8...8])
    #expect((10..<13).map { chunk(perItem: 1).positions(of: $0) } == [4...4, 5...5, 6...6])
    #expect((10..<13).map { chunk(perItem: nil).positions(of: $0) } == [nil, nil, nil])
    for item in 10..<13 {
        for known in [7...7, 7...9] {
            let located = chunk(perItem: nil).locating(item, at: known)
            #expect(located.positions(of: item) == known && located.withoutRecords.positions(of: item) == known)
        }
    }
}

@Test func `items count for the oldest chunk, and more than it has are refused`() {
    var chunks = ChunksInFlight()
    #expect(chunks.finish(items: 1) == nil)
    #expect(chunks.endChunk() == 0)
    let (first, second) = (
        Chunk(first: 1, count: 3), Chunk(first: 4, count: 2).advanced(by: 1)
    )
    chunks.append(first)
    chunks.append(second)
    #expect(chunks.finish(items: 2) == first)
    #expect(chunks.finish(items: 2) == nil)
    #expect(chunks.finish(items: 1) == first.advanced(by: 2))
    #expect(chunks.chunks == [first.advanced(by: 3), second])
    #expect(chunks.endChunk() == 3)
    #expect(chunks.finish(items: 1) == second)
    #expect(chunks.endChunk() == 1)
    #expect(chunks.chunks.isEmpty)
}
