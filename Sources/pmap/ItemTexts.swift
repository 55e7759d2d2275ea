// Items as text, for failures that arrive without it: a dead worker cannot send its item. The host reads the chunk once
// more.

import Bytes
import Inputs
import ProcessPool
import Records
import Script

/// Reads one item of a chunk, as the text of its failure.
final class ItemTexts {
    private let script: LoadedScript
    private let inputs: [Input]
    private let chunks: ChunkReader
    private let terminator: UInt8
    /// The size of the digest before each value of the script's own process.
    private let digestSize: Int

    /// Relative paths begin in `directory`.
    init(_ script: LoadedScript, _ job: Job, directory: Int32) {
        self.script = script
        inputs = job.inputs
        chunks = ChunkReader(job.inputs, directory: directory)
        terminator = job.terminator
        digestSize = job.journal == nil ? 0 : ItemProducer.digestSize
    }

    /// Nil where the item cannot be read, or is not text.
    func text(of item: Int, in chunk: Chunk) -> String? {
        let place = item - chunk.first
        switch inputs[chunk.payload.input] {
        case .list: return script.inputText(listed: chunk.position(of: item))
        case .iterator: return valueText(chunk.payload, at: place)
        case .file, .standardInput, .arguments:
            guard case .records(let records)? = try? chunks.read(chunk.payload) else { return nil }
            var cursor = RecordCursor(records, terminator: terminator)
            cursor.skip(place)
            return cursor.next()?.text
        }
    }

    private func valueText(_ payload: Payload, at place: Int) -> String? {
        guard case .bytes(let bytes) = payload.records else { return nil }
        var item = ProducedItem(in: bytes, at: bytes.range.lowerBound)
        for _ in 0..<place { item = ProducedItem(in: bytes, at: item.end) }
        return item.isFailed ? nil : script.inputText(bytes.buffer, at: item.start + digestSize)
    }
}
