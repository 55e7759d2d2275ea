// Output to the descriptor that was given as standard output, without ever blocking and without changing it for the
// processes that share it, which O_NONBLOCK would.

import Glibc

/// Standard output, or a file in its place.
package struct OutputDescriptor: ~Copyable {
    private enum Mode {
        /// A file, or a terminal or pipe that was opened once more, non-blocking.
        case plain
        case socket
        /// A pipe that could not be opened once more: a page at a time, when the poller says that there is room.
        case pages
    }

    private let descriptor: Descriptor
    private let mode: Mode

    package var number: Int32 { descriptor.number }

    /// Works on a private copy of `number`.
    package init(copying number: Int32) throws(PosixError) {
        let kind = try FileKind(descriptor: number).kind
        if kind == .pipe || kind == .terminal {
            let reopened = unsafe open("/proc/self/fd/\(number)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            if reopened >= 0 {
                defer { close(reopened) }
                descriptor = try Descriptor(copying: reopened)
                mode = .plain
                return
            }
        }
        descriptor = try Descriptor(copying: number)
        mode = kind == .socket ? .socket : kind == .pipe || kind == .terminal ? .pages : .plain
    }

    /// Writes some of `bytes` from `start` on, as much as is taken at once.
    package borrowing func write(_ bytes: [UInt8], from start: Int) throws(PosixError) -> Descriptor.Transfer {
        let number = number
        if mode == .pages && !isWritable { return .wouldBlock }
        let size = mode == .pages ? min(4096, bytes.count - start) : bytes.count - start
        let mode = mode
        let count = unsafe bytes.withUnsafeBytes { memory in
            let from = unsafe memory.baseAddress.map { unsafe $0 + start }
            return retrying {
                unsafe mode == .socket
                    ? send(number, from, size, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
                    : Glibc.write(number, from, size)
            }
        }
        if count >= 0 { return .bytes(count) }
        if errno == EAGAIN { return .wouldBlock }
        throw PosixError("write")
    }

    private var isWritable: Bool {
        var poller = Poller<Void>()
        poller.watchWritable(number, ())
        return !poller.wait(milliseconds: 0).isEmpty
    }

    /// Whether one write may be followed by another without asking the poller.
    package var mayRepeat: Bool { mode != .pages }
}
