// The slow path for a text with an integer outside 64 bits, -0 or a malformed number: such an integer becomes a float or a
// string, or it is an error with its path, as the malformed number is; -0, which is no integer, becomes a float.

import Bytes

/// The conversion of integers outside 64 bits.
package enum BigIntegers: String, Sendable {
    /// The item's failure.
    case error
    case float, string
}

/// Numbers in a JSON text, outside its strings.
struct JSONNumbers: ~Copyable {
    private let text: RecordBytes
    private let bigIntegers: BigIntegers
    private var at = 0
    /// The path at the position: in each open array or object, the index or the key.
    private var steps: [Step] = []

    private enum Step {
        case index(Int)
        /// A string of the text, with its quotes.
        case key(Range<Int>)
    }

    init(_ text: RecordBytes, _ bigIntegers: BigIntegers) {
        self.text = text
        self.bigIntegers = bigIntegers
    }

    /// Copies the text, with `.0` after -0 and after each integer outside 64 bits, or with quotes around it.
    mutating func repair(into copy: inout ByteBuffer) throws(RecordError) {
        while at < text.count {
            let start = at
            switch text[at] {
            case UInt8(ascii: "\""):
                at = endOfString(from: at)
                track(string: start..<at)
                copy.append(text[start..<at])
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                at = endOfNumber(from: at)
                try repair(text[start..<at], into: &copy)
            case let byte:
                at += 1
                track(byte)
                copy.append(byte)
            }
        }
    }

    private func repair(_ number: RecordBytes, into copy: inout ByteBuffer) throws(RecordError) {
        guard try JSONNumbers.isBeyondIntegers(number.text) else {
            copy.append(number)
            if number.text == "-0" { copy.append(".0") }
            return
        }
        switch bigIntegers {
        case .error: throw .bigInteger(JSONNumbers.shortened(number.text), path: path)
        case .float:
            guard Double(number.text)?.isFinite == true else { throw .badNumber(JSONNumbers.shortened(number.text)) }
            copy.append(number)
            copy.append(".0")
        case .string:
            copy.append(UInt8(ascii: "\""))
            copy.append(number)
            copy.append(UInt8(ascii: "\""))
        }
    }

    // MARK: Path

    private mutating func track(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "["): steps.append(.index(1))
        case UInt8(ascii: "{"): steps.append(.key(0..<0))
        case UInt8(ascii: "]"), UInt8(ascii: "}"): _ = steps.popLast()
        case UInt8(ascii: ","):
            switch steps.last {
            case .index(let index): steps[steps.count - 1] = .index(index + 1)
            case .key: steps[steps.count - 1] = .key(0..<0)
            case nil: break
            }
        default: break
        }
    }

    /// The first string after a brace or comma of an object is a key.
    private mutating func track(string: Range<Int>) {
        if case .key(let key)? = steps.last, key.isEmpty { steps[steps.count - 1] = .key(string) }
    }

    /// `item.rows[3].id`
    private var path: String {
        steps.reduce("item") { path, step in
            switch step {
            case .index(let index): return "\(path)[\(index)]"
            case .key(let key):
                let name = text[min(key.lowerBound + 1, key.upperBound)..<max(key.upperBound - 1, key.lowerBound + 1)]
                return path + name.step
            }
        }
    }

    // MARK: Ends of tokens

    private func endOfString(from quote: Int) -> Int {
        var at = quote + 1
        while at < text.count, text[at] != UInt8(ascii: "\"") {
            at += text[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(at + 1, text.count)
    }

    private func endOfNumber(from start: Int) -> Int {
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
        guard isNumber(token) else { throw .badNumber(shortened(token)) }
        let isInteger = !token.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        if isInteger { return Int64(token) == nil }
        guard let value = Double(token), value.isFinite else { throw .badNumber(shortened(token)) }
        return false
    }

    private static func shortened(_ token: String) -> String {
        token.utf8.count <= 40 ? token : "\(token.prefix(40))…"
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [-+]? [0-9]+)?`, RFC 8259 section 6.
    private static func isNumber(_ token: String) -> Bool {
        var rest = token.utf8[...]
        func skip(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest.removeFirst()
            return true
        }
        func skipDigits() -> Bool {
            let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            rest.removeFirst(digits.count)
            return !digits.isEmpty
        }
        _ = skip("-")
        guard skip("0") || skipDigits() else { return false }
        if skip("."), !skipDigits() { return false }
        if skip("eE") {
            _ = skip("+-")
            if !skipDigits() { return false }
        }
        return rest.isEmpty
    }
}
