// Splits input after whole records: each byte is read once, at the speed of memory.

/// Splits a window after a whole record.
///
/// It keeps no state between windows. A record that spans many is split by calling it again with the next window alone;
/// the block's bytes then end the record that the earlier windows began.
package struct RecordSplitter {
    package let terminator: UInt8

    /// The first bytes of a window: `records` terminators are in them and the last byte is one.
    package struct Block: Equatable {
        package var bytes: Int
        package var records: Int

        package init(bytes: Int, records: Int) {
            self.bytes = bytes
            self.records = records
        }
    }

    package init(terminator: UInt8) {
        self.terminator = terminator
    }

    /// The most records, at most `records`, that end within the first `limit` bytes; if none does, the first one
    /// that ends at all. Nil when there is no terminator.
    package func split(_ bytes: RecordBytes, records: Int, limit: Int = .max) -> Block? {
        precondition(records > 0, "a block has at least one record")
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
