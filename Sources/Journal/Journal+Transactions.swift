// Rows are added and changed in transactions of many rows.

import Wire

extension Journal {
    /// A transaction lasts so long, in nanoseconds, or for so many rows.
    private static let commitInterval = 20_000_000
    private static let commitRows = 10_000
    /// The longest value SQLite takes.
    private static let largestOutput = 900_000_000

    /// Adds the outcome of `item`; `source` is its name in messages. False when it is too large to be kept.
    package func add(_ entry: JournalEntry, _ keys: ItemKeys, item: Int, source: String?) -> Bool {
        if case .ok(let output) = entry.result, output.count > Journal.largestOutput { return false }
        let key = entry.traits.drewRandomNumbers ? keys.random : keys.usual
        let columns = entry.columns
        let checksum = entry.checksum(key: key)
        _ = change { statements throws(DatabaseError) in
            try statements.insert.rows(
                [.blob(key.bytes), .integer(run), .integer(Int64(item))] + columns + [
                    .integer(checksum), Value(source),
                ])
        }
        return true
    }

    /// Runs statements inside the transaction; none once one has failed.
    func change<Result>(_ act: (Statements) throws(DatabaseError) -> Result?) -> Result? {
        guard failure == nil, let statements else { return nil }
        do throws(DatabaseError) {
            if uncommitted == 0 { try database.execute("BEGIN IMMEDIATE") }
            uncommitted += 1
            return try act(statements)
        } catch {
            failure = JournalError(path, error, isWriting: true)
            return nil
        }
    }

    /// Commits when there are many changes, or the first has waited long enough; `now` is the clock's.
    package func commit(now: Int) {
        if uncommitted == 0 { return }
        let start = transactionStart ?? now
        transactionStart = start
        if uncommitted >= Journal.commitRows || now - start >= Journal.commitInterval { commit() }
    }

    func commit() {
        guard uncommitted > 0 else { return }
        (uncommitted, transactionStart) = (0, nil)
        do throws(DatabaseError) {
            try database.execute("COMMIT")
        } catch {
            if failure == nil { failure = JournalError(path, error, isWriting: true) }
        }
    }

    package var hasUncommitted: Bool { uncommitted > 0 }
}
