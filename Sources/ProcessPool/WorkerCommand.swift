// What the host tells a worker, and the frames in which it travels down the pipe.

import Posix
import Wire

enum Command: Equatable {
    case run(Chunk)
    case leave

    private static let headerSize = 72
    private static let (runTag, leaveTag): (UInt64, UInt64) = (1, 2)
    /// Of the payload and of the body: their sum is a number.
    private static let mostBytes = Int.max / 4

    var body: FrozenBytes? { if case .run(let chunk) = self { chunk.body } else { nil } }

    /// tag · first · count · next item · end of the items · segment · attempt · bytes of the payload · bytes of the body, or
    /// all ones, each u64 · the payload; the body follows.
    func appendHead(to buffer: inout WireBuffer) {
        switch self {
        case .run(let chunk):
            let items = chunk.items
            let fields = [
                chunk.first, chunk.count, items.lowerBound, items.upperBound, chunk.segment, chunk.attempt,
                chunk.payload.count, chunk.body?.count ?? -1,
            ]
            buffer.append(native: Command.runTag)
            for field in fields { buffer.append(native: UInt64(bitPattern: Int64(field))) }
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
        let header = (0..<9).map { Int(truncatingIfNeeded: buffer.load(UInt64.self, at: $0 * 8)) }
        guard header[0] == runTag, isChunk(header) else {
            buffer.removeFirst(headerSize)
            return .leave
        }
        let start = headerSize + header[7]
        let end = start + max(header[8], 0)
        guard buffer.count >= end else { return nil }
        let payload = buffer.array(headerSize..<start)
        if header[8] < 0 {
            buffer.removeFirst(end)
            return .run(Chunk(header: header, payload: payload, body: nil))
        }
        let body = FrozenBytes(taking: start..<end, from: &buffer)
        return .run(Chunk(header: header, payload: payload, body: body))
    }

    /// Whether the numbers are those of a chunk, and so small that the sums of them are numbers.
    private static func isChunk(_ header: [Int]) -> Bool {
        let (end, isTooLarge) = header[1].addingReportingOverflow(header[2])
        guard header[1...7].allSatisfy({ $0 >= 0 }), header[8] >= -1, !isTooLarge else { return false }
        guard header[7] <= mostBytes, header[8] <= mostBytes else { return false }
        return header[1] <= header[3] && header[3] <= header[4] && header[4] <= end
    }
}

extension Chunk {
    /// As it was sent: the fields of the frame's header, the tag among them.
    fileprivate init(header: [Int], payload: [UInt8], body: FrozenBytes?) {
        let items = header[3]..<header[4]
        self.init(
            first: header[1], count: header[2], payload: payload, body: body, items: items, segment: header[5],
            attempt: header[6])
    }
}

/// Commands on their way down a pipe that takes some bytes at a time. Long bodies are sent from where they are.
struct CommandQueue: ~Copyable {
    private var buffer = WireBuffer(capacity: 128)
    /// Bytes of `buffer` that were sent.
    private var sent = 0
    /// Each follows when so much of `buffer` is sent.
    private var bodies: [(place: Int, bytes: FrozenBytes)] = []
    /// Bytes of the first one that were sent.
    private var sentOfBody = 0

    /// What is shorter is sent at once with what is in front of it.
    private static let long = 64 << 10

    var isEmpty: Bool { sent == buffer.count && bodies.isEmpty }

    mutating func append(_ command: Command) {
        command.appendHead(to: &buffer)
        guard let body = command.body else { return }
        if body.count < CommandQueue.long {
            buffer.append(body.buffer, body.range)
        } else {
            bodies.append((buffer.count, body))
        }
    }

    /// Bytes that the pipe has not taken.
    var byteCount: Int { buffer.count - sent + bodies.reduce(0) { $0 + $1.bytes.count } - sentOfBody }

    mutating func removeAll() {
        buffer.reset()
        bodies = []
        (sent, sentOfBody) = (0, 0)
    }

    /// Writes what the pipe takes now.
    mutating func write(to pipe: borrowing Descriptor) throws(PosixError) {
        while !isEmpty {
            let next = bodies.first
            if sent < next?.place ?? buffer.count {
                let end = next?.place ?? buffer.count
                guard case .bytes(let count) = try pipe.write(buffer, sent..<end) else { return }
                sent += count
            } else if let body = next?.bytes {
                let rest = body.range.lowerBound + sentOfBody..<body.range.upperBound
                guard case .bytes(let count) = try pipe.write(body.buffer, rest) else { return }
                sentOfBody += count
                if sentOfBody == body.count {
                    bodies.removeFirst()
                    sentOfBody = 0
                }
            }
        }
        removeAll()
    }
}
