// The forms a record can have on the way out.

/// How results become a record.
package enum OutputFormat: String, CaseIterable, Sendable {
    case lines, nul, jsonl, lua, none

    /// The format `--to` names.
    package init(named name: String) throws(RecordError) {
        self = try format(named: name)
    }

    /// The byte after each record.
    package var terminator: UInt8 { self == .nul ? 0 : UInt8(ascii: "\n") }
}
