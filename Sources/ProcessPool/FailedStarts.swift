// Whether the slot of a worker that did not come to its first item is filled again. Failures in, answers out; no clock.

/// What became of the workers that were to start in each slot of a run.
package struct FailedStarts {
    package enum Failure: CaseIterable {
        /// There was no process to be had.
        case fork
        /// It was killed before it was ready.
        case killed
        /// `setup` has failed, or has left.
        case setup
    }

    private var failures: [Int: Int] = [:]
    private var wereReady: Set<Int> = []

    /// So many workers in a row that did not come to their first item are no accident; fewer where none ever has, since what
    /// kills in `setup`, such as want of memory, does so again and may take its time.
    package static let (mostFailures, mostFirstFailures) = (10, 3)

    package init() {}

    /// A worker there was ready for its first item.
    package mutating func noteReady(_ slot: Int) {
        wereReady.insert(slot)
        failures[slot] = nil
    }

    /// Whether another worker is to be tried there, as long as others work. A `setup` that has never succeeded there would
    /// fail again; a process may be had at any time.
    package mutating func mayRefill(_ slot: Int, after failure: Failure) -> Bool {
        failures[slot, default: 0] += 1
        let wasReady = wereReady.contains(slot)
        switch failure {
        case .fork: return true
        case .killed:
            return failures[slot, default: 0] < (wasReady ? FailedStarts.mostFailures : FailedStarts.mostFirstFailures)
        case .setup: return wasReady && !isHopeless(slot)
        }
    }

    /// Whether it has been tried often enough, if nobody works anywhere.
    package func isHopeless(_ slot: Int) -> Bool { failures[slot, default: 0] >= FailedStarts.mostFailures }

    /// Nanoseconds from one try to have a process to the next.
    package func delay(_ slot: Int) -> Int { 50_000_000 * min(failures[slot, default: 1], 20) }
}
