// Items that are words of the command line, or combinations of them.

import Bytes
import ProcessPool

/// Words are sent in the chunk, each ended by NUL.
final class WordSource: RecordSource {
    private let combinations: Combinations
    /// Combinations of an item.
    private let batch: Int
    private let longestRecord: Int
    private var next = 0

    /// Bytes of a chunk, unless one item has more.
    private static let chunkBytes = 1 << 20

    init(_ combinations: Combinations, batch: Int, longestRecord: Int) {
        (self.combinations, self.batch, self.longestRecord) = (combinations, batch, longestRecord)
    }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [] }
    var rest: SourceRest? { SourceRest(items: (combinations.count - next + batch - 1) / batch) }

    func nextRecords(items: Int) -> NextRecords {
        if next == combinations.count { return .end }
        let first = next
        var (bytes, count) = ([UInt8](), 0)
        while next < combinations.count, count < items, bytes.count < WordSource.chunkBytes {
            let (start, end) = (bytes.count, min(next + batch, combinations.count))
            for number in next..<end { combinations.append(number, to: &bytes) }
            if bytes.count - start - 1 > longestRecord {
                if count == 0 {
                    next = end
                    return .records(.tooLong, count: 1, positions: end - first)
                }
                bytes.removeLast(bytes.count - start)
                break
            }
            (next, count) = (end, count + 1)
        }
        return .records(.bytes(FrozenBytes(bytes)), count: count, positions: next - first)
    }
}
