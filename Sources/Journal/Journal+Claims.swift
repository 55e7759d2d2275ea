// Rows of earlier runs are claimed for items of this one: found in the rows read ahead, or by the index.

extension Journal {
    /// The result of a search, where there is a row.
    private enum Found {
        case row(ClaimedRow)
        /// It failed, and failures are to be run again.
        case failure
    }

    /// Claims a row of an earlier run for an item of this one; nil when the item is to be run.
    package func claim(_ keys: ItemKeys) -> ClaimedRow? {
        if isNew || failure != nil { return nil }
        guard case .row(let row) = find(keys.usual, hasRandomItems ? keys.random : nil) else { return nil }
        return row
    }

    private func find(_ usual: Digest, _ random: Digest?) -> Found? {
        repeat {
            if let found = findAhead(usual) ?? random.flatMap(findAhead) { return found }
        } while readAhead()
        if ahead.isComplete { return nil }
        return findInIndex(usual) ?? random.flatMap(findInIndex)
    }

    private func findAhead(_ key: Digest) -> Found? {
        while let row = ahead.removeFirst(key) {
            if claimed.claim(row.id) { return accept(row.id, key, isFailure: row.isFailure, row.entry) }
        }
        return nil
    }

    private func accept(_ id: Int64, _ key: Digest, isFailure: Bool, _ entry: JournalEntry? = nil) -> Found {
        if !isFailure || !retriesFailures { return .row(ClaimedRow(id: id, key: key, entry: entry)) }
        remove(id)
        return .failure
    }

    /// Reads the next rows in the order in which they were written: false when there are none, or it has not been worth
    /// it.
    private func readAhead() -> Bool {
        guard ahead.mayRead else { return false }
        let last = ahead.last
        _ = change { statements throws(DatabaseError) in
            try statements.scan.each([.integer(last), .integer(run), .integer(Int64(ReadAhead.rowsAtOnce))]) { row in
                guard let id = row.integer(0) else { return }
                ahead.add(id, row.digest(1), isFailure: row.integer(2) != 1, JournalEntry(ok: row))
            }
        }
        ahead.endRead()
        return failure == nil
    }

    /// Searches in the index, which is created for the first item that is not found without it.
    private func findInIndex(_ key: Digest) -> Found? {
        var last = claimed.last(key)
        while true {
            let row = change { statements throws(DatabaseError) in
                try createIndex()
                return try statements.find.rows([.blob(key.bytes), .integer(last), .integer(run)]).first
            }
            // A damaged index may lead back.
            guard case .integer(let id)? = row?.first, id > last, case .text(let outcome)? = row?.last else {
                return nil
            }
            if claimed.claim(id) {
                ahead.resume(after: id)
                return accept(id, key, isFailure: outcome != "ok")
            }
            claimed.setLast(id, key)
            last = id
        }
    }

    private func createIndex() throws(DatabaseError) {
        if hasIndex { return }
        try database.execute("CREATE INDEX IF NOT EXISTS items_by_key ON items (key)")
        hasIndex = true
    }

    /// The entry of a row that was claimed for `keys`; nil when it is damaged, and then it is removed, or when a damaged
    /// index has led to the row of another item.
    package func entry(_ claim: ClaimedRow, of keys: ItemKeys) -> JournalEntry? {
        guard [keys.usual, keys.random].contains(claim.key) else { return nil }
        if let entry = claim.entry { return entry }
        let row = change { statements throws(DatabaseError) in try statements.read.rows([.integer(claim.id)]).first }
        guard let row, let entry = JournalEntry(row: row) else {
            remove(claim.id)
            return nil
        }
        return [keys.usual, keys.random].contains { row[0] == .blob($0.bytes) } ? entry : nil
    }

    private func remove(_ id: Int64) {
        _ = change { statements throws(DatabaseError) in try statements.remove.rows([.integer(id)]) }
    }
}
