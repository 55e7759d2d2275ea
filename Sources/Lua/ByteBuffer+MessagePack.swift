// Writes MessagePack: each number and count in its shortest form. Floats keep their 64 bits.

package import Bytes

extension ByteBuffer {
    package mutating func appendNil() { append(0xc0) }
    package mutating func append(boolean value: Bool) { append(value ? 0xc3 : 0xc2) }

    package mutating func append(float value: Double) {
        append(0xcb)
        append(bigEndian: value.bitPattern)
    }

    package mutating func append(integer value: Int64) {
        if value >= -32 && value < 128 {
            append(UInt8(truncatingIfNeeded: value))
        } else if value >= 0 {
            appendUnsigned(UInt64(value))
        } else {
            appendNegative(value)
        }
    }

    mutating func appendUnsigned(_ value: UInt64) {
        switch value {
        case ...0xff: append(tag: 0xcc, UInt8(value))
        case ...0xffff: append(tag: 0xcd, UInt16(value))
        case ...0xffff_ffff: append(tag: 0xce, UInt32(value))
        default: append(tag: 0xcf, value)
        }
    }

    mutating func appendNegative(_ value: Int64) {
        switch value {
        case Int64(Int8.min)...: append(tag: 0xd0, Int8(value))
        case Int64(Int16.min)...: append(tag: 0xd1, Int16(value))
        case Int64(Int32.min)...: append(tag: 0xd2, Int32(value))
        default: append(tag: 0xd3, value)
        }
    }

    // MARK: Heads, before the bytes or values that they count. A count is less than 2^32.

    package mutating func appendString(count: Int) {
        switch count {
        case ...31: append(0xa0 | UInt8(count))
        case ...0xff: append(tag: 0xd9, UInt8(count))
        case ...0xffff: append(tag: 0xda, UInt16(count))
        default: append(tag: 0xdb, UInt32(count))
        }
    }

    package mutating func appendBinary(count: Int) {
        switch count {
        case ...0xff: append(tag: 0xc4, UInt8(count))
        case ...0xffff: append(tag: 0xc5, UInt16(count))
        default: append(tag: 0xc6, UInt32(count))
        }
    }

    package mutating func appendArray(count: Int) {
        switch count {
        case ...15: append(0x90 | UInt8(count))
        case ...0xffff: append(tag: 0xdc, UInt16(count))
        default: append(tag: 0xdd, UInt32(count))
        }
    }

    package mutating func appendMap(count: Int) {
        switch count {
        case ...15: append(0x80 | UInt8(count))
        case ...0xffff: append(tag: 0xde, UInt16(count))
        default: append(tag: 0xdf, UInt32(count))
        }
    }

    mutating func append(_ kind: MessagePackExtension, count: Int) {
        switch count {
        case 4: append(0xd6)
        case ...0xff: append(tag: 0xc7, UInt8(count))
        case ...0xffff: append(tag: 0xc8, UInt16(count))
        default: append(tag: 0xc9, UInt32(count))
        }
        append(UInt8(bitPattern: kind.rawValue))
    }

    // MARK: What has a size that is known only afterwards

    /// Begins an extension; returns its offset, for `close`.
    mutating func open(_ kind: MessagePackExtension) -> Int {
        let start = count
        append(tag: 0xc9, UInt32(0))
        append(UInt8(bitPattern: kind.rawValue))
        return start
    }

    /// Begins binary whose size, of 32 bits, is stored before its first byte afterwards.
    mutating func openBinary() { append(tag: 0xc6, UInt32(0)) }

    /// Makes the bytes from `start` on the payload of one extension; false when it is longer than MessagePack allows.
    mutating func wrap(from start: Int, in kind: MessagePackExtension) -> Bool {
        insert(zeros: ByteBuffer.openHeadSize, at: start)
        store(bigEndian: 0xc9 as UInt8, at: start)
        store(bigEndian: kind.rawValue, at: start + 5)
        return close(start)
    }

    /// Ends the extension that `open` has begun at `start`; false when it is longer than MessagePack allows.
    mutating func close(_ start: Int) -> Bool {
        guard let size = UInt32(exactly: count - start - ByteBuffer.openHeadSize) else { return false }
        store(bigEndian: size, at: start + 1)
        return true
    }

    private static var openHeadSize: Int { 6 }

    mutating func append<Integer: FixedWidthInteger>(tag: UInt8, _ value: Integer) {
        append(tag)
        append(bigEndian: value)
    }
}
