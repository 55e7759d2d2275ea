// Signals the host answers to, and their names.

import CPosixBridge
import Glibc

package enum Signal {
    package static let interrupt = SIGINT
    package static let kill = SIGKILL
    package static let brokenPipe = SIGPIPE

    package static let quit = SIGQUIT
    /// What stops a background process that reads from the terminal, and what Ctrl-Z sends.
    package static let terminalRead = SIGTTIN
    package static let terminalStop = SIGTSTP

    /// Counts SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGQUIT and SIGUSR1 from now on; they arrive only while the poller waits.
    package static func catchSignals() { pmap_catch_signals() }

    /// A file that may grow no further is an error of the write, and does not end this process by a signal.
    package static func ignoreFileLimit() { pmap_ignore_file_limit() }

    /// A crash ends the process with its signal, without the Swift runtime's helper program; children can be waited for.
    package static func restoreDefaults() { pmap_restore_signals() }

    /// In the first process of a container: goes on in a child, and reaps orphans and passes signals on in this one.
    package static func leaveFirstProcess() { pmap_leave_first_process() }

    /// Lets what has been sent arrive, also when the poller never had to wait.
    package static func letIn() { pmap_let_signals_in() }

    /// The first of the ending signals that arrived since the last call.
    package static func takeArrived() -> Int32? {
        [SIGINT, SIGTERM, SIGHUP].first { pmap_take_signal($0) > 0 }
    }

    /// Whether one of them has arrived that nobody has taken; lets in what has been sent.
    package static func isWaiting() -> Bool {
        letIn()
        return [SIGINT, SIGTERM, SIGHUP].contains { pmap_arrived_signals($0) > 0 }
    }

    /// Whether the terminal has asked for a stop (Ctrl-Z) since the last call.
    package static func takeStop() -> Bool { pmap_take_signal(SIGTSTP) > 0 }

    /// How often the terminal (Ctrl-\), and whether anybody, has asked who waits where since the last call.
    package static func takeQuestions() -> (quits: Int, isAsked: Bool) {
        let quits = Int(pmap_take_signal(SIGQUIT))
        return (quits, pmap_take_signal(SIGUSR1) > 0 || quits > 0)
    }

    /// Stops this process and its group, as Ctrl-Z does, once the signal is let in.
    package static func stopGroup() { _ = Glibc.kill(0, SIGTSTP) }

    /// Stops this process until it is continued.
    package static func stopHere() { _ = raise(SIGSTOP) }

    /// Ends this process by `signal`, so that the shell's loop around it stops too.
    package static func die(by signal: Int32) -> Never {
        pmap_die_by(signal)
        _exit(128 + signal)
    }

    /// From now on SIGUSR1 and SIGQUIT ask who waits where, and `asked` is called by their handler.
    package static func hearQuestions(_ asked: @convention(c) () -> Void) { pmap_hear_questions(asked) }

    /// Whether such a question waits for an answer, which the caller gives.
    package static func takeQuestion() -> Bool { pmap_take_question() }

    package static func name(_ signal: Int32) -> String {
        unsafe pmap_signal_name(signal).map { unsafe "SIG" + String(cString: $0) } ?? "signal \(signal)"
    }
}
