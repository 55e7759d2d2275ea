// Files and an observer for what delivers to them.

import Bytes
import Posix
import Wire

@testable import ProcessPool

/// Notes what it is told.
final class Listener: RunObserver {
    private(set) var heard: [String] = []
    /// Of failed items.
    private(set) var inputs: [ByteString?] = []
    func failed(_ item: FailedItem) -> [UInt8] {
        inputs.append(item.failure.input)
        heard.append("item \(item.item) failed: \(item.failure.message)")
        return Array("<\(item.item)>".utf8)
    }
    func text(_ bytes: [UInt8]) { heard.append(String(decoding: bytes, as: UTF8.self)) }
    func notice(_ notice: Notice) {}
}

/// A file without a name that output goes to.
struct Paper: ~Copyable {
    private let file: Descriptor

    init() throws { file = try Descriptor(temporaryIn: "/tmp") }

    func queue(spillLimit: Int, folders: [ByteString] = ["/nowhere", "/tmp"]) throws -> OutputQueue {
        OutputQueue(try OutputDescriptor(copying: file.number), spillFolders: folders, spillLimit: spillLimit)
    }

    /// A run that has handed out a chunk to each slot, and whose output goes here.
    func executor(
        of chunks: [Chunk], slots: Int, _ plan: RunPlan = RunPlan(), spillLimit: Int = 0,
        folders: [ByteString] = ["/nowhere", "/tmp"],
        listener: Listener = Listener(), log: (any OutcomeLog)? = nil
    ) throws -> RunExecutor {
        let executor = RunExecutor(
            Run(plan, slots: slots, .process, isRecorded: log != nil), source: ChunkList(chunks),
            output: try queue(spillLimit: spillLimit, folders: folders), observer: listener, log: log)
        executor.tell(.begun)
        return executor
    }

    /// All that was written.
    func written() throws -> [UInt8] { try file.read(count: file.position, at: 0) }
}

/// A source that has some chunks, whatever is asked for, and then nothing for now.
private final class ChunkList: ChunkSource {
    private var chunks: [Chunk]
    init(_ chunks: [Chunk]) { self.chunks = chunks.reversed() }

    func nextChunk(items: Int) throws(Failure) -> NextChunk { chunks.popLast().map { .chunk($0) } ?? .dry }
    func countRest(within nanoseconds: Int) -> Int? { 0 }
    var waitsOn: Int32? { nil }
    var isLookedAt: Bool { false }
    var rest: SourceRest? { nil }
    var descriptors: [Int32] { [] }
}
