// What processors have done for this process.

import CPosixBridge
import Glibc

/// The time of the program and of the kernel for it, in nanoseconds.
package enum ProcessorTime {
    package static func own() -> Int { used(by: RUSAGE_SELF) }
    /// Of the children that were waited for, and of theirs.
    package static func ofChildren() -> Int { used(by: RUSAGE_CHILDREN) }

    /// Of a process that was not waited for, without its children; nil when it is gone.
    package static func of(_ pid: Int32) -> Int? {
        var clock = clockid_t()
        var time = timespec()
        guard unsafe clock_getcpuclockid(pid, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else { return nil }
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func used(by who: __rusage_who) -> Int {
        var usage = rusage()
        unsafe getrusage(who.rawValue, &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + $1.tv_sec * 1_000_000_000 + $1.tv_usec * 1000 }
    }
}
