// Errors of system calls: the call, its subject, and the reason in the system's words.

import Glibc

package struct PosixError: Error, Equatable, CustomStringConvertible {
    package let call: String
    package let subject: String
    package let code: Int32

    package init(_ call: String, _ subject: String = "", code: Int32 = errno) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    package static let isADirectory = EISDIR
    package static let isNoDescriptor = EBADF
    package static let isBroken = EIO
    package var isDirectory: Bool { code == EISDIR }
    package var isMissing: Bool { code == ENOENT }

    /// This process may not open any more descriptors.
    package var isOutOfDescriptors: Bool { code == EMFILE }

    /// "No such file or directory"
    package var reason: String { unsafe String(cString: strerror(code)) }

    /// Other processes have what is missing now, and there may be enough in a moment.
    package var isTransient: Bool { code == EAGAIN || code == ENOMEM || code == ENFILE }

    /// Nobody reads what is written.
    package var isBrokenPipe: Bool { code == EPIPE || code == ECONNRESET }

    package var description: String {
        subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)"
    }
}

/// Repeats a system call that a signal interrupted.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
