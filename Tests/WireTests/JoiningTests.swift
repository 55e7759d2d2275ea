// An outbox whose records are joined before they are sent: what of, and what the host has when the worker dies before.

import Bytes
import Testing

@testable import Wire

/// Tells what it was given.
private final class Noting: RecordJoiner {
    func join(
        _ parts: [Range<Int>], of bytes: borrowing ByteBuffer, items: Range<Int>, into buffer: inout ByteBuffer
    ) -> JoinFailure? {
        var text = "\(items.lowerBound)..<\(items.upperBound):"
        for part in parts { text += " " + String(decoding: bytes.array(part), as: UTF8.self) }
        buffer.append(text)
        return nil
    }

    func takePrinted() -> [UInt8] { [] }
}

private enum Act {
    case record(String), nothing, failure, printed
}

/// The entries of a chunk that begins with item 5, as they are sent; output as text, others by a word.
private func sent(_ acts: [Act], isRetried: Bool = false) throws -> [String] {
    var memory = [UInt64](repeating: 0, count: StatusWords.size / 8 + 1000)
    return try unsafe memory.withUnsafeMutableBytes { memory in
        var stream: [UInt8] = []
        let status = unsafe StatusWords(in: ByteBuffer(borrowing: memory))
        let batch = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[StatusWords.size...])
        var outbox = unsafe Outbox(ByteBuffer(borrowing: batch), status) { stream += $0.array }
        outbox.joiner = Noting()
        outbox.isRetried = isRetried
        outbox.beginChunk(first: 5, items: acts.count)
        for (place, act) in acts.enumerated() {
            outbox.begin(item: 5 + place)
            switch act {
            case .record(let text):
                outbox.output.append(text)
                outbox.commit()
            case .nothing: outbox.commit()
            case .failure: outbox.fail(Failure(.error, "no"))
            case .printed:
                outbox.output.append("p")
                outbox.standardError(Array("said".utf8))
                outbox.commit()
            }
        }
        outbox.flush()
        var reader = BatchReader()
        reader.received.append(stream)
        return try reader.readEntries().map { entry in
            switch entry {
            case .output(let bytes, let items): "\(items) \(String(decoding: bytes, as: UTF8.self))"
            case .failure: "failure"
            case .standardError(let bytes): String(decoding: bytes, as: UTF8.self)
            default: "\(entry)"
            }
        }
    }
}

@Test func `records of a batch are joined in front, and its items end as before`() throws {
    #expect(try sent([.record("a"), .nothing, .record("b")]) == ["3 5..<8: ab"])
    #expect(try sent([.record("a"), .failure, .record("b")]) == ["1 5..<8: a b", "failure", "1 "])
    #expect(try sent([.record("a"), .printed, .record("b")]) == ["1 5..<8: a pb", "said", "2 "])
    #expect(try sent([.failure, .record("b")]) == ["failure", "1 5..<7: b"])
    #expect(try sent([.nothing, .nothing]) == ["2 5..<7:"])
}

@Test func `nothing is joined across an item that is tried again`() throws {
    #expect(
        try sent(
            [.record("a"), .record("b"), .failure, .record("c"), .failure, .failure, .record("d")], isRetried: true)
            == ["2 5..<7: ab", "failure", "1 8..<9: c", "failure", "failure", "1 11..<12: d"])
}
