// The host's side of the results protocol, for one worker: bytes of the pipe in, entries out. It can also read the open
// batch in the memory of a slow or dead worker, and later skips those entries when the batch itself arrives.

package import Bytes

/// The bytes of the pipe are no batch: the worker is not trusted any more.
package struct BrokenBatch: Error, Equatable {
    package init() {}
}

/// Parses one worker's batches.
package struct BatchReader: ~Copyable {
    /// Bytes of the pipe that are not a complete batch yet; read into it, then call `readEntries`.
    package var received = ByteBuffer(capacity: 4096)
    private var cursor = Cursor()
    /// When the items ran that the entries finish, where times are kept.
    private var times: [ItemTime] = []
    private let isTimed: Bool

    package init(isTimed: Bool = false) { self.isTimed = isTimed }

    /// The times of the items that were read since the last call, in their order.
    package mutating func takeTimes() -> [ItemTime] {
        defer { times.removeAll() }
        return times
    }

    /// The entries of all complete batches received. Those before a broken batch are returned first; that one is refused by
    /// the next call.
    package mutating func readEntries() throws(BrokenBatch) -> [Entry] {
        var (entries, used): ([Entry], Int) = ([], 0)
        do throws(BrokenBatch) {
            while let end = try readBatch(at: used, into: &entries) { used = end }
        } catch {
            if used == 0 { throw error }
        }
        received.removeFirst(used)
        return entries
    }

    /// The entries of a dead worker's complete batches when other bytes were written between them. Nothing is read after a
    /// batch that is not the next one: its entries would be credited to other items.
    package mutating func readRest() -> [Entry] {
        var (entries, used): ([Entry], Int) = ([], 0)
        while let start = nextMagic(from: used), let end = try? readBatch(at: start, into: &entries) { used = end }
        received.reset()
        return entries
    }

    /// Reads the batch at `start`, if it is complete; returns its end.
    private mutating func readBatch(at start: Int, into entries: inout [Entry]) throws(BrokenBatch) -> Int? {
        guard let size = try batchSize(at: start) else { return nil }
        let before = cursor.itemsRead
        entries += try cursor.read(received, start: start, end: size, committedItems: nil)
        if isTimed {
            guard cursor.times.count == cursor.itemsRead else { throw BrokenBatch() }
            if times.isEmpty && before == 0 { times = cursor.times } else { times += cursor.times.dropFirst(before) }
        }
        cursor.beginBatch()
        return start + size
    }

    private func nextMagic(from start: Int) -> Int? {
        let end = received.count - BatchFormat.headerSize
        return (start..<max(start, end + 1)).first { received.load(UInt64.self, at: $0) == BatchFormat.magic }
    }

    /// The size of the batch at `start`, if it is complete.
    private func batchSize(at start: Int) throws(BrokenBatch) -> Int? {
        guard received.count - start >= BatchFormat.headerSize else { return nil }
        guard received.load(UInt64.self, at: start) == BatchFormat.magic,
            received.load(UInt64.self, at: start + 8) == cursor.number
        else { throw BrokenBatch() }
        let length = received.load(UInt64.self, at: start + 16)
        guard length <= UInt64(Int.max / 2) else { throw BrokenBatch() }
        let size = BatchFormat.headerSize + Int(length)
        return received.count - start >= size ? size : nil
    }

    /// The entries of the open batch that were not read yet; `copy` copies so many of its first bytes.
    package mutating func readOpenBatch(_ status: StatusWords, _ copy: (Int) -> ByteBuffer) -> [Entry] {
        let number = status.batch
        let committed = status.committed
        guard committed.word != 0, status.batch == number else { return [] }
        let memory = copy(committed.bytes)
        var times = ByteBuffer()
        if isTimed { status.appendTimes(ofItems: committed.items, to: &times) }
        status.fence()
        // The worker may have sent this batch and begun the next while it was copied.
        guard status.batch == number, status.committed.word >= committed.word else { return [] }
        let entries = try? readOpenBatch(
            in: memory, times: times, number: number, committedItems: committed.items)
        return entries ?? []
    }

    /// The same of batch `number`: `memory` is a copy of its committed bytes, which finish `committedItems`, and `times`
    /// one of theirs, where they are kept. Nothing is read of an inconsistent copy: it may have been made while the worker
    /// closed an entry.
    mutating func readOpenBatch(
        in memory: borrowing ByteBuffer, times: borrowing ByteBuffer, number: UInt64, committedItems: Int
    ) throws(BrokenBatch) -> [Entry] {
        guard number == cursor.number, memory.count > cursor.position else { return [] }
        if isTimed && times.count != committedItems * ItemTime.size { throw BrokenBatch() }
        let before = cursor.itemsRead
        let entries = try cursor.read(memory, start: 0, end: memory.count, committedItems: committedItems)
        if isTimed { self.times += times.times(before * ItemTime.size..<cursor.itemsRead * ItemTime.size) }
        return entries
    }
}

/// How far the entries of one worker were read.
private struct Cursor {
    /// The batch expected next.
    var number: UInt64 = 1
    /// Of that batch: the offset of the next entry, the items that the entries before it finish, and the bytes and items
    /// that were read of the entry itself, when it was open.
    var position = BatchFormat.headerSize
    private var items = 0
    private var openBytes = 0
    private var openItems = 0
    /// Of a complete batch whose end was read.
    private(set) var times: [ItemTime] = []
    var itemsRead: Int { items + openItems }

    mutating func beginBatch() {
        self = Cursor(number: number + 1)
    }

