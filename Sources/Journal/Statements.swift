// The prepared statements of a run.

struct Statements {
    let scan: Statement
    let find: Statement
    let read: Statement
    let remove: Statement
    let insert: Statement
    let insertModule: Statement

    /// Results up to so many bytes are read ahead of the items that ask for them.
    private static let shortOutput = 4096

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
        insertModule = try database.prepare("INSERT OR IGNORE INTO later_modules VALUES (?1, ?2, ?3)")
    }
}
