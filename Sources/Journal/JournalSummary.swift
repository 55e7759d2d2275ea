// A summary of a journal for people.

package import Bytes
import Posix

/// Reads a journal without changing it, also while a run writes to it.
package struct JournalSummary {
    private let path: ByteString
    private let database: Database
    /// A run is writing to it.
    private let isRunning: Bool

    /// Failed items that are listed one by one.
    private static let listed = 10

    package init(path: ByteString) throws(JournalError) {
        self.path = path
        try Journal.checkKind(of: path)
        do throws(PosixError) { isRunning = try Descriptor(reading: path).isLocked } catch {
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
        let isLast = "id = (SELECT max(id) FROM runs)"
        return try database.rows(
            """
            SELECT format('run %d  %s  %s  pmap %s', id, started,
                coalesce(ending, CASE WHEN ?1 AND \(isLast) THEN '(running)' ELSE '(killed)' END), command)
            FROM runs ORDER BY id
            """, [.integer(isRunning ? 1 : 0)]
        ).compactMap { row in row.first?.text.map { "\($0.escapedName)\n" } }.joined()
    }

    private func failures() throws(DatabaseError) -> String {
        let rows = try database.rows(
            "SELECT source, message FROM items WHERE outcome <> 'ok' ORDER BY run, item LIMIT \(JournalSummary.listed)"
        )
        let count = try database.number("SELECT count(*) FROM items WHERE outcome <> 'ok'")
        let lines = rows.map { "\(($0[0].text ?? "").escapedName): \(($0[1].text ?? "").escapedMessage)" }
        if lines.isEmpty { return "" }
        let rest = count - lines.count
        return "\n" + lines.map { "\($0)\n" }.joined()
            + (rest > 0 ? "and \(rest) more: SELECT source, message FROM items WHERE outcome <> 'ok'\n" : "")
    }
}
