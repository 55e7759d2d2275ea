// Items that are tried again: when, by whom, and where what they give at last has its place.

import Chance
import Testing

@testable import ProcessPool

@Test func `an item is tried as often as was asked, and waits twice as long each time`() {
    let policy = RetryPolicy(retries: 3, backoffSeconds: 1, seed: 7)
    for item in 1...100 {
        for attempt in 1...3 {
            let wait = 1_000_000_000 << (attempt - 1)
            guard let delay = policy.delay(item: item, attempt: attempt) else {
                Issue.record("item \(item) is given up")
                continue
            }
            #expect(delay >= wait / 2 && delay <= wait / 2 * 3)
            #expect(delay == RetryPolicy(retries: 3, backoffSeconds: 1, seed: 7).delay(item: item, attempt: attempt))
        }
        #expect(policy.delay(item: item, attempt: 4) == nil)
    }
    #expect(Set((1...100).map { policy.delay(item: $0, attempt: 1) }).count > 90, "they do not come back together")
    #expect(RetryPolicy().delay(item: 1, attempt: 1) == nil)
    #expect(RetryPolicy(retries: .max, backoffSeconds: 1e9).delay(item: 1, attempt: 1_000_000) != nil)
}

@Test func `an item that is taken out is a chunk by itself, and the rest goes on behind it`() {
    var chunk = Chunk(first: 10, count: 5, payload: [1]).advanced(by: 2)
    let again = chunk.takeOutNext()
    #expect((again.next, again.remaining, again.slot, again.attempt, again.payload) == (12, 1, 12, 2, [1]))
    #expect((chunk.next, chunk.remaining, chunk.slot, chunk.attempt) == (13, 2, 13, 1))
    #expect((again.first, again.count, chunk.first, chunk.count) == (10, 5, 10, 5), "the payload is that of all")
}

@Test(arguments: [true, false])
func `items that are tried again or taken back give each once, and in order if there is one`(isOrdered: Bool) {
    for seed in 0..<300 {
        var random = Seeded(seed)
        var gather = Gather<Int>(isOrdered: isOrdered)
        var (cut, seen): (Int, [Int]) = (1, [])
        var open: [Chunk] = []
        while cut < 60 || !open.isEmpty {
            if cut < 60 && (open.isEmpty || random.once(in: 4)) {
                let chunk = Chunk(first: cut, count: 1 + random.below(8), payload: [])
                gather.open(first: cut, count: chunk.count)
                open.append(chunk)
                cut += chunk.count
                continue
            }
            let place = random.below(open.count)
            let chunk = open[place]
            if random.once(in: 3) {
                gather.split(chunk: chunk.slot)
                open.append(open[place].takeOutNext())
            } else if random.once(in: 3) {
                let rest = open[place].cut(at: chunk.next + random.below(chunk.remaining + 1))
                if rest.slot != chunk.slot { gather.cut(chunk: chunk.slot, at: rest.slot) }
                open.append(rest)
            } else {
                seen += gather.accept(chunk.next, items: 1, chunk: chunk.slot)
                open[place] = chunk.advanced(by: 1)
            }
            open.removeAll { $0.remaining == 0 }
        }
        #expect((isOrdered ? seen : seen.sorted()) == Array(1..<cut), "seed \(seed)")
        #expect(gather.openChunks == 0)
    }
}
