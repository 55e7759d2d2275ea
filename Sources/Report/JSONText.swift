// JSON that may stand inside a page: `<` is escaped, so that no text of it ends its element.

package struct JSONText {
    package private(set) var bytes: [UInt8] = []
    /// The last value was followed by nothing.
    private var needsComma = false

    package mutating func object(_ body: (inout JSONText) -> Void) { enclosed("{", "}", body) }
    package mutating func array(_ body: (inout JSONText) -> Void) { enclosed("[", "]", body) }

    private mutating func enclosed(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONText) -> Void) {
        begin()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    /// The name of what follows.
    package mutating func name(_ name: String) {
        add(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func add(_ number: Int) {
        begin()
        bytes += "\(number)".utf8
        needsComma = true
    }

    package mutating func add(_ number: Double) {
        begin()
        bytes += (number.isFinite ? "\(number)" : "null").utf8
        needsComma = true
    }

    /// A text that takes at most so many bytes here, and `…` if that is not all.
    package mutating func add(_ text: String?, most: Int = .max) {
        begin()
        needsComma = true
        guard let text else {
            bytes += "null".utf8
            return
        }
        bytes.append(JSONText.quote)
        let start = bytes.count
        for scalar in text.unicodeScalars {
            if bytes.count - start >= most {
                bytes += "…".utf8
                break
            }
            append(scalar)
        }
        bytes.append(JSONText.quote)
    }

    package mutating func add(_ numbers: some Sequence<Int>) {
        array { json in for number in numbers { json.add(number) } }
    }

    private mutating func begin() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
        case "\n": bytes += "\\n".utf8
        case "<", ">", "&", "\u{0}"..<"\u{20}", "\u{2028}", "\u{2029}":
            let digits = String(scalar.value, radix: 16)
            bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
        default: bytes += UTF8.encode(scalar).map(Array.init) ?? []
        }
    }

    private static let quote = UInt8(ascii: "\"")
}
