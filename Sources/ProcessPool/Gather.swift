// What is done, put in the order of the items. No descriptors, no clock, no Lua.

/// Holds what later items gave back until every earlier item is done.
///
/// Items are numbered from 1. A chunk is opened when it is handed out; what its items give is accepted in their order.
/// Unordered, nothing is ever held.
package struct Gather<Piece> {
    private struct Slot {
        var count: Int
        var done = 0
        var pieces: [Piece] = []
    }

    private let isOrdered: Bool
    private var slots: [Int: Slot] = [:]
    /// The first item of the chunk whose pieces leave at once.
    private var head = 1

    package init(isOrdered: Bool) { self.isOrdered = isOrdered }

    /// Chunks that are not done, or wait for one that is not.
    package var openChunks: Int { slots.count }

    package mutating func open(first: Int, count: Int) { slots[first] = Slot(count: count) }

    /// Whether a piece of the chunk that begins with item `first` would have to wait.
    package func holds(chunk first: Int) -> Bool { isOrdered && first != head }

    /// Takes a piece that finishes `items` items of a chunk; answers what may leave now.
    package mutating func accept(_ piece: Piece?, items: Int, chunk first: Int) -> [Piece] {
        guard var slot = slots.removeValue(forKey: first) else { return piece.map { [$0] } ?? [] }
        slot.done += items
        var leaving: [Piece] = []
        if holds(chunk: first) {
            if let piece { slot.pieces.append(piece) }
        } else if let piece {
            leaving.append(piece)
        }
        if isOrdered || slot.done < slot.count { slots[first] = slot }
        if first == head { advance(&leaving) }
        return leaving
    }

    /// Makes the next item of a chunk a slot of its own, to be done later by itself, and those behind it another.
    package mutating func split(chunk first: Int) {
        guard var slot = slots.removeValue(forKey: first) else { return }
        let (item, rest) = (first + slot.done, slot.count - slot.done - 1)
        if rest > 0 { slots[item + 1] = Slot(count: rest) }
        slots[item] = Slot(count: 1, pieces: slot.done == 0 ? slot.pieces : [])
        if first == head {
            head = item  // what was done of the head has left already
        } else if isOrdered && slot.done > 0 {
            slot.count = slot.done
            slots[first] = slot
        }
    }

    /// Makes the items of a chunk from `item` on, of which none is done, a slot of their own.
    package mutating func cut(chunk first: Int, at item: Int) {
        guard var slot = slots[first], item > first, item < first + slot.count else { return }
        slots[item] = Slot(count: first + slot.count - item)
        slot.count = item - first
        slots[first] = isOrdered || slot.done < slot.count ? slot : nil
        var leaving: [Piece] = []
        if first == head { advance(&leaving) }  // what was done of the head has left already
    }

    /// Moves the head past chunks that are done, and lets go what the next ones have held.
    private mutating func advance(_ leaving: inout [Piece]) {
        while let slot = slots[head] {
            leaving += slot.pieces
            slots[head]?.pieces = []
            if slot.done < slot.count { break }
            slots[head] = nil
            head += slot.count
        }
    }

    /// Everything still held, in order: some of the earlier items will never be done.
    package mutating func drain() -> [Piece] {
        defer { slots = [:] }
        return slots.sorted { $0.key < $1.key }.flatMap(\.value.pieces)
    }
}
