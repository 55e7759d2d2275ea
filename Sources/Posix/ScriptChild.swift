// Processes that a script forks: copies of itself, which stay in its process group and die with it.

import CPosixBridge
import Glibc

/// A forked copy of this process, in its parent.
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
    package var pidfdNumber: Int32 { pidfd.number }

    /// Forks, and answers nil in the child, which is killed when this process ends.
    package static func fork() throws(PosixError) -> ScriptChild? {
        let parent = getpid()
        let pid = try Child.forkProcess()
        if pid == 0 {
            if !pmap_tie_to_parent(parent) { _exit(1) }
            return nil
        }
        return ScriptChild(pid: pid, pidfd: Descriptor(owning: try Child.openPidfd(of: pid)))
    }

    package var hasEnded: Bool { status != nil || Descriptor.isReadable(pidfd.number) }

    /// How it ended, if it has.
    package func reap() -> ExitStatus? {
        if status == nil { status = ExitStatus.reaped(pid) }
        return status
    }

    package func send(_ signal: Int32) {
        if status == nil { kill(pid, signal) }
    }

    package static func send(_ signal: Int32, to pid: Int32) { kill(pid, signal) }

    /// A SIGINT does not end this process, but those that it forks.
    package static func ignoreInterrupts() { pmap_ignore_interrupts() }

    /// From here on this process and those that it starts are a group, which is killed when its parent ends.
    package static func leadGroup() {
        let parent = getppid()
        if !pmap_tie_group_to_parent(parent) { _exit(1) }
        pmap_be_original()
    }

    /// Stops and continues the group of a worker with this process, as if it were in its own group; a `pid` of 0 frees the
    /// index.
    package static func setStopGroup(_ pid: Int32, at index: Int) { pmap_set_stop_group(index, pid) }

    /// Kills the processes that the leader of a group has left running.
    package static func killGroup(_ pid: Int32) { kill(-pid, SIGKILL) }
}
