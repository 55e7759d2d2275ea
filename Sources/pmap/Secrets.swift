// The values of `-D`, which may be passwords: journals and messages have their names alone.

import Bytes

/// The definitions of the command line.
struct Secrets {
    private let definitions: [(whole: ByteString, shown: ByteString)]

    init(_ definitions: [ByteString]) {
        self.definitions = definitions.flatMap { definition -> [(whole: ByteString, shown: ByteString)] in
            let sides = definition.split(separator: "=", limit: 2)
            if sides.count < 2 || sides[1].isEmpty { return [] }
            // Also as the line that an item is shown as.
            let spellings: Set = [definition, ByteString(definition.escapedLine(keepingBackslashes: false))]
            return spellings.map { ($0, sides[0] + "=…") }
        }
    }

    /// A command line up to `:::`, without the values.
    func hidden(inCommand words: [ByteString]) -> [ByteString] {
        let end = words.firstIndex { TypedSource.Separator(rawValue: $0.text) != nil } ?? words.endIndex
        return words[..<end].map(hidden(inWord:)) + words[end...]
    }

    /// The same as a line for a shell.
    func shown(command words: [ByteString]) -> String {
        hidden(inCommand: words).map(Secrets.quoted).joined(separator: " ")
    }

    /// A word as a shell reads it back.
    static func quoted(_ word: ByteString) -> String {
        let text = word.text
        if text != "\(word)" || ByteString(text) != word {
            return "$'\(word.bytes.map(escaped).joined())'"
        }
        let isPlain =
            !text.isEmpty
            && text.allSatisfy { $0 == "…" || $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,%+@".contains($0)) }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }

    /// A byte in bash's syntax between `$'` and `'`.
    private static func escaped(_ byte: UInt8) -> String {
        let isPlain = (0x20..<0x7f).contains(byte) && ![UInt8(ascii: "'"), UInt8(ascii: "\\")].contains(byte)
        if isPlain { return String(Unicode.Scalar(byte)) }
        return (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
    }

    private func hidden(inWord word: ByteString) -> ByteString {
        for (whole, shown) in definitions
        where word == whole || word.hasPrefix("-") && word.bytes.hasSuffix(whole.bytes) {
            return ByteString(word.bytes.dropLast(whole.bytes.count)) + shown
        }
        return word
    }

    /// A text that may have a whole definition in it, such as a command that has failed, without the value.
    func hidden(in text: String) -> String {
        definitions.reduce(text) { text, definition in
            let pieces = text.split(separator: definition.whole.text, omittingEmptySubsequences: false)
            guard var result = pieces.first.map(String.init) else { return text }
            for piece in pieces.dropFirst() {
                let isPart = result.last?.isPartOfWord ?? false || piece.first?.isPartOfWord ?? false
                result += (isPart ? definition.whole : definition.shown).text + piece
            }
            return result
        }
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}

extension Character {
    fileprivate var isPartOfWord: Bool { isLetter || isNumber || self == "_" }
}
