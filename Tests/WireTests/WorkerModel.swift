// A worker without a process: an outbox in borrowed memory, the batches it has sent, and the entries the host must read.

import Bytes
import Chance
@testable import Wire

/// Entries, with neighbouring outputs joined: they may be split anywhere.
struct EntryLog: Equatable {
    private(set) var entries: [Entry] = []

    init(_ entries: some Sequence<Entry> = []) { for entry in entries { add(entry) } }

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

/// The status page and the committed bytes, as the host can copy them at some moment.
struct Snapshot {
    let number: UInt64
    let committed: UInt64
    let memory: [UInt8]
    let times: [UInt8]
}

/// A batch being sent: if the worker dies now, the host must read the first `entriesCommitted` entries.
struct Sending {
    let bytes: [UInt8]
    let snapshot: Snapshot
    let entriesCommitted: Int
}

@safe final class WorkerModel {
    /// All entries, in order.
    private(set) var entries: [Entry] = []
    /// The number of entries in batches that were sent, and of those that a snapshot may have.
    private(set) var entriesSent = 0
    private(set) var entriesCommitted = 0
    private(set) var sent: [Sending] = []

    private let memory: UnsafeMutableRawBufferPointer
    let status: StatusWords
    private var outbox: Outbox?
    private var item = 0
    private let isItemized: Bool
    /// What each finished item gave, in their order.
    private(set) var bytesOfItems: [Int] = []

    /// `borrowed` is the size of the outbox's memory.
    init(borrowed: Int, isItemized: Bool = false, isTimed: Bool = false) {
        self.isItemized = isItemized
        unsafe memory = .allocate(byteCount: StatusWords.size + borrowed, alignment: 16)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
        status = unsafe StatusWords(in: ByteBuffer(borrowing: memory))
        let buffer = unsafe ByteBuffer(borrowing: UnsafeMutableRawBufferPointer(rebasing: memory[StatusWords.size...]))
        outbox = Outbox(buffer, status) { [unowned self] in record($0) }
        outbox?.isItemized = isItemized
        outbox?.isTimed = isTimed
    }

    deinit {
        outbox = nil
        unsafe memory.deallocate()
    }

    /// The host's view now.
    var snapshot: Snapshot {
        let committed = status.committed
        var times = ByteBuffer()
        status.appendTimes(ofItems: committed.items, to: &times)
        return Snapshot(
            number: status.batch, committed: committed.word, memory: copy(bytes: committed.bytes).array,
            times: times.array)
    }

    /// The first bytes of the outbox's memory.
    func copy(bytes count: Int) -> ByteBuffer {
        var copy = ByteBuffer()
        unsafe copy.append(UnsafeRawBufferPointer(rebasing: memory[StatusWords.size..<StatusWords.size + count]))
        return copy
    }

    private func record(_ batch: borrowing ByteBuffer) {
        if !batch.isOwned && isFinishing { entriesCommitted = entries.count }
        sent.append(Sending(bytes: batch.array, snapshot: snapshot, entriesCommitted: entriesCommitted))
        (entriesSent, entriesCommitted) = (entries.count, entries.count)
    }

    // MARK: Actions

    private var isFinishing = false

    private func append(_ entry: Entry, finishes: Bool = false, _ act: (inout Outbox) -> Void) {
        entries.append(entry)
        isFinishing = finishes
        if var box = outbox.take() {
            act(&box)
            outbox = consume box
        }
        isFinishing = false
        if finishes { entriesCommitted = entries.count }
    }

    /// Begins an item; it may have text for standard error first.
    func begin(text: [UInt8]? = nil) {
        item += 1
        outbox?.begin(item: item)
        if let text { append(.standardError(text)) { $0.standardError(text) } }
    }

    func append(_ bytes: [UInt8]) { outbox?.output.append(bytes) }
    func discard() { outbox?.discard() }
    /// `bytes` is all that the item appended.
    func commit(_ bytes: [UInt8]) {
        let traits = ItemTraits(rawValue: UInt32(item % 4))
        let entry: Entry = isItemized ? .item(bytes, traits) : .output(bytes, items: 1)
        bytesOfItems.append(bytes.count)
        append(entry, finishes: true) { $0.commit(traits) }
    }
    func fail(_ failure: Failure) {
        bytesOfItems.append(0)
        append(.failure(failure), finishes: true) { $0.fail(failure) }
    }
    func unattributedError(_ bytes: [UInt8]) { append(.standardError(bytes)) { $0.unattributedError(bytes) } }
    func unattributedOutput(_ bytes: [UInt8]) { append(.output(bytes, items: 0)) { $0.unattributedOutput(bytes) } }
    func endChunk(_ nanoseconds: Int) {
        append(.chunkEnd(nanoseconds: nanoseconds)) { $0.endChunk(nanoseconds: nanoseconds) }
    }
    func inputFailed(_ failure: Failure) { append(.inputFailed(failure)) { $0.inputFailed(failure) } }
    func setupFailed(_ failure: Failure) { append(.setupFailed(failure)) { $0.setupFailed(failure) } }
    func flush() { outbox?.flush() }
    var isStopped: Bool { outbox?.isStopped ?? false }
    func stop() { status.limit(0) }

    /// A random action; `between` is called at every moment at which the host may make a snapshot.
    func act(_ random: inout Seeded, largest: Int, _ between: (inout Seeded) -> Void) {
        func bytes() -> [UInt8] { random.bytes(random.below(random.once(in: 20) ? largest : 60)) }
        switch random.below(12) {
        case 0: unattributedError(bytes())
        case 1: unattributedOutput(bytes())
        case 2: endChunk(random.below(.max))
        default:
            begin(text: random.once(in: 5) ? bytes() : nil)
            between(&random)
            let (first, second) = (bytes(), bytes())
            append(first)
            between(&random)
            if random.once(in: 4) {
                discard()
                between(&random)
                append(second)
                commit(second)
            } else if random.once(in: 4) {
                fail(.random(&random))
            } else {
                append(second)
                commit(first + second)
            }
        }
        between(&random)
    }
}

extension Failure {
    static func random(_ random: inout Seeded) -> Failure {
        let texts: [String?] = [nil, "", "x", "täglich\0\n", String(repeating: "long ", count: 100)]
        return Failure(
            Kind.allCases.randomElement(using: &random) ?? .error,
            texts.compactMap(\.self).randomElement(using: &random) ?? "",
            traceback: texts.randomElement(using: &random) ?? nil,
            input: (texts.map { $0.map { ByteString($0) } } + [ByteString([0xff, 0x61])]).randomElement(using: &random)
                ?? nil)
    }
}

extension BatchReader {
    mutating func read(_ snapshot: Snapshot) throws(BrokenBatch) -> [Entry] {
        guard snapshot.committed != 0 else { return [] }
        var memory = ByteBuffer()
        var times = ByteBuffer()
        memory.append(snapshot.memory)
        times.append(snapshot.times)
        let items = StatusWords.Committed(word: snapshot.committed).items
        return try readOpenBatch(in: memory, times: times, number: snapshot.number, committedItems: items)
    }
}
