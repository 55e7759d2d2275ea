// Descriptors that tell when processes end, for one wait.

import CPosixBridge
import Glibc

/// Descriptors that are readable when their processes have ended, for one wait. A process that has ended already has none.
package struct Pidfds: ~Copyable {
    let numbers: [Int32]

    package init(_ pids: [Int32]) {
        numbers = pids.map { pmap_pidfd_open($0) }.filter { $0 >= 0 }
    }

    deinit {
        for each in numbers { close(each) }
    }
}
