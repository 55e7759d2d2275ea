// Splits input after whole records: each byte is read once, at the speed of memory.

/// Splits a window after a whole record.
///
/// It keeps no state between windows; an item that spans many is found by an `ItemSearch`.
package struct RecordSplitter {
    package let framing: RecordFraming
    private var terminator: UInt8 { framing.terminator }

    /// The first bytes of a window: so many items, of which the last ends there.
    package struct Block: Equatable {
        package var bytes: Int
        package var records: Int
        /// Nothing behind them can be told apart.
        package var isBroken = false

        package init(bytes: Int, records: Int) {
            self.bytes = bytes
            self.records = records
        }
    }

    package init(_ framing: RecordFraming) { self.framing = framing }

    /// The most items, at most `records`, that end within the first `limit` bytes; if none does, the first one
    /// that ends at all. Nil when none ends.
    package func split(_ bytes: RecordBytes, records: Int, limit: Int = .max) -> Block? {
        precondition(records > 0, "a block has at least one record")
        return framing.isPlain
            ? splitPlain(bytes, records: records, limit: limit) : splitOther(bytes, records: records, limit: limit)
    }

    /// Item by item.
    private func splitOther(_ bytes: RecordBytes, records: Int, limit: Int) -> Block? {
        var found = Block(bytes: 0, records: 0)
        while found.records < records, !found.isBroken {
            var search = ItemSearch(framing)
            guard let end = search.end(in: bytes.from(found.bytes)) else { break }
            if found.bytes + end > limit && found.records > 0 { break }
            found = Block(bytes: found.bytes + end, records: found.records + 1)
            found.isBroken = search.isBroken
        }
        return found.records > 0 ? found : nil
    }

    private func splitPlain(_ bytes: RecordBytes, records: Int, limit: Int) -> Block? {
        let window = bytes[0..<max(0, min(limit, bytes.count))]
        var found = Block(bytes: 0, records: 0)
        var start = 0
        while start < window.count, found.records < records {
            let range = window[start..<min(start + 4096, window.count)]
            let ends = range.occurrences(of: terminator)
            if ends > records - found.records {
                return Block(bytes: start + end(of: records - found.records, in: range), records: records)
            }
            if ends > 0 { found = Block(bytes: start + lastEnd(in: range), records: found.records + ends) }
            start += range.count
        }
        if found.records > 0 { return found }
        return bytes.firstIndex(of: terminator, from: window.count).map { Block(bytes: $0 + 1, records: 1) }
    }

    /// The bytes of `count` records, of which there are enough.
    private func end(of count: Int, in range: RecordBytes) -> Int {
        var end = 0
        for _ in 0..<count {
            guard let terminator = range.firstIndex(of: terminator, from: end) else { break }
            end = terminator + 1
        }
        return end
    }

    private func lastEnd(in range: RecordBytes) -> Int {
        var end = range.count
        while end > 0, range[end - 1] != terminator { end -= 1 }
        return end
    }
}
