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
    private let (program, bytes): (Digest, Digest)
    private let (place, seed): (UInt64, UInt64)

    package var random: Digest { Digest(joining: [program, bytes], numbers: [place, seed]) }

    /// `place` belongs to the key when the task is told of it.
    package init(program: Digest, bytes: Digest, place: Int, seed: UInt64, tellsPlace: Bool) {
        usual = Digest(joining: [program, bytes], numbers: tellsPlace ? [UInt64(place)] : [])
        (self.program, self.bytes, self.place, self.seed) = (program, bytes, UInt64(place), seed)
    }
}

/// A row that an item has taken, and what it says where that was read with it.
package struct ClaimedRow {
    let id: Int64
    /// What the item was known by.
    let key: Digest
    var entry: JournalEntry?
}

struct Statements {
    let scan: Statement
    let find: Statement
    let read: Statement
    let remove: Statement
    let insert: Statement
    let noteModule: Statement

    /// Results up to so many bytes are read ahead of the items that ask for them.
    static let shortOutput = 4096

    init(_ database: Database) throws(DatabaseError) {
        scan = try database.prepare(
            """
            SELECT id, key, outcome = 'ok', traits, seal, CASE WHEN length(output) <= \(Statements.shortOutput) THEN output END
            FROM items WHERE id > ?1 AND run < ?2 ORDER BY id LIMIT ?3
            """)
        find = try database.prepare(
            "SELECT id, outcome FROM items WHERE key = ?1 AND id > ?2 AND run < ?3 ORDER BY id LIMIT 1")
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
        noteModule = try database.prepare("INSERT OR IGNORE INTO later_modules VALUES (?1, ?2, ?3)")
    }
}

extension Journal {
    /// A transaction lasts so long, in nanoseconds, or for so many rows.
    private static let settleTime = 20_000_000
    private static let settleRows = 10_000
    /// The longest value SQLite takes.
    private static let largestOutput = 900_000_000

    // MARK: Taking back

    /// What looking for a row has come to, where there is one.
    private enum Find {
        case row(ClaimedRow)
        /// It failed, and failures are to be run again.
        case failure
    }

    /// Takes a row of an earlier run for an item of this one; nil when the item is to be run.
    package func claim(_ keys: ItemKeys) -> ClaimedRow? {
        if isNew || failure != nil { return nil }
        guard case .row(let row) = find(keys.usual, hasRandomItems ? keys.random : nil) else { return nil }
        return row
    }

    private func find(_ usual: Digest, _ random: Digest?) -> Find? {
        repeat {
            if let find = takeRead(usual) ?? random.flatMap(takeRead) { return find }
        } while readAhead()
        if ahead.isComplete { return nil }
        return takeFound(usual) ?? random.flatMap(takeFound)
    }

    private func takeRead(_ key: Digest) -> Find? {
        while let row = ahead.take(key) {
            if claimed.take(row.id) { return accept(row.id, key, isFailure: row.isFailure, row.entry) }
        }
        return nil
    }

    private func accept(_ id: Int64, _ key: Digest, isFailure: Bool, _ entry: JournalEntry? = nil) -> Find {
        if !isFailure || !retriesFailures { return .row(ClaimedRow(id: id, key: key, entry: entry)) }
        forget(id)
        return .failure
    }

    /// Reads the next rows in the order in which they were written: false when there are none, or it has not been worth it.
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

    /// Looks into the index, which is made for the first item that is not found without it.
    private func takeFound(_ key: Digest) -> Find? {
        var last = claimed.last(key)
        while true {
            let row = change { statements throws(DatabaseError) in
                try makeIndex()
                return try statements.find.rows([.blob(key.bytes), .integer(last), .integer(run)]).first
            }
            // A damaged index may lead back.
            guard case .integer(let id)? = row?.first, id > last, case .text(let outcome)? = row?.last else {
                return nil
            }
            if claimed.take(id) {
                ahead.goOn(behind: id)
                return accept(id, key, isFailure: outcome != "ok")
            }
            claimed.note(id, key)
            last = id
        }
    }

    private func makeIndex() throws(DatabaseError) {
        if hasIndex { return }
        try database.execute("CREATE INDEX IF NOT EXISTS items_by_key ON items (key)")
        hasIndex = true
    }

