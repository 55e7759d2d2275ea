// How one process of a tree wakes another, and the one place where a script's process sleeps; see arena.h.

import CPosixBridge
import Glibc

package enum Rings {
    /// From here on until `forget`, a ring or another signal ends the next wait, here or at a poller.
    package static func expect() { pmap_ring_expect() }
    package static func forget() { pmap_ring_forget() }
    /// A moment for the processor's other thread.
    package static func pause() { pmap_ring_pause() }
    /// Lets another process run here that is ready to.
    package static func yield() { sched_yield() }
    package static func ring(_ pid: Int32) { if pid > 0 { pmap_ring(pid) } }

    /// Until a ring or another signal arrives, a descriptor is readable or a process ends; false when the time is over.
    package static func wait(
        _ readable: [Int32], _ watched: borrowing WatchedProcesses, nanoseconds: Int
    ) -> Bool {
        var descriptors = (readable + watched.pidfds).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = nfds_t(descriptors.count)
        return unsafe descriptors.withUnsafeMutableBufferPointer {
            unsafe pmap_ring_wait($0.baseAddress, count, Int64(nanoseconds)) != 0
        }
    }

    /// Until a ring or another signal arrives; no longer than `seconds`.
    package static func wait(seconds: Double) {
        guard seconds > 0 else { return }  // nan too
        _ = pmap_ring_wait(nil, 0, Int64(min(seconds, 1e9) * 1e9))
    }

    /// Whether reading would not wait now.
    package static func isReadable(_ number: Int32) -> Bool {
        var descriptor = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) > 0
    }
}

/// Descriptors that tell of the ends of processes, for one wait. One that has ended already is not among them.
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
