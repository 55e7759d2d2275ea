// Text for a person: escaped, so that nothing in it controls a terminal or looks like another message.

extension String {
    /// On one line: control characters as Lua writes them in a string.
    package var escapedName: String { isPlain ? self : ByteString(self).escapedLine(keepingBackslashes: true) }

    /// The first `bytes` bytes of it, without a partial character, and `…` if that is not all.
    package func truncated(toBytes bytes: Int) -> String {
        if utf8.count <= bytes { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: bytes)
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(unicodeScalars[..<end]) + "…"
    }

    private var isPlain: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

    /// On as many lines as it has; all but the first begin with a tab.
    package var escapedMessage: String {
        if isPlain { return self }
        var text = String.UnicodeScalarView()
        var begunLine = false
        for scalar in unicodeScalars {
            if begunLine, scalar != "\t" { text.append("\t") }
            begunLine = scalar == "\n"
            switch scalar {
            case "\n", "\t": text.append(scalar)
            case "\r": text.append(contentsOf: "\\r".unicodeScalars)
            case let scalar where scalar.isControl:
                for byte in String(scalar).utf8 { text.append(contentsOf: "\\\(byte)".unicodeScalars) }
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}

extension Unicode.Scalar {
    /// C0 and C1 controls, separators of lines, and what changes the direction of a text.
    var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x2029, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
