// The worker's outbox and the host's reader, without processes.

import Bytes
import Chance
import Testing

@testable import Wire

/// A host that reads a worker's pipe in random slices and its memory at random moments.
private struct Host: ~Copyable {
    var reader: BatchReader
    var log = EntryLog()
    private var read = 0

    init(isTimed: Bool = false) { reader = BatchReader(isTimed: isTimed) }

    mutating func poll(_ worker: WorkerModel, _ random: inout Seeded) {
        do {
            switch random.below(4) {
            case 0: try receive(worker, random.below(400))
            case 1: try receive(worker, .max)
            case 2: for entry in try reader.read(worker.snapshot) { log.add(entry) }
            default: break
            }
        } catch {
            Issue.record(error)
        }
    }

    mutating func receive(_ worker: WorkerModel, _ limit: Int) throws {
        let bytes = worker.sent.flatMap(\.bytes).dropFirst(read).prefix(limit)
        read += bytes.count
        reader.received.append(Array(bytes))
        for entry in try reader.readEntries() { log.add(entry) }
    }
}

/// One time an item, one after the other, where times are kept.
private func expectTimes(_ times: [ItemTime], of bytes: [Int], isTimed: Bool) {
    #expect(times.map(\.bytes) == (isTimed ? bytes : []))
    #expect(zip(times, times.dropFirst()).allSatisfy { $0.end <= $1.start })
}

@Test(arguments: [(64, 500), (4096, 9000), (1 << 20, 300_000)])
func `however it is read and looked at, the host hears everything once and in order`(borrowed: Int, largest: Int) throws
{
    for seed in 0..<60 {
        var random = Seeded(seed)
        let worker = WorkerModel(borrowed: borrowed, isItemized: seed % 2 == 1, isTimed: seed % 3 == 0)
        var host = Host(isTimed: seed % 3 == 0)
        for _ in 0..<random.below(40) {
            worker.act(&random, largest: largest) { host.poll(worker, &$0) }
        }
        worker.flush()
        try host.receive(worker, .max)
        #expect(host.log == EntryLog(worker.entries), "seed \(seed)")
        #expect(host.reader.received.count == 0)
        expectTimes(host.reader.takeTimes(), of: worker.bytesOfItems, isTimed: seed % 3 == 0)
    }
}

@Test(arguments: [64, 1000, 1 << 16])
func `a worker that dies between two acts has lost only what was not committed`(borrowed: Int) throws {
    for seed in 0..<300 {
        var random = Seeded(seed)
        let worker = WorkerModel(borrowed: borrowed, isItemized: seed % 2 == 1, isTimed: seed % 3 == 0)
        var host = Host(isTimed: seed % 3 == 0)
        for _ in 0..<random.below(12) {
            worker.act(&random, largest: 3000) { host.poll(worker, &$0) }
        }
        try host.receive(worker, .max)
        for entry in try host.reader.read(worker.snapshot) { host.log.add(entry) }
        #expect(host.log == EntryLog(worker.entries[..<worker.entriesCommitted]), "seed \(seed)")
        let items = worker.entries[..<worker.entriesCommitted].reduce(0) { $0 + $1.items }
        expectTimes(
            host.reader.takeTimes(), of: Array(worker.bytesOfItems.prefix(items)), isTimed: seed % 3 == 0)
    }
}

@Test(arguments: [64, 1000, 1 << 16], [false, true])
func `a worker that dies at any byte of what it sends has lost only what was not committed`(
    borrowed: Int, isReadBefore: Bool
) throws {
    for seed in 0..<15 {
        var random = Seeded(seed)
        let worker = WorkerModel(borrowed: borrowed, isItemized: seed % 2 == 1)
        for _ in 0..<12 { worker.act(&random, largest: 400) { _ in } }
        worker.endChunk(1)
        for (index, batch) in worker.sent.enumerated() {
            for length in 0..<batch.bytes.count {
                var reader = BatchReader()
                for earlier in worker.sent[..<index] { reader.received.append(earlier.bytes) }
                var log = EntryLog(try reader.readEntries())
                if isReadBefore { for entry in try reader.read(batch.snapshot) { log.add(entry) } }
                reader.received.append(Array(batch.bytes[..<length]))
                for entry in try reader.readEntries() + reader.read(batch.snapshot) { log.add(entry) }
                let expected = EntryLog(worker.entries[..<batch.entriesCommitted])
                if log != expected {
                    Issue.record("seed \(seed), batch \(index), cut at \(length): \(log), not \(expected)")
                }
            }
        }
    }
}

@Test func `an item larger than the borrowed memory leaves the earlier ones where the host can find them`() throws {
    let worker = WorkerModel(borrowed: 256)
    for bytes in [Array("one".utf8), Array("two".utf8), Array(repeating: 3, count: 1000)] {
        worker.begin()
        worker.append(bytes)
        worker.commit(bytes)
    }
    #expect(worker.sent.count == 1)
    var reader = BatchReader()
    #expect(try reader.read(worker.sent[0].snapshot) == [.output(Array("onetwo".utf8), items: 2)])
    reader.received.append(worker.sent[0].bytes)
    #expect(try reader.readEntries() == [.output(Array(repeating: 3, count: 1000), items: 1)])
    #expect(worker.snapshot.committed == 0)
}

@Test func `a batch that is sent while it is copied is read only where it arrives`() throws {
    let worker = WorkerModel(borrowed: 1000)
    worker.begin()
    worker.append([1, 2, 3])
    worker.commit([1, 2, 3])
    var reader = BatchReader()
    let entries = reader.readOpenBatch(worker.status) {
        worker.flush()
        return worker.copy(bytes: $0)
    }
    #expect(entries == [])
    reader.received.append(worker.sent.flatMap(\.bytes))
    #expect(try reader.readEntries() == [.output([1, 2, 3], items: 1)])
    #expect(reader.readOpenBatch(worker.status) { worker.copy(bytes: $0) } == [])
}

@Test func `what the worker tells of itself arrives as it was`() throws {
    let failure = Failure(.error, "no", traceback: "line 1", input: "17")
    let worker = WorkerModel(borrowed: 1000)
    worker.setupFailed(failure)
    worker.inputFailed(failure)
    worker.endChunk(.max)
    var reader = BatchReader()
    reader.received.append(worker.sent.flatMap(\.bytes))
    #expect(try reader.readEntries() == [.setupFailed(failure), .inputFailed(failure), .chunkEnd(nanoseconds: .max)])
    #expect(!worker.isStopped)
    worker.stop()
    #expect(worker.isStopped)
}

@Test func `an item that gives nothing is an item all the same`() throws {
    let worker = WorkerModel(borrowed: 1000)
    for _ in 0..<3 {
        worker.begin()
        worker.commit([])
    }
    var reader = BatchReader()
    #expect(try reader.read(worker.snapshot) == [.output([], items: 3)])
    #expect(try reader.read(worker.snapshot) == [])
    worker.flush()
    reader.received.append(worker.sent.flatMap(\.bytes))
    #expect(try reader.readEntries() == [])
}
