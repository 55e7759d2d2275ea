// Descriptors that are watched for long (epoll): the kernel keeps the list, so that a wait costs as much as what has
// happened, however many there are. The poller waits for the list itself.

import CPosixBridge
import Glibc

/// Descriptors watched for reading, each under a number of the owner's.
///
/// A descriptor must be removed before it is closed: a forked child may hold it, and then the list would.
package struct Watchlist: ~Copyable {
    private var list: Descriptor?
    /// The most owners that are answered at once; the others are at the next call.
    private static let mostAtOnce = 256

    package init() {}

    /// Readable when one of them is; nil until one was added.
    package private(set) var number: Int32?

    package mutating func add(_ descriptor: Int32, _ owner: Int) throws(PosixError) {
        if list == nil {
            let made = pmap_watchlist()
            if made < 0 { throw PosixError("epoll_create") }
            defer { close(made) }
            let copy = try Descriptor(copying: made)
            number = copy.number
            list = consume copy
        }
        if pmap_watch(number ?? -1, descriptor, Int64(owner)) != 0 { throw PosixError("epoll_ctl") }
    }

    package func remove(_ descriptor: Int32) {
        if let number { _ = pmap_unwatch(number, descriptor) }
    }

    /// The owners of those that can be read now.
    package func ready() -> [Int] {
        guard let number else { return [] }
        var owners = [Int64](repeating: 0, count: Watchlist.mostAtOnce)
        let count = retrying { unsafe pmap_ready(number, &owners, Int32(Watchlist.mostAtOnce)) }
        return owners.prefix(Int(max(count, 0))).map { Int($0) }
    }
}
