// Items that the script's own process makes, as values on the wire.

import ProcessPool
import Records
import Wire

/// The values of a producer, each with its length u64 in front, of which the top bit is not for us.
final class ValueSource: RecordSource {
    private let producer: Producer
    private var held = WireBuffer(capacity: 4096)
    private var start = 0

    init(_ producer: Producer) { self.producer = producer }

    var waitsOn: Int32? { producer.waitsOn }
    var descriptors: [Int32] { producer.descriptors }

    func cut(items: Int) throws(Failure) -> RecordCut {
        if start == held.count {
            held.reset()
            start = 0
            switch try producer.take() {
            case .end: return .end
            case .values(let bytes): held.append(bytes)
            }
        }
        var (end, count) = (start, 0)
        while end < held.count, count < items {
            end += 8 + Int(held.load(UInt64.self, at: end) & Int64.max.magnitude)
            count += 1
        }
        if count == 0 { return .nothingYet }
        defer { start = end }
        return .records(.bytes(FrozenBytes(copying: start..<end, of: held)), count: count)
    }
}
