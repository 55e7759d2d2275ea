// Digests of the items of a chunk: the host reads the chunk once more, for a run with a journal.

import Bytes
import Inputs
import Journal
import ProcessPool
import Records
import Script
import Wire

/// Digests the items of chunks.
final class ItemDigests {
    private let script: LoadedScript
    private let inputs: [Input]
    private let chunks: ChunkReader
    private let layout: InputLayout

    /// Relative paths begin in `directory`.
    init(_ script: LoadedScript, _ job: Job, directory: Int32) {
        self.script = script
        inputs = job.inputs
        chunks = ChunkReader(job.inputs, directory: directory)
        layout = job.layout
    }

    /// Nil when the items cannot be read; the worker will fail them.
    func digest(_ chunk: Chunk) throws(Failure) -> DigestedItems? {
        let payload = chunk.payload
        switch inputs[payload.input] {
        case .list:
            let digests = (chunk.first..<chunk.first + chunk.count).map { item in
                chunk.positions(of: item).flatMap { script.listedText(at: $0) }.map { Digest(of: $0) }
            }
            return DigestedItems(digests: digests, starts: [])
        case .iterator: return digestValues(payload, chunk)
        case .file, .standardInput, .words, .elsewhere:
            switch try chunks.read(payload) {
            case .records(let records): return try digest(records, payload, chunk)
            case .noMemory: throw chunks.noMemory(inputs[payload.input])
            case .changed, .tooLong: return nil
            }
        }
    }

    private func digest(_ records: RecordBytes, _ payload: Payload, _ chunk: Chunk) throws(Failure) -> DigestedItems {
        var cursor = RecordCursor(records, layout.framing)
        var items = DigestedItems(digests: [], starts: [0])
        if layout.framing.hasUnevenLines { items.lines = [0] }
        items.digests.reserveCapacity(chunk.count)
        items.starts.reserveCapacity(chunk.count + 1)
        while let record = cursor.next() {
            // A row is another item under another header.
            let header = payload.header.map { $0.array + [UInt8(ascii: "\n")] } ?? []
            items.digests.append(Digest(of: header + record.array))
            let item = records[(items.starts.last ?? 0)..<cursor.offset]
            items.starts.append(cursor.offset)
            if let before = items.lines.last { items.lines.append(before + layout.framing.lines(of: item, items: 1)) }
        }
        if items.digests.count != chunk.count { throw chunks.changed(inputs[payload.input]) }
        items.records = records
        return items
    }

    /// Reads the digests that the script's own process has written before each value.
    private func digestValues(_ payload: Payload, _ chunk: Chunk) -> DigestedItems {
        var items = DigestedItems(digests: [], starts: [0])
        guard case .bytes(let bytes) = payload.records else { return items }
        let first = bytes.range.lowerBound
        let unknown = [UInt8](repeating: 0, count: ItemProducer.digestSize)
        for _ in 0..<chunk.count {
            let item = ProducedItem(in: bytes, at: first + (items.starts.last ?? 0))
            let stored = bytes.buffer.array(item.start..<item.start + ItemProducer.digestSize)
            items.digests.append(stored == unknown ? nil : Digest(stored: stored))
            items.starts.append(item.end - first)
        }
        return items
    }
}

/// The items of one chunk.
struct DigestedItems {
    /// Nil for an item that cannot be compared: with a function in it, say, or a cycle.
    var digests: [Digest?]
    /// The offset of each item in the chunk's bytes, and the end of the last one; empty when there are no bytes.
    var starts: [Int]
    /// The lines in front of each item, and all of them, where items have different numbers of lines.
    var lines: [Int] = []
    /// The chunk's bytes where it is a range of a file; valid until the next chunk is digested.
    var records: RecordBytes?

    /// A chunk of some of the items, by their indices from 0.
    func part(_ indices: Range<Int>, of chunk: Chunk) -> Chunk {
        if indices == 0..<chunk.count { return chunk }
        let records: Payload.Records
        switch chunk.payload.records {
        case .listed, .tooLong: records = chunk.payload.records
        case .range(let offset, _, _):
            guard let bytes = self.records else { return chunk }
            let (start, end) = (starts[indices.lowerBound], starts[indices.upperBound])
            let checksum = ChunkReader.checksum(of: bytes[start..<end])
            records = .range(offset: offset + start, length: end - start, checksum: checksum)
        case .bytes(let bytes):
            let first = bytes.range.lowerBound
            let part = first + starts[indices.lowerBound]..<first + starts[indices.upperBound]
            records = .bytes(FrozenBytes(copying: part, of: bytes.buffer))
        }
        let first = chunk.first + indices.lowerBound
        return Chunk(
            first: first, count: indices.count, payload: chunk.payload.part(records, positions(of: indices, in: chunk)))
    }

    /// Where items are among the positions of the chunk.
    private func positions(of indices: Range<Int>, in chunk: Chunk) -> Range<Int> {
        if !lines.isEmpty { return lines[indices.lowerBound]..<lines[indices.upperBound] }
        let perItem = chunk.payload.positionsPerItem ?? 1
        return indices.lowerBound
            * perItem..<min(indices.upperBound * perItem, max(chunk.payload.positions, chunk.count))
    }
}
