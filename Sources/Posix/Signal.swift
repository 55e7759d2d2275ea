// Signals the host answers to, and their names.

import CPosixBridge
import Glibc

package enum Signal {
    package static let interrupt = SIGINT
    package static let kill = SIGKILL
    package static let brokenPipe = SIGPIPE

    package static let quit = SIGQUIT
    /// The signal that stops a background process which reads from the terminal, and that of Ctrl-Z.
    package static let terminalRead = SIGTTIN
    package static let terminalStop = SIGTSTP

    /// Counts SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGQUIT and SIGUSR1 from now on; they arrive only while the poller waits.
    package static func catchSignals() { pmap_catch_signals() }

    /// Lets them end this process again, at once.
    package static func release() { pmap_release_signals() }

    /// The phase of a run without workers.
    package enum Phase: CaseIterable {
        case setup, items, teardown

        fileprivate var phase: pmap_phase {
            switch self {
            case .setup: PMAP_IN_SETUP
            case .items: PMAP_IN_ITEMS
            case .teardown: PMAP_IN_TEARDOWN
            }
        }
    }

    package static let endings = [SIGINT, SIGTERM, SIGHUP]

    /// Counts SIGINT, SIGTERM and SIGHUP in a process that runs the script itself. The first one sets the limit in
    /// the status words at the start of `pages`, and writes its `message` at once; a second one makes the script give up,
    /// and ends the process when it does not. False when the kernel has no timer for that.
    package static func catchEndings(
        limiting pages: borrowing SharedPages, giveUp: @convention(c) () -> Void, message: (Phase, Int32) -> [UInt8]
    ) -> Bool {
        for phase in Phase.allCases {
            for signal in endings {
                let text = message(phase, signal)
                if !text.isEmpty {
                    unsafe (text + [0]).withUnsafeBufferPointer {
                        unsafe pmap_set_signal_message(
                            phase.phase, signal, UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self))
                    }
                }
            }
        }
        return unsafe pmap_catch_alone(pages.memory.baseAddress?.assumingMemoryBound(to: pmap_status.self), giveUp)
    }

    /// Whether the script was made to give up.
    package static var hasGivenUp: Bool { pmap_has_given_up() }

    /// Runs `script`, in which these signals arrive.
    package static func arriving<Result>(in phase: Phase, _ script: () -> Result) -> Result {
        pmap_enter_script(phase.phase)
        defer { pmap_leave_script_phase() }
        return script()
    }

    /// A file that may grow no further is an error of the write, and does not end this process by a signal.
    package static func ignoreFileLimit() { pmap_ignore_file_limit() }

    /// A crash ends the process with its signal, without the Swift runtime's helper program; children can be waited for.
    package static func restoreDefaults() { pmap_restore_signals() }

    /// In the first process of a container: goes on in a child, while this one is an init, which reaps and forwards signals.
    package static func becomeInit() { pmap_become_init() }

    /// Lets signals arrive that were sent, also when the poller never had to wait.
    package static func deliver() { pmap_deliver_signals() }

    /// The first of the ending signals that arrived since the last call.
    package static func takeArrived() -> Int32? {
        endings.first { pmap_take_signal($0) > 0 }
    }

    /// Whether one of them has arrived and was not taken; lets signals arrive before.
    package static func isWaiting() -> Bool {
        deliver()
        return endings.contains { pmap_signal_count($0) > 0 }
    }

    /// The same of all that are taken here: endings, a stop and questions.
    package static func anyIsWaiting() -> Bool {
        isWaiting() || [SIGTSTP, SIGQUIT, SIGUSR1].contains { pmap_signal_count($0) > 0 }
    }

    /// Whether the terminal has asked for a stop (Ctrl-Z) since the last call.
    package static func takeStop() -> Bool { pmap_take_signal(SIGTSTP) > 0 }

    /// How often the terminal (Ctrl-\), and whether any process, has asked who waits where since the last call.
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

    /// From now on SIGUSR1 and SIGQUIT ask who waits where, and their handler calls `asked`.
    package static func catchQuestions(_ asked: @convention(c) () -> Void) { pmap_catch_questions(asked) }

    /// Whether a question was asked, which the caller answers.
    package static func takeQuestion() -> Bool { pmap_take_question() }

    package static func name(_ signal: Int32) -> String {
        unsafe pmap_signal_name(signal).map { unsafe "SIG" + String(cString: $0) } ?? "signal \(signal)"
    }
}
