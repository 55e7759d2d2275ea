// Feeds the host's side of the outbox: batches in pieces as a pipe brings them, and copies of the memory they are in.
// Bad bytes are refused at the same offset however they were split, nothing is invented, and entries that were read from
// memory and then arrive are read once.

import Bytes
import Chance
import Fuzzing
@testable import Wire

@main final class BatchesFuzz: FuzzTarget {
    init() {}

    func feed(_ bytes: UnsafeRawBufferPointer) {
        guard var input = unsafe SplitInput(bytes) else { return }
        let stream = input.random.once(in: 2) ? framed(input.bytes, &input.random) : input.bytes
        let whole = Reading(of: [stream])
        precondition(whole == Reading(of: stream.pieces(&input.random)), "what is read depends on the pieces")
        precondition(size(of: whole.entries) <= stream.count, "more was read than there is")
        readOpenAndWhole(stream, whole, &input.random)
        readOpenAnywhere(stream, &input.random)
    }

    /// What a reader makes of a stream.
    private struct Reading: Equatable {
        var entries: [Entry] = []
        var isBroken = false

        init(of pieces: [[UInt8]]) {
            var reader = BatchReader()
            for piece in pieces where !isBroken {
                reader.received.append(piece)
                read(&reader)
            }
        }

        mutating func read(_ reader: inout BatchReader) {
            do throws(BrokenBatch) {
                var before: Int
                repeat {
                    before = reader.received.count
                    entries += try reader.readEntries()
                } while reader.received.count < before
            } catch { isBroken = true }
        }
    }

    /// `bytes` as the bodies of batches whose headers are right.
    private func framed(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var stream = ByteBuffer()
        var number: UInt64 = 1
        for body in bytes.pieces(&random) {
            for word in [BatchFormat.magic, number, UInt64(body.count)] { stream.append(native: word) }
            stream.append(body)
            number += 1
        }
        return stream.array
    }

    // MARK: Open batches

    /// Reads each batch once or twice while it grows, then whole.
    private func readOpenAndWhole(_ stream: [UInt8], _ whole: Reading, _ random: inout Seeded) {
        var reader = BatchReader()
        var log = EntryLog()
        var (at, number) = (0, UInt64(1))
        do throws(BrokenBatch) {
            while let size = batchSize(stream, at) {
                var length = 0
                while random.once(in: 2) {
                    length += random.below(size - length + 1)
                    let memory = Array(stream[at..<at + length])
                    for entry in try reader.readOpenBatch(
                        in: buffer(memory), times: ByteBuffer(), number: number, committedItems: items(memory, &random))
                    {
                        log.add(entry)
                    }
                }
                reader.received.append(Array(stream[at..<at + size]))
                for entry in try reader.readEntries() { log.add(entry) }
                at += size
                number += 1
            }
        } catch { return }
        var expected = EntryLog()
        for entry in whole.entries { expected.add(entry) }
        precondition(
            whole.isBroken || log == expected, "entries that were read from memory and arrived are not read once")
    }

    /// Of any memory, with any words: entries or a refusal, and no more than there is.
    private func readOpenAnywhere(_ stream: [UInt8], _ random: inout Seeded) {
        var reader = BatchReader(isTimed: random.once(in: 2))
        for _ in 0..<3 {
            let start = random.below(stream.count + 1)
            let memory = Array(stream[start..<start + random.below(stream.count - start + 1)])
            let items = random.once(in: 2) ? random.below(4) : Int(random.next() >> 32)
            let entries = try? reader.readOpenBatch(
                in: buffer(memory), times: buffer(memory), number: UInt64(random.below(3)), committedItems: items)
            precondition(size(of: entries ?? []) <= memory.count, "more was read from memory than there is")
        }
        reader.received.append(stream)
        let more = try? reader.readEntries()
        let rest = reader.readRest()
        precondition(size(of: (more ?? []) + rest) <= stream.count, "more was read than there is")
    }

    private func buffer(_ bytes: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(capacity: bytes.count)
        buffer.append(bytes)
        return buffer
    }

