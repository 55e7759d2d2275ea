// Bytes that do not change any more, held by whoever needs them: records on their way to a worker. A long one is never
// copied on that way: the buffer it was read into goes along.

/// A part of a buffer; at least `padding` bytes after it may be read, which simdjson wants.
package final class FrozenBytes: Equatable, @unchecked Sendable {
    package let buffer: WireBuffer
    package let range: Range<Int>

    private static let padding = 64
    /// What is shorter is copied, and what was around it can be used again.
    private static let long = 1 << 20

    private init(_ buffer: consuming WireBuffer, _ range: Range<Int>) {
        let behind = buffer.count - range.upperBound
        if behind < FrozenBytes.padding { buffer.append(zeros: FrozenBytes.padding - behind) }
        self.buffer = buffer
        self.range = range
    }

    package convenience init(_ bytes: [UInt8]) {
        var buffer = WireBuffer(capacity: bytes.count + FrozenBytes.padding)
        buffer.append(bytes)
        self.init(buffer, 0..<bytes.count)
    }

    /// A copy of a part of `buffer`.
    package convenience init(copying range: Range<Int>, of buffer: borrowing WireBuffer) {
        var copy = WireBuffer(capacity: range.count + FrozenBytes.padding)
        copy.append(buffer, range)
        self.init(copy, 0..<range.count)
    }

    /// Takes `range` out of `buffer`, and what is in front of it; only what follows stays there.
    package convenience init(taking range: Range<Int>, from buffer: inout WireBuffer) {
        if range.count < FrozenBytes.long {
            self.init(copying: range, of: buffer)
            buffer.removeFirst(range.upperBound)
            return
        }
        var rest = WireBuffer(capacity: 4096)
        rest.append(buffer, range.upperBound..<buffer.count)
        swap(&rest, &buffer)
        rest.truncate(to: range.upperBound)
        self.init(rest, range)
    }

    package var count: Int { range.count }
    package var array: [UInt8] { buffer.array(range) }

    package static func == (left: FrozenBytes, right: FrozenBytes) -> Bool { left.array == right.array }
}
