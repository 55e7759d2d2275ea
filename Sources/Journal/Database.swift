// SQLite, as far as a journal needs it: statements with values in, rows out, errors thrown. The one place where its C
// functions are called; unsafe for that reason.

import CSQLite
import Posix
import Wire

/// Why a database cannot be used.
enum DatabaseError: Error, Equatable {
    /// With SQLite's primary result code, in its words.
    case refused(Int32, String)
    case isNoJournal
    case isOfFormat(Int)
}

/// What a column holds.
enum Value: Equatable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    init(_ text: String?) { self = text.map(Value.text) ?? .null }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

/// One connection.
@safe final class Database {
    private let connection: OpaquePointer

    /// Opens the file at `path`, which must be there.
    init(path: ByteString, isReadOnly: Bool = false) throws(DatabaseError) {
        var opened: OpaquePointer?
        let flags = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        let code = unsafe sqlite3_open_v2(path.terminated, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard let connection = unsafe opened else { throw DatabaseError.refused(code, "no memory") }
        unsafe self.connection = connection
        if code != SQLITE_OK { throw error(code) }
        unsafe sqlite3_extended_result_codes(connection, 1)
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe sqlite3_busy_handler(
            connection,
            { me, times in
                guard let me = unsafe me else { return 0 }
                Process.sleep(milliseconds: Database.pause)
                return unsafe Unmanaged<Database>.fromOpaque(me).takeUnretainedValue().awaits(Int(times)) ? 1 : 0
            }, me)
        unsafe sqlite3_progress_handler(
            connection, Database.stepsAtOnce,
            { me in
                guard let me = unsafe me else { return 0 }
                return unsafe Unmanaged<Database>.fromOpaque(me).takeUnretainedValue().isToStop() ? 1 : 0
            }, me)
    }

    /// Whether to go on waiting for somebody who has the database locked, `sqlite3` perhaps; asked before each pause of
    /// 20 ms, with how often it was asked before.
    var awaits: (Int) -> Bool = { $0 < 100 }
    /// Whether to give up what takes long.
    var isToStop: () -> Bool = { false }

    private static let pause = 20
    /// Steps of SQLite's machine between two questions.
    private static let stepsAtOnce: Int32 = 1_000_000

    private var isOpen = true

    /// Brings everything into the one file. There must be no statement left, and nothing is asked afterwards.
    func close() {
        if isOpen { unsafe sqlite3_close_v2(connection) }
        isOpen = false
    }

    deinit { close() }

    /// Runs statements that give nothing.
    func execute(_ sql: String) throws(DatabaseError) {
        let code = unsafe sqlite3_exec(connection, sql, nil, nil, nil)
        if code != SQLITE_OK { throw error(code) }
    }

    func prepare(_ sql: String) throws(DatabaseError) -> Statement {
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let statement = unsafe prepared else { throw error(code) }
        return unsafe Statement(statement, of: self)
    }

    /// The rows of a statement that is run once.
    @discardableResult
    func rows(_ sql: String, _ values: [Value] = []) throws(DatabaseError) -> [[Value]] {
        try prepare(sql).rows(values)
    }

    /// The first column of the first row, as a number; 0 when there is none.
    func number(_ sql: String, _ values: [Value] = []) throws(DatabaseError) -> Int {
        guard case .integer(let number)? = try rows(sql, values).first?.first else { return 0 }
        return Int(number)
    }

    var lastRow: Int64 { unsafe sqlite3_last_insert_rowid(connection) }

    fileprivate func error(_ code: Int32) -> DatabaseError {
        unsafe .refused(code & 0xff, String(cString: sqlite3_errmsg(connection)))
    }
}

/// A prepared statement, to be run any number of times.
@safe final class Statement {
    private let statement: OpaquePointer
    private let database: Database

    fileprivate init(_ statement: OpaquePointer, of database: Database) {
        unsafe self.statement = statement
        self.database = database
    }

    deinit { unsafe sqlite3_finalize(statement) }

    /// Binds `values` to ?1, ?2 … and answers all rows.
    @discardableResult
    func rows(_ values: [Value]) throws(DatabaseError) -> [[Value]] {
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        for (place, value) in values.enumerated() {
            let code = bind(value, at: Int32(place + 1))
            if code != SQLITE_OK { throw database.error(code) }
        }
        var rows: [[Value]] = []
        while true {
            let code = unsafe sqlite3_step(statement)
            if code == SQLITE_DONE { return rows }
            if code != SQLITE_ROW { throw database.error(code) }
            rows.append(unsafe (0..<sqlite3_column_count(statement)).map(column))
        }
    }

    /// The same, for rows that are looked at where they lie.
    func each(_ values: [Value], _ act: (Columns) -> Void) throws(DatabaseError) {
        defer { unsafe sqlite3_reset(statement) }
        for (place, value) in values.enumerated() {
            let code = bind(value, at: Int32(place + 1))
            if code != SQLITE_OK { throw database.error(code) }
        }
        while true {
            let code = unsafe sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            if code != SQLITE_ROW { throw database.error(code) }
            act(unsafe Columns(statement: statement))
        }
    }

    private func bind(_ value: Value, at place: Int32) -> Int32 {
        switch value {
        case .null: unsafe sqlite3_bind_null(statement, place)
        case .integer(let number): unsafe sqlite3_bind_int64(statement, place, number)
        case .text(let text): unsafe sqlite3_bind_text64(statement, place, text, UInt64(text.utf8.count), transient, 1)
        case .blob([]): unsafe sqlite3_bind_zeroblob(statement, place, 0)
        case .blob(let bytes):
            unsafe bytes.withUnsafeBytes {
                unsafe sqlite3_bind_blob64(statement, place, $0.baseAddress, UInt64($0.count), transient)
            }
        }
    }

    private func column(_ place: Int32) -> Value {
        switch unsafe sqlite3_column_type(statement, place) {
        case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, place))
        case SQLITE_TEXT:
            let bytes = unsafe UnsafeRawBufferPointer(
                start: sqlite3_column_text(statement, place), count: Int(sqlite3_column_bytes(statement, place)))
            return .text(unsafe String(decoding: bytes, as: UTF8.self))
        case SQLITE_NULL: return .null
        default:
            let bytes = unsafe UnsafeRawBufferPointer(
                start: sqlite3_column_blob(statement, place), count: Int(sqlite3_column_bytes(statement, place)))
            return .blob(unsafe Array(bytes))
        }
    }

    /// SQLite makes a copy of what is bound.
    private var transient: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

/// The row a statement is at; valid until its next step.
@safe struct Columns {
    fileprivate let statement: OpaquePointer

    func integer(_ place: Int32) -> Int64? {
        guard unsafe sqlite3_column_type(statement, place) == SQLITE_INTEGER else { return nil }
        return unsafe sqlite3_column_int64(statement, place)
    }

    func blob(_ place: Int32) -> [UInt8]? { unsafe memory(place).map { unsafe Array($0) } }
    func digest(_ place: Int32) -> Digest? { unsafe memory(place).flatMap { unsafe Digest(stored: $0) } }

    private func memory(_ place: Int32) -> UnsafeRawBufferPointer? {
        guard unsafe sqlite3_column_type(statement, place) == SQLITE_BLOB else { return nil }
        return unsafe UnsafeRawBufferPointer(
            start: sqlite3_column_blob(statement, place), count: Int(sqlite3_column_bytes(statement, place)))
    }
}
