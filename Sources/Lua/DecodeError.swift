// The reason why bytes were refused.

/// Why a message was refused. `at` counts from its start.
package enum DecodeError: Error, Equatable, CustomStringConvertible {
    /// At least `needed` more bytes must follow: the only error that more bytes can correct.
    case truncated(at: Int, needed: Int)
    case unknownTag(UInt8, at: Int)
    case unknownExtension(Int8, at: Int)
    /// An extension whose payload is not that of the table in `MessagePackExtension`.
    case malformed(MessagePackExtension, at: Int)
    /// The size of an extension is not that of its contents.
    case overrun(at: Int)
    /// A table's key that is `nil` or `nan`.
    case badKey(String, at: Int)
    /// A function that was not sent by a process of this run.
    case foreignFunction(at: Int)
    /// A module, a member of one, or a class that the receiver does not have, and why.
    case unresolved(String, at: Int)

    package var description: String {
        switch self {
        case .truncated(let offset, let needed): "at byte \(offset): at least \(needed) more bytes are missing"
        case .unknownTag(let tag, let offset): "at byte \(offset): \(hexadecimal(tag)) begins no MessagePack value"
        case .unknownExtension(let code, let offset): "at byte \(offset): extension type \(code) is unknown here"
        case .malformed(let kind, let offset): "at byte \(offset): the \(kind) extension is malformed"
        case .overrun(let offset): "at byte \(offset): an extension and what is in it end at different places"
        case .badKey(let key, let offset): "at byte \(offset): \(key) cannot be a key of a table"
        case .foreignFunction(let offset): "at byte \(offset): a function that does not come from this run"
        case .unresolved(let reason, let offset): "at byte \(offset): \(reason)"
        }
    }
}

private func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0x0" : "0x") + String(byte, radix: 16)
}
