// The rows of items: taken back by a later run, added by this one, a transaction for many of them.

package import Wire

/// What an item came to.
package struct JournalEntry: Equatable {
    /// `ok`, or the kind of its failure.
    package enum Result: Equatable {
        case ok(output: [UInt8])
        case failed(Failure, attempts: Int, worker: Int)
    }

    package let result: Result
    package let traits: ItemTraits

    package init(_ result: Result, _ traits: ItemTraits) {
        self.result = result
        self.traits = traits
    }
}

/// What an item is found by: the key under which it is kept, or would be if it had drawn random numbers.
package struct ItemKeys: Equatable {
    package let usual: Digest
    package let random: Digest

    /// `place` belongs to the key when the task is told of it.
    package init(program: Digest, bytes: Digest, place: Int, seed: UInt64, tellsPlace: Bool) {
        usual = Digest(joining: [program, bytes], numbers: tellsPlace ? [UInt64(place)] : [])
        random = Digest(joining: [program, bytes], numbers: [UInt64(place), seed])
    }
}

struct Statements {
    let find: Statement
    let read: Statement
    let remove: Statement
    let insert: Statement

    init(_ database: Database) throws(DatabaseError) {
        find = try database.prepare("SELECT id, outcome FROM items WHERE key = ?1 AND id > ?2 ORDER BY id LIMIT 1")
        read = try database.prepare(
            """
            SELECT key, outcome, traits, output, message, traceback, input, attempts, worker, seal
            FROM items WHERE id = ?1
            """)
        remove = try database.prepare("DELETE FROM items WHERE id = ?1")
        insert = try database.prepare(
            """
            INSERT INTO items (key, run, item, outcome, traits, output, message, traceback, input, attempts, worker,
                seal, source)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """)
    }
}

extension Journal {
    /// A transaction lasts so long, in nanoseconds, or for so many rows.
    private static let settleTime = 20_000_000
    private static let settleRows = 10_000
    /// The longest value SQLite takes.
    private static let largestOutput = 900_000_000

    // MARK: Taking back

    /// Takes a row of an earlier run for an item of this one; nil when the item is to be run.
    package func claim(_ keys: ItemKeys) -> Int64? {
        if isNew { return nil }
        for key in hasRandomItems ? [keys.usual, keys.random] : [keys.usual] {
            guard let (id, outcome) = findUnclaimed(key) else { continue }
            if outcome == "ok" || !retriesFailures { return id }
            forget(id)
            return nil
        }
        return nil
    }

    private func findUnclaimed(_ key: Digest) -> (id: Int64, outcome: String)? {
        var last = claimed.last(key)
        while true {
            let row = change { statements throws(DatabaseError) in
                try statements.find.rows([.blob(key.bytes), .integer(last)]).first
            }
            guard case .integer(let id)? = row?.first, case .text(let outcome)? = row?.last else { return nil }
            if claimed.take(id, key) { return (id, outcome) }
            last = id
        }
    }

    /// What a row that was taken for `keys` says; nil when it is not what was written, and then it is gone, or when a
    /// damaged index has led to the row of another item.
    package func entry(_ id: Int64, of keys: ItemKeys) -> JournalEntry? {
        let row = change { statements throws(DatabaseError) in try statements.read.rows([.integer(id)]).first }
        guard let row, let entry = JournalEntry(row: row) else {
            forget(id)
            return nil
        }
        return [keys.usual, keys.random].contains { row[0] == .blob($0.bytes) } ? entry : nil
    }

    private func forget(_ id: Int64) {
        _ = change { statements throws(DatabaseError) in try statements.remove.rows([.integer(id)]) }
    }

    // MARK: Adding

    /// Notes what `item` came to; `source` names it in a message. False when it is too large to be kept.
    package func add(_ entry: JournalEntry, _ keys: ItemKeys, item: Int, source: String?) -> Bool {
        if case .ok(let output) = entry.result, output.count > Journal.largestOutput { return false }
        let key = entry.traits.drewRandomNumbers ? keys.random : keys.usual
        let columns = entry.columns
        let seal = entry.seal(key: key.bytes)
        _ = change { statements throws(DatabaseError) in
            try statements.insert.rows(
                [.blob(key.bytes), .integer(run), .integer(Int64(item))] + columns + [.integer(seal), Value(source)])
        }
        return true
    }

