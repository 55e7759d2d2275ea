// Clocks.

import CPosixBridge
import Glibc

package enum Clock {
    /// Nanoseconds since some fixed moment; unmoved by changes of the date.
    package static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// Seconds since 1970, as far as this machine knows.
    package static func date() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
