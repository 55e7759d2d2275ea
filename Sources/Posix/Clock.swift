// Time that never jumps.

import Glibc

package enum Clock {
    /// Nanoseconds since some fixed moment; unmoved by changes of the date.
    package static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
