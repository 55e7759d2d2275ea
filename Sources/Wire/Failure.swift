// What a failed item left behind, as plain data that crosses the process boundary.

/// Why one item gave no result.
package struct Failure: Error, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The task raised, or returned nil and a message.
        case error
        /// The worker died while it ran the item.
        case crash
        /// The item took longer than it may.
        case timeout
    }

    package var kind: Kind
    package var message: String
    package var traceback: String?
    /// The item as text, when somebody wants to know.
    package var input: String?

    package init(_ kind: Kind, _ message: String, traceback: String? = nil, input: String? = nil) {
        self.kind = kind
        self.message = message
        self.traceback = traceback
        self.input = input
    }
}

/// Fields in a row: each text as its length, 2⁶⁴-1 for none, and its bytes.
extension WireBuffer {
    package mutating func append(field text: String?) {
        guard let text else { return append(native: UInt64.max) }
        append(native: UInt64(text.utf8.count))
        append(text)
    }

    /// The field at `offset`, which moves behind it; nil also where there is no whole field.
    package func field(at offset: inout Int, end: Int) -> String? {
        guard end - offset >= 8 else { return nil }
        let length = load(UInt64.self, at: offset)
        offset += 8
        guard length <= UInt64(end - offset) else { return nil }
        defer { offset += Int(length) }
        return String(decoding: array(offset..<offset + Int(length)), as: UTF8.self)
    }

    mutating func append(_ failure: Failure) {
        for text in [failure.kind.rawValue, failure.message, failure.traceback, failure.input] { append(field: text) }
    }

    func failure(in range: Range<Int>) -> Failure {
        var offset = range.lowerBound
        let kind = field(at: &offset, end: range.upperBound).flatMap(Failure.Kind.init)
        let message = field(at: &offset, end: range.upperBound)
        let traceback = field(at: &offset, end: range.upperBound)
        let input = field(at: &offset, end: range.upperBound)
        return Failure(kind ?? .error, message ?? "(no message)", traceback: traceback, input: input)
    }
}
