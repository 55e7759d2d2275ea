// The formats of input.

package import Bytes

/// What a record of an input is, and how it is read.
package enum InputFormat: String, CaseIterable, Sendable {
    case lines, nul, jsonl, msgpack, fields, csv, tsv, blocks

    /// The format that `--from` names; what stands after a colon is not read here.
    package init(named name: String) throws(RecordError) {
        self = try format(named: name)
    }

    /// It may have a header, which names the fields of its rows.
    package var hasHeader: Bool { self == .csv || self == .tsv }
}

/// How the records of an input lie in it.
package struct InputLayout: Equatable, Sendable {
    package var format = InputFormat.lines
    /// What separates the fields of a row; empty for spaces and tabs.
    package var separator: [UInt8] = []
    /// Bytes that a block has at least.
    package var blockSize = 0
    /// Records of an item; nil for one, which is no list.
    package var batch: Int?
    /// The first row of an input names the columns.
    package var hasHeader = false
    /// Lines at the beginning of each input that are none of its records; or values.
    package var skippedLines = 0
    /// Records are words of the command line, each ended by NUL: so many of them together, of which several are a list. 0 for
    /// other records.
    package var words = 0

    package init(_ format: InputFormat = .lines) {
        self.format = format
        hasHeader = format.hasHeader
        separator = format == .csv ? [UInt8(ascii: ",")] : format == .tsv ? [UInt8(ascii: "\t")] : []
    }

    /// What an item's value depends on, besides its bytes, by the option that says it.
    package var fingerprint: [String: String] {
        var options = ["--from": format == .fields ? "\(format.rawValue) \(separator)" : format.rawValue]
        if format == .csv && separator != InputLayout(.csv).separator { options["--separator"] = "\(separator)" }
        if format.hasHeader && !hasHeader { options["--no-header"] = "true" }
        options["--batch"] = batch.map { "\($0)" }
        if words > 1 { options[":::"] = "\(words)" }
        return options
    }

    /// How items are told apart.
    package var framing: RecordFraming {
        var framing = partFraming
        framing.batch *= batch ?? 1
        return framing
    }

    /// How the parts of a batch are: records, or combinations of words.
    var partFraming: RecordFraming {
        var framing = recordFraming
        framing.batch = max(words, 1)
        return framing
    }

    /// Positions in it are lines.
    package var hasLines: Bool { words == 0 && format != .nul && format != .msgpack }

    var isOfCombinations: Bool { words > 1 }
    /// An item is a list of what is read.
    var isList: Bool { batch != nil || isOfCombinations }

    /// How single records are.
    var recordFraming: RecordFraming {
        if words > 0 { return RecordFraming(.ended(by: 0)) }
        return switch format {
        case .csv: RecordFraming(.rows(separator: separator.first ?? 0))
        case .blocks: RecordFraming(.blocks(bytes: blockSize))
        case .nul: RecordFraming(.ended(by: 0))
        case .msgpack: RecordFraming(.values)
        case .lines, .jsonl, .fields, .tsv: .lines
        }
    }
}

// MARK: As text

extension InputLayout {
    /// An item as people write it: of several words these, with spaces between them.
    package func text(of record: RecordBytes) -> [UInt8] {
        if words == 0 || framing.batch == 1 { return record.array }
        return record.array.dropLast().map { $0 == 0 ? UInt8(ascii: " ") : $0 }
    }

    /// Appends that on one line.
    package func append(line record: RecordBytes, to buffer: inout ByteBuffer, most: Int = .max) {
        if words == 0 || framing.batch == 1 {
            return record.appendLine(to: &buffer, isJSON: format == .jsonl, most: most)
        }
        var words = ByteBuffer()
        words.append(text(of: record))
        RecordBytes(words).appendLine(to: &buffer, isJSON: format == .jsonl, most: most)
    }
}
