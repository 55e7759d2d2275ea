// Which strings can stand as names in Lua source.

extension RecordBytes {
    /// A name as Lua has them, and none of its keywords.
    var isIdentifier: Bool {
        guard count > 0, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= self[0]) else { return false }
        for place in 0..<count {
            switch self[place] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                continue
            default: return false
            }
        }
        return count > 8 || !keywords.contains(prefix)
    }
}

/// As `prefix` gives them: none is longer.
private let keywords: [UInt64] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or",
    "repeat", "return", "then", "true", "until", "while",
].map { (keyword: String) in
    keyword.utf8.enumerated().reduce(0) { word, next in word | UInt64(next.element) << UInt64(56 - 8 * next.offset) }
}
