// How many items ended in which way, and why a run is over.

package import Posix
package import Wire

/// How many items ended in which way.
package struct Tally: Equatable, Sendable {
    package var succeeded = 0
    /// Items that succeeded and gave a record, where entries say so.
    package var records = 0
    package var failed: [Failure.Kind: Int] = [:]
    /// Blank lines, which are no items.
    package var blank = 0
    /// Cut and never run.
    package var skipped = 0
    /// Outcomes that were dropped: their items had one.
    package var repeated = 0
    /// Chunks that were lost with a remote, and run again.
    package var chunksLost = 0
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
    /// Results could not be joined.
    case joinFailed(JoinFailure)
    /// `setup` failed everywhere, or no process was to be had.
    case noWorkers(Failure, inSetup: Bool)
}
