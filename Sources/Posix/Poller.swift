// Waiting for descriptors, signals and time, by ppoll(2).

import CPosixBridge
import Glibc

/// The descriptors of one wait, filled anew before each; a key says what each is for.
package struct Poller<Key> {
    private var descriptors: [pollfd] = []
    private var keys: [Key] = []

    package init() {}

    package mutating func removeAll() {
        descriptors.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
    }

    package mutating func watchReadable(_ descriptor: Int32, _ key: Key) { watch(descriptor, POLLIN, key) }
    package mutating func watchWritable(_ descriptor: Int32, _ key: Key) { watch(descriptor, POLLOUT, key) }
    /// Happens only when the other end is closed.
    package mutating func watchBroken(_ descriptor: Int32, _ key: Key) { watch(descriptor, 0, key) }

    private mutating func watch(_ descriptor: Int32, _ events: Int32, _ key: Key) {
        descriptors.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
        keys.append(key)
    }

    /// Waits until something happens, a caught signal arrives, or `milliseconds` have passed; answers the keys of what
    /// happened.
    package mutating func wait(milliseconds: Int64?) -> [Key] {
        let count = nfds_t(descriptors.count)
        let happened = unsafe descriptors.withUnsafeMutableBufferPointer {
            unsafe pmap_ppoll($0.baseAddress, count, milliseconds ?? -1)
        }
        guard happened > 0 else { return [] }  // nothing, or EINTR: the caller checks its signals
        return zip(descriptors, keys).lazy.filter { $0.0.revents != 0 }.map { $0.1 }
    }
}
