// The host's side of what remotes get: the bytes of the items of a chunk, wherever they are.

import Bytes
package import ProcessPool
package import Records
import Wire

/// Makes chunks that have what is to be run, and no more.
package final class ChunkPacker {
    private let inputs: [Input]
    private let framing: RecordFraming
    private let reader: ChunkReader

    /// Relative paths begin in `directory`.
    package init(_ inputs: [Input], _ framing: RecordFraming, directory: Int32) {
        (self.inputs, self.framing) = (inputs, framing)
        reader = ChunkReader(inputs, directory: directory)
    }

    package func pack(_ chunk: Chunk) -> PackedChunk {
        let input = inputs[chunk.payload.input]
        do throws(Failure) {
            switch chunk.payload.records {
            case .listed, .tooLong: return .chunk(chunk)
            case .bytes(let bytes): return .chunk(part(of: chunk, bytes, input))
            case .range:
                switch try reader.read(chunk.payload) {
                case .records(let records): return .chunk(part(of: chunk, FrozenBytes(records.array), input))
                case .changed, .tooLong: return .unreadable("the file changed while it was read")
                case .noMemory: return .unreadable("the machine has no memory for it")
                }
            }
        } catch {
            return .unreadable(error.message)
        }
    }

    private func part(of chunk: Chunk, _ bytes: FrozenBytes, _ input: Input) -> Chunk {
        let (items, payload) = (chunk.items, chunk.payload)
        let skipped = items.lowerBound - chunk.first
        let before = input.part(of: bytes, from: bytes.range.lowerBound, items: skipped, framing)
        let own = input.part(of: bytes, from: before.range.upperBound, items: items.count, framing)
        let positions: Range<Int>
        if let perItem = payload.positionsPerItem {
            let all = max(payload.positions, chunk.count)
            positions = min(skipped * perItem, all)..<min((skipped + items.count) * perItem, all)
        } else {
            positions = (skipped == 0 ? 0 : before.lines)..<(skipped == 0 ? 0 : before.lines) + own.lines
        }
        return Chunk(
            first: items.lowerBound, count: items.count,
            payload: payload.part(.bytes(FrozenBytes(copying: own.range, of: bytes.buffer)), positions),
            attempt: chunk.attempt)
    }
}