    init(number: UInt64 = 1) { self.number = number }

    /// Reads the entries from `position` on, or none if one is broken; offsets count from `start`. A complete batch has no
    /// `committedItems`.
    mutating func read(
        _ bytes: borrowing ByteBuffer, start: Int, end: Int, committedItems: Int?
    ) throws(BrokenBatch) -> [Entry] {
        var ahead = self
        var entries: [Entry] = []
        try ahead.parse(bytes, start: start, end: end, committedItems: committedItems, into: &entries)
        if let committedItems, ahead.items + ahead.openItems != committedItems { throw BrokenBatch() }
        self = ahead
        return entries
    }

    private mutating func parse(
        _ bytes: borrowing ByteBuffer, start: Int, end: Int, committedItems: Int?, into entries: inout [Entry]
    ) throws(BrokenBatch) {
        while end - position >= BatchFormat.entryHeaderSize {
            let header = start + position
            let body = position + BatchFormat.entryHeaderSize
            let word = bytes.load(UInt32.self, at: header)
            let traits = word >> 16
            guard let tag = EntryTag(rawValue: word & 0xffff), tag == .item || traits == 0 else { throw BrokenBatch() }
            let length = bytes.load(UInt64.self, at: header + 8)
            let isOpen = length > UInt64(end - body)
            if isOpen && (committedItems == nil || tag != .output) { throw BrokenBatch() }
            let size = isOpen ? end - body : Int(length)
            let done = isOpen ? (committedItems ?? 0) - items : Int(bytes.load(UInt32.self, at: header + 4))
            let range = start + body..<start + body + size
            if tag == .times {
                guard size == items * ItemTime.size else { throw BrokenBatch() }
                times = bytes.times(range)
            } else if tag == .output {
                guard openBytes <= size, openItems <= done else { throw BrokenBatch() }
                appendOutput(
                    bytes, range.lowerBound + openBytes..<range.upperBound, items: done - openItems, into: &entries)
            } else {
                guard done == (tag == .failure || tag == .item ? 1 : 0) else { throw BrokenBatch() }
                entries.append(try entry(tag, ItemTraits(rawValue: traits), bytes, range))
            }
            if isOpen {
                (openBytes, openItems) = (size, done)
                return
            }
            items += done
            (openBytes, openItems) = (0, 0)
            position = body + size
        }
        if position != end { throw BrokenBatch() }
    }

    private func appendOutput(
        _ bytes: borrowing ByteBuffer, _ range: Range<Int>, items: Int, into entries: inout [Entry]
    ) {
        if items > 0 || !range.isEmpty { entries.append(.output(bytes.array(range), items: items)) }
    }

    private func module(_ bytes: borrowing ByteBuffer, _ range: Range<Int>) throws(BrokenBatch) -> Entry {
        var offset = range.lowerBound
        guard let name = bytes.field(at: &offset, end: range.upperBound) else { throw BrokenBatch() }
        return .module(String(decoding: name, as: UTF8.self), digest: bytes.field(at: &offset, end: range.upperBound))
    }

    private func joinFailure(_ bytes: borrowing ByteBuffer, _ range: Range<Int>) throws(BrokenBatch) -> Entry {
        guard let failure = bytes.joinFailure(in: range) else { throw BrokenBatch() }
        return .joinFailed(failure.failure, of: failure.items)
    }

    private func greeting(_ bytes: borrowing ByteBuffer, _ range: Range<Int>) throws(BrokenBatch) -> Entry {
        guard let greeting = bytes.greeting(in: range) else { throw BrokenBatch() }
        return .greeting(greeting)
    }

    private func entry(
        _ tag: EntryTag, _ traits: ItemTraits, _ bytes: borrowing ByteBuffer, _ range: Range<Int>
    ) throws(BrokenBatch) -> Entry {
        switch tag {
        case .item: .item(bytes.array(range), traits)
        case .output: .output(bytes.array(range), items: 0)
        case .standardError: .standardError(bytes.array(range))
        case .failure: .failure(bytes.failure(in: range))
        case .setupFailed: .setupFailed(bytes.failure(in: range))
        case .teardownFailed: .teardownFailed(bytes.failure(in: range))
        case .processFailed: .processFailed(bytes.failure(in: range))
        case .inputFailed: .inputFailed(bytes.failure(in: range))
        case .joinFailed: try joinFailure(bytes, range)
        case .chunkEnd where range.count == 8:
            .chunkEnd(nanoseconds: bytes.number(at: range.lowerBound))
        case .joined where range.count == 8: .joined(nanoseconds: bytes.number(at: range.lowerBound))
        case .place where range.count == 16:
            .place(item: bytes.number(at: range.lowerBound), attempt: bytes.number(at: range.lowerBound + 8))
        case .chunkDone where range.count == 16:
            .chunkDone(first: bytes.number(at: range.lowerBound), nanoseconds: bytes.number(at: range.lowerBound + 8))
        case .pulse where range.isEmpty: .pulse
        case .farewell where range.isEmpty: .farewell
        case .greeting: try greeting(bytes, range)
        case .chunkEnd, .joined, .place, .chunkDone, .pulse, .farewell: throw BrokenBatch()
        case .module: try module(bytes, range)
        case .times: throw BrokenBatch()
        }
    }
}

extension ByteBuffer {
    /// A word of eight bytes.
    fileprivate func number(at offset: Int) -> Int { Int(truncatingIfNeeded: load(UInt64.self, at: offset)) }
}
