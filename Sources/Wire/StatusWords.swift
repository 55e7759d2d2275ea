// A worker's status page in Swift; what the words mean, and what C does with them too, is in status.h. Unsafe because it is
// in memory that two processes share.

package import Bytes
package import CPosixBridge
import Synchronization

@safe package struct StatusWords {
    /// How far a worker is.
    package enum Phase: UInt64 {
        /// `setup` has not ended.
        case beginning
        case ready
        /// From where `teardown` begins.
        case leaving
        /// All is done and sent.
        case gone
    }

    /// The bytes of the words, at the start of a shared page.
    package static let size = MemoryLayout<pmap_status>.size

    /// For C.
    package let words: UnsafeMutablePointer<pmap_status>

    /// Of the memory where `buffer` begins, which must hold `size` zeroed bytes and outlive this value.
    package init(in buffer: borrowing ByteBuffer) {
        precondition(buffer.capacity >= StatusWords.size, "the status words need \(StatusWords.size) bytes")
        unsafe words = buffer.base.bindMemory(to: pmap_status.self, capacity: 1)
    }

    /// A full memory barrier.
    package func fence() { atomicMemoryFence(ordering: .sequentiallyConsistent) }

    package var current: Int {
        get { unsafe Int(truncatingIfNeeded: pmap_load(&words.pointee.current)) }
        nonmutating set { unsafe pmap_store(&words.pointee.current, UInt64(newValue)) }
    }

    /// What of the open batch is committed; the word is 0 when nothing is.
    struct Committed {
        let word: UInt64
        var items: Int { Int(pmap_committed_items(word)) }
        var bytes: Int { Int(pmap_committed_bytes(word)) }
    }

    var committed: Committed { unsafe Committed(word: pmap_load(&words.pointee.committed)) }
    func commit(items: Int, bytes: Int) { unsafe pmap_commit(words, UInt64(items), UInt64(bytes)) }

    package internal(set) var batch: UInt64 {
        get { unsafe pmap_load(&words.pointee.batch) }
        nonmutating set { unsafe pmap_store(&words.pointee.batch, newValue) }
    }

    package internal(set) var phase: Phase {
        get { unsafe Phase(rawValue: pmap_load(&words.pointee.phase)) ?? .ready }
        nonmutating set { unsafe pmap_store(&words.pointee.phase, newValue.rawValue) }
    }

    package internal(set) var isSending: Bool {
        get { unsafe pmap_load(&words.pointee.sending) != 0 }
        nonmutating set { unsafe pmap_store(&words.pointee.sending, newValue ? 1 : 0) }
    }

    func isStopped(begun: UInt64) -> Bool { unsafe pmap_is_stopped(words, begun) }
    func mayBegin(item: Int, _ begun: inout UInt64) -> Bool { unsafe pmap_may_begin(words, UInt64(item), &begun) }

    // MARK: Times of the open batch's items

    /// Of how many items they are kept.
    static let mostTimes = Int(pmap_times)

    /// Nanoseconds of the clock that does not stop.
    static func now() -> UInt64 { pmap_now() }

    func beginTime(ofItem place: Int) { unsafe times[place].start = pmap_now() }
    func endTime(ofItem place: Int, bytes: Int) { unsafe pmap_end_item_time(words, UInt64(place), UInt64(bytes)) }

    /// Appends the times of the first `count` items of the batch, as far as they are kept.
    func appendTimes(ofItems count: Int, to buffer: inout ByteBuffer) {
        unsafe buffer.append(
            UnsafeRawBufferPointer(start: times, count: min(count, StatusWords.mostTimes) * ItemTime.size))
    }

    /// When the running item began, where times are kept.
    package var startOfRunning: Int {
        unsafe Int(truncatingIfNeeded: times[min(committed.items, StatusWords.mostTimes)].start)
    }

    /// The worker is at one of the items of which it has told nothing.
    package func isRunning(in items: Range<Int>) -> Bool {
        items.contains(current) && current - items.lowerBound >= committed.items
    }

    /// How long the running item has run, where times are kept.
    package func timeOfRunning(at now: Int) -> ItemTime {
        ItemTime(start: startOfRunning, nanoseconds: max(0, now - startOfRunning))
    }

    private var times: UnsafeMutablePointer<pmap_item_time> { unsafe pmap_item_times(words) }

    // MARK: Of the host

    package var overdue: Int {
        get { unsafe Int(truncatingIfNeeded: pmap_load(&words.pointee.overdue)) }
        nonmutating set { unsafe pmap_store(&words.pointee.overdue, UInt64(newValue)) }
    }

    package func force(_ item: Int) { unsafe pmap_store(&words.pointee.forced, UInt64(item)) }

    /// Sets how many items may be begun in all; nil is no limit.
    package func limit(_ items: Int?) {
        if let items { unsafe pmap_limit(words, UInt64(items)) } else { unsafe pmap_store(&words.pointee.limit, 0) }
    }
}
