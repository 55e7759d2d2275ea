// Immutable shared bytes: records on their way to a worker. A long record is not copied on that way: its buffer is passed
// along.

/// A part of a buffer; at least `padding` bytes after it may be read, which simdjson requires.
package final class FrozenBytes: Equatable, @unchecked Sendable {
    package let buffer: ByteBuffer
    package let range: Range<Int>

    private static let padding = 64
    /// Shorter parts are copied, and their buffer can be used again.
    private static let long = 1 << 20

    private init(_ buffer: consuming ByteBuffer, _ range: Range<Int>) {
        let padding = buffer.count - range.upperBound
        if padding < FrozenBytes.padding { buffer.append(zeros: FrozenBytes.padding - padding) }
        self.buffer = buffer
        self.range = range
    }

    package convenience init(_ bytes: [UInt8]) {
        var buffer = ByteBuffer(capacity: bytes.count + FrozenBytes.padding)
        buffer.append(bytes)
        self.init(buffer, 0..<bytes.count)
    }

    /// A copy of a part of `buffer`.
    package convenience init(copying range: Range<Int>, of buffer: borrowing ByteBuffer) {
        var copy = ByteBuffer(capacity: range.count + FrozenBytes.padding)
        copy.append(buffer, range)
        self.init(copy, 0..<range.count)
    }

    /// Moves `range` out of `buffer`, with the bytes before it; only those after it stay there.
    package convenience init(taking range: Range<Int>, from buffer: inout ByteBuffer) {
        if range.count < FrozenBytes.long {
            self.init(copying: range, of: buffer)
            buffer.removeFirst(range.upperBound)
            return
        }
        var rest = ByteBuffer(capacity: 4096)
        rest.append(buffer, range.upperBound..<buffer.count)
        swap(&rest, &buffer)
        rest.truncate(to: range.upperBound)
        self.init(rest, range)
    }

    package var count: Int { range.count }
    package var array: [UInt8] { buffer.array(range) }

    package static func == (left: FrozenBytes, right: FrozenBytes) -> Bool { left.array == right.array }
}
