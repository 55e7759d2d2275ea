// Items that the script's own process produces, as encoded values.

import Bytes
import ProcessPool
import Records
import Wire

/// The items of a producer, each after the length of the rest u64, whose top bit is a flag for the worker; the next bit says
/// that the number of the item's values follows, u64.
package final class ValueSource: RecordSource {
    private let producer: Producer
    private var buffer = ByteBuffer(capacity: 4096)
    private var start = 0

    /// Of the length.
    package static let hasNumber: UInt64 = 1 << 62

    init(_ producer: Producer) { self.producer = producer }

    var waitsOn: Int32? { producer.waitsOn }
    var descriptors: [Int32] { producer.descriptors }
    var rest: SourceRest? { nil }

    func nextRecords(items: Int) throws(Failure) -> NextRecords {
        if start == buffer.count {
            buffer.reset()
            start = 0
            switch try producer.take() {
            case .end: return .end
            case .values(let bytes): buffer.append(bytes)
            }
        }
        var (end, count, positions) = (start, 0, 0)
        while end < buffer.count, count < items {
            let word = buffer.load(UInt64.self, at: end)
            positions += word & ValueSource.hasNumber == 0 ? 1 : Int(buffer.load(UInt64.self, at: end + 8))
            end += 8 + Int(word & (ValueSource.hasNumber - 1))
            count += 1
        }
        if count == 0 { return .dry }
        defer { start = end }
        return .records(.bytes(FrozenBytes(copying: start..<end, of: buffer)), count: count, positions: positions)
    }

    /// Where the item ends that begins at `offset`.
    static func end(of bytes: FrozenBytes, at offset: Int) -> Int {
        offset + 8 + Int(bytes.buffer.load(UInt64.self, at: offset) & (hasNumber - 1))
    }
}
