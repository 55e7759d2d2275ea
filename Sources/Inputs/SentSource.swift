// A remote's side of the input: the chunks that the host has sent, cut into smaller ones for the workers here.

import Bytes
package import ProcessPool
package import Records
package import Wire

/// Chunks whose records came with them.
package final class SentSource: SentChunks {
    /// How far the first of the chunks was cut.
    private struct Cut {
        var item: Int
        var offset: Int
        var positions = 0
    }

    private let inputs: [Input]
    private let framing: RecordFraming
    private var chunks: [Chunk] = []
    private var cut: Cut?
    private var isEnded = false

    package init(_ inputs: [Input], _ framing: RecordFraming) { (self.inputs, self.framing) = (inputs, framing) }

    package func append(_ chunk: Chunk) { chunks.append(chunk) }
    package func end() { isEnded = true }

    package var rest: SourceRest? { nil }
    package var waitsOn: Int32? { nil }
    package var isLookedAt: Bool { false }
    package var descriptors: [Int32] { [] }
    package func countRest(within nanoseconds: Int) -> Int? { nil }

    package func nextChunk(items: Int) throws(Failure) -> NextChunk {
        guard let chunk = chunks.first else { return isEnded ? .end : .dry }
        guard case .bytes(let bytes) = chunk.payload.records, items < chunk.count || cut != nil else {
            chunks.removeFirst()
            return .chunk(chunk)
        }
        let start = cut ?? Cut(item: chunk.first, offset: bytes.range.lowerBound)
        let end = chunk.first + chunk.count
        let count = min(items, end - start.item)
        let part = inputs[chunk.payload.input].part(of: bytes, from: start.offset, items: count, framing)
        let positions = chunk.payload.positionsPerItem.map {
            min(count * $0, max(chunk.payload.positions, chunk.count) - start.positions)
        }
        let next = Cut(
            item: start.item + count, offset: part.range.upperBound,
            positions: start.positions + (positions ?? part.lines))
        cut = next.item < end ? next : nil
        if cut == nil { chunks.removeFirst() }
        let payload = chunk.payload.part(
            .bytes(FrozenBytes(copying: part.range, of: bytes.buffer)), start.positions..<next.positions)
        return .chunk(Chunk(first: start.item, count: count, payload: payload, attempt: chunk.attempt))
    }
}

extension Input {
    /// Where so many items of a chunk's bytes are, the first of which begins at `offset`, and how many lines they have.
    func part(of bytes: FrozenBytes, from offset: Int, items: Int, _ framing: RecordFraming) -> (
        range: Range<Int>, lines: Int
    ) {
        if hasValues {
            let end = (0..<items).reduce(offset) { end, _ in ValueSource.end(of: bytes, at: end) }
            return (offset..<end, items)
        }
        let records = RecordBytes(bytes.buffer)[offset..<bytes.range.upperBound]
        var cursor = RecordCursor(records, framing)
        cursor.skip(items)
        return (offset..<offset + cursor.offset, framing.lines(of: records[0..<cursor.offset], items: items))
    }
}
