// The line of a terminal below all messages, which is erased before each of them and written again behind it.

/// What stands in the line, and whether it may.
package struct StatusLine {
    private var shown: [UInt8] = []
    /// Columns that it takes.
    private var width = 0
    /// The last message has ended its line.
    private var isAtLineStart = true

    package init() {}

    /// The bytes that show `line` in place of the last one, on a terminal of so many columns; empty for none.
    package mutating func show(_ line: String, columns: Int) -> [UInt8] {
        let bytes = Array(line.utf8)
        if bytes == shown { return [] }
        defer { (shown, width) = (bytes, line.columns) }
        if !isAtLineStart { return [] }
        return shown.isEmpty && bytes.isEmpty ? [] : erasure(columns) + bytes
    }

    /// What erases the line. A terminal that has become narrower since has wrapped it.
    private func erasure(_ columns: Int) -> [UInt8] {
        let wrapped = columns > 0 ? max(0, width - 1) / columns : 0
        return Array((wrapped > 0 ? "\r\u{1B}[\(wrapped)A\u{1B}[J" : "\r\u{1B}[K").utf8)
    }

    /// The bytes that write a message above the line.
    package mutating func around(_ message: [UInt8], columns: Int) -> [UInt8] {
        if shown.isEmpty || message.isEmpty { return message }
        let erasure = isAtLineStart ? erasure(columns) : []
        isAtLineStart = message.last == UInt8(ascii: "\n")
        return erasure + message + (isAtLineStart ? shown : [])
    }
}
