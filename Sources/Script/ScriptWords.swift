// The names in a script's text, for what is said of a definition that nothing uses.

/// How often each of some names stands outside comments, and which are made local.
struct ScriptWords {
    private var counts: [String: Int] = [:]
    private(set) var locals: Set<String> = []
    /// Those that are called, and are no field.
    private(set) var calls: Set<String> = []

    /// One pass over the text; a name in a string counts.
    init(_ text: [UInt8], counting names: [String]) {
        let wanted = names.map { ($0, Array($0.utf8)) }
        var (at, isLocal, isDefined) = (0, false, false)
        while at < text.count {
            if text[at...].starts(with: "--".utf8) {
                at = ScriptWords.endOfComment(text, at)
            } else if ScriptWords.isOfName(text[at]) {
                let word = text[at...].prefix(while: ScriptWords.isOfName)
                at = word.endIndex
                if word.elementsEqual("local".utf8) {
                    isLocal = true
                } else if word.elementsEqual("function".utf8) {
                    isDefined = true
                } else {
                    if let (name, _) = wanted.first(where: { word.elementsEqual($0.1) }) {
                        counts[name, default: 0] += 1
                        if isLocal { locals.insert(name) }
                        let isField = word.startIndex > 0 && ".:".utf8.contains(text[word.startIndex - 1])
                        let next = text[at...].first { $0 > 0x20 }
                        if !isDefined && !isField && next == UInt8(ascii: "(") { calls.insert(name) }
                    }
                    (isLocal, isDefined) = (false, false)
                }
            } else {
                if text[at] > 0x20 { (isLocal, isDefined) = (false, false) }
                at += 1
            }
        }
    }

    func count(of name: String) -> Int { counts[name] ?? 0 }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func endOfComment(_ text: [UInt8], _ start: Int) -> Int {
        let end = text[start...].starts(with: "--[[".utf8) ? "]]" : "\n"
        return text[start...].firstRange(of: end.utf8)?.upperBound ?? text.count
    }
}
