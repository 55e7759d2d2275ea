// Wake-ups: how one process of a tree wakes another that sleeps; see arena.h.

import CPosixBridge
import Glibc

package enum WakeUp {
    /// From here on until `disarm`, a wake-up or another signal ends the next wait, here or at a poller.
    package static func arm() { pmap_wakeup_arm() }
    package static func disarm() { pmap_wakeup_disarm() }
    /// A moment for the processor's other thread.
    package static func pauseProcessor() { pmap_spin_pause() }
    /// Lets another process run here that is ready to.
    package static func yield() { sched_yield() }
    package static func send(to pid: Int32) { if pid > 0 { pmap_wake(pid) } }

    /// Sleeps until a wake-up or another signal arrives, a descriptor is readable or a process ends; false when the time
    /// is over.
    package static func wait(
        _ readable: [Int32], _ watched: borrowing WatchedProcesses, nanoseconds: Int
    ) -> Bool {
        var descriptors = (readable + watched.pidfds).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = nfds_t(descriptors.count)
        return unsafe descriptors.withUnsafeMutableBufferPointer {
            unsafe pmap_wakeup_wait($0.baseAddress, count, Int64(nanoseconds)) != 0
        }
    }

    /// Sleeps until a wake-up or another signal arrives; no longer than `seconds`.
    package static func wait(seconds: Double) {
        guard seconds > 0 else { return }  // nan too
        _ = pmap_wakeup_wait(nil, 0, Int64(min(seconds, 1e9) * 1e9))
    }
}

/// Descriptors that are readable when their processes have ended, for one wait. A process that has ended already has none.
package struct WatchedProcesses: ~Copyable {
    fileprivate let pidfds: [Int32]

    package init(_ pids: [Int32]) {
        pidfds = pids.map { pmap_pidfd_open($0) }.filter { $0 >= 0 }
    }

    deinit {
        for each in pidfds { close(each) }
    }
}

/// What this machine and this process are.
package enum Machine {
    /// Bytes of memory that this process may use: the machine's, or those that its control groups allow.
    package static func memory() -> Int {
        let limit = ControlGroups.smallest("memory") { folder, isUnified in
            ControlGroups.words("\(folder)/\(isUnified ? "memory.max" : "memory.limit_in_bytes")").first.flatMap {
                Int($0)
            }
        }
        return min(sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)), limit ?? .max)
    }

    package static func processNumber() -> Int32 { getpid() }
    package static func parentNumber() -> Int32 { getppid() }
}
