// The formats of output.

/// The format of a record made of results.
package enum OutputFormat: String, CaseIterable, Sendable {
    case lines, nul, jsonl, csv, tsv, lua, none

    /// The format `--to` names.
    package init(named name: String) throws(RecordError) {
        self = try format(named: name)
    }

    /// Records are rows under the columns of the run.
    package var isTable: Bool { self == .csv || self == .tsv }

    /// The byte after each record.
    package var terminator: UInt8 { self == .nul ? 0 : UInt8(ascii: "\n") }
}
