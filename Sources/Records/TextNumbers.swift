// Numbers as text, the same in every locale.

import Bytes

extension ByteBuffer {
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
