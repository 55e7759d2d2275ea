// From the books to the paper.

import Chance
import Testing
import Wire

@testable import ProcessPool

private let megabyte = 1 << 20

private func chunk(_ first: Int, _ count: Int = 1) -> Chunk { Chunk(first: first, count: count, payload: []) }

@Test(arguments: [10 * megabyte, 1000 * megabyte])
func `what memory does not hold for an earlier item comes out of the spill file in order`(spillLimit: Int) throws {
    let paper = try Paper()
    var delivery = Delivery(try paper.queue(spillLimit: spillLimit), isOrdered: true, observer: Listener())
    for item in 1...50 { delivery.open(chunk(item)) }
    for item in (2...50).reversed() {
        delivery.accept(.output(.memory(Array(repeating: UInt8(item), count: megabyte))), items: 1, chunk: chunk(item))
        #expect(spillLimit < 17 * megabyte || delivery.bytesHeld <= 32 * megabyte)
    }
    #expect(delivery.isOverfull == (spillLimit < 17 * megabyte))
    try delivery.write()
    #expect(try paper.written() == [])
    delivery.accept(.output(.memory([1])), items: 1, chunk: chunk(1))
    while !delivery.isDone { try delivery.write() }
    #expect(delivery.bytesHeld == 0 && !delivery.isOverfull)
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
    var delivery = Delivery(try paper.queue(spillLimit: 0, folders: []), isOrdered: true, observer: Listener())
    for item in 1...40 {
        delivery.open(chunk(item))
        if item == 1 { continue }
        delivery.accept(.output(.memory(Array(repeating: 0, count: megabyte))), items: 1, chunk: chunk(item))
        #expect(delivery.isOverfull == (item > 32))
    }
    delivery.accept(.output(.memory([])), items: 1, chunk: chunk(1))
    while !delivery.isDone { try delivery.write() }
    #expect(delivery.isOverfull == false)
}

@Test func `text and failures keep their places among the records`() throws {
    let paper = try Paper()
    let listener = Listener()
    var ledger = Ledger(Delivery(try paper.queue(spillLimit: 0), isOrdered: true, observer: listener), RetryPolicy())
    var (early, late) = (Assignments(), Assignments())
    ledger.open(chunk(1, 2))
    ledger.open(chunk(3, 2))
    early.append(chunk(1, 2))
    late.append(chunk(3, 2))
    for entry: Entry in [.standardError(Array("three".utf8)), .failure(Failure(.error, "no")), .output([4], items: 1)] {
        _ = ledger.enter(entry, of: &late, worker: 1)
    }
    #expect(listener.heard == [])
    for entry: Entry in [.output([1], items: 1), .standardError(Array("two".utf8)), .output([2], items: 1)] {
        _ = ledger.enter(entry, of: &early, worker: 0)
    }
    #expect(listener.heard == ["two", "three", "item 3 failed: no"])
    try ledger.delivery.write()
    #expect(try paper.written() == [1, 2] + Array("<3>".utf8) + [4])
    #expect(ledger.delivery.isDone && ledger.delivery.bytesHeld == 0)
    #expect((ledger.tally.succeeded, ledger.tally.failures, ledger.tally.skipped) == (3, 1, 0))
}

@Test func `a worker is not believed to have done more than it was given`() throws {
    let paper = try Paper()
    let listener = Listener()
    var ledger = Ledger(Delivery(try paper.queue(spillLimit: 0), isOrdered: true, observer: listener), RetryPolicy())
    var assignments = Assignments()
    #expect(ledger.enter(.output([1], items: 1), of: &assignments, worker: 0) == .refused)
    #expect(ledger.enter(.chunkEnd(nanoseconds: 1), of: &assignments, worker: 0) == nil)
    ledger.open(chunk(1, 2))
    assignments.append(chunk(1, 2))
    #expect(ledger.enter(.output([1], items: 3), of: &assignments, worker: 0) == .refused)
    #expect((ledger.tally.succeeded, ledger.tally.skipped) == (0, 2), "nothing of it is taken")
    #expect(ledger.enter(.output([1], items: 2), of: &assignments, worker: 0) == nil)
    #expect(ledger.enter(.item([1], ItemTraits()), of: &assignments, worker: 0) == .refused)
    #expect(ledger.enter(.failure(Failure(.error, "no")), of: &assignments, worker: 0) == .refused)
    #expect((ledger.tally.succeeded, ledger.tally.failures, ledger.tally.skipped) == (2, 0, 0))
    #expect(listener.heard == [])
}

@Test func `what is held when nothing more will come is let go`() throws {
    let paper = try Paper()
    var delivery = Delivery(try paper.queue(spillLimit: 0), isOrdered: true, observer: Listener())
    for item in 1...3 { delivery.open(chunk(item)) }
    for item in [3, 2] { delivery.accept(.output(.memory([UInt8(item)])), items: 1, chunk: chunk(item)) }
    #expect(delivery.isDone == false)
    delivery.drain()
    try delivery.write()
    #expect(try paper.written() == [2, 3])
    #expect(delivery.isDone && delivery.bytesHeld == 0)
}
