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
    /// Of records.
    private let isJSON: Bool
    /// The size of the digest before each value of the script's own process.
    private let digestSize: Int
    private var open: OpenChunk?

    /// A chunk whose records were read, and the next item of it.
    private struct OpenChunk {
        let first: Int
        var next: Int
        var cursor: RecordCursor
    }

    /// Relative paths begin in `directory`.
    init(_ script: LoadedScript, _ job: Job, directory: Int32) {
        self.script = script
        inputs = job.inputs
        chunks = ChunkReader(job.inputs, directory: directory)
        terminator = job.terminator
        isJSON = job.form.input == .jsonl
        digestSize = job.journal == nil ? 0 : ItemProducer.digestSize
    }

    /// The bytes of the item, or its value in JSON; nil where it cannot be read, or JSON has no words for it.
    func input(of item: Int, in chunk: Chunk) -> ByteString? {
        switch inputs[chunk.payload.input] {
        case .list, .iterator: value(of: item, in: chunk).map { ByteString($0) }
        case .file, .standardInput, .arguments: record(of: item, in: chunk).map { ByteString($0.array) }
        }
    }

    private func value(of item: Int, in chunk: Chunk) -> String? {
        switch inputs[chunk.payload.input] {
        case .list: script.inputText(listed: chunk.position(of: item))
        default: valueText(chunk.payload, at: item - chunk.first)
        }
    }

    /// Appends the item on one line, as far as it is worth it; answers how many bytes it has.
    func append(_ item: Int, in chunk: Chunk, to buffer: inout ByteBuffer) -> Int {
        switch inputs[chunk.payload.input] {
        case .list, .iterator:
            guard let text = value(of: item, in: chunk) else { return 0 }
            buffer.append(text.truncated(toBytes: ItemTexts.longest).escapedName)
            return text.utf8.count
        case .file, .standardInput, .arguments:
            guard let record = record(of: item, in: chunk) else { return 0 }
            record.appendLine(to: &buffer, isJSON: isJSON, most: ItemTexts.longest)
            return record.count
        }
    }

    /// Bytes of an item in a log.
    private static let longest = 1000

    /// Mostly it is the one after the last that was asked for.
    private func record(of item: Int, in chunk: Chunk) -> RecordBytes? {
        var position: OpenChunk
        if let open, open.first == chunk.first, open.next <= item {
            position = open
        } else {
            open = nil  // its memory is the next chunk's
            guard case .records(let records)? = try? chunks.read(chunk.payload) else { return nil }
            let cursor = RecordCursor(records, terminator: terminator)
            position = OpenChunk(first: chunk.first, next: chunk.first, cursor: cursor)
        }
        position.cursor.skip(item - position.next)
        position.next = item + 1
        let record = position.cursor.next()
        open = position
        return record
    }

    private func valueText(_ payload: Payload, at place: Int) -> String? {
        guard case .bytes(let bytes) = payload.records else { return nil }
        var item = ProducedItem(in: bytes, at: bytes.range.lowerBound)
        for _ in 0..<place { item = ProducedItem(in: bytes, at: item.end) }
        return item.isFailed ? nil : script.inputText(bytes.buffer, at: item.start + digestSize)
    }
}
