// Items as text, and where they are, for failures that arrive without it: a dead worker cannot send its item. The host reads
// the chunk once more.

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
    private let layout: InputLayout
    /// The size of the digest before each value of the script's own process.
    private let digestSize: Int
    private var open: OpenChunk?

    /// A chunk whose records were read, and the item of it that was asked for last.
    private struct OpenChunk {
        let first: Int
        let records: RecordBytes
        var cursor: RecordCursor
        var item: Int
        var record: RecordBytes?
        /// The position of its first line, and of the first behind it.
        var (line, nextLine): (Int, Int)

        /// The cursor has advanced so many lines.
        mutating func pass(_ items: Int, last: RecordBytes?) {
            item += items
            record = last
            nextLine += items
            line = nextLine - 1
        }

        mutating func advance(_ framing: RecordFraming) {
            let start = cursor.offset
            item += 1
            record = cursor.next()
            line = nextLine
            nextLine += framing.lines(of: records[start..<cursor.offset], items: 1)
        }
    }

    /// Relative paths begin in `directory`.
    init(_ script: LoadedScript, _ job: Job, directory: Int32) {
        self.script = script
        inputs = job.inputs
        chunks = ChunkReader(job.inputs, directory: directory)
        layout = job.layout
        digestSize = job.form.isJournaled ? ItemProducer.digestSize : 0
    }

    /// The bytes of the item, or its value in JSON; nil where it cannot be read, or JSON has no words for it.
    func input(of item: Int, in chunk: Chunk) -> ByteString? {
        inputs[chunk.payload.input].hasValues
            ? value(of: item, in: chunk).map { ByteString($0) }
            : record(of: item, in: chunk).map { ByteString(layout.text(of: $0)) }
    }

    private func value(of item: Int, in chunk: Chunk) -> String? {
        switch inputs[chunk.payload.input] {
        case .list: chunk.positions(of: item).flatMap { script.inputText(listed: $0, isBatch: layout.batch != nil) }
        default: valueText(chunk.payload, at: item - chunk.first)
        }
    }

    /// Appends the item on one line, as far as it is worth it; answers how many bytes it has.
    func append(_ item: Int, in chunk: Chunk, to buffer: inout ByteBuffer) -> Int {
        if inputs[chunk.payload.input].hasValues {
            guard let text = value(of: item, in: chunk) else { return 0 }
            buffer.append(text.truncated(toBytes: ItemTexts.longest).escapedName)
            return text.utf8.count
        }
        guard let record = record(of: item, in: chunk) else { return 0 }
        layout.append(line: record, to: &buffer, most: ItemTexts.longest)
        return record.count
    }

    /// Bytes of an item in a log.
    private static let longest = LogRows.longest

    /// Lets `body` take items from this one on, where each has its own line and ends with a byte; it answers how many it has
    /// taken, and the last one's record.
    func take(from item: Int, in chunk: Chunk, _ body: (inout RecordCursor) -> (items: Int, last: RecordBytes?)) -> Int
    {
        guard !inputs[chunk.payload.input].hasValues, layout.framing.isPlain, chunk.payload.positionsPerItem == 1,
            var position = opened(at: item - 1, in: chunk)
        else { return 0 }
        let (items, last) = body(&position.cursor)
        if items == 0 { return 0 }
        position.pass(items, last: last)
        open = position
        return items
    }

    /// `words.txt:88`, `words.txt:88-90`
    func name(of item: Int, in chunk: Chunk) -> String {
        inputs[chunk.payload.input].name(of: positions(of: item, in: chunk))
    }

    /// The lines of the item, or its places in what has no lines; those of the whole chunk where it cannot be read again.
    func positions(of item: Int, in chunk: Chunk) -> ClosedRange<Int> {
        if let known = chunk.positions(of: item) { return known }
        let first = chunk.payload.firstPosition
        guard let open = opened(at: item, in: chunk) else { return first...first + max(chunk.payload.positions, 1) - 1 }
        return layout.framing.isRow ? open.line...open.line : open.line...max(open.line, open.nextLine - 1)
    }

    private func record(of item: Int, in chunk: Chunk) -> RecordBytes? { opened(at: item, in: chunk)?.record }

    /// Mostly it is the item that was asked for last, or the one behind it.
    private func opened(at item: Int, in chunk: Chunk) -> OpenChunk? {
        var position: OpenChunk
        if let open, open.first == chunk.first, open.item <= item {
            position = open
        } else {
            open = nil  // its memory is the next chunk's
            guard case .records(let records)? = try? chunks.read(chunk.payload), !records.isEmpty else { return nil }
            position = OpenChunk(
                first: chunk.first, records: records, cursor: RecordCursor(records, layout.framing),
                item: chunk.first - 1, line: chunk.payload.firstPosition, nextLine: chunk.payload.firstPosition)
        }
        while position.item < item { position.advance(layout.framing) }
        open = position
        return position
    }

    private func valueText(_ payload: Payload, at place: Int) -> String? {
        guard case .bytes(let bytes) = payload.records else { return nil }
        var item = ProducedItem(in: bytes, at: bytes.range.lowerBound)
        for _ in 0..<place { item = ProducedItem(in: bytes, at: item.end) }
        return item.isFailed ? nil : script.inputText(bytes.buffer, at: item.start + digestSize)
    }
}
