// Processes that a script makes: copies of itself, which stay in its process group and die with it.

import CPosixBridge
import Glibc

/// A forked copy of this process, as the one that forked it sees it.
package final class ScriptChild {
    package let pid: Int32
    private let pidfd: Descriptor
    /// How it ended; nil until it was reaped.
    package private(set) var status: ExitStatus?

    private init(pid: Int32, pidfd: consuming Descriptor) {
        self.pid = pid
        self.pidfd = pidfd
    }

    /// Readable when the child has ended.
    package var death: Int32 { pidfd.number }

    /// Forks, and answers nil in the child, which is killed when this process ends.
    package static func fork() throws(PosixError) -> ScriptChild? {
        let threads = pmap_threads()
        if threads > 1 { throw PosixError("fork", "in a process with \(threads) threads", code: EDEADLK) }
        let parent = getpid()
        let pid = pmap_fork()
        if pid < 0 { throw PosixError("fork") }
        if pid == 0 {
            if !pmap_end_with(parent) { _exit(1) }
            return nil
        }
        let pidfd = pmap_pidfd_open(pid)
        if pidfd < 0 {
            let error = PosixError("pidfd_open")
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
        return ScriptChild(pid: pid, pidfd: Descriptor(owning: pidfd))
    }

    package var hasEnded: Bool { status != nil || Rings.isReadable(pidfd.number) }

    /// How it ended, if it has.
    package func reap() -> ExitStatus? {
        if let status { return status }
        var state: Int32 = 0
        let reaped = retrying { unsafe waitpid(pid, &state, WNOHANG) }
        if reaped == 0 { return nil }
        if reaped < 0 {
            // Somebody else has waited for it.
            status = .exited(0)
            return status
        }
        let signal = state & 0x7f
        status = signal == 0 ? .exited((state >> 8) & 0xff) : .killed(signal: signal)
        return status
    }

    package func send(_ signal: Int32) {
        if status == nil { kill(pid, signal) }
    }

    package static func send(_ signal: Int32, to pid: Int32) { kill(pid, signal) }

    /// From here on this process and what it starts are one group, which is killed when its parent ends.
    package static func leadGroup() {
        let parent = getppid()
        if !pmap_die_with(parent) { _exit(1) }
    }

    /// What a leader of a group that has ended has left running.
    package static func killGroup(_ pid: Int32) { kill(-pid, SIGKILL) }
}
