// Forked children: processes that run a function, each in a group of its own.

import CPosixBridge
import Glibc

/// A child process, killed with its group when this value goes out of scope in the process that made it.
package struct Child: ~Copyable {
    package let pid: Int32
    /// Readable when the child has ended. End-of-file on a pipe would not tell: processes that the child started may
    /// hold it.
    package let pidfd: Descriptor
    private let parent: Int32
    private var status: ExitStatus?

    private init(pid: Int32, pidfd: consuming Descriptor) {
        self.pid = pid
        self.pidfd = pidfd
        parent = getpid()
        status = nil
    }

    deinit {
        guard getpid() == parent, status == nil else { return }
        Child.killGroup(pid)
        _ = Child.reap(pid)
    }

    /// Forks: 0 in the child.
    ///
    /// Refused when this process has more than one thread: the child would have only this one, and what the others had
    /// locked would stay locked.
    static func forkProcess() throws(PosixError) -> Int32 {
        let threads = pmap_threads()
        if threads > 1 { throw PosixError("fork", "in a process with \(threads) threads", code: EDEADLK) }
        let pid = pmap_fork()
        if pid < 0 { throw PosixError("fork") }
        return pid
    }

    /// The pidfd of a child just forked, which is killed if there is none.
    static func openPidfd(of pid: Int32) throws(PosixError) -> Int32 {
        let pidfd = pmap_pidfd_open(pid)
        if pidfd >= 0 { return pidfd }
        let error = PosixError("pidfd_open")
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        throw error
    }

    /// Forks; `body` runs in the child, which exits with the status that it answers.
    package static func fork(_ body: () -> Int32) throws(PosixError) -> Child {
        let host = getpid()
        let pid = try forkProcess()
        if pid == 0 {
            pmap_release_signals()
            pmap_be_original()
            pmap_restore_descriptor_limit()
            pmap_disable_core_files()
            pmap_register_memory_barrier()
            guard pmap_tie_group_to_parent(host) else { _exit(1) }
            pmap_forward_interrupts(host)
            let status = body()
            Process.exit(status)
        }
        setpgid(pid, pid)  // as the child does itself: whoever is first
        let pidfd = try openPidfd(of: pid)
        defer { close(pidfd) }
        return Child(pid: pid, pidfd: try Descriptor(copying: pidfd))
    }

    /// In a forked child: it is killed when `parent` ends, whatever it has changed since of its signals and rights.
    package static func renewParentDeathSignal(of parent: Int32) {
        if !pmap_renew_group_tie(parent) { killGroup(getpid()) }
    }

    /// The signal that has stopped it, while it is stopped.
    package var stopSignal: Int32? {
        let signal = status == nil ? pmap_stop_signal(pid) : 0
        return signal == 0 ? nil : signal
    }

    /// Whether it has ended; it is reaped by `wait`.
    package var hasEnded: Bool {
        if status != nil { return true }
        var state = unsafe siginfo_t()
        let isThere = unsafe waitid(P_PID, id_t(pid), &state, WEXITED | WNOWAIT | WNOHANG) == 0
        return unsafe !isThere || state.si_signo == SIGCHLD
    }

    /// Ends this process without running anything more in it.
    package static func exitNow() -> Never { _exit(1) }

    /// Kills the child and the processes of its group.
    package borrowing func kill() {
        if status == nil { Child.killGroup(pid) }
    }

    /// Stops the child and the processes of its group, or continues them.
    package borrowing func suspend(_ isStopped: Bool) {
        if status == nil { _ = Glibc.kill(-pid, isStopped ? SIGSTOP : SIGCONT) }
    }

    /// Sends `signal` to the child alone.
    package borrowing func send(_ signal: Int32) {
        if status == nil { _ = Glibc.kill(pid, signal) }
    }

    /// Waits for the end, and kills the processes that the child left in its group.
    package mutating func wait() -> ExitStatus {
        if let status { return status }
        let ended = Child.reap(pid)
        status = ended
        return ended
    }

    private static func killGroup(_ pid: Int32) {
        _ = Glibc.kill(-pid, SIGKILL)
        _ = Glibc.kill(pid, SIGKILL)
    }

    private static func reap(_ pid: Int32) -> ExitStatus {
        var state = unsafe siginfo_t()
        _ = retrying { unsafe waitid(P_PID, id_t(pid), &state, WEXITED | WNOWAIT) }
        _ = Glibc.kill(-pid, SIGKILL)  // before the child is reaped its number cannot mean another group
        var status: Int32 = 0
        _ = retrying { unsafe waitpid(pid, &status, 0) }
        return ExitStatus(waitStatus: status)
    }
}
