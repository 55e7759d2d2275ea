// Failures by message: the first messages have a group each, with an example, and the others are counted.

import Bytes
import Wire

struct FailureGroups {
    struct Group: Equatable {
        let kind: Failure.Kind
        let message: String
        /// Of the first failure.
        let traceback: String?
        /// The first item, where it is from, and what it was, where that is known.
        let (item, input, position): (Int, Int, Int)
        let text: String?
        /// Nanoseconds since the run's start.
        let first: Int
        var last: Int
        var count = 1
    }

    private(set) var groups: [Group] = []
    /// Failures with other messages.
    private(set) var others = 0
    private var places: [Key: Int] = [:]
    private let capacity: Int

    private struct Key: Hashable {
        let kind: Failure.Kind
        let message: String
    }

    /// Bytes: messages that are the same so far are the same, and of a traceback no more is kept.
    private static let (messageLimit, tracebackLimit) = (1000, 4000)

    init(capacity: Int) { self.capacity = capacity }

    /// The group of a failure of the item, at a time.
    mutating func add(_ failure: Failure, item: Int, input: Int, position: Int, at time: Int) -> Int? {
        let message = failure.message.truncated(toBytes: FailureGroups.messageLimit)
        // The process that has crashed is another one each time.
        let key = Key(
            kind: failure.kind,
            message: failure.kind == .crash ? message.replacing(#/ \(pid \d+\)/#, with: "") : message)
        if let place = places[key] {
            groups[place].count += 1
            groups[place].last = max(groups[place].last, time)
            return place
        }
        guard groups.count < capacity else {
            others += 1
            return nil
        }
        places[key] = groups.count
        groups.append(
            Group(
                kind: failure.kind, message: key.message,
                traceback: failure.traceback?.truncated(toBytes: FailureGroups.tracebackLimit), item: item,
                input: input, position: position, text: failure.input?.truncated(toBytes: FailureGroups.messageLimit),
                first: time, last: time))
        return groups.count - 1
    }
}
