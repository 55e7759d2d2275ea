// The values of `-D`, which may be passwords: journals and messages have their names alone.

import Bytes

/// The definitions of the command line.
struct Secrets {
    private let definitions: [(whole: ByteString, shown: ByteString)]

    init(_ definitions: [ByteString]) {
        self.definitions = definitions.compactMap { definition in
            let sides = definition.split(separator: "=", limit: 2)
            return sides.count < 2 || sides[1].isEmpty ? nil : (definition, sides[0] + "=…")
        }
    }

    /// A command line up to `:::`, without the values.
    func hidden(inCommand words: [ByteString]) -> [ByteString] {
        let end = words.firstIndex(of: ":::") ?? words.endIndex
        return words[..<end].map(hidden(inWord:)) + words[end...]
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
