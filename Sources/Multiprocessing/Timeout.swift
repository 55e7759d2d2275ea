// Timeouts and the deadlines that follow from them.

import Posix

/// How long a call may wait.
package enum Timeout: Equatable {
    case none, forever
    case seconds(Double)

    /// A moment of `Clock`, or nil for never.
    var deadline: Int? {
        switch self {
        case .none: 0
        case .forever: nil
        case .seconds(let seconds):
            seconds < 9e9 ? Clock.now() + Int(max(0, seconds) * 1e9) : nil
        }
    }
}
