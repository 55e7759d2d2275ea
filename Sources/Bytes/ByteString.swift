// Strings of Unix: words of the command line, names of files, values of the environment. Mostly UTF-8, but not always.

/// Any bytes. Its description, for people, has escapes for everything that controls a terminal.
package struct ByteString: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    package init(_ text: String) { bytes = Array(text.utf8) }

    package var isEmpty: Bool { bytes.isEmpty }

    /// The parts between the separators; at least one, which may be empty.
    package func split(separator: Unicode.Scalar, limit: Int = Int.max) -> [ByteString] {
        bytes.split(separator: UInt8(ascii: separator), maxSplits: limit - 1, omittingEmptySubsequences: false)
            .map(ByteString.init)
    }

    package func hasPrefix(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
    package func hasSuffix(_ text: String) -> Bool { bytes.reversed().starts(with: text.utf8.reversed()) }
    package func contains(_ text: String) -> Bool { bytes.firstRange(of: text.utf8) != nil }
    package func dropFirst(_ count: Int) -> ByteString { ByteString(bytes.dropFirst(count)) }

    package static func + (left: ByteString, right: ByteString) -> ByteString { ByteString(left.bytes + right.bytes) }

    /// The directory of a path, before its last slash, and the name after that.
    package var folder: ByteString {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : ByteString(bytes[..<slash])
    }
    package var baseName: ByteString { split(separator: "/").last ?? "" }

    /// The bytes with a NUL at the end, for C.
    package var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    // MARK: As text

    /// The text, with a byte that is not UTF-8 as `\255`.
    package var text: String { String(validating: bytes, as: UTF8.self) ?? escaped { _ in false } }

    /// On one line, from which the bytes can be told: with the escapes of a string of Lua, also for a backslash. JSON keeps
    /// those, which are escapes already, and so do names.
    package func escapedLine(keepingBackslashes: Bool) -> String {
        escaped { $0.isControl || $0 == "\\" && !keepingBackslashes }
    }

    private func escaped(escaping isEscaped: (Unicode.Scalar) -> Bool) -> String {
        var (text, parser, rest, offset) = ("", UTF8.ForwardParser(), bytes.makeIterator(), 0)
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let code):
                let scalar = UTF8.decode(code)
                offset += code.count
                if isEscaped(scalar) {
                    text += escape(scalar, before: offset)
                } else {
                    text.unicodeScalars.append(scalar)
                }
            case .error(let length):
                for byte in bytes[offset..<offset + length] { text += "\\\(byte)" }
                offset += length
            case .emptyInput: return text
            }
        }
    }

    /// As Lua writes it: three digits where another digit follows.
    private func escape(_ scalar: Unicode.Scalar, before offset: Int) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\\": return "\\\\"
        default: break
        }
        if !scalar.isASCII { return UTF8.encode(scalar)?.map { "\\\($0)" }.joined() ?? "" }
        let digits = "\(scalar.value)"
        let isFollowed = offset < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset])
        return "\\" + (isFollowed ? String(repeating: "0", count: 3 - digits.count) : "") + digits
    }
}

extension ByteString: CustomStringConvertible {
    /// The text, with control characters as `\27`, `\r`, `\n`.
    package var description: String {
        escaped { $0.value < 0x20 && $0 != "\t" || (0x7f..<0xa0).contains($0.value) }
    }
}

extension ByteString: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}
