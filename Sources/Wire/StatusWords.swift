// A worker's status page: words in shared memory with the item being run and the committed length of the outbox, valid at
// any moment and after any death. Unsafe because it is in memory that two processes share.

import Synchronization

/// Words that one process stores and another loads. A store is visible only after everything stored before it.
@safe package struct StatusWords {
    package enum Word: Int, CaseIterable {
        /// The number of the item being run, from 1; 0 before the first.
        case current
        /// Items in the open batch (upper half) and its finished bytes (lower half), as one word so that they agree.
        case committed
        /// Which batch is open, from 1.
        case batch
        /// 1 when `setup` has been run, 2 from where `teardown` begins, and 3 when all is done.
        case ready
        /// Not 0 while a batch is being sent: the running item waits for the host, and its time does not count.
        case sending
        /// Set by the host: the number of an item that has had its time.
        case overdue
        /// Set by the host: the number of an overdue item that has had its time to unwind as well.
        case forced
        /// Set by the host: one more than the items that may be begun in all, as `Outbox.beginChunk` counts them; 0 is
        /// no limit.
        case limit
    }

    /// The bytes of the words, at the start of a shared page.
    package static let size = 64

    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    /// `memory` must hold `size` zeroed bytes and outlive this value.
    package init(in memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress, memory.count >= StatusWords.size else {
            preconditionFailure("the status words need \(StatusWords.size) bytes")
        }
        unsafe words = start.bindMemory(to: Atomic<UInt64>.self, capacity: Word.allCases.count)
    }

    /// The address of a word, for a signal handler.
    package func address(of word: Word) -> UnsafeRawPointer { unsafe UnsafeRawPointer(words + word.rawValue) }

    /// A full memory barrier.
    package func fence() { atomicMemoryFence(ordering: .sequentiallyConsistent) }

    package func load(_ word: Word) -> UInt64 { unsafe words[word.rawValue].load(ordering: .acquiring) }
    package func store(_ value: UInt64, _ word: Word) { unsafe words[word.rawValue].store(value, ordering: .releasing) }
}
