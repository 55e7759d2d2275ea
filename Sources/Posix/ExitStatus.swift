// How processes end.

import CPosixBridge
import Glibc

/// How a process ended.
package enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    /// The status as waitpid(2) answers it.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .killed(signal: signal)
    }

    /// Reaps a child of this process; nil while it runs. A child that was waited for elsewhere counts as exited with 0.
    static func reaped(_ pid: Int32) -> ExitStatus? {
        var state: Int32 = 0
        let answer = unsafe pmap_wait_program(pid, &state, WNOHANG)
        if answer == 0 { return nil }
        return answer < 0 ? .exited(0) : ExitStatus(waitStatus: state)
    }

    package var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "was killed by \(Signal.name(signal))"
        }
    }
}
