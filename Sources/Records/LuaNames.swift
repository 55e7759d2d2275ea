// Names of Lua's syntax.

extension RecordBytes {
    /// A name as Lua has them, and none of its keywords.
    var isIdentifier: Bool {
        guard count > 0, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= self[0]) else { return false }
        for index in 0..<count {
            switch self[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                continue
            default: return false
            }
        }
        return count > 8 || !keywords.contains(prefix)
    }
}

/// The keywords by `prefix`: none is longer than eight bytes.
private let keywords: [UInt64] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or",
    "repeat", "return", "then", "true", "until", "while",
].map { (keyword: String) in
    keyword.utf8.enumerated().reduce(0) { word, next in word | UInt64(next.element) << UInt64(56 - 8 * next.offset) }
}
