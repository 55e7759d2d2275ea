// Feeds a worker's command pipe: bad bytes are ignored or end the worker, at the same offset however they were split, and
// commands that the host wrote come out as they went in.

import Bytes
import Chance
import Fuzzing

@testable import ProcessPool

@main final class CommandsFuzz: FuzzTarget {
    init() {}

    func feed(_ bytes: UnsafeRawBufferPointer) {
        guard var input = unsafe SplitInput(bytes) else { return }
        let whole = read([input.bytes])
        precondition(whole == read(input.bytes.pieces(&input.random)), "what is read depends on the pieces")
        let sent = commands(input.bytes, &input.random)
        precondition(read(written(sent).pieces(&input.random)) == sent, "a command comes out as another one")
    }

    /// As they go down the pipe.
    private func written(_ commands: [Command]) -> [UInt8] {
        var written = ByteBuffer()
        for command in commands {
            command.appendHead(to: &written)
            if let body = command.body { written.append(body.array) }
        }
        return written.array
    }

    /// Up to the first order to leave.
    private func read(_ pieces: [[UInt8]]) -> [Command] {
        var received = ByteBuffer()
        var commands: [Command] = []
        for piece in pieces {
            received.append(piece)
            while let command = Command.take(from: &received) {
                commands.append(command)
                if command == .leave { return commands }
            }
        }
        return commands
    }

    private func commands(_ bytes: [UInt8], _ random: inout Seeded) -> [Command] {
        bytes.pieces(&random).prefix(10).map { piece in
            switch random.below(12) {
            case 0: return .pulse
            case 1: return .stop
            case 2: return .suspend(random.once(in: 2))
            case 3: return .job(FrozenBytes(piece))
            case 4: return .use(columns: FrozenBytes(piece))
            default: break
            }
            let records: Payload.Records =
                switch random.below(4) {
                case 0: .range(offset: random.below(1 << 60), length: random.below(1 << 60), checksum: .max)
                case 1: .listed
                case 2: .tooLong
                default: .bytes(FrozenBytes(piece))
                }
            let payload = Payload(input: random.below(1 << 60), firstPosition: random.below(1 << 60), records: records)
            var chunk = Chunk(first: random.below(1 << 60), count: 1 + random.below(1 << 40), payload: payload)
            if random.once(in: 2) { chunk = chunk.advanced(by: random.below(chunk.count)) }
            if random.once(in: 2) { chunk = chunk.takeOutNext() }
            return .run(chunk)
        } + [.leave]
    }

    var seeds: [[UInt8]] {
        var random = Seeded(1)
        let sent = written(commands(random.bytes(100), &random))
        return (0..<4).map { SplitInput.seed(sent, chance: $0) }
    }
}
