// Damaged bytes of a worker: the host refuses them, or reads the complete batches among them.

import Bytes
import Chance
import Testing
@testable import Wire

private func bytes(_ numbers: [UInt64]) -> [UInt8] {
    var buffer = ByteBuffer()
    for number in numbers { buffer.append(native: number) }
    return buffer.array
}

/// A batch of entries: tag, items, length as claimed, bytes.
private func batch(
    magic: UInt64 = BatchFormat.magic, number: UInt64 = 1, length: UInt64? = nil,
    _ entries: [(tag: UInt32, items: UInt32, length: UInt64, bytes: [UInt8])] = []
) -> [UInt8] {
    var body = ByteBuffer()
    for entry in entries {
        body.append(native: entry.tag)
        body.append(native: entry.items)
        body.append(native: entry.length)
        body.append(entry.bytes)
    }
    return bytes([magic, number, length ?? UInt64(body.count)]) + body.array
}

@Test(
    arguments: [
        ("a wrong magic number", batch(magic: 1)),
        ("the number of an earlier batch", batch(number: 0)),
        ("the number of a later batch", batch(number: 2)),
        ("a length that no memory has", batch(length: .max)),
        ("a length that no number has", batch(length: UInt64(Int.max))),
        ("an unknown tag", batch([(0, 0, 0, [])])),
        ("another unknown tag", batch([(7, 0, 0, [])])),
        ("an entry longer than the batch", batch([(1, 1, 5, [1])])),
        ("an entry longer than anything", batch([(2, 0, .max - 1, [1])])),
        ("an open entry", batch([(1, 1, .max, [1])])),
        ("half an entry's head", batch(length: 9, []) + Array(repeating: 0, count: 9)),
        ("a chunk's end without its time", batch([(5, 0, 0, [])])),
        ("a chunk's end with too much of it", batch([(5, 0, 9, Array(repeating: 0, count: 9))])),
        ("text that finishes an item", batch([(2, 1, 1, [1])])),
        ("a failure of no item", batch([(3, 0, 0, [])])),
        ("a failure of many items", batch([(3, 2, 0, [])])),
    ] as [(String, [UInt8])])
func `what is no batch is refused, today and tomorrow`(what: String, bytes: [UInt8]) throws {
    var reader = BatchReader()
    reader.received.append(bytes)
    #expect(throws: BrokenBatch()) { try reader.readEntries() }
    reader.received.append(batch(number: 1))
    #expect(throws: BrokenBatch()) { try reader.readEntries() }
}

@Test func `what came whole before the broken bytes is heard, and only that`() throws {
    var reader = BatchReader()
    reader.received.append(batch([(1, 2, 1, [7])]) + batch(number: 2, [(1, 1, 1, [8]), (99, 0, 0, [])]))
    #expect(try reader.readEntries() == [.output([7], items: 2)])
    #expect(throws: BrokenBatch()) { try reader.readEntries() }
    #expect(throws: BrokenBatch()) { try reader.readEntries() }
}

@Test(
    arguments: [
        ("nothing", [], [7, 8, 9]),
        ("bytes that are no batch", Array(repeating: 0x70, count: 100), [7, 8, 9]),
        ("the beginning of a batch", Array(batch().prefix(7)), [7, 8, 9]),
        ("a batch of others, with the right number", batch(number: 2), [7]),
        ("a batch of others, with another number", batch(number: 5), [7]),
        ("a batch of others that goes on and on", batch(number: 2, length: 1000), [7]),
    ] as [(String, [UInt8], [UInt8])])
func `of a dead worker's batches those are heard that follow one another`(
    what: String, between: [UInt8], heard: [UInt8]
) {
    var reader = BatchReader()
    reader.received.append(batch([(1, 1, 1, [7])]) + between)
    reader.received.append(batch(number: 2, [(1, 1, 1, [8])]) + between)
    reader.received.append(batch(number: 3, [(1, 1, 1, [9])]) + batch(number: 4, length: 5))
    let entries = reader.readRest()
    #expect(entries == heard.map { .output([$0], items: 1) })
}

@Test func `a failure whose fields are cut off has as many as are there`() throws {
    let whole = bytes([5]) + Array("crash".utf8) + bytes([2]) + Array("no".utf8) + bytes([.max, 1]) + [65]
    for length in 0...whole.count {
        var reader = BatchReader()
        reader.received.append(batch([(3, 1, UInt64(length), Array(whole[..<length]))]))
        guard case .failure(let failure)? = try reader.readEntries().first else {
            Issue.record("no failure")
            continue
        }
        #expect(failure.kind == (length < 13 ? .error : .crash))
        #expect(failure.message == (length < 23 ? "(no message)" : "no"))
        #expect(failure.input == (length < whole.count ? nil : "A"))
    }
}

