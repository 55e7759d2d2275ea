// A process that passes a stream on, the first bytes of which this process has read.

import Bytes
import Glibc

/// Copies to a pipe, until the stream or the pipe's reader ends; killed when this value goes out of scope.
package struct Feeder: ~Copyable {
    private var child: Child

    private static let blockSize = 64 << 10

    /// `head` first, then what `source` has.
    package init(_ head: [UInt8], then source: Int32, into target: Int32) throws(PosixError) {
        child = try Child.fork {
            // Its end of the pipe is closed by its own end alone, so that how it ended is known when the reader is at the end.
            Descriptor.closeInherited(Descriptor.openNumbers().filter { $0 != source && $0 != target })
            _exit(Feeder.copy(head, Descriptor(owning: source), Descriptor(owning: target)))
        }
    }

    /// What a forked worker closes.
    package var descriptor: Int32 { child.pidfd.number }

    /// Answers the system's number of why it could not read, or 0.
    private static func copy(_ head: [UInt8], _ source: borrowing Descriptor, _ target: borrowing Descriptor) -> Int32 {
        if (try? target.writeAll(head)) == nil { return 0 }
        var buffer = ByteBuffer(capacity: blockSize)
        while true {
            do throws(PosixError) {
                switch try source.read(appendingTo: &buffer, limit: blockSize) {
                case .bytes(0): return 0
                case .bytes: break
                case .wouldBlock:
                    var poller = Poller<Void>()
                    poller.watchReadable(source.number, ())
                    _ = poller.wait(milliseconds: nil)
                }
            } catch {
                return error.code
            }
            if (try? target.writeAll(buffer)) == nil { return 0 }
            buffer.reset()
        }
    }

    /// Ends it; answers why it could not read, when that was the end of what it has passed on.
    package mutating func end() -> PosixError? {
        child.kill()
        if case .exited(let code) = child.wait(), code != 0 { return PosixError("read", code: code) }
        return nil
    }
}
