// What a run is told, and what it answers.

import Posix
import Wire

/// What those who work in a slot can do.
struct SlotKind: Sendable {
    /// Chunks that it takes at once.
    let chunksAtOnce: Int
    /// What it has not begun can be given to others.
    let isRevocable: Bool
    /// Workers of another machine, and another run there: it tells of items as they are done, whatever their order, judges
    /// deaths and time limits by itself, and may be lost with all that it has not told.
    var isRemote = false

    /// A forked worker, with a status page that is seen at any time.
    static let process = SlotKind(chunksAtOnce: 2, isRevocable: true)
    /// This very process, which does nothing else meanwhile.
    static let here = SlotKind(chunksAtOnce: 1, isRevocable: false)
    /// A connection to a pmap on another machine.
    static let remote = SlotKind(chunksAtOnce: 2, isRevocable: false, isRemote: true)
}

extension Run {
    enum Event {
        /// The run is to begin.
        case begun

        // The source, asked by `askSource`
        case chunk(Chunk)
        /// What each item of a chunk came to in an earlier run.
        case restored(Chunk, [Outcome])
        /// It has nothing for now; `sourceReady` will follow.
        case sourceDry
        case sourceReady
        case sourceEnded
        case sourceFailed(Failure)

        // Slots
        /// `isReady` when `setup` has been run; `times` of the items that the entries finish, where they are kept. Actions
        /// speak of entries by their places in the list.
        case told(slot: Int, [Entry], times: [ItemTime] = [], isReady: Bool)
        /// Answers `revoke`: the limit is seen by the worker, or `current` is what it had begun before.
        case limited(Revocation, current: Int)
        case died(slot: Int, Death)
        /// The connection to a remote has ended.
        case lost(slot: Int, Loss)
        /// Answers `start`: there is no process to be had.
        case cannotStart(slot: Int, PosixError)
        /// Answers `lendTerminal`.
        case terminalRefused(slot: Int, TerminalQueue.Refusal)

        // This process
        /// No item is to be begun any more: the host, whose remote this is, says so.
        case stopped
        case signal(Int32, [Sight], outputIsEmpty: Bool)
        /// Ctrl-\ so many times; `isAsked` when somebody wants to know what goes on.
        case asked(quits: Int, isAsked: Bool, [Sight], bytesWaiting: Int)
        /// It is about to be stopped, and was stopped for some nanoseconds.
        case suspended
        case continued(nanoseconds: Int)

        // The output
        /// Answers `keep`: the bytes are in memory nevertheless.
        case notSpilled(id: Int, bytes: Int)
        case outputFailed(PosixError)
        /// Nobody reads the output any more.
        case outputClosed
        /// What items came to cannot be kept for a later run any more.
        case recordFailed(Failure)
        /// Answers `emit(.described)`: whether the rows have a place in the run's columns, and, if not, why.
        case placed(FailedItem, refusal: Failure?)

        // Time
        /// When `isLookDue` says so: all that are present, also whether they are stopped.
        case look([Sight])
        /// Whenever anything has happened; `sights` of all that are present when `wantsSights` says so.
        case tick([Sight], outputIsFull: Bool, messagesAreFull: Bool)
        /// Nothing more will be asked.
        case over
    }

    enum Action: Equatable {
        /// Answered by one of the source's events.
        case askSource(items: Int)
        /// Answered by `sourceReady` where the source cannot be waited for and may have something.
        case pollSource

        case start(Int)
        case send(Chunk, Int)
        /// The worker may begin so many items of all that it was ever sent; nil for as many as it likes.
        case limit(Int, items: Int?)
        /// The same, answered by `limited`.
        case revoke(Revocation)
        /// Answered by `told` with what the worker has finished and not sent, if it has told nothing for a while.
        case collect(Int)
        /// An ordinary Lua error is to be raised in the item; `isFinal` when it must not be caught.
        case interrupt(Int, item: Int, isFinal: Bool)
        /// The worker is to leave once it has done what it has.
        case dismiss(Int)
        /// What it tells is not to be believed any more.
        case distrust(Int)
        case kill(Int)
        case suspend(Int, Bool)

        case emit(Output)
        /// The host is to be told what finishes so many items, the next ones of the chunk; of no chunk when it is no item's.
        case relay(OutputSequencer.Result, items: Int, of: Chunk?)
        /// The bytes of these entries of the event wait, as `id`, until they are emitted; in the spill file if it `spills`.
        case keep(Range<Int>, id: Int, spills: Bool)
        /// The outcome is kept for a later run: of the entry, or a failure.
        case record(entry: Int, item: Int, of: Chunk)
        case recordFailure(Failure, attempts: Int, slot: Int, item: Int, of: Chunk)
        case recordModule(entry: Int)
        case notice(Notice)
        /// Those who listen are told.
        case tell(RunNews)
        /// Says that `setup` or `teardown` takes long.
        case mention(Int, WorkerFunction)

        case lendTerminal(Int)
        case resume(Int)
        case takeTerminalBack(Int, restoringModes: Bool)
        case stopHost
        /// Ctrl-\ twice.
        case quit
    }

    /// What leaves the run, in its order.
    enum Output: Equatable {
        case records(Bytes)
        /// Rows of the item, which fails if they have no place in the run's columns.
        case described(Bytes, FailedItem)
        case standardError(Bytes)
        case failed(FailedItem)
    }

    /// Bytes that whoever carries out the actions has.
    enum Bytes: Equatable {
        /// Of these entries of the event.
        case entries(Range<Int>)
        /// Kept before.
        case kept(id: Int)
    }

    /// What a worker is seen on.
    struct Sight {
        let slot: Int
        let isReady: Bool
        /// It runs `teardown`.
        let isInTeardown: Bool
        /// The last item it has begun.
        let current: Int
        let isSending: Bool
        /// How far worker and host have come with each other.
        let exchange: Deadlines.Exchange
        /// What of the terminal has stopped it, while it is stopped.
        let stop: TerminalQueue.Stop?
        let pid: Int32
        /// Something has stopped it.
        var isStopped = false
        /// When it began that item, where times are kept.
        var start: Int?
    }

    /// An order to give back all items behind the `limit`, to be shared out in so many parts.
    struct Revocation: Equatable {
        let slot: Int
        let limit: Int
        let parts: Int
    }

    /// How the connection to a remote has ended.
    struct Loss {
        /// The host's name.
        let host: String
        let reason: String
        /// The script was loaded there.
        let wasReady: Bool
        /// It has said that it has done all that it was to do.
        let hadLeft: Bool
    }

    /// How a worker ended.
    struct Death {
        let status: ExitStatus
        /// As messages name it.
        let name: String
        /// The last item it had begun, and how long that had run, where times are kept.
        let current: Int
        var time: ItemTime?
        /// `setup` has been run.
        let wasReady: Bool
        /// `teardown` had begun, and had not come to its end.
        let wasInTeardown: Bool
        /// It had done all that it was to do.
        let hadLeft: Bool
        /// Something else had written where it told the host.
        let isGarbled: Bool
        /// The kernel has killed somebody for want of memory during this run.
        let memoryWasShort: Bool
        /// It was joining what its items had given, or sending it.
        var wasSending = false
        /// What it had printed in the item that it was on.
        var printed: [UInt8] = []
    }
}
