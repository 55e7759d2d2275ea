// Where the host may cut: it looks at each block once, at the speed of memory, and never into a record.

/// Cuts a block after a whole record.
///
/// It holds nothing between blocks. A record that spans many is cut by asking again with the next block alone;
/// the cut's bytes then end the record that the earlier blocks began.
package struct RecordCutter {
    package let terminator: UInt8

    /// A block's first bytes: `records` terminators are in them and the last byte is one.
    package struct Cut: Equatable {
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
    /// that ends at all. Nil when the block has no terminator.
    package func cut(_ block: RecordBytes, records: Int, limit: Int = .max) -> Cut? {
        precondition(records > 0, "a cut has at least one record")
        let window = block[0..<max(0, min(limit, block.count))]
        var found = Cut(bytes: 0, records: 0)
        var start = 0
        while start < window.count, found.records < records {
            let stretch = window[start..<min(start + 4096, window.count)]
            let ends = stretch.occurrences(of: terminator)
            if ends > records - found.records {
                return Cut(bytes: start + end(of: records - found.records, in: stretch), records: records)
            }
            if ends > 0 { found = Cut(bytes: start + lastEnd(in: stretch), records: found.records + ends) }
            start += stretch.count
        }
        if found.records > 0 { return found }
        return block.firstIndex(of: terminator, from: window.count).map { Cut(bytes: $0 + 1, records: 1) }
    }

    /// How many bytes `count` records take, of which there are enough.
    private func end(of count: Int, in stretch: RecordBytes) -> Int {
        var end = 0
        for _ in 0..<count {
            guard let terminator = stretch.firstIndex(of: terminator, from: end) else { break }
            end = terminator + 1
        }
        return end
    }

    private func lastEnd(in stretch: RecordBytes) -> Int {
        var end = stretch.count
        while end > 0, stretch[end - 1] != terminator { end -= 1 }
        return end
    }
}
