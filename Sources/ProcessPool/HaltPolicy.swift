// When a run ends before its last item.

/// So many items that failed, succeeded, are done, or gave a record.
package struct HaltPolicy: Equatable, Sendable {
    package enum When: String, Sendable {
        /// Running items are killed, too.
        case now
        /// Running items are finished, no others begun.
        case soon
    }

    package enum Why: String, Sendable { case fail, success, done, record }

    package enum Amount: Equatable, Sendable {
        case items(Int)
        /// Of all items.
        case percent(Double)
    }

    package let when: When
    package let why: Why
    package let amount: Amount

    package init(_ when: When, _ why: Why, _ amount: Amount) {
        self.when = when
        self.why = why
        self.amount = amount
    }

    /// What `--on-error stop` means.
    package static let atFirstFailure = HaltPolicy(.now, .fail, .items(1))

    /// Something was looked for, and this much of it is enough.
    package var isGoal: Bool { why == .success || why == .record }

    /// `total` is how many items and blank lines there are, once that is known; a percentage of an unknown number is not
    /// reached.
    package func isReached(by tally: Tally, of total: Int?) -> Bool {
        let count =
            switch why {
            case .fail: tally.failures
            case .success: tally.succeeded
            case .done: tally.failures + tally.succeeded
            case .record: tally.records
            }
        switch amount {
        case .items(let items): return count >= items
        case .percent(let percent):
            return total.map { count > 0 && Double(count) * 100 >= percent * Double($0 - tally.blank) } ?? false
        }
    }
}
