// When an item ran, as its worker has measured it; only where somebody listens.

import Bytes
import CPosixBridge

package struct ItemTime: Equatable, Sendable {
    /// Nanoseconds of the clock that does not stop.
    package let start: Int
    package let nanoseconds: Int
    /// What it gave.
    package let bytes: Int

    package init(start: Int, nanoseconds: Int, bytes: Int = 0) {
        (self.start, self.nanoseconds, self.bytes) = (start, nanoseconds, bytes)
    }

    package var end: Int { start + nanoseconds }

    static let size = MemoryLayout<pmap_item_time>.size

    func append(to buffer: inout ByteBuffer) {
        for number in [start, nanoseconds, bytes] { buffer.append(native: UInt64(bitPattern: Int64(number))) }
    }

    /// By another clock, which is ahead by so many nanoseconds.
    package func shifted(by offset: Int) -> ItemTime {
        ItemTime(start: start + offset, nanoseconds: nanoseconds, bytes: bytes)
    }
}

extension ByteBuffer {
    /// Times of items, one after the other, as a worker's status page has them.
    func times(_ range: Range<Int>) -> [ItemTime] {
        stride(from: range.lowerBound, to: range.upperBound, by: ItemTime.size).map { offset in
            func number(_ word: Int) -> Int { Int(truncatingIfNeeded: load(UInt64.self, at: offset + 8 * word)) }
            return ItemTime(start: number(0), nanoseconds: number(1), bytes: number(2))
        }
    }
}
