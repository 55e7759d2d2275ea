// A run of items that one worker gets at once, and the frame in which it travels down the pipe.

import Wire

/// Some of the items `first` to `first + count - 1`, which `payload` describes; what it means is between the source that
/// cut it and the worker's body.
package struct Chunk: Equatable, Sendable {
    package let first: Int
    package let count: Int
    package private(set) var payload: [UInt8]
    /// The items still to be run: all of them, unless the chunk comes back from a worker that died, or is for one item
    /// that failed.
    package private(set) var items: Range<Int>
    /// Where the gather collects what these items give: the first item it has not from elsewhere.
    package private(set) var slot: Int
    /// Which time these items are run, from 1.
    package private(set) var attempt = 1

    package init(first: Int, count: Int, payload: [UInt8]) {
        self.first = first
        self.count = count
        self.payload = payload
        items = first..<first + count
        slot = first
    }

    /// The number of the first item to be run.
    package var next: Int { items.lowerBound }
    package var remaining: Int { items.count }

    /// What is enough to say where the items came from: the payload's first bytes.
    var withoutRecords: Chunk {
        var head = self
        head.payload = Array(payload.prefix(64))
        return head
    }

    func advanced(by done: Int) -> Chunk {
        var rest = self
        rest.items = (next + done)..<items.upperBound
        return rest
    }

    /// Takes the items from `boundary` on out of the chunk. What was done of it, or is still to be, is gathered by itself.
    mutating func cut(at boundary: Int) -> Chunk {
        var rest = self
        rest.items = boundary..<items.upperBound
        if boundary > slot { rest.slot = boundary }
        items = items.lowerBound..<boundary
        return rest
    }

    /// The same items in at most so many chunks of about as many, to be gathered each by itself.
    func parts(_ count: Int) -> [Chunk] {
        var (rest, parts): (Chunk, [Chunk]) = (self, [])
        for left in stride(from: count, to: 1, by: -1) where rest.remaining > 1 {
            let next = rest.cut(at: rest.next + max(rest.remaining / left, 1))
            parts.append(rest)
            rest = next
        }
        return parts + [rest]
    }

    /// Takes the next item out, to be run again by itself; what is left of the chunk is gathered behind it.
    mutating func takeOutNext() -> Chunk {
        var again = self
        again.items = next..<next + 1
        again.slot = next
        again.attempt += 1
        items = (next + 1)..<items.upperBound
        slot = next
        return again
    }
}

extension Chunk {
    /// As it was sent: the fields of the frame's header, the tag among them.
    fileprivate init(header: [Int], payload: [UInt8]) {
        self.init(first: header[1], count: header[2], payload: payload)
        items = header[3]..<header[4]
        (slot, attempt) = (header[5], header[6])
    }
}

/// What the host tells a worker.
enum Command: Equatable {
    case run(Chunk)
    case leave

    private static let headerSize = 64
    private static let (runTag, leaveTag): (UInt64, UInt64) = (1, 2)

    /// tag · first · count · next item · end of the items · slot · attempt · bytes, each u64 · the bytes
    func append(to buffer: inout WireBuffer) {
        switch self {
        case .run(let chunk):
            let items = chunk.items
            let fields = [
                chunk.first, chunk.count, items.lowerBound, items.upperBound, chunk.slot, chunk.attempt,
                chunk.payload.count,
            ]
            buffer.append(native: Command.runTag)
            for field in fields { buffer.append(native: UInt64(field)) }
            buffer.append(chunk.payload)
        case .leave:
            buffer.append(native: Command.leaveTag)
            buffer.append(zeros: Command.headerSize - 8)
        }
    }

    /// Takes the first command out of `buffer`, if it is there whole. What the host cannot have written, but somebody
    /// else may have, is an order to leave.
    static func take(from buffer: inout WireBuffer) -> Command? {
        guard buffer.count >= headerSize else { return nil }
        let header = (0..<8).map { Int(truncatingIfNeeded: buffer.load(UInt64.self, at: $0 * 8)) }
        guard header[0] == runTag, isChunk(header) else {
            buffer.removeFirst(headerSize)
            return .leave
        }
        let end = headerSize + header[7]
        guard buffer.count >= end else { return nil }
        defer { buffer.removeFirst(end) }
        return .run(Chunk(header: header, payload: buffer.array(headerSize..<end)))
    }

    /// Whether the numbers are those of a chunk, and so small that the sums of them are numbers.
    private static func isChunk(_ header: [Int]) -> Bool {
        let (end, isTooLarge) = header[1].addingReportingOverflow(header[2])
        guard header.allSatisfy({ $0 >= 0 }), !isTooLarge, header[7] <= .max - headerSize else { return false }
        return header[1] <= header[3] && header[3] <= header[4] && header[4] <= end
    }
}
