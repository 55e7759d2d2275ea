// Bytes that do not change any more, held by whoever needs them: records on their way to a worker. A long one is never
// copied on that way: the buffer it was read into goes along.

/// A part of a buffer; at least `padding` bytes after it may be read, which simdjson wants.
package final class SharedBytes: Equatable, @unchecked Sendable {
    package let buffer: WireBuffer
    package let range: Range<Int>

    private static let padding = 64
    /// What is shorter is copied, and what was around it can be used again.
    private static let long = 1 << 20

    private init(_ buffer: consuming WireBuffer, _ range: Range<Int>) {
        let behind = buffer.count - range.upperBound
        if behind < SharedBytes.padding { buffer.append(zeros: SharedBytes.padding - behind) }
        self.buffer = buffer
        self.range = range
    }

    package convenience init(_ bytes: [UInt8]) {
        var buffer = WireBuffer(capacity: bytes.count + SharedBytes.padding)
        buffer.append(bytes)
        self.init(buffer, 0..<bytes.count)
    }

    /// A copy of a part of `buffer`.
    package convenience init(copying range: Range<Int>, of buffer: borrowing WireBuffer) {
        var copy = WireBuffer(capacity: range.count + SharedBytes.padding)
        copy.append(buffer, range)
        self.init(copy, 0..<range.count)
    }

    /// Takes `range` out of `buffer`, and what is in front of it; only what follows stays there.
    package convenience init(taking range: Range<Int>, from buffer: inout WireBuffer) {
        if range.count < SharedBytes.long {
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

    package static func == (left: SharedBytes, right: SharedBytes) -> Bool { left.array == right.array }
}
