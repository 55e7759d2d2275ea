// The log of a run: what each item came to, so that a run that was interrupted goes on where it stopped. One SQLite file,
// which one run at a time writes to and anybody may read. README documents the tables.

import Posix
package import Wire

/// An open journal.
///
/// Rows are found by what they are about, not by their place: the key of an item stands for the program and the
/// item's bytes. Equal items have rows of their own, and a run takes each row once.
package final class Journal {
    static let format = 1
    /// "pmap", in SQLite's header.
    private static let applicationID = 0x706d_6170

    package let path: ByteString
    let database: Database
    private var lock: Descriptor?
    /// Those of the lock and of SQLite, which a forked worker closes.
    package let descriptors: [Int32]

    /// The seed of the last run.
    package let seed: UInt64?
    /// Nothing to look for yet; then no index is kept either.
    package let isNew: Bool
    /// Some results depend on a seed.
    let hasRandomItems: Bool

    private(set) var run: Int64 = 0
    private(set) var retriesFailures = false
    var statements: Statements?
    var claimed = ClaimedRows()
    /// Rows since the last transaction began, and when it did, by the clock.
    var unsettled = 0
    var beginning: Int?
    /// Why nothing is kept any more.
    package internal(set) var failure: JournalError?

    /// Seconds in which the workers of a host that was killed are gone: one just forked holds the lock with it.
    private static let patience = 1

    /// Opens the journal at `path`, or makes one. A file that is none is not touched.
    package init(path: ByteString) throws(JournalError) {
        self.path = path
        let before = Set(Descriptor.openNumbers())
        do throws(PosixError) {
            lock = try Descriptor(updating: path)
        } catch {
            throw .unreadable(path, reason: error.reason)
        }
        if lock?.lockFile(waiting: Journal.patience) == false { throw .inUse(path) }
        do throws(DatabaseError) {
            database = try Database(path: path)
            try Journal.prepare(database, path)
            isNew = try database.number("SELECT EXISTS (SELECT 1 FROM items)") == 0
            let seeds = try database.rows("SELECT seed FROM runs ORDER BY id DESC LIMIT 1")
            if case .integer(let number)? = seeds.first?.first { seed = UInt64(bitPattern: number) } else { seed = nil }
            hasRandomItems = try database.number("SELECT EXISTS (SELECT 1 FROM items WHERE traits & 2)") == 1
            if !isNew { try database.execute("CREATE INDEX IF NOT EXISTS items_by_key ON items (key)") }
        } catch {
            throw JournalError(path, error)
        }
        descriptors = Descriptor.openNumbers().filter { !before.contains($0) }
    }

    // MARK: The file

    /// Checks that the file is a journal of this format; makes one of an empty file.
    private static func prepare(_ database: Database, _ path: ByteString) throws(DatabaseError) {
        // The write-ahead log comes later: until the tables are there, the file is empty or whole.
        try database.execute("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE")
        do throws(DatabaseError) {
            let isEmpty = try database.number("SELECT count(*) FROM sqlite_master") == 0
            if isEmpty { try database.execute(tables) }
            try check(database)
            try database.execute("COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
        try database.execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -16384")
    }

    static func check(_ database: Database) throws(DatabaseError) {
        if try database.number("PRAGMA application_id") != applicationID { throw .isNoJournal }
        let format = try database.number("PRAGMA user_version")
        if format != Journal.format { throw .isOfFormat(format) }
    }

    private static let tables = """
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(format);
        CREATE TABLE programs (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);
        CREATE TABLE parts (program INTEGER NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL);
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY, program INTEGER NOT NULL, seed INTEGER NOT NULL, command TEXT NOT NULL,
            started TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, ended TEXT, ending TEXT);
        CREATE TABLE items (
            id INTEGER PRIMARY KEY, key BLOB NOT NULL, run INTEGER NOT NULL, item INTEGER NOT NULL,
            outcome TEXT NOT NULL, traits INTEGER NOT NULL, output BLOB, source TEXT, message TEXT, traceback TEXT,
            input TEXT, attempts INTEGER, worker INTEGER, seal INTEGER NOT NULL);
        CREATE INDEX random_items ON items (id) WHERE traits & 2; -- so that nobody reads all items to know of none
        """

    // MARK: Runs

    /// Begins a run; answers the names of what is not as it was in the last one.
    package func begin(
        _ program: Program, command: String, seed: UInt64, retriesFailures: Bool
    ) throws(JournalError) -> [String] {
        self.retriesFailures = retriesFailures
        do throws(DatabaseError) {
            try database.execute("BEGIN IMMEDIATE")
            let last = try lastProgram()
            let id = try row(of: program)
            try database.rows(
                "INSERT INTO runs (program, seed, command) VALUES (?1, ?2, ?3)",
                [.integer(id), .integer(Int64(bitPattern: seed)), .text(command)])
            run = database.lastRow
            try database.execute("COMMIT")
            statements = try Statements(database)
            return last.map { program.changes(since: $0) } ?? []
        } catch {
            throw JournalError(path, error)
        }
    }

    private func lastProgram() throws(DatabaseError) -> Program? {
        let rows = try database.rows(
            "SELECT name, digest FROM parts WHERE program = (SELECT program FROM runs ORDER BY id DESC LIMIT 1)")
        var parts: [String: Digest] = [:]
        for row in rows {
            if case .text(let name) = row[0], case .blob(let bytes) = row[1] { parts[name] = Digest(stored: bytes) }
        }
        return parts.isEmpty ? nil : Program(parts: parts)
    }

    private func row(of program: Program) throws(DatabaseError) -> Int64 {
        let digest = Value.blob(program.digest.bytes)
        if case .integer(let id)? = try database.rows("SELECT id FROM programs WHERE digest = ?1", [digest]).first?
            .first
        {
            return id
        }
        try database.rows("INSERT INTO programs (digest) VALUES (?1)", [digest])
        let id = database.lastRow
        for (name, digest) in program.parts {
            try database.rows(
                "INSERT INTO parts VALUES (?1, ?2, ?3)", [.integer(id), .text(name), .blob(digest.bytes)])
        }
        return id
    }

    /// Ends the run: `ending` says how.
    package func end(_ ending: String) {
        settle()
        statements = nil
        do throws(DatabaseError) {
            try database.rows(
                "UPDATE runs SET ended = CURRENT_TIMESTAMP, ending = ?2 WHERE id = ?1", [.integer(run), .text(ending)])
        } catch {
            if failure == nil { failure = JournalError(path, error, isWriting: true) }
        }
        database.close()
        lock = nil
    }
}
