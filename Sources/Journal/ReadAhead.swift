// Rows read ahead of the items that ask for them.

/// Rows in the order in which they were written: a resumed run asks in nearly that order, and each search in the index would
/// cost it more than the item does.
///
/// Where the order differs, the number of rows read in vain is bounded, and then only the index is used.
struct ReadAhead {
    struct Row {
        let id: Int64
        let isFailure: Bool
        let entry: JournalEntry?
    }

    /// The rows of one key, from the first that was written.
    private struct Queue {
        var rows: [Row]
        var first = 0
    }

    private var queues: [Digest: Queue] = [:]
    private var count = 0
    /// Rows that may still be read without being asked for.
    private var budget = ReadAhead.largestBudget
    private(set) var last: Int64 = 0
    private var read = 0
    private var isAtEnd = false
    private var hasAll = true

    static let rowsAtOnce = 256
    private static let (mostRows, largestBudget) = (1 << 14, 1 << 16)

    var mayRead: Bool { !isAtEnd && budget > 0 && count < ReadAhead.mostRows }
    /// All rows of the journal are here or were removed.
    var isComplete: Bool { isAtEnd && hasAll }

    /// A row without a key is skipped.
    mutating func add(_ id: Int64, _ key: Digest?, isFailure: Bool, _ entry: JournalEntry?) {
        guard id > last else { return hasAll = false }  // damaged
        (last, read, budget) = (id, read + 1, budget - 1)
        guard let key else { return }
        queues[key, default: Queue(rows: [])].rows.append(Row(id: id, isFailure: isFailure, entry: entry))
        count += 1
    }

    /// Ends a read of up to `rowsAtOnce` rows, which were added.
    mutating func endRead() {
        isAtEnd = read < ReadAhead.rowsAtOnce
        read = 0
    }

    mutating func removeFirst(_ key: Digest) -> Row? {
        guard let index = queues.index(forKey: key) else { return nil }
        let queue = queues.values[index]
        let row = queue.rows[queue.first]
        if queue.first + 1 == queue.rows.count {
            queues.remove(at: index)
        } else {
            queues.values[index].first += 1
        }
        count -= 1
        budget = min(budget + 2, ReadAhead.largestBudget)
        return row
    }

    /// Reads on after a row that the index has found: the next items are probably there too.
    mutating func resume(after id: Int64) {
        guard budget > 0 else { return }
        queues = [:]
        (count, last, isAtEnd, hasAll) = (0, id, false, false)
    }
}
