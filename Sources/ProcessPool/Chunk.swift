// A run of items that one worker gets at once, and the frame in which it travels down the pipe.

import Wire

/// Items `first` to `first + count - 1`. What `payload` means is between the source that cut it and the worker's body.
package struct Chunk: Equatable, Sendable {
    package let first: Int
    package let count: Int
    package let payload: [UInt8]
    /// Items at the start that are done already: the chunk comes back from a worker that died.
    package internal(set) var skip = 0

    package init(first: Int, count: Int, payload: [UInt8]) {
        self.first = first
        self.count = count
        self.payload = payload
    }

    /// The number of the first item to be run.
    package var next: Int { first + skip }
    package var remaining: Int { count - skip }

    func advanced(by items: Int) -> Chunk {
        var rest = self
        rest.skip += items
        return rest
    }
}

/// What the host tells a worker.
enum Command: Equatable {
    case run(Chunk)
    case leave

    private static let headerSize = 40
    private static let (runTag, leaveTag): (UInt64, UInt64) = (1, 2)

    /// tag u64 · first u64 · count u64 · skip u64 · bytes u64 · the bytes
    func append(to buffer: inout WireBuffer) {
        switch self {
        case .run(let chunk):
            for number in [Int(Command.runTag), chunk.first, chunk.count, chunk.skip, chunk.payload.count] {
                buffer.append(native: UInt64(number))
            }
            buffer.append(chunk.payload)
        case .leave:
            for number in [Command.leaveTag, 0, 0, 0, 0] { buffer.append(native: number) }
        }
    }

    /// Takes the first command out of `buffer`, if it is there whole.
    static func take(from buffer: inout WireBuffer) -> Command? {
        guard buffer.count >= headerSize else { return nil }
        let header = (0..<5).map { Int(truncatingIfNeeded: buffer.load(UInt64.self, at: $0 * 8)) }
        guard buffer.count - headerSize >= header[4] else { return nil }
        defer { buffer.removeFirst(headerSize + header[4]) }
        guard header[0] == runTag else { return .leave }
        var chunk = Chunk(
            first: header[1], count: header[2], payload: buffer.array(headerSize..<headerSize + header[4]))
        chunk.skip = header[3]
        return .run(chunk)
    }
}
