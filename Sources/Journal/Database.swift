// SQLite, as far as a journal needs it: statements with values in, rows out, errors thrown. Unsafe because it calls SQLite's
// C functions.

import Bytes
import CSQLite
import Posix

/// Why a database cannot be used.
enum DatabaseError: Error, Equatable {
    /// SQLite's primary result code and message.
    case failed(Int32, String)
    case notAJournal
    case otherFormat(Int)
}

/// The value of a column.
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
        guard let connection = unsafe opened else { throw DatabaseError.failed(code, "no memory") }
        unsafe self.connection = connection
        if code != SQLITE_OK { throw error(code) }
        unsafe sqlite3_extended_result_codes(connection, 1)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe sqlite3_busy_handler(
            connection,
            { context, times in
                guard let context = unsafe context else { return 0 }
                Process.sleep(milliseconds: Database.pause)
                return unsafe Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().waitsForLock(Int(times))
                    ? 1 : 0
            }, context)
        unsafe sqlite3_progress_handler(
            connection, Database.stepsAtOnce,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().isCancelled() ? 1 : 0
            }, context)
    }

    /// Whether to go on waiting while another process has the database locked, `sqlite3` perhaps; called after each pause
    /// of 20 ms, with the number of calls before.
    var waitsForLock: (Int) -> Bool = { $0 < 100 }
    /// Whether to interrupt a statement that takes long.
    var isCancelled: () -> Bool = { false }

    private static let pause = 20
    /// Steps of SQLite's virtual machine between two calls of `isCancelled`.
    private static let stepsAtOnce: Int32 = 1_000_000

    private var isOpen = true

    /// Writes everything into the one file. No statement may be left, and none may follow.
    func close() {
        if isOpen { unsafe sqlite3_close_v2(connection) }
        isOpen = false
    }

    deinit { close() }

    /// Runs statements without rows.
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
        unsafe .failed(code & 0xff, String(cString: sqlite3_errmsg(connection)))
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

    /// Binds `values` to ?1, ?2 … and returns all rows.
    @discardableResult
    func rows(_ values: [Value]) throws(DatabaseError) -> [[Value]] {
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            let code = bind(value, at: Int32(index + 1))
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

    /// The same, for rows that are read where SQLite has them.
    func each(_ values: [Value], _ act: (Columns) -> Void) throws(DatabaseError) {
        defer { unsafe sqlite3_reset(statement) }
        for (index, value) in values.enumerated() {
            let code = bind(value, at: Int32(index + 1))
            if code != SQLITE_OK { throw database.error(code) }
        }
        while true {
            let code = unsafe sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            if code != SQLITE_ROW { throw database.error(code) }
            act(unsafe Columns(statement: statement))
        }
    }

    private func bind(_ value: Value, at index: Int32) -> Int32 {
        switch value {
        case .null: unsafe sqlite3_bind_null(statement, index)
        case .integer(let number): unsafe sqlite3_bind_int64(statement, index, number)
        case .text(let text): unsafe sqlite3_bind_text64(statement, index, text, UInt64(text.utf8.count), transient, 1)
        case .blob([]): unsafe sqlite3_bind_zeroblob(statement, index, 0)
        case .blob(let bytes):
            unsafe bytes.withUnsafeBytes {
                unsafe sqlite3_bind_blob64(statement, index, $0.baseAddress, UInt64($0.count), transient)
            }
        }
    }

    private func column(_ index: Int32) -> Value {
        switch unsafe sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, index))
        case SQLITE_TEXT:
            let bytes = unsafe UnsafeRawBufferPointer(
                start: sqlite3_column_text(statement, index), count: Int(sqlite3_column_bytes(statement, index)))
            return .text(unsafe String(decoding: bytes, as: UTF8.self))
        case SQLITE_NULL: return .null
        default:
            let bytes = unsafe UnsafeRawBufferPointer(
                start: sqlite3_column_blob(statement, index), count: Int(sqlite3_column_bytes(statement, index)))
            return .blob(unsafe Array(bytes))
        }
    }

    /// SQLite copies bound values.
    private var transient: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

/// The current row of a statement; valid until its next step.
@safe struct Columns {
    fileprivate let statement: OpaquePointer

    func integer(_ index: Int32) -> Int64? {
        guard unsafe sqlite3_column_type(statement, index) == SQLITE_INTEGER else { return nil }
        return unsafe sqlite3_column_int64(statement, index)
    }

    func blob(_ index: Int32) -> [UInt8]? { unsafe memory(index).map { unsafe Array($0) } }
    func digest(_ index: Int32) -> Digest? { unsafe memory(index).flatMap { unsafe Digest(stored: $0) } }

    private func memory(_ index: Int32) -> UnsafeRawBufferPointer? {
        guard unsafe sqlite3_column_type(statement, index) == SQLITE_BLOB else { return nil }
        return unsafe UnsafeRawBufferPointer(
            start: sqlite3_column_blob(statement, index), count: Int(sqlite3_column_bytes(statement, index)))
    }
}
