// The options that say how an input is read.

import Bytes
import Records

extension Flags {
    func inputLayout() throws(UsageError) -> InputLayout {
        var layout = InputLayout(null ? .nul : .lines)
        if let from { layout = try from.layout() }
        if null, let from, layout.format != .nul {
            throw UsageError("-0 is --from nul; it cannot go with --from \(from.text)")
        }
        if let separator {
            let byte = try separatorByte(separator)
            if layout.format == .csv { layout.separator = [byte] }
        }
        if noHeader {
            if !layout.format.hasHeader {
                throw UsageError(
                    "--no-header: it is for --from csv and --from tsv; results that are lists, or several values, are rows without a header"
                )
            }
            layout.hasHeader = false
        }
        // One item a call is a string, as everywhere; a list of one is a batch.
        if let batch, !(batch.option != "--batch" && batch.text == "1") {
            layout.batch = min(try batch.items(), Flags.largestBatch)
        }
        if let skip {
            guard let lines = Int(skip.text), lines >= 0 else { throw skip.wrong("write a number of lines, 0 or more") }
            layout.skippedLines = lines
        }
        return layout
    }

    /// More than there ever are, and so few that sums of them are numbers.
    private static let largestBatch = 1 << 40

    private func separatorByte(_ separator: Typed) throws(UsageError) -> UInt8 {
        if from?.text != "csv" && to?.text != "csv" {
            throw separator.wrong(
                "it is for --from csv and --to csv; lines are split by --from fields:\(separator.text)")
        }
        let bytes = separator.word.bytes == Array("\\t".utf8) ? [UInt8(ascii: "\t")] : separator.word.bytes
        guard bytes.count == 1, let byte = bytes.first, !Array("\"\n\r\0".utf8).contains(byte) else {
            throw separator.wrong("write one byte, neither a quote nor the end of a line, as in --separator ';'")
        }
        return byte
    }

    /// How rows are written; nil for results that are none.
    func tableLayout() throws(UsageError) -> TableLayout? {
        let format = try writtenFormat()
        if !format.isTable {
            if let fields { throw fields.wrong("only --to csv and --to tsv have columns") }
            return nil
        }
        if let fields, fields.word.isEmpty { throw fields.wrong("write names of columns, as in --fields name,age") }
        if try onErrorChoice() == .keep {
            throw UsageError(
                "--on-error keep with --to \(format.rawValue): a failed item has no row; --errors FILE keeps failures")
        }
        let names = fields.map { $0.word.split(separator: ",").map(\.bytes) }
        var known: Set<[UInt8]> = []
        if let fields, let twice = names?.first(where: { !known.insert($0).inserted }) {
            throw fields.wrong("'\(ByteString(twice))' stands there twice")
        }
        return TableLayout(
            format, separator: try separator.map(separatorByte) ?? UInt8(ascii: ","), fields: names)
    }
}

extension Typed {
    /// `csv`, `fields:;`, `blocks:1M`
    fileprivate func layout() throws(UsageError) -> InputLayout {
        let parts = word.split(separator: ":", limit: 2)
        let format: InputFormat
        do throws(RecordError) { format = try InputFormat(named: parts[0].text) } catch {
            throw wrong(error)
        }
        var layout = InputLayout(format)
        let parameter = parts.count > 1 ? parts[1] : nil
        switch (format, parameter) {
        case (.blocks, nil): throw wrong("write how large a block is, as in blocks:1M")
        case (.blocks, let size?):
            guard let bytes = try? Typed(option: option, word: size).bytes(least: 1) else {
                throw wrong("write a size, as in blocks:500k or blocks:1M")
            }
            layout.blockSize = bytes
        case (.fields, let separator?): layout.separator = try fieldSeparator(separator)
        case (_, nil): break
        case (.csv, _): throw wrong("write --from csv --separator \(parameter?.text ?? "")")
        case (_, _): throw wrong("write --from \(format.rawValue); there is nothing to choose")
        }
        return layout
    }

    private func fieldSeparator(_ word: ByteString) throws(UsageError) -> [UInt8] {
        if word == "\\t" { return [UInt8(ascii: "\t")] }
        if word.isEmpty || word.text.count > 1 || word.bytes.count > 4 || word.bytes.contains(UInt8(ascii: "\n")) {
            throw wrong("write one character, as in fields:; or fields:'|', or fields for spaces and tabs")
        }
        return word.bytes
    }
}
