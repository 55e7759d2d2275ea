// Where a run's chunks come from, and where outcomes are kept for a later run.

package import Wire

/// Cuts the input into chunks of numbered items, in order.
package protocol ChunkSource: AnyObject {
    /// The next chunk, of at most `items` items.
    func nextChunk(items: Int) throws(Failure) -> NextChunk
    /// How many items are left, if that can be told without waiting and takes no longer than so many nanoseconds; there
    /// will be no further cut.
    func countRest(within nanoseconds: Int) -> Int?
    /// What is not cut into chunks yet; nil where that is not known, as of a pipe.
    var rest: SourceRest? { get }
    /// Readable when more can be cut after `.dry`.
    var waitsOn: Int32? { get }
    /// More may be there before `waitsOn` says so, and the host asks now and then.
    var isLookedAt: Bool { get }
    /// What a forked worker closes.
    var descriptors: [Int32] { get }
}

/// What is left of a source, as far as it knows: items, and bytes of items that it has not counted.
package struct SourceRest: Equatable {
    package var items: Int
    package var bytes: Int

    package init(items: Int = 0, bytes: Int = 0) { (self.items, self.bytes) = (items, bytes) }

    package static func + (left: SourceRest, right: SourceRest) -> SourceRest {
        SourceRest(items: left.items + right.items, bytes: left.bytes + right.bytes)
    }
}

package enum NextChunk {
    case chunk(Chunk)
    /// What each item of this chunk came to in an earlier run.
    case restored(Chunk, [Outcome])
    case dry
    case end
}

/// What an item came to, as a later run wants it.
package enum Outcome: Equatable {
    case success([UInt8], ItemTraits)
    /// `worker` counts from 1.
    case failure(Failure, attempts: Int, worker: Int)
}

/// Keeps what items come to. It never waits, and what fails in it is asked for, not thrown: results are on their way.
package protocol OutcomeLog: AnyObject {
    func record(_ outcome: Outcome, item: Int, of chunk: Chunk)
    /// A worker has loaded a module, on which what it tells from now on may depend; `digest` stands for what its file
    /// held, nil for one from no file.
    func recordModule(_ name: String, digest: [UInt8]?)
    /// Makes what was noted last, when it has waited long enough; `now` is the clock's.
    func commit(now: Int)
    var hasUncommitted: Bool { get }
    /// Why it cannot keep any more.
    var failure: Failure? { get }
}
