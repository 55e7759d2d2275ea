// The text of a script for Lua's compiler.

import Bytes

/// A script's source without the parts that Lua's own loader skips.
struct ScriptText {
    let bytes: [UInt8]
    private let name: ByteString
    /// The beginning of error messages: with `@` Lua writes the name and the line.
    let chunkName: ByteString

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let bytecodeMark = UInt8(ascii: "\u{1B}")

    /// A first line that starts with `#` is blanked, so that lines keep their numbers.
    init(_ source: [UInt8], name: ByteString) throws(ScriptError) {
        var text = source[...]
        if text.starts(with: ScriptText.byteOrderMark) { text = text.dropFirst(3) }
        if text.first == ScriptText.bytecodeMark { throw .bytecode(script: name) }
        if text.first == UInt8(ascii: "#") { text = text.drop { $0 != UInt8(ascii: "\n") } }
        bytes = Array(text)
        // Lua writes it into messages, where nothing in it must look like another line.
        let escaped = name.bytes.contains { $0 < 0x20 } ? ByteString("\(name)") : name
        self.name = escaped
        chunkName = "@" + escaped
    }

    /// Whether a message begins with the name; of a long one Lua writes the end.
    func isNamed(in message: String) -> Bool {
        message.hasPrefix("...") || message.utf8.starts(with: String(decoding: name.bytes, as: UTF8.self).utf8)
    }

    /// Whether the text seems to define a local `task`, the usual reason for there being none.
    var hasLocalTask: Bool {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { line in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            if !line.drop(while: \.isWhitespace).hasPrefix("local") { return false }  // a comment, say
            return words.starts(with: ["local", "function", "task"]) || words.starts(with: ["local", "task"])
        }
    }
}
