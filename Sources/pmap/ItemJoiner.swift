// The script's own process while it joins results.

import Bytes
import Lua
import Posix
import ProcessPool
import Script
import Wire

/// Joins what comes through a pipe.
final class ItemJoiner: JoinerBody {
    private let total: TotalJoiner
    private let input: Descriptor

    private static let readSize = 64 << 10

    init(_ total: TotalJoiner, _ input: consuming Descriptor) {
        self.total = total
        self.input = input
    }

    func collect(capture: consuming Capture?, outbox: inout Outbox) -> JoinFailure? {
        StandardDescriptor.leaveInput()
        guard let capture else { return nil }
        let output = CapturedOutput(capture.reading, capture.writing, in: capture.memory)
        if let failure = total.begin(output, outbox) { return failure }
        while true {
            var count = 0
            let failure = total.add(&outbox) { buffer in
                if case .bytes(let read)? = try? input.read(appendingTo: &buffer, limit: ItemJoiner.readSize) {
                    count = read
                }
            }
            if failure != nil || count == 0 { return failure }
        }
    }

    func finish(outbox: inout Outbox) -> JoinFailure? { total.finish(&outbox) }
}
