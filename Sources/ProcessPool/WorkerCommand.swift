// What the host tells a worker, and the frames in which it travels down the pipe.

import Bytes
import Posix

enum Command: Equatable {
    case run(Chunk)
    /// Results are rows under these columns from now on.
    case use(columns: FrozenBytes)
    case leave

    // To remotes
    /// No command: the program, for a machine that has none.
    case bytes(FrozenBytes)
    /// What is to be done there.
    case job(FrozenBytes)
    /// The host is there.
    case pulse
    /// No item is to be begun any more.
    case stop
    /// What runs is to stand still, and with it the watch over the host; or to go on.
    case suspend(Bool)

    private static let fields = 17
    private static let headerSize = 8 * fields
    private enum Tag: Int { case run = 1, leave, columns, job, pulse, stop, suspend, resume }
    private static let mostBytes = Int.max / 4

    /// What follows the head.
    var body: FrozenBytes? {
        switch self {
        case .run(let chunk): if case .bytes(let bytes) = chunk.payload.records { bytes } else { nil }
        case .use(let bytes), .job(let bytes), .bytes(let bytes): bytes
        case .leave, .pulse, .stop, .suspend: nil
        }
    }

    /// tag · first · count · next item · end of the items · segment · attempt · input · first position · kind of records ·
    /// offset · length · checksum · positions · positions an item and 1, or 0 · whether there is a header · its length, each
    /// u64; then the header.
    func appendHead(to buffer: inout ByteBuffer) {
        switch self {
        case .run(let chunk):
            let (items, payload) = (chunk.items, chunk.payload)
            let (kind, offset, length, checksum) = payload.records.fields
            let fields = [
                chunk.first, chunk.count, items.lowerBound, items.upperBound, chunk.segment, chunk.attempt,
                payload.input, payload.firstPosition, kind, offset, length,
            ]
            let others = [
                payload.positions, payload.positionsPerItem.map { $0 + 1 } ?? 0, payload.header == nil ? 0 : 1,
                payload.header?.count ?? 0,
            ]
            buffer.append(native: UInt64(Tag.run.rawValue))
            for field in fields { buffer.append(native: UInt64(bitPattern: Int64(field))) }
            buffer.append(native: checksum)
            for field in others { buffer.append(native: UInt64(bitPattern: Int64(field))) }
            if let header = payload.header { buffer.append(header.buffer, header.range) }
        case .use(let columns): Command.append(.columns, columns.count, to: &buffer)
        case .job(let job): Command.append(.job, job.count, to: &buffer)
        case .bytes: break
        case .leave: Command.append(.leave, to: &buffer)
        case .pulse: Command.append(.pulse, to: &buffer)
        case .stop: Command.append(.stop, to: &buffer)
        case .suspend(let isOn): Command.append(isOn ? .suspend : .resume, to: &buffer)
        }
    }

    private static func append(_ tag: Tag, _ length: Int = 0, to buffer: inout ByteBuffer) {
        buffer.append(native: UInt64(tag.rawValue))
        buffer.append(native: UInt64(length))
        buffer.append(zeros: headerSize - 16)
    }

    /// Takes the first command out of `buffer`, if it is there whole. What the host cannot have written, but somebody
    /// else may have, is an order to leave.
    static func take(from buffer: inout ByteBuffer) -> Command? {
        guard buffer.count >= headerSize else { return nil }
        let header = (0..<fields).map { Int(truncatingIfNeeded: buffer.load(UInt64.self, at: $0 * 8)) }
        let tag = Tag(rawValue: header[0])
        if tag == .columns || tag == .job, (0...mostBytes).contains(header[1]) {
            let end = headerSize + header[1]
            guard buffer.count >= end else { return nil }
            let bytes = FrozenBytes(taking: headerSize..<end, from: &buffer)
            return tag == .job ? .job(bytes) : .use(columns: bytes)
        }
        guard tag == .run, isChunk(header), let records = Payload.Records(header) else {
            buffer.removeFirst(headerSize)
            return tag.flatMap(short) ?? .leave
        }
        let start = headerSize + header[16]
        guard buffer.count >= start else { return nil }
        let columns = header[15] == 0 ? nil : FrozenBytes(copying: headerSize..<start, of: buffer)
        guard case .bytes = records else {
            buffer.removeFirst(start)
            return .run(Chunk(header, records, columns))
        }
        let end = start + header[11]
        guard buffer.count >= end else { return nil }
        return .run(Chunk(header, .bytes(FrozenBytes(taking: start..<end, from: &buffer)), columns))
    }

    /// One that is its tag alone.
    private static func short(_ tag: Tag) -> Command? {
        switch tag {
        case .pulse: .pulse
        case .stop: .stop
        case .suspend: .suspend(true)
        case .resume: .suspend(false)
        case .run, .leave, .columns, .job: nil
        }
    }

    /// Whether the numbers are those of a chunk, and so small that the sums of them are numbers.
    private static func isChunk(_ header: [Int]) -> Bool {
        let (end, isTooLarge) = header[1].addingReportingOverflow(header[2])
        guard header[1...11].allSatisfy({ $0 >= 0 }), header[13...].allSatisfy({ (0...mostBytes).contains($0) }),
            header[11] <= mostBytes, !isTooLarge
        else { return false }
        return header[1] <= header[3] && header[3] <= header[4] && header[4] <= end
    }
}

extension Chunk {
    /// As it was sent: the fields of the frame's header, the tag among them.
    fileprivate init(_ header: [Int], _ records: Payload.Records, _ columns: FrozenBytes?) {
        self.init(
            first: header[1], count: header[2],
            payload: Payload(
                input: header[7], firstPosition: header[8], records: records, positions: header[13],
                perItem: header[14] == 0 ? nil : header[14] - 1, header: columns),
            items: header[3]..<header[4], segment: header[5], attempt: header[6])
    }
}

extension Payload.Records {
    private enum Kind: Int { case range, bytes, listed, tooLong }

    fileprivate var fields: (kind: Int, offset: Int, length: Int, checksum: UInt64) {
        switch self {
        case .range(let offset, let length, let checksum): (Kind.range.rawValue, offset, length, checksum)
        case .bytes(let bytes): (Kind.bytes.rawValue, 0, bytes.count, 0)
        case .listed: (Kind.listed.rawValue, 0, 0, 0)
        case .tooLong: (Kind.tooLong.rawValue, 0, 0, 0)
        }
    }

    /// As they were sent, without their bytes; nil for no kind of records.
    fileprivate init?(_ header: [Int]) {
        let checksum = UInt64(UInt(bitPattern: header[12]))
        switch Kind(rawValue: header[9]) {
        case .range: self = .range(offset: header[10], length: header[11], checksum: checksum)
        case .bytes: self = .bytes(FrozenBytes([]))
        case .listed: self = .listed
        case .tooLong: self = .tooLong
        case nil: return nil
        }
    }
}

/// Commands on their way down a pipe that takes some bytes at a time. Long bodies are sent from where they are.
struct CommandQueue: ~Copyable {
    private var buffer = ByteBuffer(capacity: 128)
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
