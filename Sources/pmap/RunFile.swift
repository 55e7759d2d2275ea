// A file that a run writes beside its results, as fast as its reader takes it: of errors, a job log, a trace.

import Bytes
import Posix
import ProcessPool

final class RunFile {
    private let path: ByteString
    let queue: MessageQueue

    /// Empties the file, unless it is an open descriptor's; `option` names it in messages.
    init(_ option: String, _ path: ByteString) throws(UsageError) {
        self.path = path
        do throws(PosixError) {
            let file = try Descriptor(writing: path)
            queue = MessageQueue(try OutputDescriptor(copying: file.number))
        } catch {
            throw UsageError("\(option) \(error.subject): \(error.reason)")
        }
    }

    /// Why it is not whole.
    var failure: String? { queue.failure.map { "write \(path): \($0.reason)" } }
}
