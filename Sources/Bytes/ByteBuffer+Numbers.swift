// Integers as decimal text.

extension ByteBuffer {
    package mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(value.magnitude, digits: ByteBuffer.digits(of: value.magnitude))
    }

    /// In at least so many digits, of which the first ones may be 0; `value` is not negative.
    package mutating func append(decimal value: Int, digits: Int) {
        append(UInt64(value), digits: max(digits, ByteBuffer.digits(of: UInt64(value))))
    }

    private static func digits(of value: UInt64) -> Int {
        var (digits, bound) = (1, UInt64(10))
        while digits < mostDigits, value >= bound {
            digits += 1
            bound &*= 10
        }
        return digits
    }

    /// Of a number of 64 bits; ten times the last bound would be more than that.
    private static let mostDigits = 20

    /// Two digits at a time, from the last ones on.
    private mutating func append(_ value: UInt64, digits: Int) {
        unsafe append(upTo: digits) { memory in
            var (rest, place) = (value, digits)
            while place >= 2 {
                let pair = Int(truncatingIfNeeded: rest % 100)
                rest /= 100
                place &-= 2
                unsafe (memory + place).copyMemory(from: ByteBuffer.pairs.utf8Start + 2 &* pair, byteCount: 2)
            }
            if place == 1 { unsafe memory.storeBytes(of: 0x30 + UInt8(truncatingIfNeeded: rest % 10), as: UInt8.self) }
            return digits
        }
    }

    private static let pairs: StaticString = """
        00010203040506070809101112131415161718192021222324252627282930313233343536373839\
        40414243444546474849505152535455565758596061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """
}
