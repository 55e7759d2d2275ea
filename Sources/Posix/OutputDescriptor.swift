// Writing to the descriptor that the user gave us as standard output, without ever blocking in it and without changing
// it for those who share it: O_NONBLOCK would be theirs too.

import Glibc

/// Standard output, or what stands in for it.
package struct OutputDescriptor: ~Copyable {
    private enum Way {
        /// A file, or a terminal or pipe opened once more for ourselves and non-blocking.
        case plain
        case socket
        /// A pipe that could not be opened anew: a page at a time, when the poller says that there is room.
        case pages
    }

    private let descriptor: Descriptor
    private let way: Way

    package var number: Int32 { descriptor.number }

    /// Works on a private copy of `number`.
    package init(copying number: Int32) throws(PosixError) {
        let kind = try FileKind(descriptor: number).kind
        if kind == .pipe || kind == .terminal {
            let reopened = unsafe open("/proc/self/fd/\(number)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            if reopened >= 0 {
                defer { close(reopened) }
                descriptor = try Descriptor(copying: reopened)
                way = .plain
                return
            }
        }
        descriptor = try Descriptor(copying: number)
        way = kind == .socket ? .socket : kind == .pipe || kind == .terminal ? .pages : .plain
    }

    /// Writes some of `bytes` from `start` on, as much as is taken at once.
    package borrowing func write(_ bytes: [UInt8], from start: Int) throws(PosixError) -> Descriptor.Transfer {
        let number = number
        if way == .pages && !isWritable { return .wouldBlock }
        let size = way == .pages ? min(4096, bytes.count - start) : bytes.count - start
        let way = way
        let count = unsafe bytes.withUnsafeBytes { memory in
            let from = unsafe memory.baseAddress.map { unsafe $0 + start }
            return retrying {
                unsafe way == .socket
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
    package var mayRepeat: Bool { way != .pages }
}
