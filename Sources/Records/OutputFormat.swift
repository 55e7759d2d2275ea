// The formats of output.

/// The format of a record made of results.
package enum OutputFormat: String, CaseIterable, Sendable {
    case lines, nul, jsonl, msgpack, csv, tsv, lua, none

    /// The format `--to` names.
    package init(named name: String) throws(RecordError) {
        self = try format(named: name)
    }

    /// Records are rows under the columns of the run.
    package var isTable: Bool { self == .csv || self == .tsv }

    /// A record is any bytes, and nothing for a terminal.
    package var isBinary: Bool { self == .msgpack }

    /// The byte after each record, if there is one.
    package var terminator: UInt8? {
        switch self {
        case .msgpack: nil
        case .nul: 0
        case .lines, .jsonl, .csv, .tsv, .lua, .none: UInt8(ascii: "\n")
        }
    }
}
