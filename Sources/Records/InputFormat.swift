// The formats of input.

/// The terminator of a record, and how it is read.
package enum InputFormat: String, CaseIterable, Sendable {
    case lines, nul, jsonl

    /// The format `--from` names.
    package init(named name: String) throws(RecordError) {
        self = try format(named: name)
    }

    /// The byte after each record but perhaps the last.
    package var terminator: UInt8 { self == .nul ? 0 : UInt8(ascii: "\n") }
}
