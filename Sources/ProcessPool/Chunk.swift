// A run of items that one worker gets at once.

/// Some of the items `first` to `first + count - 1`, whose records are in `payload`.
package struct Chunk: Equatable, Sendable {
    package let first: Int
    package let count: Int
    package private(set) var payload: Payload
    /// The items still to be run: all of them, unless the chunk comes back from a worker that died, or is for one item
    /// that failed.
    package private(set) var items: Range<Int>
    /// Where the gather collects what these items give: the first item it has not from elsewhere.
    package private(set) var segment: Int
    /// Which time these items are run, from 1.
    package private(set) var attempt = 1
    /// The hosts of remotes that were lost with it.
    private(set) var lostOn: [String] = []

    package init(first: Int, count: Int, payload: Payload, attempt: Int = 1) {
        self.attempt = attempt
        self.first = first
        self.count = count
        self.payload = payload
        items = first..<first + count
        segment = first
    }

    /// As a worker gets it.
    init(first: Int, count: Int, payload: Payload, items: Range<Int>, segment: Int, attempt: Int) {
        (self.first, self.count, self.payload) = (first, count, payload)
        (self.items, self.segment, self.attempt) = (items, segment, attempt)
    }

    /// The number of the first item to be run.
    package var next: Int { items.lowerBound }
    package var remaining: Int { items.count }

    /// The positions of an item in the input that it is from: line numbers, from 1. Nil where only its bytes tell.
    package func positions(of item: Int) -> ClosedRange<Int>? {
        guard let perItem = payload.positionsPerItem else { return nil }
        let start = payload.firstPosition + (item - first) * perItem
        if perItem == 1 { return start...start }
        let end = payload.firstPosition + payload.positions
        return start...max(start, min(start + perItem, end) - 1)
    }

    /// The chunk, from which the positions of one item can be told without its bytes.
    package func locating(_ item: Int, at positions: ClosedRange<Int>) -> Chunk {
        var head = self
        head.payload = payload.locating(item - first, at: positions)
        return head
    }

    /// What is enough to say where the items came from.
    package var withoutRecords: Chunk {
        var head = self
        head.payload = payload.withoutBytes
        return head
    }

    /// What is enough to say where the item came from, now or later.
    package func naming(_ item: Int) -> Chunk { positions(of: item) == nil ? self : withoutRecords }

    func advanced(by done: Int) -> Chunk {
        var rest = self
        rest.items = (next + done)..<items.upperBound
        return rest
    }

    /// Takes the items from `boundary` on out of the chunk. What was done of it, or is still to be, is gathered by itself.
    mutating func split(at boundary: Int) -> Chunk {
        var rest = self
        rest.items = boundary..<items.upperBound
        if boundary > segment { rest.segment = boundary }
        items = items.lowerBound..<boundary
        return rest
    }

    /// The same items in at most so many chunks of about as many, to be gathered each by itself.
    func parts(_ count: Int) -> [Chunk] {
        var (rest, parts): (Chunk, [Chunk]) = (self, [])
        for left in stride(from: count, to: 1, by: -1) where rest.remaining > 1 {
            let next = rest.split(at: rest.next + max(rest.remaining / left, 1))
            parts.append(rest)
            rest = next
        }
        return parts + [rest]
    }

    /// Takes the next item out, to be run again by itself; what is left of the chunk is gathered behind it.
    mutating func takeOutNext() -> Chunk {
        var again = self
        again.items = next..<next + 1
        again.segment = next
        again.attempt += 1
        items = (next + 1)..<items.upperBound
        segment = next
        return again
    }

    /// It may be what takes its machine with it, and is run where nothing else is, which shows whether it is.
    var isSuspect: Bool { remaining == 1 && lostOn.count > 1 }

    /// Notes that it was lost with a remote. After the first time it comes in two halves, so that an item that takes its
    /// machine with it is alone in the end.
    func lost(on host: String) -> [Chunk] {
        var again = self
        again.lostOn.append(host)
        guard again.lostOn.count > 1, remaining > 1 else { return [again] }
        return again.parts(2).map { part in
            var part = part
            if part.remaining == 1 { part.lostOn = [host] }
            return part
        }
    }
}
