// Who is told of what happens in a run.

package import Posix
package import Wire

/// An item that gave no result.
package struct FailedItem: Equatable {
    package let item: Int
    /// Without the bytes of its records, unless they will be asked for.
    package let chunk: Chunk
    package let failure: Failure
    package let attempts: Int
    /// From 1.
    package let worker: Int
    /// When it ran, where times are kept.
    package let time: ItemTime?
    /// How its worker ended, if it did.
    package let status: ExitStatus?

    /// There was to be another attempt, of `chunk`, and will be none: the failure was told before.
    package func isToldAgain(of chunk: Chunk) -> Bool { chunk.attempt > attempts }

    /// The same item with another failure.
    func failing(_ failure: Failure) -> FailedItem { FailedItem(self, failure) }

    private init(_ item: FailedItem, _ failure: Failure) {
        (self.item, chunk, self.failure) = (item.item, item.chunk, failure)
        (attempts, worker, time, status) = (item.attempts, item.worker, item.time, item.status)
    }

    /// The next item of `chunk`; `worker` counts from 0.
    init(
        _ failure: Failure, of chunk: Chunk, attempts: Int? = nil, worker: Int, time: ItemTime? = nil,
        status: ExitStatus? = nil, keepsRecords: Bool = false
    ) {
        (item, self.chunk, self.failure) = (chunk.next, keepsRecords ? chunk : chunk.withoutRecords, failure)
        (self.attempts, self.worker) = (attempts ?? chunk.attempt, worker + 1)
        (self.time, self.status) = (time, status)
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
    /// A worker died while it joined what its items had given, which is not lost.
    case diedJoining(Failure)
    /// A process that was left to a worker failed.
    case processFailed(Failure)
    /// There is no process to be had for a further worker.
    case fewerWorkers(PosixError)
    /// The connection to a remote was lost, and with it what so many items have come to, which are run again.
    case lostRemote(host: String, reason: String, items: Int)
    /// A remote cannot be had; it is tried again, unless this was the last time.
    case unreachable(host: String, reason: String, isLast: Bool)
    /// Somebody has asked what goes on.
    case asked(RunView)
    /// The same, when all items are done.
    case joining(pid: Int32)
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
    /// A signal has stopped it.
    package let isStopped: Bool
    /// The item it is on, and the chunk that this is of.
    package let item: Int?
    package let chunk: Chunk?
    /// How long it has been on that item, at most.
    package var nanoseconds: Int?
}
