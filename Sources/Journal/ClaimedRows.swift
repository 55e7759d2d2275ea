// The rows of earlier runs that this run has claimed for its items.

/// A row that was claimed for an item, with its entry if that was read ahead.
package struct ClaimedRow {
    let id: Int64
    /// The key by which it was found.
    let key: Digest
    var entry: JournalEntry?
}

/// A set of row numbers, as bits; and for keys of several items, how far their rows are claimed.
struct ClaimedRows {
    /// By row number, which a damaged journal may have anywhere.
    private var pages: [Int64: [UInt64]] = [:]
    private var lastOfMany: [Digest: Int64] = [:]

    private static let (bitsOfPage, wordsOfPage): (Int64, Int) = (12, 64)

    /// All rows of `key` up to this one are claimed.
    func last(_ key: Digest) -> Int64 { lastOfMany[key] ?? 0 }

    mutating func setLast(_ last: Int64, _ key: Digest) { lastOfMany[key] = last }

    /// False when the row is claimed already.
    mutating func claim(_ id: Int64) -> Bool {
        let (page, index) = (id >> ClaimedRows.bitsOfPage, Int(id & (1 << ClaimedRows.bitsOfPage - 1)))
        let bit = UInt64(1) << UInt64(index % 64)
        if let word = pages[page]?[index / 64], word & bit != 0 { return false }
        pages[page, default: Array(repeating: 0, count: ClaimedRows.wordsOfPage)][index / 64] |= bit
        return true
    }
}
