// What a run is told and what it tells: the source of its chunks, whoever watches, how it ended.

package import Posix
package import Wire

/// Cuts the input into chunks of numbered items, in order.
package protocol ChunkSource: AnyObject {
    /// The next chunk, of at most `items` items.
    func cut(items: Int) throws(Failure) -> Cut
    /// How many items are left, if that can be told without waiting and takes no longer than so many nanoseconds; there
    /// will be no further cut.
    func countRest(within nanoseconds: Int) -> Int?
    /// Readable when more can be cut after `.nothingYet`.
    var waitsOn: Int32? { get }
    /// More may be there before `waitsOn` says so, and the host asks now and then.
    var isLookedAt: Bool { get }
    /// What a forked worker closes.
    var descriptors: [Int32] { get }
}

package enum Cut {
    case chunk(Chunk)
    /// What each item of this chunk came to in an earlier run.
    case recalled(Chunk, [Outcome])
    case nothingYet
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
    func note(_ outcome: Outcome, item: Int, of chunk: Chunk)
    /// A worker has loaded a module, on which what it tells from now on may depend; `digest` stands for what its file
    /// held, nil for one from no file.
    func noteModule(_ name: String, digest: [UInt8]?)
    /// Makes what was noted last, when it has waited long enough; `now` is the clock's.
    func settle(now: Int)
    var hasUnsettled: Bool { get }
    /// Why it cannot keep any more.
    var failure: Failure? { get }
}

/// An item that gave no result.
package struct FailedItem {
    package let item: Int
    /// With the first bytes of its payload only.
    package let chunk: Chunk
    package let failure: Failure
    package let attempts: Int
    /// From 1.
    package let worker: Int

    /// The next item of `chunk`; `worker` counts from 0.
    init(_ failure: Failure, of chunk: Chunk, attempts: Int? = nil, worker: Int) {
        (item, self.chunk, self.failure) = (chunk.next, chunk.withoutRecords, failure)
        (self.attempts, self.worker) = (attempts ?? chunk.attempt, worker + 1)
    }
}

/// Is told of what happens, in the order of the items.
package protocol RunObserver: AnyObject {
    /// Answers the bytes to be written in place of the item's record, if any.
    func failed(_ item: FailedItem) -> [UInt8]
    /// Bytes a task wrote for standard error.
    func text(_ bytes: [UInt8])
    /// Something that concerns the whole run.
    func notice(_ notice: Notice)
    /// What such a notice comes to on standard error, for a signal's handler to write.
    func message(of notice: Notice) -> [UInt8]
    /// Where its words go that somebody has not taken yet: `write` is called when there is room.
    var unwritten: [Int32] { get }
    func write()
    /// Nothing more should happen for now that it would have to tell of.
    var isOverfull: Bool { get }
}

extension RunObserver {
    package func message(of notice: Notice) -> [UInt8] { [] }
    package var unwritten: [Int32] { [] }
    package func write() {}
    package var isOverfull: Bool { false }
}

/// What a script may have done around the items of a worker.
package enum WorkerFunction: String { case setup, teardown }

package enum Notice: Equatable {
    /// A signal has come: what runs is finished, and no item begun.
    case finishing(Unfinished, signal: Int32)
    /// `setup` failed in one worker; the others go on.
    case setupFailed(Failure)
    /// `setup` or `teardown` takes long in one worker, which goes on.
    case takesLong(WorkerFunction, pid: Int32)
    /// `teardown` failed in one worker.
    case teardownFailed(Failure)
    /// There is no process to be had for a further worker.
    case fewerWorkers(PosixError)
    /// Somebody has asked what goes on.
    case asked([Occupation], Tally)
}

/// What is waited for before a run ends.
package struct Unfinished: Equatable {
    package var items = 0
    /// Workers in which each is run.
    package var setups = 0
    package var teardowns = 0
    /// Nobody takes what is to be written.
    package var output = false

    package init() {}
}

/// What a worker is doing.
package struct Occupation: Equatable {
    package let worker: Int
    package let pid: Int32
    /// It has run `setup`.
    package let isReady: Bool
    /// The item it is on, and the chunk that this is of.
    package let item: Int?
    package let chunk: Chunk?
}

/// How many items ended in which way.
package struct Tally: Equatable, Sendable {
    package var succeeded = 0
    /// Items that succeeded and gave a record, where entries say so.
    package var records = 0
    package var failed: [Failure.Kind: Int] = [:]
    /// Cut and never run.
    package var skipped = 0
    /// Of records, and of what was printed.
    package var bytes = 0
    /// Of these, what nobody had taken when the run was ended.
    package var unwrittenBytes = 0

    package init() {}

    package var failures: Int { failed.values.reduce(0, +) }
    package var items: Int { succeeded + failures + skipped }
}

/// Why a run is over.
package enum Ending: Equatable {
    /// Every item has its outcome.
    case completed
    /// As many items as it takes have failed, succeeded, or given a record.
    case halted(HaltPolicy)
    case signal(Int32)
    /// Every item so far has killed its worker.
    case crashLoop(deaths: Int)
    /// Nobody reads the output any more.
    case outputClosed
    case outputFailed(PosixError)
    case inputFailed(Failure)
    /// What items came to can not be kept any more.
    case logFailed(Failure)
    /// `setup` failed everywhere, or no process was to be had.
    case noWorkers(Failure, inSetup: Bool)
}
