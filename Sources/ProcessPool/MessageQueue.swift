// Words on their way to standard error, or to the file of errors: written as fast as the reader takes them, never waited
// for while a run goes on.

package import Posix

/// What is said waits here for a slow reader, and whoever has more to say waits when that is much.
package final class MessageQueue {
    private let output: OutputDescriptor
    private var waiting: [[UInt8]] = []
    private var first = 0
    /// Of the first: bytes written already.
    private var written = 0
    private var bytesWaiting = 0
    /// Why nothing more is written.
    package private(set) var failure: PosixError?

    /// What is held for a slow reader before the run pauses.
    private static let enough = 1 << 20

    package init(_ output: consuming OutputDescriptor) { self.output = output }

    package var number: Int32 { output.number }
    package var isEmpty: Bool { bytesWaiting == 0 }
    package var isFull: Bool { bytesWaiting > MessageQueue.enough }

    /// Puts a message behind the others, and writes what is taken.
    package func append(_ message: [UInt8]) {
        if message.isEmpty || failure != nil { return }
        waiting.append(message)
        bytesWaiting += message.count
        write()
    }

    /// Writes what is taken without waiting.
    package func write() {
        while first < waiting.count {
            do throws(PosixError) {
                guard case .bytes(let count) = try output.write(waiting[first], from: written) else { return }
                written += count
                bytesWaiting -= count
            } catch {
                failure = error
                (waiting, first, written, bytesWaiting) = ([], 0, 0, 0)
                return
            }
            if written == waiting[first].count {
                waiting[first] = []
                first += 1
                written = 0
            }
        }
        (waiting, first) = ([], 0)
    }
}