    /// Does something inside the transaction; nothing more once that has failed.
    private func change<Result>(_ act: (Statements) throws(DatabaseError) -> Result?) -> Result? {
        guard failure == nil, let statements else { return nil }
        do throws(DatabaseError) {
            if unsettled == 0 { try database.execute("BEGIN IMMEDIATE") }
            unsettled += 1
            return try act(statements)
        } catch {
            failure = JournalError(path, error, isWriting: true)
            return nil
        }
    }

    /// Makes the rows last when there are many of them, or the first has waited long enough; `now` is the clock's.
    package func settle(now: Int) {
        if unsettled == 0 { return }
        let since = beginning ?? now
        beginning = since
        if unsettled >= Journal.settleRows || now - since >= Journal.settleTime { settle() }
    }

    /// Makes all rows last.
    func settle() {
        guard unsettled > 0 else { return }
        (unsettled, beginning) = (0, nil)
        do throws(DatabaseError) {
            try database.execute("COMMIT")
        } catch {
            if failure == nil { failure = JournalError(path, error, isWriting: true) }
        }
    }

    package var hasUnsettled: Bool { unsettled > 0 }
}

// MARK: Columns

extension JournalEntry {
    /// outcome, traits, output, message, traceback, input, attempts, worker
    fileprivate var columns: [Value] {
        let traits = Value.integer(Int64(self.traits.rawValue))
        switch result {
        case .ok(let output): return [.text("ok"), traits, .blob(output), .null, .null, .null, .null, .null]
        case .failed(let failure, let attempts, let worker):
            return [
                .text(failure.kind.rawValue), traits, .null, .text(failure.message), Value(failure.traceback),
                Value(failure.input), .integer(Int64(attempts)), .integer(Int64(worker)),
            ]
        }
    }

    /// Reads key, the columns, seal; nil when they are not what was written together.
    fileprivate init?(row: [Value]) {
        guard row.count == 10, case .blob(let key) = row[0], case .text(let outcome) = row[1],
            case .integer(let traits) = row[2], case .integer(let seal) = row[9]
        else { return nil }
        self.traits = ItemTraits(rawValue: UInt32(truncatingIfNeeded: traits))
        if outcome == "ok", case .blob(let output) = row[3] {
            result = .ok(output: output)
        } else if let kind = Failure.Kind(rawValue: outcome), case .text(let message) = row[4],
            case .integer(let attempts) = row[7], case .integer(let worker) = row[8]
        {
            let failure = Failure(kind, message, traceback: row[5].text, input: row[6].text)
            result = .failed(failure, attempts: Int(attempts), worker: Int(worker))
        } else {
            return nil
        }
        if self.seal(key: key) != seal { return nil }
    }

    /// Half of a digest of all that is read back: a row that has changed on the disk is run again.
    fileprivate func seal(key: [UInt8]) -> Int64 {
        let parts = columns.map { value in
            switch value {
            case .null: Digest(of: [])
            case .integer(let number): Digest(joining: [], numbers: [UInt64(bitPattern: number)])
            case .text(let text): Digest(of: text)
            case .blob(let bytes): Digest(of: bytes)
            }
        }
        return Int64(bitPattern: Digest(joining: [Digest(of: key)] + parts).low)
    }
}

/// The rows this run has taken: a bit for each, and more only for keys that several items have.
struct ClaimedRows {
    private var bits: [UInt64] = []
    private var lastOfMany: [Digest: Int64] = [:]

    /// The last row of `key` that was taken, where there is more than one; else 0.
    func last(_ key: Digest) -> Int64 { lastOfMany[key] ?? 0 }

    /// False when the row is taken already.
    mutating func take(_ id: Int64, _ key: Digest) -> Bool {
        let (word, bit) = (Int(id / 64), UInt64(1) << UInt64(id % 64))
        if word >= bits.count { bits += Array(repeating: 0, count: max(word + 1 - bits.count, bits.count)) }
        let isTaken = bits[word] & bit != 0
        bits[word] |= bit
        if isTaken || lastOfMany[key] != nil { lastOfMany[key] = id }
        return !isTaken
    }
}
