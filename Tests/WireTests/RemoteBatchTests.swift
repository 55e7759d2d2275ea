// What a remote writes is what the host reads, however it arrives.

import Bytes
import Testing

@testable import Wire

private let failure: Failure = {
    var failure = Failure(.timeout, "late", traceback: "there", input: "in")
    failure.printed = [1, 2]
    failure.isFinal = true
    return failure
}()

private let entries: [Entry] = [
    .greeting(Greeting(version: "1/2", workers: 8, clock: 1 << 60)), .pulse, .place(item: 7, attempt: 2),
    .output([1, 2, 3], items: 3), .output([], items: 1), .item([4], ItemTraits(hasRecord: true, isDescribed: true)),
    .standardError([5]), .failure(failure), .chunkDone(first: 7, nanoseconds: 12), .setupFailed(failure),
    .teardownFailed(failure), .processFailed(failure), .inputFailed(failure), .joined(nanoseconds: 3),
    .joinFailed(failure, of: JoinedItems(left: 1...2, right: 3...4)), .joinFailed(failure, of: nil),
    .chunkEnd(nanoseconds: 9), .module("m", digest: [6]), .module("n", digest: nil), .farewell,
]

@Test func `what a remote writes is read as it was, in whatever pieces it comes`() throws {
    var writer = BatchWriter()
    for entry in entries { writer.append(entry) }
    let first = writer.take()
    let isEmpty = writer.isEmpty
    #expect(isEmpty)
    for entry in entries.reversed() { writer.append(entry) }
    let bytes = first + writer.take()
    for size in [1, 7, 100, bytes.count] {
        var reader = BatchReader()
        var read: [Entry] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.received.append(Array(bytes[start..<min(start + size, bytes.count)]))
            read += try reader.readEntries()
        }
        #expect(read == entries + entries.reversed())
    }
}

@Test func `times of items travel with them`() throws {
    let times = (1...4).map { ItemTime(start: $0 * 10, nanoseconds: $0, bytes: 3 * $0) }
    var writer = BatchWriter()
    var reader = BatchReader(isTimed: true)
    writer.append(.place(item: 1, attempt: 1))
    writer.append(.output([1], items: 3), times: times[..<3])
    writer.append(.failure(failure), times: times[3...])
    reader.received.append(writer.take())
    #expect(try reader.readEntries().count == 3)
    #expect(reader.takeTimes() == times)
}

@Test(arguments: [(EntryTag.place, 8), (.place, 17), (.chunkDone, 0), (.pulse, 1), (.farewell, 1), (.greeting, 15)])
func `what no remote writes is refused`(tag: EntryTag, bytes: Int) {
    var batch = ByteBuffer()
    var reader = BatchReader()
    for word in [BatchFormat.magic, 1, UInt64(16 + bytes)] { batch.append(native: word) }
    batch.append(native: tag.rawValue)
    batch.append(native: UInt32(0))
    batch.append(native: UInt64(bytes))
    batch.append(zeros: bytes)
    reader.received.append(batch)
    #expect(throws: BrokenBatch()) { try reader.readEntries() }
}
