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
        if let failure = total.begin(output, outbox, memory: Machine.memory() / 2) { return failure }
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

/// Runs of keys in spill files.
final class SpilledKeys: KeyRunFile {
    /// What all of them may take.
    final class Space {
        var left: Int

        init(_ bytes: Int) { left = bytes }
    }

    private let space: Space
    private var file: SpillFile
    private var (written, read) = (0, 0)

    private static let readSize = 64 << 10

    init(in folders: [ByteString], _ space: Space) {
        self.space = space
        file = SpillFile(folders: folders, limit: .max)
    }

    deinit { space.left += written }

    func append(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= space.left, file.store(bytes) != nil else { return false }
        written += bytes.count
        space.left -= bytes.count
        return true
    }

    func read(into buffer: inout ByteBuffer) -> Bool {
        let count = min(SpilledKeys.readSize, written - read)
        if count == 0 { return true }
        guard let bytes = try? file.read(offset: read, count: count) else { return false }
        read += count
        buffer.append(bytes)
        return true
    }
}
