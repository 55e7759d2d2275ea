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
        _ readable: [Int32], _ watched: borrowing Pidfds, nanoseconds: Int
    ) -> Bool {
        var descriptors = (readable + watched.numbers).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
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
