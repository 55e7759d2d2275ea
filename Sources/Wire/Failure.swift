// The failure of an item, as plain data that crosses the process boundary.

package import Bytes

/// Why an item has no result.
package struct Failure: Error, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The task raised, or returned nil and a message.
        case error
        /// The worker died while it ran the item.
        case crash
        /// The item took longer than its time limit.
        case timeout
    }

    package var kind: Kind
    package var message: String
    package var traceback: String?
    /// The item, or what a value is in JSON, when it is wanted.
    package var input: ByteString?
    /// What the task printed before it failed.
    package var printed: [UInt8] = []
    /// It is not retried.
    package var isFinal = false
    /// The task has returned nil and this message.
    package var isReturned = false
    /// The failure depends on the run's seed and the item's number.
    package var drewRandomNumbers = false
    /// It is about this run more than about the item, and no journal keeps it.
    package var isTransient = false

    package init(_ kind: Kind, _ message: String, traceback: String? = nil, input: ByteString? = nil) {
        self.kind = kind
        self.message = message
        self.traceback = traceback
        self.input = input
    }
}

/// Fields in a row: each as its length, 2⁶⁴-1 for none, and its bytes.
extension ByteBuffer {
    package mutating func append(field bytes: [UInt8]?) {
        append(native: bytes.map { UInt64($0.count) } ?? UInt64.max)
        append(bytes ?? [])
    }

    /// The field at `offset`, which moves to its end; nil also where there is no complete field.
    package func field(at offset: inout Int, end: Int) -> [UInt8]? {
        guard end - offset >= 8 else { return nil }
        let length = load(UInt64.self, at: offset)
        offset += 8
        guard length <= UInt64(end - offset) else { return nil }
        defer { offset += Int(length) }
        return array(offset..<offset + Int(length))
    }

    mutating func append(_ failure: Failure) {
        for text in [failure.kind.rawValue, failure.message, failure.traceback] {
            append(field: text.map { Array($0.utf8) })
        }
        append(field: failure.input?.bytes)
        append(field: failure.printed)
        for flag in [failure.isFinal, failure.drewRandomNumbers, failure.isTransient, failure.isReturned] {
            append(field: flag ? [] : nil)
        }
    }

    func failure(in range: Range<Int>) -> Failure {
        var offset = range.lowerBound
        let texts = (0..<3).map { _ in
            field(at: &offset, end: range.upperBound).map { String(decoding: $0, as: UTF8.self) }
        }
        var failure = Failure(
            texts[0].flatMap(Failure.Kind.init) ?? .error, texts[1] ?? "(no message)", traceback: texts[2],
            input: field(at: &offset, end: range.upperBound).map(ByteString.init))
        failure.printed = field(at: &offset, end: range.upperBound) ?? []
        failure.isFinal = field(at: &offset, end: range.upperBound) != nil
        failure.drewRandomNumbers = field(at: &offset, end: range.upperBound) != nil
        failure.isTransient = field(at: &offset, end: range.upperBound) != nil
        failure.isReturned = field(at: &offset, end: range.upperBound) != nil
        return failure
    }
}
