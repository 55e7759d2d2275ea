// One attempt at an item that the page shows exactly, and the longest ones of a run.

package import ProcessPool

/// Where an item was, when it ran, and what it came to; times in nanoseconds since the run's start.
package struct ItemMark: Equatable {
    package let item: Int
    /// What it is of, without the bytes of a stream.
    package let chunk: Chunk
    /// What it was, where that was at hand.
    package let text: String?
    /// From 1.
    package let worker: Int
    package let attempt: Int
    package let start: Int
    package let nanoseconds: Int
    package let outcome: MarkOutcome
    /// Where its message is among the groups; nil for the others, and where there is none.
    package let group: Int?
}

/// The slowest attempts, as many as fit: a heap with the least of them on top.
struct SlowestMarks {
    private(set) var marks: [ItemMark] = []
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        marks.reserveCapacity(capacity)
    }

    /// Whether one that took so long belongs to them; asked first, since most do not.
    func wants(_ nanoseconds: Int) -> Bool { marks.count < capacity || nanoseconds > marks[0].nanoseconds }

    mutating func insert(_ mark: ItemMark) {
        if marks.count < capacity {
            marks.append(mark)
            var place = marks.count - 1
            while place > 0, marks[place].nanoseconds < marks[(place - 1) / 2].nanoseconds {
                marks.swapAt(place, (place - 1) / 2)
                place = (place - 1) / 2
            }
        } else {
            marks[0] = mark
            sinkFirst()
        }
    }

    private mutating func sinkFirst() {
        var place = 0
        while 2 * place + 1 < marks.count {
            var least = 2 * place + 1
            if least + 1 < marks.count, marks[least + 1].nanoseconds < marks[least].nanoseconds { least += 1 }
            if marks[place].nanoseconds <= marks[least].nanoseconds { return }
            marks.swapAt(place, least)
            place = least
        }
    }
}
