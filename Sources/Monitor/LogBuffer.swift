// Lines on their way to a log: written in blocks, and within half a second.

import Bytes

/// Where a log gathers its lines.
struct LogBuffer: ~Copyable {
    var lines = ByteBuffer()
    /// When they are to be written.
    private(set) var due: Int?
    private let write: ([UInt8]) -> Void

    /// Lines wait for so many nanoseconds, or bytes.
    private static let (patience, enough) = (500_000_000, 32 << 10)

    /// `write` takes whole lines.
    init(write: @escaping ([UInt8]) -> Void) { self.write = write }

    /// After each change.
    mutating func rest(now: Int) {
        if lines.count >= LogBuffer.enough { flush() } else if due == nil { due = now + LogBuffer.patience }
    }

    mutating func flush() {
        due = nil
        if lines.count > 0 { write(lines.array) }
        lines.reset()
    }
}
