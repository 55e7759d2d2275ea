// The journal of a run: the outcome of each item, so that an interrupted run can be resumed. One SQLite file, which one run
// at a time writes to and anybody may read. README.md beside this file documents
// the tables.

package import Bytes
import Posix

/// An open journal.
///
/// Rows are found by content, not by position: the key of an item is a digest of the fingerprint and the item's
/// bytes. Equal items have rows of their own, and a run claims each row once.
package final class Journal {
    static let format = 1
    /// "pmap", in SQLite's header.
    private static let applicationID = 0x706d_6170

    package let path: ByteString
    let database: Database
    private var lock: Descriptor?
    /// The descriptors of the lock and of SQLite, which a forked worker closes.
    package let descriptors: [Int32]

    /// The seed of the last run.
    package let seed: UInt64?
    /// There is no item with this fingerprint.
    package private(set) var isNew: Bool
    /// Some results depend on a seed.
    let hasRandomItems: Bool

    private(set) var run: Int64 = 0
    private(set) var retriesFailures = false
    var statements: Statements?
    var claimed = ClaimedRows()
    var ahead = ReadAhead()
    var hasIndex = false
    /// Changes since the last commit, and when the first of them was made, by the clock.
    var uncommitted = 0
    var transactionStart: Int?
    /// Why the journal is not written any more.
    package internal(set) var failure: JournalError?

    /// The digest in the run's keys: of its fingerprint, and of a number where modules that workers loaded have changed.
    package private(set) var fingerprint = Digest(of: [])
    private var fingerprintRow: Int64 = 0
    private let lockWait: LockWait
    /// Prints what the run waits for.
    package var notice: (String) -> Void {
        get { lockWait.notice }
        set { lockWait.notice = newValue }
    }

    /// Seconds in which the workers of a killed host end: one just forked holds the lock with it.
    private static let lockTimeout = 1

    /// Opens the journal at `path`, or makes one of an empty file. Another file is not touched.
    package init(path: ByteString, notice: @escaping (String) -> Void = { _ in }) throws(JournalError) {
        self.path = path
        lockWait = LockWait(path, notice)
        try Journal.checkKind(of: path)
        let before = Set(Descriptor.openNumbers())
        do throws(PosixError) {
            lock = try Descriptor(updating: path)
        } catch {
            throw .unreadable(path, reason: error.reason)
        }
        if lock?.lockFile(waiting: Journal.lockTimeout) == false { throw .inUse(path) }
        do throws(DatabaseError) {
            database = try Database(path: path)
            database.waitsForLock = { [lockWait] in lockWait.shouldRetry($0) }
            database.isCancelled = { Signal.isWaiting() }
            try Journal.prepare(database, path)
            isNew = try database.number("SELECT EXISTS (SELECT 1 FROM items)") == 0
            let seeds = try database.rows("SELECT seed FROM runs ORDER BY id DESC LIMIT 1")
            if case .integer(let number)? = seeds.first?.first { seed = UInt64(bitPattern: number) } else { seed = nil }
            hasRandomItems = try database.number("SELECT EXISTS (SELECT 1 FROM items WHERE traits & 2)") == 1
        } catch {
            throw JournalError(path, error)
        }
        descriptors = Descriptor.openNumbers().filter { !before.contains($0) }
    }

    // MARK: The file

    /// Refuses what SQLite would fail on, without a reason that says so, and a pipe, which nobody may write to.
    static func checkKind(of path: ByteString) throws(JournalError) {
        switch try? FileKind(path: path).kind {
        case nil, .regular: return
        case .directory: throw .unreadable(path, reason: "Is a directory")
        default: throw .unreadable(path, reason: "a journal is a regular file; name another one")
        }
    }

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
        if try database.number("PRAGMA application_id") != applicationID { throw .notAJournal }
        let format = try database.number("PRAGMA user_version")
        if format != Journal.format { throw .otherFormat(format) }
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

    /// Begins a run; returns the differences from the last one. `workerModule` digests the present file of a module that
    /// only workers have asked for, by its name.
    package func begin(
        _ fingerprint: Fingerprint, command: String, seed: UInt64, retriesFailures: Bool,
        workerModule: (String) -> Digest? = { _ in nil }
    ) throws(JournalError) -> Fingerprint.Changes {
        self.retriesFailures = retriesFailures
        do throws(DatabaseError) {
            try database.execute("BEGIN IMMEDIATE; \(Journal.additions)")
            let last = try lastFingerprint()
            let changedModules = try findRow(of: fingerprint, workerModule)
            try database.rows(
                "INSERT INTO runs (program, seed, command) VALUES (?1, ?2, ?3)",
                [.integer(fingerprintRow), .integer(Int64(bitPattern: seed)), .text(command)])
            run = database.lastRow
            try database.execute("COMMIT")
            statements = try Statements(database)
            var changes = last.map { fingerprint.changes(since: $0) } ?? Fingerprint.Changes()
            changes.names += changedModules
            if try hasOtherSeeds(than: seed), !changes.names.contains("--seed") { changes.names.append("--seed") }
            return changes
        } catch {
            throw JournalError(path, error)
        }
    }

    /// The tables that journals of earlier versions lack.
    private static let additions = """
        CREATE TABLE IF NOT EXISTS later_modules (
            program INTEGER NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL, UNIQUE (program, name, digest));
        CREATE TABLE IF NOT EXISTS salts (salt BLOB NOT NULL);
        """

    /// The random bytes before a secret that is digested.
    package func salt() throws(JournalError) -> [UInt8] {
        do throws(DatabaseError) {
            try database.execute(Journal.additions)
            if case .blob(let salt)? = try database.rows("SELECT salt FROM salts").first?.first { return salt }
            var random = SystemRandomNumberGenerator()
            let salt = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
            try database.rows("INSERT INTO salts VALUES (?1)", [.blob(salt)])
            return salt
        } catch {
            throw JournalError(path, error)
        }
    }

    private func lastFingerprint() throws(DatabaseError) -> Fingerprint? {
        let rows = try database.rows(
            "SELECT name, digest FROM parts WHERE program = (SELECT program FROM runs ORDER BY id DESC LIMIT 1)")
        var parts: [String: Digest] = [:]
        for row in rows {
            if case .text(let name) = row[0], case .blob(let bytes) = row[1] { parts[name] = Digest(stored: bytes) }
        }
        return parts.isEmpty ? nil : Fingerprint(parts: parts)
    }

    /// Finds the row of the fingerprint, or adds it. The same fingerprint has several rows where modules that only workers
    /// load have changed; returns those that differ from the last run.
    private func findRow(of fingerprint: Fingerprint, _ workerModule: (String) -> Digest?) throws(DatabaseError)
        -> [String]
    {
        var changes: [String] = []
        var variant: UInt64 = 0
        while true {
            self.fingerprint =
                variant == 0 ? fingerprint.digest : Digest(joining: [fingerprint.digest], numbers: [variant])
            let digest = Value.blob(self.fingerprint.bytes)
            guard
                case .integer(let row)? = try database.rows("SELECT id FROM programs WHERE digest = ?1", [digest])
                    .first?.first
            else { break }
            fingerprintRow = row
            let changed = try changedModules(workerModule)
            if changed.isEmpty { return changes }
            let isLast =
                try database.number(
                    "SELECT program = ?1 FROM runs ORDER BY id DESC LIMIT 1", [.integer(fingerprintRow)]) == 1
            if isLast { changes = changed }
            variant += 1
        }
        isNew = true
        try database.rows("INSERT INTO programs (digest) VALUES (?1)", [.blob(self.fingerprint.bytes)])
        fingerprintRow = database.lastRow
        for (name, digest) in fingerprint.parts {
            try database.rows(
                "INSERT INTO parts VALUES (?1, ?2, ?3)", [.integer(fingerprintRow), .text(name), .blob(digest.bytes)])
        }
        return changes
    }

    /// Items of the program drew random numbers in the last run, by another seed than this run's.
    private func hasOtherSeeds(than seed: UInt64) throws(DatabaseError) -> Bool {
        if self.seed == seed || !hasRandomItems { return false }
        return try database.number(
            """
            SELECT EXISTS (SELECT 1 FROM items JOIN runs ON runs.id = items.run
                WHERE items.traits & 2 AND runs.program = ?1)
            """, [.integer(fingerprintRow)]) == 1
    }

    /// The modules of the workers that have changed; one that changed during a run always has.
    private func changedModules(_ workerModule: (String) -> Digest?) throws(DatabaseError) -> [String] {
        var changed: Set<String> = []
        let rows = try database.rows(
            "SELECT name, digest FROM later_modules WHERE program = ?1", [.integer(fingerprintRow)])
        for row in rows {
            guard case .text(let name) = row[0], case .blob(let bytes) = row[1] else { continue }
            if workerModule(name)?.bytes != bytes { changed.insert("module \(name)") }
        }
        return changed.sorted()
    }

    /// Records the digest of a module that a worker has loaded: results may depend on it from now on.
    package func record(workerModule name: String, _ digest: Digest) {
        _ = change { [fingerprintRow] statements throws(DatabaseError) in
            try statements.insertModule.rows([.integer(fingerprintRow), .text(name), .blob(digest.bytes)])
        }
    }

    /// Ends the run; `ending` is how it ended.
    package func end(_ ending: String) {
        commit()
        statements = nil
        do throws(DatabaseError) {
            if failure != .locked(path) {
                try database.rows(
                    "UPDATE runs SET ended = CURRENT_TIMESTAMP, ending = ?2 WHERE id = ?1",
                    [.integer(run), .text(ending)])
            }
        } catch {
            if failure == nil { failure = JournalError(path, error, isWriting: true) }
        }
        if failure == nil && !isInPlace { failure = .gone(path) }
        database.close()
        lock = nil
    }

    /// The file has neither been removed nor replaced.
    private var isInPlace: Bool {
        guard let number = lock?.number, let mine = try? FileKind(descriptor: number) else { return true }
        guard let found = try? FileKind(path: path) else { return false }
        return (found.device, found.inode) == (mine.device, mine.inode)
    }
}

/// Waits while another process has the database locked, until a signal ends the run, with a notice.
private final class LockWait {
    private let path: ByteString
    var notice: (String) -> Void

    /// Tries before the notice.
    private static let silentTries = 25

    init(_ path: ByteString, _ notice: @escaping (String) -> Void) {
        self.path = path
        self.notice = notice
    }

    func shouldRetry(_ tries: Int) -> Bool {
        if tries == LockWait.silentTries { notice("\(path): somebody has it locked; waiting until it is free") }
        return !Signal.isWaiting()
    }
}
