// Reads MessagePack: the head of the next value. Its contents are read by the caller.

/// The head of a MessagePack value. Counts are as claimed, not yet checked against the bytes left.
enum MessagePackToken: Equatable {
    case `nil`
    case boolean(Bool)
    case integer(Int64)
    /// More than a signed integer holds.
    case large(UInt64)
    case float(Double)
    /// Text or binary; Lua makes no difference.
    case string(count: Int)
    case array(count: Int)
    case map(count: Int)
    case `extension`(code: Int8, count: Int)
}

extension MessagePackReader {
    mutating func readToken() throws(DecodeError) -> MessagePackToken {
        let start = offset
        do throws(DecodeError) {
            let tag = try readByte()
            if tag < 0x80 { return .integer(Int64(tag)) }
            if tag >= 0xe0 { return .integer(Int64(Int8(bitPattern: tag))) }
            switch tag {
            case 0x80...0x8f: return .map(count: Int(tag & 0x0f))
            case 0x90...0x9f: return .array(count: Int(tag & 0x0f))
            case 0xa0...0xbf: return .string(count: Int(tag & 0x1f))
            default: return try readToken(tag)
            }
        } catch {
            offset = start
            throw error
        }
    }

    mutating func readToken(_ tag: UInt8) throws(DecodeError) -> MessagePackToken {
        switch tag {
        case 0xc0: return .nil
        case 0xc2: return .boolean(false)
        case 0xc3: return .boolean(true)
        case 0xc4, 0xd9: return .string(count: Int(try readByte()))
        case 0xc5, 0xda: return .string(count: Int(try read(UInt16.self)))
        case 0xc6, 0xdb: return .string(count: Int(try read(UInt32.self)))
        case 0xc7: return try readExtension(count: Int(try readByte()))
        case 0xc8: return try readExtension(count: Int(try read(UInt16.self)))
        case 0xc9: return try readExtension(count: Int(try read(UInt32.self)))
        case 0xca: return .float(Double(Float(bitPattern: try read(UInt32.self))))
        case 0xcb: return .float(Double(bitPattern: try read(UInt64.self)))
        case 0xcc: return .integer(Int64(try readByte()))
        case 0xcd: return .integer(Int64(try read(UInt16.self)))
        case 0xce: return .integer(Int64(try read(UInt32.self)))
        case 0xcf:
            let value = try read(UInt64.self)
            return Int64(exactly: value).map { .integer($0) } ?? .large(value)
        case 0xd0: return .integer(Int64(try read(Int8.self)))
        case 0xd1: return .integer(Int64(try read(Int16.self)))
        case 0xd2: return .integer(Int64(try read(Int32.self)))
        case 0xd3: return .integer(try read(Int64.self))
        case 0xd4: return try readExtension(count: 1)
        case 0xd5: return try readExtension(count: 2)
        case 0xd6: return try readExtension(count: 4)
        case 0xd7: return try readExtension(count: 8)
        case 0xd8: return try readExtension(count: 16)
        case 0xdc: return .array(count: Int(try read(UInt16.self)))
        case 0xdd: return .array(count: Int(try read(UInt32.self)))
        case 0xde: return .map(count: Int(try read(UInt16.self)))
        case 0xdf: return .map(count: Int(try read(UInt32.self)))
        default: throw .unknownTag(tag, at: offset - 1)
        }
    }

    private mutating func readExtension(count: Int) throws(DecodeError) -> MessagePackToken {
        .extension(code: try read(Int8.self), count: count)
    }

    /// The payload of a `timestamp` extension.
    mutating func readTimestamp(count: Int) throws(DecodeError) -> (seconds: Int64, nanoseconds: UInt32) {
        switch count {
        case 4: return (Int64(try read(UInt32.self)), 0)
        case 8:
            let both = try read(UInt64.self)
            return (Int64(both & 0x3_ffff_ffff), UInt32(both >> 34))
        case 12:
            let nanoseconds = try read(UInt32.self)
            return (try read(Int64.self), nanoseconds)
        default: throw .malformed(.timestamp, at: offset)
        }
    }
}
