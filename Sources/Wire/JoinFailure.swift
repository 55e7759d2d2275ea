// Results that could not be joined, as plain data that crosses the process boundary.

import Bytes

/// The items of two values that were joined.
package struct JoinedItems: Equatable, Sendable {
    package let left, right: ClosedRange<Int>

    package init(left: ClosedRange<Int>, right: ClosedRange<Int>) { (self.left, self.right) = (left, right) }
}

/// Why results could not be joined, which ends the run.
package struct JoinFailure: Error, Equatable {
    package let failure: Failure
    /// Nil where it was not the joining of two values.
    package let items: JoinedItems?

    package init(_ failure: Failure, of items: JoinedItems? = nil) { (self.failure, self.items) = (failure, items) }
}

/// Four numbers of items u64, 0 for none, and the fields of a failure.
extension ByteBuffer {
    mutating func append(_ join: JoinFailure) {
        let (left, right) = (join.items?.left, join.items?.right)
        for item in [left?.lowerBound, left?.upperBound, right?.lowerBound, right?.upperBound] {
            append(native: UInt64(item ?? 0))
        }
        append(join.failure)
    }

    func joinFailure(in range: Range<Int>) -> JoinFailure? {
        guard range.count >= 32 else { return nil }
        let items = (0..<4).map { Int(truncatingIfNeeded: load(UInt64.self, at: range.lowerBound + 8 * $0)) }
        let failure = failure(in: range.dropFirst(32))
        guard items[0] > 0, items[0] <= items[1], items[2] > 0, items[2] <= items[3] else {
            return JoinFailure(failure)
        }
        return JoinFailure(failure, of: JoinedItems(left: items[0]...items[1], right: items[2]...items[3]))
    }
}
