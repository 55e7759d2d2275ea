// JSON for programs and pages, written value by value: on one line, or with a line a value. `<` is escaped, so that no text of it
// ends the element of a page that it stands in.

package struct JSONText {
    package private(set) var bytes: [UInt8] = []
    private let isIndented: Bool
    private var depth = 0
    /// The last value was followed by nothing.
    private var needsComma = false

    package init(isIndented: Bool = false) { self.isIndented = isIndented }

    // MARK: Elements of an array

    package mutating func object(_ body: (inout JSONText) -> Void) { enclose("{", "}", nil, body) }
    package mutating func array(_ body: (inout JSONText) -> Void) { enclose("[", "]", nil, body) }
    package mutating func add(_ number: Int) { add(literal: "\(number)", nil) }
    package mutating func add(_ text: String?, most: Int = .max) { add(text: text, most, nil) }

    package mutating func add(_ numbers: [Int]) { array { json in for number in numbers { json.add(number) } } }

    // MARK: Members of an object

    package mutating func object(_ name: String, _ body: (inout JSONText) -> Void) { enclose("{", "}", name, body) }
    package mutating func array(_ name: String, _ body: (inout JSONText) -> Void) { enclose("[", "]", name, body) }
    package mutating func add(_ name: String, _ number: Int) { add(literal: "\(number)", name) }
    package mutating func add(_ name: String, _ value: Bool) { add(literal: "\(value)", name) }
    package mutating func add(_ name: String, _ number: Double) {
        add(literal: number.isFinite ? "\(number)" : "null", name)
    }
    /// A text that takes at most so many bytes here, and `…` if that is not all.
    package mutating func add(_ name: String, _ text: String?, most: Int = .max) { add(text: text, most, name) }
    package mutating func add(_ name: String, _ numbers: some Sequence<Int>) {
        array(name) { json in for number in numbers { json.add(number) } }
    }

    // MARK: Bytes

    private mutating func enclose(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ name: String?, _ body: (inout JSONText) -> Void
    ) {
        begin(name)
        bytes.append(UInt8(ascii: open))
        (depth, needsComma) = (depth + 1, false)
        body(&self)
        depth -= 1
        if needsComma { breakLine() }
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func add(literal: String, _ name: String?) {
        begin(name)
        bytes += literal.utf8
        needsComma = true
    }

    private mutating func add(text: String?, _ most: Int, _ name: String?) {
        guard let text else { return add(literal: "null", name) }
        begin(name)
        append(text, most)
        needsComma = true
    }

    private mutating func begin(_ name: String?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if depth > 0 { breakLine() }
        guard let name else { return }
        append(name, .max)
        bytes += (isIndented ? ": " : ":").utf8
    }

    private mutating func breakLine() {
        if isIndented { bytes += "\n\(String(repeating: "  ", count: depth))".utf8 }
    }

    private mutating func append(_ text: String, _ most: Int) {
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
