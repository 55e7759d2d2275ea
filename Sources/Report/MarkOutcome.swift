// What an attempt at an item came to, as the page colors it.

package import Wire

package enum MarkOutcome: Int, CaseIterable {
    case ok
    /// It has failed, and the item was to be run again.
    case retried
    case error, timeout, crash
    /// The run has ended before the item did.
    case killed

    package init(_ kind: Failure.Kind) {
        switch kind {
        case .error: self = .error
        case .timeout: self = .timeout
        case .crash: self = .crash
        }
    }

    package var name: String { "\(self)" }
}
