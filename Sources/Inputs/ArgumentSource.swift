// Items that are words of the command line.

import Bytes
import ProcessPool

/// The words of the command line, which are few: they are sent in the chunk, each ended by NUL, which is in no word.
final class ArgumentSource: RecordSource {
    private let words: [ByteString]
    /// Words of an item.
    private let batch: Int
    private let longestRecord: Int
    private var next = 0

    init(_ words: [ByteString], batch: Int, longestRecord: Int) {
        (self.words, self.batch, self.longestRecord) = (words, batch, longestRecord)
    }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [] }
    var rest: SourceRest? { SourceRest(items: (words.count - next + batch - 1) / batch) }

    func nextRecords(items: Int) -> NextRecords {
        if next == words.count { return .end }
        let start = next
        var (bytes, count) = ([UInt8](), 0)
        while next < words.count, count < items {
            let item: [UInt8] = words[next..<min(next + batch, words.count)].flatMap { $0.bytes + [0] }
            if item.count - 1 > longestRecord {
                if count > 0 { break }
                next += min(batch, words.count - next)
                return .records(.tooLong, count: 1, positions: next - start)
            }
            bytes += item
            next += min(batch, words.count - next)
            count += 1
        }
        return .records(.bytes(FrozenBytes(bytes)), count: count, positions: next - start)
    }
}
