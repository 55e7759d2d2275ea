// What is done, in whatever order it is done.

import Chance
import Testing

@testable import ProcessPool

/// Chunks of two, one and three items; in `arrival` the place of the chunk whose items are done next.
@Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
func `chunks leave in the order of the items, whatever order they finish in`(arrival: [Int]) {
    let chunks = [(first: 1, count: 2), (first: 3, count: 1), (first: 4, count: 3)]
    var gather = Gather<Int>(isOrdered: true)
    for chunk in chunks { gather.open(first: chunk.first, count: chunk.count) }
    let left = arrival.flatMap { gather.accept(chunks[$0].first, items: chunks[$0].count, chunk: chunks[$0].first) }
    #expect(left == [1, 3, 4])
    #expect(gather.openChunks == 0)
}

@Test func `pieces of the first chunk leave at once, those of the others wait for it`() {
    var gather = Gather<String>(isOrdered: true)
    gather.open(first: 1, count: 3)
    gather.open(first: 4, count: 2)
    #expect(!gather.holds(chunk: 1) && gather.holds(chunk: 4))
    #expect(gather.accept("1", items: 1, chunk: 1) == ["1"])
    #expect(gather.accept("4", items: 1, chunk: 4) == [])
    #expect(gather.accept("text of 2", items: 0, chunk: 1) == ["text of 2"])
    #expect(gather.accept("text of 5", items: 0, chunk: 4) == [])
    #expect(gather.accept("2, 3", items: 2, chunk: 1) == ["2, 3", "4", "text of 5"])
    #expect(!gather.holds(chunk: 4))
    #expect(gather.accept("5", items: 1, chunk: 4) == ["5"])
    #expect(gather.openChunks == 0)
}

@Test func `items that give nothing make way all the same`() {
    var gather = Gather<String>(isOrdered: true)
    for first in 1...3 { gather.open(first: first, count: 1) }
    #expect(gather.accept(nil, items: 1, chunk: 2) == [])
    #expect(gather.accept("3", items: 1, chunk: 3) == [])
    #expect(gather.accept(nil, items: 1, chunk: 1) == ["3"])
    #expect(gather.openChunks == 0)
}

@Test func `unordered, nothing waits`() {
    var gather = Gather<Int>(isOrdered: false)
    for first in 1...3 { gather.open(first: first * 10 - 9, count: 10) }
    for first in [21, 1, 11] {
        #expect(!gather.holds(chunk: first))
        #expect(gather.accept(first, items: 4, chunk: first) == [first])
    }
    #expect(gather.openChunks == 3)
    for first in [11, 21, 1] { #expect(gather.accept(first, items: 6, chunk: first) == [first]) }
    #expect(gather.openChunks == 0)
    #expect(gather.drain() == [])
}

@Test func `what waits for an item that will never be done is let go in order`() {
    var gather = Gather<Int>(isOrdered: true)
    for first in 1...4 { gather.open(first: first, count: 1) }
    for first in [4, 2] { #expect(gather.accept(first, items: 1, chunk: first) == []) }
    #expect(gather.drain() == [2, 4])
    #expect(gather.openChunks == 0)
    #expect(gather.drain() == [])
    #expect(gather.accept(3, items: 1, chunk: 3) == [3], "what comes later leaves at once")
}

@Test func `any chunks in any pieces leave in order`() {
    for seed in 0..<200 {
        var random = Seeded(seed)
        var gather = Gather<ClosedRange<Int>>(isOrdered: true)
        var open: [(first: Int, next: Int, end: Int)] = []
        var (cut, seen) = (1, 1)
        while cut < 100 || !open.isEmpty {
            if cut < 100 && (open.isEmpty || random.once(in: 3)) {
                let count = 1 + random.below(9)
                gather.open(first: cut, count: count)
                open.append((cut, cut, cut + count))
                cut += count
                continue
            }
            let place = random.below(open.count)
            let chunk = open[place]
            let items = 1 + random.below(chunk.end - chunk.next)
            let mustWait = gather.holds(chunk: chunk.first)
            let leaving = gather.accept(chunk.next...chunk.next + items - 1, items: items, chunk: chunk.first)
            #expect(mustWait == leaving.isEmpty)
            for piece in leaving {
                #expect(piece.lowerBound == seen)
                seen = piece.upperBound + 1
            }
            open[place].next += items
            if open[place].next == chunk.end { open.remove(at: place) }
        }
        #expect(seen == cut && gather.openChunks == 0)
    }
}
