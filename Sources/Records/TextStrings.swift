// Strings between quotes: JSON's escapes and Lua's.

package import Bytes

extension ByteBuffer {
    // MARK: JSON

    /// The string with its quotes; a Swift string is UTF-8.
    package mutating func append(jsonString text: String) {
        var bytes = ByteBuffer(capacity: text.utf8.count)
        bytes.append(text)
        append(UInt8(ascii: "\""))
        append(escapedJSON: RecordBytes(bytes))
        append(UInt8(ascii: "\""))
    }

    mutating func append(escapedJSON text: RecordBytes) {
        var start = 0
        while true {
            let end = text.firstToEscape(from: start, orHigh: false)
            append(text[start..<end])
            if end == text.count { return }
            appendJSONEscape(text[end])
            start = end + 1
        }
    }

    private mutating func appendJSONEscape(_ byte: UInt8) {
        switch byte {
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        default:
            append("\\u00")
            for digit in [byte >> 4, byte & 15] { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        }
    }

    // MARK: Lua

    /// The string with its quotes, on one line. Bytes from 0x80 stay as they are in text that is UTF-8, and become
    /// escapes in what is not.
    mutating func append(luaString text: RecordBytes) {
        if append(plain: text) { return }
        append(UInt8(ascii: "\""))
        var start = 0
        let escapesHigh = !text.isUTF8
        while true {
            let end = text.firstToEscape(from: start, orHigh: escapesHigh)
            append(text[start..<end])
            if end == text.count { break }
            appendLuaEscape(text[end])
            start = end + 1
        }
        append(UInt8(ascii: "\""))
    }

    package mutating func append(luaString text: String) {
        var bytes = ByteBuffer(capacity: text.utf8.count)
        bytes.append(text)
        append(luaString: RecordBytes(bytes))
    }

    /// Three digits always, so that a digit may follow.
    private mutating func appendLuaEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0x22, 0x5C: append(byte)
        default:
            for unit: UInt8 in [100, 10, 1] { append(0x30 + byte / unit % 10) }
        }
    }
}
