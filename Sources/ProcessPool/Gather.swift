// What is done, put in the order of the items. No descriptors, no clock, no Lua.

/// Holds what later items gave back until every earlier item is done.
///
/// Items are numbered from 1. A chunk is opened when it is handed out; what its items give is accepted in their order.
/// Unordered, nothing is ever held.
package struct Gather<Piece> {
    private struct Segment {
        var count: Int
        var done = 0
        var pieces: [Piece] = []
    }

    private let isOrdered: Bool
    private var segments: [Int: Segment] = [:]
    /// The first item of the chunk whose pieces leave at once.
    private var head = 1

    package init(isOrdered: Bool) { self.isOrdered = isOrdered }

    /// Chunks that are not done, or wait for one that is not.
    package var openChunks: Int { segments.count }

    package mutating func open(first: Int, count: Int) { segments[first] = Segment(count: count) }

    /// Whether a piece of the chunk that begins with item `first` would have to wait.
    package func holds(chunk first: Int) -> Bool { isOrdered && first != head }

    /// Whether the next `items` items of a chunk that are not done begin with `item`.
    package func awaits(_ item: Int, items: Int, chunk first: Int) -> Bool {
        guard let segment = segments[first] else { return false }
        return first + segment.done == item && segment.done + items <= segment.count
    }

    /// Takes a piece that finishes `items` items of a chunk; answers what may leave now.
    package mutating func accept(_ piece: Piece?, items: Int, chunk first: Int) -> [Piece] {
        guard var segment = segments.removeValue(forKey: first) else { return piece.map { [$0] } ?? [] }
        segment.done += items
        var leaving: [Piece] = []
        if holds(chunk: first) {
            if let piece { segment.pieces.append(piece) }
        } else if let piece {
            leaving.append(piece)
        }
        if isOrdered || segment.done < segment.count { segments[first] = segment }
        if first == head { advance(&leaving) }
        return leaving
    }

    /// Makes the next item of a chunk a segment of its own, to be done later by itself, and those behind it another.
    package mutating func splitNext(of first: Int) {
        guard var segment = segments.removeValue(forKey: first) else { return }
        let (item, rest) = (first + segment.done, segment.count - segment.done - 1)
        if rest > 0 { segments[item + 1] = Segment(count: rest) }
        segments[item] = Segment(count: 1, pieces: segment.done == 0 ? segment.pieces : [])
        if first == head {
            head = item  // what was done of the head has left already
        } else if isOrdered && segment.done > 0 {
            segment.count = segment.done
            segments[first] = segment
        }
    }

    /// Makes the items of a chunk from `item` on, of which none is done, a segment of their own.
    package mutating func split(segment first: Int, at item: Int) {
        guard var segment = segments[first], item > first, item < first + segment.count else { return }
        segments[item] = Segment(count: first + segment.count - item)
        segment.count = item - first
        segments[first] = isOrdered || segment.done < segment.count ? segment : nil
        var leaving: [Piece] = []
        if first == head { advance(&leaving) }  // what was done of the head has left already
    }

    /// Moves the head past chunks that are done, and lets go what the next ones have held.
    private mutating func advance(_ leaving: inout [Piece]) {
        while let segment = segments[head] {
            leaving += segment.pieces
            segments[head]?.pieces = []
            if segment.done < segment.count { break }
            segments[head] = nil
            head += segment.count
        }
    }

    /// Everything still held, in order: some of the earlier items will never be done.
    package mutating func drain() -> [Piece] {
        defer { segments = [:] }
        return segments.sorted { $0.key < $1.key }.flatMap(\.value.pieces)
    }
}
