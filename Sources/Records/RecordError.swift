// The errors in a format's name, in a record, or in a value that is to be written.

import Lua

/// Why a record was not read or not written.
package enum RecordError: Error, Equatable, CustomStringConvertible {
    case unknownFormat(String, known: [String], meant: String?)
    case notJSON(JSONFault)
    case badNumber(String)
    case badRow(RowFault)
    /// The path begins with the item: `item.rows[3].id`.
    case badMsgpack(MsgpackFault, path: String)
    /// The number of the record, from 1, the ends of lines in front of it, and what is wrong with it.
    case inBatch(record: Int, lines: Int, String)
    case inCombination(word: Int, String)
    /// The path is written as in Lua and begins with the item: `item.rows[3].id`.
    case bigInteger(String, path: String)
    case noRow(RowRefusal)
    /// It cannot be joined with others.
    case notJoined(String)
    /// The path is written as in Lua and begins with the result: `result.rows[3]`.
    case unwritable(Unwritable, format: OutputFormat, path: String)

    package var description: String {
        switch self {
        case .unknownFormat(let name, let known, let meant):
            let list = known.joined(separator: ", ")
            if let meant { return "unknown format \"\(name)\": did you mean \(meant)? (\(list))" }
            return
                "unknown format \"\(name)\": write \(known.dropLast().joined(separator: ", ")) or \(known.last ?? "")"
        case .notJSON(let fault):
            return "not JSON: \(fault.description)"
        case .badRow(let fault): return fault.description
        case .badMsgpack(let fault, let path): return fault.description(at: shortened(path))
        case .inBatch(let record, _, let fault): return "record \(record) of the batch: \(fault)"
        case .inCombination(let word, let fault): return "word \(word): \(fault)"
        case .badNumber(let token):
            return "not JSON: \(token) is not a number, or too large for a float"
        case .bigInteger(let token, let path):
            return
                "\(token) at \(shortened(path)) is an integer outside 64 bits; --big-integers float or string takes it as that"
        case .noRow(let refusal): return refusal.description
        case .notJoined(let reason): return reason
        case .unwritable(let value, let format, let path):
            return "cannot write \(value.description) as \(format.rawValue) at \(shortened(path))"
        }
    }
}

extension RowFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fields(let fields, let columns):
            "\(fields) field\(fields == 1 ? "" : "s"), and the header has \(columns)"
        case .quoteInside(let field): "field \(field) has a quote in it, and does not begin with one"
        case .afterQuote(let field): "field \(field) goes on after its closing quote; a quote in it is written \"\""
        case .openQuote(let field): "the quote that field \(field) begins with is not closed"
        }
    }
}

extension MsgpackFault {
    func description(at path: String) -> String {
        switch self {
        case .cut: "not MessagePack: the value is cut off at \(path)"
        case .noValue(let byte): "not MessagePack: the byte 0x\(String(byte, radix: 16)) at \(path) begins no value"
        case .unknownExtension(let type):
            if let own = MessagePackExtension(rawValue: type) {
                "extension type \(type) at \(path) is pmap's own (\(own)), which only pmap.loads and pmap's processes read"
            } else {
                "extension type \(type) at \(path) is unknown; -1, a timestamp, is the only one that is read"
            }
        case .timestamp: "a malformed timestamp at \(path)"
        case .key(let key): "a map with \(key) as a key at \(path)"
        case .depth: "not read: arrays and maps are nested more than 1024 deep"
        }
    }
}

extension JSONFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .structure: "a comma, colon, bracket or value is missing, or one too many"
        case .empty: "there is no value"
        case .string: "a string has a bad escape"
        case .controlCharacter: "a string has a control character that is not escaped"
        case .unclosedString: "a string is not closed"
        case .atom: "a word is neither true, false nor null"
        case .number: "a number is malformed"
        case .encoding: "the text is not UTF-8"
        case .depth: "arrays and objects are nested more than 1024 deep"
        case .length: "the text is longer than 4 GB"
        case .memory: "there is no memory to read it"
        }
    }
}

/// The path of a value in a thousand tables fits a line too.
private func shortened(_ path: String) -> String {
    path.count <= 200 ? path : "\(path.prefix(100))…\(path.suffix(80))"
}

extension RecordError {
    /// The same, with `step` before its path.
    func below(_ step: String) -> RecordError {
        guard case .unwritable(let value, let format, let path) = self else { return self }
        return .unwritable(value, format: format, path: step + path)
    }
}
