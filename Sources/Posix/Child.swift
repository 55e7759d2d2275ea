// Forked children: the one fork, the exit status, the descriptor that tells of a death.

import CPosixBridge
import Glibc

/// How a process ended.
package enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    /// As waitpid(2) tells it.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .killed(signal: signal)
    }

    /// How a child of this process has ended, which is reaped; nil while it runs. One that somebody else has waited for
    /// has ended in whatever way that one knows.
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

/// A child process, killed with its group when this value goes out of scope in the process that made it.
package struct Child: ~Copyable {
    package let pid: Int32
    /// Readable when the child has ended. End-of-file on a pipe would not tell: what the child started may hold it.
    package let death: Descriptor
    private let parent: Int32
    private var status: ExitStatus?

    private init(pid: Int32, death: consuming Descriptor) {
        self.pid = pid
        self.death = death
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
    /// Refused when this process has more than one thread: the child would have only this one, and whatever the
    /// others had locked would stay so.
    static func split() throws(PosixError) -> Int32 {
        let threads = pmap_threads()
        if threads > 1 { throw PosixError("fork", "in a process with \(threads) threads", code: EDEADLK) }
        let pid = pmap_fork()
        if pid < 0 { throw PosixError("fork") }
        return pid
    }

    /// The descriptor that tells of the end of a child just forked, which is killed if there is none.
    static func openDeath(of pid: Int32) throws(PosixError) -> Int32 {
        let death = pmap_pidfd_open(pid)
        if death >= 0 { return death }
        let error = PosixError("pidfd_open")
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        throw error
    }

    /// Forks; `body` runs in the child, which leaves with the status it answers and never returns from here.
    package static func fork(_ body: () -> Int32) throws(PosixError) -> Child {
        let host = getpid()
        let pid = try split()
        if pid == 0 {
            pmap_release_signals()
            pmap_be_original()
            pmap_restore_descriptor_limit()
            pmap_leave_no_core()
            pmap_join_barriers()
            guard pmap_die_with(host) else { _exit(1) }
            pmap_pass_interrupts(host)
            let status = body()
            Process.exit(status)
        }
        setpgid(pid, pid)  // as the child does itself: whoever is first
        let death = try openDeath(of: pid)
        defer { close(death) }
        return Child(pid: pid, death: try Descriptor(copying: death))
    }

    /// In a forked child: it is killed when `parent` ends, whatever it has done since about its signals and rights.
    package static func keepDying(with parent: Int32) {
        if !pmap_still_die_with(parent) { killGroup(getpid()) }
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
    package static func leaveNow() -> Never { _exit(1) }

    /// Kills the child and what it started.
    package borrowing func kill() {
        if status == nil { Child.killGroup(pid) }
    }

    /// Stops the child and what it started, or lets them go on.
    package borrowing func suspend(_ isStopped: Bool) {
        if status == nil { _ = Glibc.kill(-pid, isStopped ? SIGSTOP : SIGCONT) }
    }

    /// Sends `signal` to the child alone.
    package borrowing func send(_ signal: Int32) {
        if status == nil { _ = Glibc.kill(pid, signal) }
    }

    /// Waits for the end, and kills what the child left running.
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
