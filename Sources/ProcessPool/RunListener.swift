// Who listens to a run: told what happens as it happens, and shown the run whenever they want to see it. They know nothing
// of each other, and the run nothing of them: it tells only when there is somebody.

package import Posix
package import Wire

/// Progress, statistics, logs, pictures.
package protocol RunListener: AnyObject {
    /// `now` is the clock's, in nanoseconds.
    func hear(_ news: RunNews, now: Int)
    /// When it wants to see the run next; nil for never.
    var nextLook: Int? { get }
    func look(_ view: RunView, now: Int)
}

/// What has happened. Workers count from 1.
package enum RunNews: Equatable {
    /// The source has cut a chunk.
    case cut(Chunk)
    /// What the items of a chunk came to in an earlier run.
    case restored(Chunk, [Outcome])
    case started(worker: Int, pid: Int32)
    case sent(Chunk, worker: Int)
    /// Items of a chunk, the next ones of it.
    case succeeded(Chunk, items: Int, worker: Int, times: ArraySlice<ItemTime>)
    /// The next item of a chunk has failed; for good, or to be run again after so many nanoseconds.
    case failed(FailedItem, of: Chunk, retryDelay: Int?)
    /// An item of a chunk has no outcome, as the run ended while it ran.
    case killed(item: Int, of: Chunk, worker: Int, ItemTime)
    /// A worker has come to the end of a chunk, of which it has run so many items.
    case chunkEnded(worker: Int, items: Int, nanoseconds: Int)
    case died(worker: Int, ExitStatus)
    /// A worker is about to be told to leave.
    case dismissed(worker: Int)
    /// Those workers that are left are about to be killed, whatever they are on.
    case killing
    /// Something keeps the run from going on, or does so no more.
    case waits(RunWait, Bool)
    /// What the host itself has done; such times do not overlap.
    case worked(HostWork, start: Int, nanoseconds: Int)
    /// The terminal is another's now: of the shell, as after Ctrl-Z, or of a worker.
    case suspended
    /// There is a process of the script's that joins results.
    case joins(pid: Int32)
    /// A worker has joined some of its results, which took so long.
    case joinedHere(worker: Int, nanoseconds: Int)
    /// All items are done; what was not joined yet is joined now.
    case joining
    case joined(JoinWork)
    case ended(Ending, Tally)
}

/// What the process has done that joins results.
package struct JoinWork: Equatable {
    /// Nanoseconds: of processors, from its start to its end, and of these from the end of the items on.
    package let (processor, wall, last): (Int, Int, Int)
    /// Of the output.
    package let bytes: Int

    package init(processor: Int, wall: Int, last: Int, bytes: Int) {
        (self.processor, self.wall, self.last, self.bytes) = (processor, wall, last, bytes)
    }
}

/// What a run waits for.
package enum RunWait: String, CaseIterable {
    /// The source has nothing yet.
    case input
    /// The reader of the output.
    case reader
    /// An item, behind which there is no room for more results.
    case order
}

package enum HostWork: String, CaseIterable {
    /// Chunks are cut from the input.
    case cut
    /// What workers tell is accounted for, and put in order.
    case gather
    /// Results are put into the spill file, and taken out.
    case spill
    case write
}

/// A run as it is at a moment.
package struct RunView: Equatable {
    package let tally: Tally
    /// How many items there are, once that is known.
    package let totalItems: Int?
    /// What the source has not cut yet, where it knows.
    package let rest: SourceRest?
    /// Items that have failed and are run again.
    package let retrying: Int
    package let occupations: [Occupation]
    /// Bytes of results that the output has not taken.
    package let bytesWaiting: Int
    /// Results, of one item or some, that wait for those of earlier items.
    package var resultsKept = 0
    /// The input has nothing for now, and is not at its end.
    package var isSourceDry = false
}
