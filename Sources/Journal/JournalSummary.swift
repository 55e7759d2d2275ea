// What is in a journal, for a person.

import Posix
package import Wire

/// Reads a journal without changing it, also while a run writes to it.
package struct JournalSummary {
    private let path: ByteString
    private let database: Database

    /// Failed items that are listed one by one.
    private static let listed = 10

    package init(path: ByteString) throws(JournalError) {
        self.path = path
        do throws(PosixError) { _ = try FileKind(path: path) } catch {
            throw .unreadable(path, reason: error.reason)
        }
        do throws(DatabaseError) {
            database = try Database(path: path, isReadOnly: true)
            try Journal.check(database)
        } catch {
            throw JournalError(path, error)
        }
    }

    /// Some lines, each with its end.
    package func text() throws(JournalError) -> String {
        do throws(DatabaseError) {
            return try items() + "\n" + runs() + failures()
        } catch {
            throw JournalError(path, error)
        }
    }

    /// `run.journal: 9997 ok, 2 error, 1 crash`
    private func items() throws(DatabaseError) -> String {
        let counts = try database.rows(
            "SELECT count(*) || ' ' || outcome FROM items GROUP BY outcome ORDER BY outcome <> 'ok', count(*) DESC")
        let words = counts.compactMap { $0.first?.text }
        return "\(path): \(words.isEmpty ? "no items yet" : words.joined(separator: ", "))\n"
    }

    private func runs() throws(DatabaseError) -> String {
        try database.rows(
            """
            SELECT format('run %d  %s  %s  pmap %s', id, started, coalesce(ending, '(no end)'), command)
            FROM runs ORDER BY id
            """
        ).compactMap { row in row.first?.text.map { "\($0)\n" } }.joined()
    }

    private func failures() throws(DatabaseError) -> String {
        let rows = try database.rows(
            "SELECT source || ': ' || message FROM items WHERE outcome <> 'ok' ORDER BY run, item LIMIT \(JournalSummary.listed)"
        )
        let count = try database.number("SELECT count(*) FROM items WHERE outcome <> 'ok'")
        let lines = rows.compactMap { $0.first?.text }
        if lines.isEmpty { return "" }
        let rest = count - lines.count
        return "\n" + lines.map { "\($0)\n" }.joined()
            + (rest > 0 ? "and \(rest) more: SELECT source, message FROM items WHERE outcome <> 'ok'\n" : "")
    }
}
