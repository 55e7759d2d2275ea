// The reason why a journal cannot be used, in one line that says what to do.

package import Bytes
import CSQLite

package enum JournalError: Error, Equatable, CustomStringConvertible {
    case unreadable(ByteString, reason: String)
    case inUse(ByteString)
    case locked(ByteString)
    case noJournal(ByteString)
    case otherFormat(ByteString, Int)
    case damaged(ByteString, reason: String)
    case unwritable(ByteString, reason: String)
    case gone(ByteString)

    init(_ path: ByteString, _ error: DatabaseError, isWriting: Bool = false) {
        self =
            switch error {
            case .notAJournal: .noJournal(path)
            case .otherFormat(let format): .otherFormat(path, format)
            case .failed(SQLITE_NOTADB, _): .noJournal(path)
            case .failed(SQLITE_CORRUPT, let reason): .damaged(path, reason: reason)
            case .failed(SQLITE_BUSY, _): .locked(path)
            case .failed(_, let reason):
                isWriting ? .unwritable(path, reason: reason) : .unreadable(path, reason: reason)
            }
    }

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .inUse(let path): "\(path): another run is writing to it; wait for it, or name another file"
        case .locked(let path): "\(path): somebody has it locked"
        case .noJournal(let path): "\(path): this is not a journal, and is left as it is; name another file"
        case .otherFormat(let path, let format):
            "\(path): a journal of format \(format), while this pmap writes format \(Journal.format); name another file"
        case .damaged(let path, let reason):
            "\(path): the journal is damaged (\(reason)), and is left as it is; name another file, or try sqlite3 \(path) .recover"
        case .gone(let path):
            "\(path): somebody has removed the journal, or put another file there, while this run wrote to it; what it kept is lost"
        case .unwritable(let path, let reason):
            "write \(path): \(reason); what is in it is whole, and the same command goes on from there"
        }
    }
}