@Test func `a batch that never becomes whole is waited for and costs what was received`() throws {
    var reader = BatchReader()
    reader.received.append(batch(length: UInt64(Int.max / 2)) + Array(repeating: 0, count: 100))
    for _ in 0..<10 { #expect(try reader.readEntries() == []) }
    #expect(reader.received.count == 124)
    #expect(reader.received.capacity <= 4096)
}

/// Status words changed by another program: items, and the number of bytes less than before.
@Test(arguments: [(2, 20), (1, 0), (0, 0), (0xffff_ffff, 0), (2, 60), (2, 90)])
func `a look after a look never goes back`(items: UInt64, bytesLess: Int) throws {
    let worker = WorkerModel(borrowed: 1000)
    for _ in 0..<2 {
        worker.begin()
        worker.append(Array(repeating: 1, count: 30))
        worker.commit(Array(repeating: 1, count: 30))
    }
    let snapshot = worker.snapshot
    var reader = BatchReader()
    #expect(try reader.read(snapshot) == [.output(Array(repeating: 1, count: 60), items: 2)])
    let changed = Snapshot(
        number: 1, committed: items << 32 | 1, memory: snapshot.memory.dropLast(bytesLess), times: [])
    for case .output(let bytes, let items) in (try? reader.read(changed)) ?? [] { #expect(bytes == [] && items > 0) }
    worker.flush()
    reader.received.append(worker.sent.flatMap(\.bytes))
    if items <= 2 { #expect(try reader.readEntries() == []) }
}

@Test func `a look that does not add up tells nothing and spoils nothing`() throws {
    let worker = WorkerModel(borrowed: 1000)
    worker.begin()
    worker.append([1, 2, 3])
    worker.commit([1, 2, 3])
    worker.begin()
    worker.fail(Failure(.error, "no"))
    // A copy made while the entry was being closed may have its length, and not yet its items.
    let right = worker.snapshot
    var torn = right.memory
    for place in 28..<32 { torn[place] = 0 }
    var reader = BatchReader()
    #expect(throws: BrokenBatch()) {
        try reader.read(Snapshot(number: 1, committed: right.committed, memory: torn, times: []))
    }
    #expect(try reader.read(right) == [.output([1, 2, 3], items: 1), .failure(Failure(.error, "no"))])
}

@Test func `a batch with changed bytes is refused or makes no more of them than there are`() throws {
    for seed in 0..<40 {
        var random = Seeded(seed)
        let worker = WorkerModel(borrowed: 1 << 16, isItemized: seed % 2 == 1)
        for _ in 0..<6 { worker.act(&random, largest: 100) { _ in } }
        let snapshot = worker.snapshot
        worker.endChunk(5)
        let stream = worker.sent.flatMap(\.bytes)
        for place in stream.indices {
            var changed = stream
            changed[place] = random.once(in: 3) ? 0xff : UInt8(random.below(256))
            if random.once(in: 4) { changed[random.below(stream.count)] = UInt8(random.below(256)) }
            var reader = BatchReader()
            if random.once(in: 2) { try? sanity(reader.read(snapshot), within: stream.count) }
            reader.received.append(changed)
            try? sanity(reader.readEntries(), within: stream.count)
            try? sanity(reader.readEntries(), within: stream.count)
        }
        for place in snapshot.memory.indices {
            var changed = snapshot.memory
            changed[place] = random.once(in: 3) ? 0xff : UInt8(random.below(256))
            var reader = BatchReader()
            if random.once(in: 2) { try? sanity(reader.read(snapshot), within: stream.count) }
            let word = random.once(in: 3) ? snapshot.committed ^ (1 << UInt64(random.below(64))) : snapshot.committed
            let memory = random.once(in: 3) ? Array(changed.prefix(random.below(changed.count))) : changed
            try? sanity(
                reader.read(Snapshot(number: snapshot.number, committed: word, memory: memory, times: [])),
                within: stream.count)
            reader.received.append(stream)
            try? sanity(reader.readEntries(), within: stream.count)
        }
    }
}

private func sanity(_ entries: [Entry], within size: Int) {
    var bytes = 0
    for entry in entries {
        switch entry {
        case .output(let output, let items):
            bytes += output.count
            #expect(items >= 0)
        case .standardError(let text), .item(let text, _): bytes += text.count
        case .failure(let failure), .setupFailed(let failure), .teardownFailed(let failure),
            .processFailed(let failure), .inputFailed(let failure), .joinFailed(let failure, _):
            bytes += failure.input?.bytes.count ?? 0
            for text in [failure.message, failure.traceback] where text != "(no message)" {
                bytes += (text?.utf8.count ?? 0) / 3  // what is not UTF-8 becomes three bytes
            }
        case .chunkEnd, .joined: bytes += 8
        case .place, .chunkDone: bytes += 16
        case .pulse, .farewell: break
        case .greeting(let greeting): bytes += 16 + greeting.version.utf8.count / 3
        case .module(let name, let digest): bytes += name.utf8.count / 3 + (digest?.count ?? 0)
        }
    }
    #expect(bytes <= size)
}
