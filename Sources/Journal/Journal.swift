// The log of a run: what each item came to, so that a run that was interrupted goes on where it stopped. One SQLite file,
// which one run at a time writes to and anybody may read. README.md beside this file documents the tables.

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
    /// Nothing to look for: there is no item, or none of this program.
    package private(set) var isNew: Bool
    /// Some results depend on a seed.
    let hasRandomItems: Bool

    private(set) var run: Int64 = 0
    private(set) var retriesFailures = false
    var statements: Statements?
    var claimed = ClaimedRows()
    var ahead = ReadAhead()
    var hasIndex = false
    /// Rows since the last transaction began, and when it did, by the clock.
    var unsettled = 0
    var beginning: Int?
    /// Why nothing is kept any more.
    package internal(set) var failure: JournalError?

    /// What the run's keys begin with: its program, and the modules that its workers loaded.
    package private(set) var program = Digest(of: [])
    private var programRow: Int64 = 0
    private let patience: Patience
    /// Is told what keeps the run waiting.
    package var notice: (String) -> Void {
        get { patience.notice }
        set { patience.notice = newValue }
    }

    /// Seconds in which the workers of a host that was killed are gone: one just forked holds the lock with it.
    private static let patience = 1

    /// Opens the journal at `path`, or makes one. A file that is none is not touched.
    package init(path: ByteString, notice: @escaping (String) -> Void = { _ in }) throws(JournalError) {
        self.path = path
        patience = Patience(path, notice)
        let before = Set(Descriptor.openNumbers())
        do throws(PosixError) {
            lock = try Descriptor(updating: path)
        } catch {
            throw .unreadable(path, reason: error.reason)
        }
        if lock?.lockFile(waiting: Journal.patience) == false { throw .inUse(path) }
        do throws(DatabaseError) {
            database = try Database(path: path)
            database.awaits = { [patience] in patience.goesOn($0) }
            database.isToStop = { Signal.isWaiting() }
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

    /// Begins a run; answers what is not as it was in the last one. `laterModule` digests a module as it is
    /// now, of which only workers have told, by its name.
    package func begin(
        _ program: Program, command: String, seed: UInt64, retriesFailures: Bool,
        laterModule: (String) -> Digest? = { _ in nil }
    ) throws(JournalError) -> Program.Changes {
        self.retriesFailures = retriesFailures
        do throws(DatabaseError) {
            try database.execute("BEGIN IMMEDIATE; \(Journal.additions)")
            let last = try lastProgram()
            let changedModules = try findRow(of: program, laterModule)
            try database.rows(
                "INSERT INTO runs (program, seed, command) VALUES (?1, ?2, ?3)",
                [.integer(programRow), .integer(Int64(bitPattern: seed)), .text(command)])
            run = database.lastRow
            try database.execute("COMMIT")
            statements = try Statements(database)
            var changes = last.map { program.changes(since: $0) } ?? Program.Changes()
            changes.names += changedModules
            return changes
        } catch {
            throw JournalError(path, error)
        }
    }

    /// What journals of earlier versions have not.
    private static let additions = """
        CREATE TABLE IF NOT EXISTS later_modules (
            program INTEGER NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL, UNIQUE (program, name, digest));
        CREATE TABLE IF NOT EXISTS salts (salt BLOB NOT NULL);
        """

    /// The random bytes that go in front of what nobody should guess from its digest.
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

    private func lastProgram() throws(DatabaseError) -> Program? {
        let rows = try database.rows(
            "SELECT name, digest FROM parts WHERE program = (SELECT program FROM runs ORDER BY id DESC LIMIT 1)")
        var parts: [String: Digest] = [:]
        for row in rows {
            if case .text(let name) = row[0], case .blob(let bytes) = row[1] { parts[name] = Digest(stored: bytes) }
        }
        return parts.isEmpty ? nil : Program(parts: parts)
    }

    /// Finds the row of the program, and makes it if need be. The same program has several rows where modules that only
    /// workers load have changed; answers those that are not as they were in the last run.
    private func findRow(of program: Program, _ laterModule: (String) -> Digest?) throws(DatabaseError) -> [String] {
        var changes: [String] = []
        var variant: UInt64 = 0
        while true {
            self.program = variant == 0 ? program.digest : Digest(joining: [program.digest], numbers: [variant])
            let digest = Value.blob(self.program.bytes)
            guard
                case .integer(let row)? = try database.rows("SELECT id FROM programs WHERE digest = ?1", [digest])
                    .first?.first
            else { break }
            programRow = row
            let changed = try changedModules(laterModule)
            if changed.isEmpty { return changes }
            let isLast =
                try database.number(
                    "SELECT program = ?1 FROM runs ORDER BY id DESC LIMIT 1", [.integer(programRow)]) == 1
            if isLast { changes = changed }
            variant += 1
        }
        isNew = true
        try database.rows("INSERT INTO programs (digest) VALUES (?1)", [.blob(self.program.bytes)])
        programRow = database.lastRow
        for (name, digest) in program.parts {
            try database.rows(
                "INSERT INTO parts VALUES (?1, ?2, ?3)", [.integer(programRow), .text(name), .blob(digest.bytes)])
        }
        return changes
    }

    /// The modules of the program's workers that are not as they were; one that was two things in one run never is.
    private func changedModules(_ laterModule: (String) -> Digest?) throws(DatabaseError) -> [String] {
        var changed: Set<String> = []
        let rows = try database.rows(
            "SELECT name, digest FROM later_modules WHERE program = ?1", [.integer(programRow)])
        for row in rows {
            guard case .text(let name) = row[0], case .blob(let bytes) = row[1] else { continue }
            if laterModule(name)?.bytes != bytes { changed.insert("module \(name)") }
        }
        return changed.sorted()
    }

    /// Notes what a module was when a worker loaded it: results may depend on it from now on.
    package func note(laterModule name: String, _ digest: Digest) {
        _ = change { [programRow] statements throws(DatabaseError) in
            try statements.noteModule.rows([.integer(programRow), .text(name), .blob(digest.bytes)])
        }
    }

    /// Ends the run: `ending` says how.
    package func end(_ ending: String) {
        settle()
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
        if failure == nil && !isWhereItWas { failure = .gone(path) }
        database.close()
        lock = nil
    }

    /// Nobody has removed the file, or put another one in its place.
    private var isWhereItWas: Bool {
        guard let number = lock?.number, let mine = try? FileKind(descriptor: number) else { return true }
        guard let found = try? FileKind(path: path) else { return false }
        return (found.device, found.inode) == (mine.device, mine.inode)
    }
}

/// Waits while somebody else has the database locked, until that ends or a signal ends the run, and says so.
private final class Patience {
    private let path: ByteString
    var notice: (String) -> Void

    /// What is so short is not worth a word.
    private static let triesInSilence = 25

    init(_ path: ByteString, _ notice: @escaping (String) -> Void) {
        self.path = path
        self.notice = notice
    }

    func goesOn(_ tries: Int) -> Bool {
        if tries == Patience.triesInSilence { notice("\(path): somebody has it locked; waiting until it is free") }
        return !Signal.isWaiting()
    }
}