    /// What a row that was taken for `keys` says; nil when it is not what was written, and then it is gone, or when a
    /// damaged index has led to the row of another item.
    package func entry(_ claim: ClaimedRow, of keys: ItemKeys) -> JournalEntry? {
        guard [keys.usual, keys.random].contains(claim.key) else { return nil }
        if let entry = claim.entry { return entry }
        let row = change { statements throws(DatabaseError) in try statements.read.rows([.integer(claim.id)]).first }
        guard let row, let entry = JournalEntry(row: row) else {
            forget(claim.id)
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
        let seal = entry.seal(key: key)
        _ = change { statements throws(DatabaseError) in
            try statements.insert.rows(
                [.blob(key.bytes), .integer(run), .integer(Int64(item))] + columns + [.integer(seal), Value(source)])
        }
        return true
    }

    /// Does something inside the transaction; nothing more once that has failed.
    func change<Result>(_ act: (Statements) throws(DatabaseError) -> Result?) -> Result? {
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
        guard row.count == 10, case .blob(let bytes) = row[0], let key = Digest(stored: bytes),
            case .text(let outcome) = row[1],
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

    /// Reads id, key, whether it is ok, traits, seal, output; nil when that is not all there is, or not what was written.
    fileprivate init?(ok row: Columns) {
        guard row.integer(2) == 1, let key = row.digest(1), let traits = row.integer(3), let seal = row.integer(4),
            let output = row.blob(5)
        else { return nil }
        self.traits = ItemTraits(rawValue: UInt32(truncatingIfNeeded: traits))
        result = .ok(output: output)
        if Int64(self.traits.rawValue) != traits || self.seal(key: key) != seal { return nil }
    }

    /// Half of a digest of all that is read back: a row that has changed on the disk is run again.
    fileprivate func seal(key: Digest) -> Int64 {
        let parts: [Digest]
        if case .ok(let output) = result {
            let traits = Digest(joining: [], numbers: [UInt64(self.traits.rawValue)])
            let none = JournalEntry.none
            parts = [Digest(joining: [key]), JournalEntry.ok, traits, Digest(of: output), none, none, none, none, none]
        } else {
            parts = [Digest(joining: [key])] + columns.map { JournalEntry.digest(of: $0) }
        }
        return Int64(bitPattern: Digest(joining: parts).low)
    }

    private static let ok = Digest(of: "ok")
    private static let none = Digest(of: [])

    private static func digest(of value: Value) -> Digest {
        switch value {
        case .null: none
        case .integer(let number): Digest(joining: [], numbers: [UInt64(bitPattern: number)])
        case .text(let text): Digest(of: text)
        case .blob(let bytes): Digest(of: bytes)
        }
    }
}

/// The rows this run has taken: a bit for each, and more only for keys that several items have.
struct ClaimedRows {
    /// By their numbers, which a damaged journal may have anywhere.
    private var pages: [Int64: [UInt64]] = [:]
    private var lastOfMany: [Digest: Int64] = [:]

    private static let (bitsOfPage, wordsOfPage): (Int64, Int) = (12, 64)

    /// All rows of `key` up to this one are taken.
    func last(_ key: Digest) -> Int64 { lastOfMany[key] ?? 0 }

    mutating func note(_ last: Int64, _ key: Digest) { lastOfMany[key] = last }

    /// False when the row is taken already.
    mutating func take(_ id: Int64) -> Bool {
        let (page, place) = (id >> ClaimedRows.bitsOfPage, Int(id & (1 << ClaimedRows.bitsOfPage - 1)))
        let bit = UInt64(1) << UInt64(place % 64)
        if let word = pages[page]?[place / 64], word & bit != 0 { return false }
        pages[page, default: Array(repeating: 0, count: ClaimedRows.wordsOfPage)][place / 64] |= bit
        return true
    }
}

/// Rows in the order in which they were written, read before somebody asks for them: a run that goes on asks in nearly that
/// order, and each look into the index would cost it more than the item does.
///
/// Where it is not so, what is read ahead in vain is bounded, and then the index is all there is.
struct ReadAhead {
    struct Row {
        let id: Int64
        let isFailure: Bool
        let entry: JournalEntry?
    }

    /// Of one key, from the first that was written.
    private struct Queue {
        var rows: [Row]
        var first = 0
    }

    private var queues: [Digest: Queue] = [:]
    private var held = 0
    /// Rows that may be read ahead and not asked for.
    private var credit = ReadAhead.mostCredit
    private(set) var last: Int64 = 0
    private var read = 0
    private var isAtEnd = false
    private var hasAll = true

    static let rowsAtOnce = 256
    private static let (mostHeld, mostCredit) = (1 << 14, 1 << 16)

    var mayRead: Bool { !isAtEnd && credit > 0 && held < ReadAhead.mostHeld }
    /// A row that is not here, and was not taken, is nowhere.
    var isComplete: Bool { isAtEnd && hasAll }

    /// A row without a key is nobody's.
    mutating func add(_ id: Int64, _ key: Digest?, isFailure: Bool, _ entry: JournalEntry?) {
        guard id > last else { return hasAll = false }  // damaged
        (last, read, credit) = (id, read + 1, credit - 1)
        guard let key else { return }
        queues[key, default: Queue(rows: [])].rows.append(Row(id: id, isFailure: isFailure, entry: entry))
        held += 1
    }

    /// All were added that could be read at once.
    mutating func endRead() {
        isAtEnd = read < ReadAhead.rowsAtOnce
        read = 0
    }

    mutating func take(_ key: Digest) -> Row? {
        guard let place = queues.index(forKey: key) else { return nil }
        let queue = queues.values[place]
        let row = queue.rows[queue.first]
        if queue.first + 1 == queue.rows.count {
            queues.remove(at: place)
        } else {
            queues.values[place].first += 1
        }
        held -= 1
        credit = min(credit + 2, ReadAhead.mostCredit)
        return row
    }

    /// The index has led elsewhere, and the next items will be found there too.
    mutating func goOn(behind id: Int64) {
        guard credit > 0 else { return }
        queues = [:]
        (held, last, isAtEnd, hasAll) = (0, id, false, false)
    }
}
