// The slow path for a text in which simdjson met a number it does not take: integers beyond 64 bits become
// floats, and a number that is none is named.

import Wire

/// Numbers in a JSON text, outside its strings.
enum JSONNumbers {
    /// Copies `text`, with `.0` after each integer outside 64 bits.
    static func repair(_ text: RecordBytes, into copy: inout WireBuffer) throws(RecordError) {
        var at = 0
        while at < text.count {
            let start = at
            switch text[at] {
            case UInt8(ascii: "\""):
                at = endOfString(in: text, from: at)
                copy.append(text[start..<at])
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                at = endOfNumber(in: text, from: at)
                let number = text[start..<at]
                copy.append(number)
                if try isBeyondIntegers(number.text) { copy.append(".0") }
            default:
                at += 1
                copy.append(text[start])
            }
        }
    }

    private static func endOfString(in text: RecordBytes, from quote: Int) -> Int {
        var at = quote + 1
        while at < text.count, text[at] != UInt8(ascii: "\"") {
            at += text[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(at + 1, text.count)
    }

    private static func endOfNumber(in text: RecordBytes, from start: Int) -> Int {
        var at = start + 1
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                at += 1
            default: return at
            }
        }
        return at
    }

    private static func isBeyondIntegers(_ token: String) throws(RecordError) -> Bool {
        guard isNumber(token), let value = Double(token), value.isFinite else {
            throw .badNumber(token.count <= 40 ? token : "\(token.prefix(40))…")
        }
        let isInteger = !token.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        return isInteger && Int64(token) == nil && UInt64(token) == nil
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [-+]? [0-9]+)?`, RFC 8259 section 6.
    private static func isNumber(_ token: String) -> Bool {
        var rest = token.utf8[...]
        func take(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest.removeFirst()
            return true
        }
        func takeDigits() -> Bool {
            let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            rest.removeFirst(digits.count)
            return !digits.isEmpty
        }
        _ = take("-")
        guard take("0") || takeDigits() else { return false }
        if take("."), !takeDigits() { return false }
        if take("eE") {
            _ = take("+-")
            if !takeDigits() { return false }
        }
        return rest.isEmpty
    }
}
