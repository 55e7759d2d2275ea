// A worker without a process: an outbox in lent memory, what it sent, and what the host has to hear of it.

import Chance

@testable import Wire

/// What a worker told, with neighbouring outputs as one: where the cuts are is nobody's business.
struct Told: Equatable {
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
struct Look {
    let number: UInt64
    let committed: UInt64
    let memory: [UInt8]
}

/// A batch on its way: if the worker dies now, these are the first `told` of what it did.
struct Sending {
    let bytes: [UInt8]
    let look: Look
    let toldBefore: Int
    let toldCommitted: Int
}

@safe final class WorkerModel {
    /// All it did, in order.
    private(set) var told: [Entry] = []
    /// Of `told`: what is in batches that were sent, and what a look may tell.
    private(set) var toldSent = 0
    private(set) var toldCommitted = 0
    private(set) var sent: [Sending] = []

    private let memory: UnsafeMutableRawBufferPointer
    private let status: StatusWords
    private var outbox: Outbox?
    private var item = 0
    private let isItemized: Bool

    /// With so many bytes for the outbox.
    init(lent: Int, isItemized: Bool = false) {
        self.isItemized = isItemized
        unsafe memory = .allocate(byteCount: StatusWords.size + lent, alignment: 16)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
        status = unsafe StatusWords(in: memory)
        let buffer = unsafe WireBuffer(lent: UnsafeMutableRawBufferPointer(rebasing: memory[StatusWords.size...]))
        outbox = Outbox(buffer, status) { [unowned self] in note($0) }
        outbox?.isItemized = isItemized
    }

    deinit {
        outbox = nil
        unsafe memory.deallocate()
    }

    /// What the host would see now.
    var look: Look {
        let committed = status.load(.committed)
        let first = StatusWords.size
        return Look(
            number: status.load(.batch), committed: committed,
            memory: unsafe Array(memory[first..<first + Int(committed & 0xffff_ffff)]))
    }

    private func note(_ batch: borrowing WireBuffer) {
        if !batch.isOwned && isFinishing { toldCommitted = told.count }
        sent.append(Sending(bytes: batch.array, look: look, toldBefore: toldSent, toldCommitted: toldCommitted))
        (toldSent, toldCommitted) = (told.count, told.count)
    }

    // MARK: What it does

    private var isFinishing = false

    private func tell(_ entry: Entry, finishes: Bool = false, _ act: (inout Outbox) -> Void) {
        told.append(entry)
        isFinishing = finishes
        if var box = outbox.take() {
            act(&box)
            outbox = consume box
        }
        isFinishing = false
        if finishes { toldCommitted = told.count }
    }

    /// Begins an item; it may have text for standard error first.
    func begin(text: [UInt8]? = nil) {
        item += 1
        outbox?.begin(item: item)
        if let text { tell(.text(text)) { $0.text(text) } }
    }

    func append(_ bytes: [UInt8]) { outbox?.output.append(bytes) }
    func discard() { outbox?.discard() }
    /// `bytes` is all that the item appended.
    func commit(_ bytes: [UInt8]) {
        let traits = ItemTraits(rawValue: UInt32(item % 4))
        let entry: Entry = isItemized ? .item(bytes, traits) : .output(bytes, items: 1)
        tell(entry, finishes: true) { $0.commit(traits) }
    }
    func fail(_ failure: Failure) { tell(.failure(failure), finishes: true) { $0.fail(failure) } }
    func stray(_ bytes: [UInt8]) { tell(.text(bytes)) { $0.stray(bytes) } }
    func strayOutput(_ bytes: [UInt8]) { tell(.output(bytes, items: 0)) { $0.strayOutput(bytes) } }
    func endChunk(_ nanoseconds: Int) {
        tell(.chunkEnd(nanoseconds: nanoseconds)) { $0.endChunk(nanoseconds: nanoseconds) }
    }
    func inputFailed(_ failure: Failure) { tell(.inputFailed(failure)) { $0.inputFailed(failure) } }
    func setupFailed(_ failure: Failure) { tell(.setupFailed(failure)) { $0.setupFailed(failure) } }
    func flush() { outbox?.flush() }
    var isStopped: Bool { outbox?.isStopped ?? false }
    func stop() { status.store(1, .barrier) }

    /// Does something at random; `between` is called at every moment at which the host may look.
    func act(_ random: inout Seeded, largest: Int, _ between: (inout Seeded) -> Void) {
        func bytes() -> [UInt8] { random.bytes(random.below(random.once(in: 20) ? largest : 60)) }
        switch random.below(12) {
        case 0: stray(bytes())
        case 1: strayOutput(bytes())
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
            traceback: texts.randomElement(using: &random) ?? nil, input: texts.randomElement(using: &random) ?? nil)
    }
}

extension BatchReader {
    mutating func look(_ look: Look) throws(BrokenBatch) -> [Entry] {
        guard look.committed != 0 else { return [] }
        var memory = WireBuffer()
        memory.append(look.memory)
        return try self.look(at: memory, number: look.number, committedItems: Int(look.committed >> 32))
    }
}
