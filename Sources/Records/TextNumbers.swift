// Numbers as text, the same in every locale.

import Bytes

extension ByteBuffer {
    mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(digits: value.magnitude)
    }

    /// Eight digits at a time, packed into one word.
    private mutating func append(digits value: UInt64) {
        let group: UInt64 = 100_000_000
        if value >= group { append(digits: value / group) }
        var rest = value % group
        var word: UInt64 = 0
        var count = 0
        repeat {
            word = word >> 8 | (0x30 + rest % 10) << 56
            rest /= 10
            count += 1
        } while rest > 0 || value >= group && count < 8
        append(bigEndian: word)
        truncate(to: self.count - (8 - count))
    }

    /// The shortest decimal that reads back as the same float, always with `.` or `e`. `value` must be finite.
    mutating func append(exact value: Double) {
        if let integer = Int64(exactly: value), integer.magnitude < 1 << 53, integer != 0 {
            append(decimal: integer)
            append(UInt8(ascii: "."))
            append(UInt8(ascii: "0"))
        } else {
            append(value.description)
        }
    }
}
