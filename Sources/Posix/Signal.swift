// Signals the host answers to, and their names.

import CPosixBridge
import Glibc

package enum Signal {
    package static let interrupt = SIGINT
    package static let kill = SIGKILL
    package static let brokenPipe = SIGPIPE

    /// Counts SIGINT, SIGTERM, SIGHUP and SIGTSTP from now on; they arrive only while the poller waits.
    package static func catchSignals() { pmap_catch_signals() }

    /// A crash ends the process with its signal, without the Swift runtime's helper program; children can be waited for.
    package static func restoreDefaults() { pmap_restore_signals() }

    /// Lets what has been sent arrive, also when the poller never had to wait.
    package static func letIn() { pmap_let_signals_in() }

    /// The first of the ending signals that arrived since the last call.
    package static func takeArrived() -> Int32? {
        [SIGINT, SIGTERM, SIGHUP].first { pmap_take_signal($0) > 0 }
    }

    /// Whether the terminal has asked for a stop (Ctrl-Z) since the last call.
    package static func takeStop() -> Bool { pmap_take_signal(SIGTSTP) > 0 }

    /// Stops this process until it is continued.
    package static func stopHere() { _ = raise(SIGSTOP) }

    /// Ends this process by `signal`, so that the shell's loop around it stops too.
    package static func die(by signal: Int32) -> Never {
        pmap_die_by(signal)
        _exit(128 + signal)
    }

    package static func name(_ signal: Int32) -> String {
        unsafe pmap_signal_name(signal).map { unsafe "SIG" + String(cString: $0) } ?? "signal \(signal)"
    }
}
