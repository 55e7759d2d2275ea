// The chunks that a worker has, and which item each thing that it tells speaks of. No descriptors, no memory that is shared.

/// The chunks one worker has, oldest first, without the items that are done.
struct ChunksInFlight {
    private(set) var chunks: [Chunk] = []
    /// Items of the oldest one that were done here.
    private(set) var itemsDone = 0
    /// Of each chunk as it was given: its first item, how many it had, and how many items all earlier ones had.
    private var places: [(first: Int, count: Int, before: Int)] = []
    /// Items of all chunks that were given.
    private var offered = 0
    /// How many items may be begun of all that were given; nil before anything was taken back.
    private(set) var limit: Int?

    /// A worker that has nothing to do may begin what it is given; answers whether that is new.
    mutating func liftLimit() -> Bool {
        if !chunks.isEmpty || limit == nil { return false }
        limit = nil
        return true
    }

    /// Limits what may be begun to `keeping` items behind those that were begun; answers the limit. It only ever falls: what
    /// was taken back belongs to others, and the worker has gone on since `keeping` was thought of.
    mutating func lowerLimit(begun: Int, keeping: Int) -> Int {
        let lower = min(limit ?? Int.max, begun + keeping)
        limit = lower
        return lower
    }

    mutating func append(_ chunk: Chunk) {
        places.append((chunk.next, chunk.remaining, offered))
        chunks.append(chunk)
        offered += chunk.remaining
    }

    /// How many items are done, of all that were given.
    var finished: Int { chunks.first.map { places[0].before + $0.next - places[0].first } ?? offered }

    /// How many items the worker has begun, of all that were given, when it was last seen on `current`.
    func begun(current: Int) -> Int {
        var begun = finished
        for (place, (first, _, before)) in places.enumerated() {
            let end = place + 1 < places.count ? places[place + 1].before : offered
            if current >= first && current < first + end - before { begun = max(begun, before + current - first + 1) }
        }
        return begun
    }

    /// The same, and the next one when it has begun nothing of its oldest chunk: what is on its way to one worker, which
    /// may take long, is not sent to another.
    func begunOrNext(current: Int) -> Int { max(begun(current: current), finished + 1) }

    /// Items of the oldest chunk that were begun and are not done.
    func lost(current: Int) -> Int { min(begun(current: current) - finished, chunks.first?.remaining ?? 0) }

    var isEmpty: Bool { chunks.isEmpty }

    /// Items that were given, and that the worker has not begun nor is about to, when it was last seen on `current`.
    func left(current: Int) -> Int { left(begun: begunOrNext(current: current)) }

    /// Items that were given and not begun, when so many were begun in all.
    func left(begun: Int) -> Int { chunks.indices.reduce(0) { $0 + chunks[$1].items.upperBound - boundary($1, begun) } }

    /// Takes back what lies behind so many items; each with the segment that it was part of.
    mutating func revoke(behind begun: Int) -> [(segment: Int, rest: Chunk)] {
        chunks.indices.compactMap { place in
            let boundary = boundary(place, begun)
            if boundary == chunks[place].items.upperBound { return nil }
            return (chunks[place].segment, chunks[place].split(at: boundary))
        }
    }

    /// The first item of a chunk that is not among so many of all.
    private func boundary(_ place: Int, _ begun: Int) -> Int {
        let items = chunks[place].items
        return min(max(places[place].first + begun - places[place].before, items.lowerBound), items.upperBound)
    }

    /// Takes the next item of the oldest chunk out, to be run again by itself.
    mutating func takeOutNext() -> Chunk? {
        guard let chunk = chunks.first, chunk.remaining > 0 else { return nil }
        itemsDone += 1
        return chunks[0].takeOutNext()
    }

    /// Notes that items of the oldest chunk are done; answers the chunk as it was, or nil when it does not have so many.
    mutating func finish(items: Int) -> Chunk? {
        guard let chunk = chunks.first, chunk.remaining >= items else { return nil }
        chunks[0] = chunk.advanced(by: items)
        itemsDone += items
        return chunk
    }

    /// Forgets the oldest chunk; answers how many of its items were done here.
    mutating func endChunk() -> Int {
        defer { itemsDone = 0 }
        if !chunks.isEmpty {
            chunks.removeFirst()
            places.removeFirst()
        }
        return itemsDone
    }

    // MARK: Of a remote, which tells of items in any order

    /// Makes `item` the next one of all; those in front of it in its chunk are a chunk of their own from now on. Answers the
    /// segment that it was part of, and what begins with it; nil when it is not there.
    mutating func bringForward(_ item: Int) -> (segment: Int, rest: Chunk)? {
        guard let place = chunks.firstIndex(where: { $0.items.contains(item) }) else { return nil }
        let (given, segment) = (places[place], chunks[place].segment)
        let isFirst = chunks[place].next == item
        let rest = isFirst ? chunks.remove(at: place) : chunks[place].split(at: item)
        if isFirst { places.remove(at: place) }
        chunks.insert(rest, at: 0)
        places.insert(given, at: 0)
        return (segment, rest)
    }

    /// Forgets the chunk that was given with this first item; answers how many of its items are done, and what is left.
    mutating func end(given first: Int) -> (items: Int, rest: [Chunk])? {
        guard let count = places.first(where: { $0.first == first })?.count else { return nil }
        let own = places.indices.filter { places[$0].first == first }
        let rest = own.map { chunks[$0] }.filter { $0.remaining > 0 }.sorted { $0.next < $1.next }
        for place in own.reversed() {
            chunks.remove(at: place)
            places.remove(at: place)
        }
        return (count - rest.reduce(0) { $0 + $1.remaining }, rest)
    }
}
