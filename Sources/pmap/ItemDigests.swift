// What stands for each item of a chunk: the host reads what it has cut once more, for a run that keeps a journal.

import Inputs
import Journal
import ProcessPool
import Records
import Script
import Wire

/// Finds the items of chunks.
final class ItemDigests {
    private let script: LoadedScript
    private let inputs: [Input]
    private let chunks: ChunkReader
    private let terminator: UInt8

    /// Relative paths begin in `directory`.
    init(_ script: LoadedScript, _ job: Job, directory: Int32) {
        self.script = script
        inputs = job.inputs
        chunks = ChunkReader(job.inputs, directory: directory)
        terminator = job.terminator
    }

    func digest(_ chunk: Chunk) throws(Failure) -> DigestedItems {
        let payload = Payload(of: chunk)
        switch inputs[payload.input] {
        case .list:
            let places = payload.firstPlace..<payload.firstPlace + chunk.count
            let digests = places.map { Digest(ofItem: script.listedText(at: $0) ?? [], number: $0) }
            return DigestedItems(digests: digests, starts: [])
        case .iterator: return digestValues(payload, chunk)
        case .file, .standardInput, .arguments:
            guard let records = try chunks.read(payload) else { throw chunks.isTooLarge(inputs[payload.input]) }
            var cursor = RecordCursor(records, terminator: terminator)
            var items = DigestedItems(digests: [], starts: [0])
            while let record = cursor.next() {
                items.digests.append(Digest(of: record.array))
                items.starts.append(cursor.offset)
            }
            if items.digests.count != chunk.count { throw chunks.hasChanged(inputs[payload.input]) }
            return items
        }
    }

    /// The script's own process has put a digest in front of each value.
    private func digestValues(_ payload: Payload, _ chunk: Chunk) -> DigestedItems {
        var items = DigestedItems(digests: [], starts: [0])
        guard case .bytes(let bytes) = payload.records else { return items }
        var offset = 0
        for place in 0..<chunk.count {
            let start = bytes.range.lowerBound + offset
            let stored = bytes.buffer.array(start + 8..<start + 8 + ItemProducer.digestSize)
            items.digests.append(Digest(stored: stored) ?? Digest(ofItem: [], number: chunk.first + place))
            offset += 8 + Int(bytes.buffer.load(UInt64.self, at: start) & ~ItemProducer.failed)
            items.starts.append(offset)
        }
        return items
    }
}

/// The items of one chunk.
struct DigestedItems {
    var digests: [Digest]
    /// Where in the chunk's bytes each item begins, and the last one ends; empty when there are no bytes.
    var starts: [Int]

    /// A chunk of some of the items, by their places from 0.
    func part(_ places: Range<Int>, of chunk: Chunk) -> Chunk {
        if places == 0..<chunk.count { return chunk }
        let payload = Payload(of: chunk)
        let records: Payload.Records
        switch payload.records {
        case .listed: records = .listed
        case .range(let offset, _):
            let (start, end) = (starts[places.lowerBound], starts[places.upperBound])
            records = .range(offset: offset + start, length: end - start)
        case .bytes(let bytes):
            let first = bytes.range.lowerBound
            let part = first + starts[places.lowerBound]..<first + starts[places.upperBound]
            records = .bytes(FrozenBytes(copying: part, of: bytes.buffer))
        }
        let part = Payload(
            input: payload.input, firstPlace: payload.firstPlace + places.lowerBound, records: records)
        return part.chunk(first: chunk.first + places.lowerBound, count: places.count)
    }
}
