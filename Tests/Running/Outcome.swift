// What a run came to, and how it can go wrong in a way that no table row expects.

import Glibc

package enum Ending: Equatable, Sendable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)

    package var description: String {
        switch self {
        case .exit(let status): "exit status \(status)"
        case .signal(let number): "signal \(number)"
        }
    }
}

package struct Outcome: Equatable, Sendable {
    package var bytes: [UInt8]
    package var errors: String
    package var ending: Ending

    /// Nothing written anywhere, and status 0.
    package static let silence = Outcome(output: "", errors: "", ending: .exit(0))

    package init(output: String, errors: String, ending: Ending) {
        self.init(bytes: Array(output.utf8), errors: errors, ending: ending)
    }

    init(bytes: [UInt8], errors: String, ending: Ending) {
        (self.bytes, self.errors, self.ending) = (bytes, errors, ending)
    }

    package var output: String { String(decoding: bytes, as: UTF8.self) }
}

package enum RunError: Error, CustomStringConvertible {
    case system(call: String, errno: Int32)
    case tooLong(String, Duration, output: String, errors: String)
    case endedEarly(String, output: String, errors: String)
    case leftRunning(String, [String])

    package var description: String {
        switch self {
        case .system(let call, let errno): "\(call) failed with errno \(errno)"
        case .tooLong(let line, let limit, let output, let errors):
            "did not end within \(limit): \(line)\n\(output)\n\(errors)"
        case .endedEarly(let line, let output, let errors):
            "ended before what was waited for: \(line)\n\(output)\n\(errors)"
        case .leftRunning(let line, let processes):
            "left running by \(line)\n" + processes.joined(separator: "\n")
        }
    }
}