    private func batchSize(_ stream: [UInt8], _ at: Int) -> Int? {
        let bytes = buffer(Array(stream[at...]))
        guard bytes.count >= BatchFormat.headerSize else { return nil }
        let length = bytes.load(UInt64.self, at: 16)
        return length <= UInt64(bytes.count - BatchFormat.headerSize) ? BatchFormat.headerSize + Int(length) : nil
    }

    /// Those that the closed entries finish, and a few that an open one may.
    private func items(_ memory: [UInt8], _ random: inout Seeded) -> Int {
        let bytes = buffer(memory)
        var (at, items) = (BatchFormat.headerSize, 0)
        while bytes.count - at >= BatchFormat.entryHeaderSize {
            let length = bytes.load(UInt64.self, at: at + 8)
            at += BatchFormat.entryHeaderSize
            guard length <= UInt64(bytes.count - at) else { return items + random.below(3) }
            items += Int(bytes.load(UInt32.self, at: at - 12))
            at += Int(length)
        }
        return items
    }

    /// The least number of bytes of the stream in the entries; text that is not UTF-8 has become longer.
    private func size(of entries: [Entry]) -> Int {
        entries.reduce(0) { sum, entry in
            switch entry {
            case .output(let bytes, let items):
                precondition(items >= 0, "an entry finishes less than no item")
                return sum + bytes.count
            case .standardError(let bytes), .item(let bytes, _): return sum + bytes.count
            case .chunkEnd, .joined: return sum + 8
            case .place, .chunkDone: return sum + 16
            case .pulse, .farewell: return sum
            case .greeting(let greeting): return sum + 16 + greeting.version.utf8.count / 3
            case .module(let name, let digest): return sum + name.utf8.count / 3 + (digest?.count ?? 0)
            case .failure(let failure), .setupFailed(let failure), .teardownFailed(let failure),
                .processFailed(let failure), .inputFailed(let failure), .joinFailed(let failure, _):
                let texts = [failure.message, failure.traceback].compactMap(\.self)
                return sum + failure.printed.count + (failure.input?.bytes.count ?? 0)
                    + texts.reduce(0) { $1 == "(no message)" ? $0 : $0 + $1.utf8.count / 3 }
            }
        }
    }

    // MARK: Seeds

    var seeds: [[UInt8]] {
        var streams: [[UInt8]] = []
        var status = [UInt64](repeating: 0, count: StatusWords.size / 8)
        unsafe status.withUnsafeMutableBytes { words in
            var stream: [UInt8] = []
            var outbox = unsafe Outbox(ByteBuffer(), StatusWords(in: ByteBuffer(borrowing: words))) {
                stream += $0.array
            }
            for item in 1...4 {
                outbox.begin(item: item)
                outbox.output.append("record \(item)\n")
                if item == 2 {
                    outbox.fail(Failure(.timeout, "no", traceback: "t", input: "x"))
                } else {
                    outbox.commit()
                }
                if item == 3 { outbox.unattributedError([1, 2, 3]) }
                outbox.flush()
            }
            outbox.endChunk(nanoseconds: 5)
            outbox.setupFailed(Failure(.error, "setup"))
            outbox.inputFailed(Failure(.crash, "input"))
            streams.append(stream)
        }
        // Bodies for `framed`: one whole batch each, without its header.
        let body = Array(streams[0].dropFirst(24).prefix(50))
        return streams.flatMap { stream in (0..<6).map { SplitInput.seed(stream, chance: $0) } }
            + (0..<6).map { SplitInput.seed(body, chance: $0) }
    }
}

/// Entries, with neighbouring outputs joined: they may be split anywhere.
private struct EntryLog: Equatable {
    private var entries: [Entry] = []

    mutating func add(_ entry: Entry) {
        guard case .output(let more, let moreItems) = entry else { return entries.append(entry) }
        if more.isEmpty && moreItems == 0 { return }
        if case .output(let bytes, let items)? = entries.last {
            entries[entries.count - 1] = .output(bytes + more, items: items + moreItems)
        } else {
            entries.append(entry)
        }
    }
}
