// The worker's side of the results protocol: entries are written here item by item, and sent batch by batch.
//
// The batch is in memory shared with the host, and after each item a status word is set to the committed length. However the
// worker ends, the host reads the committed entries and knows the one item that was running. An item too large for that
// memory moves the batch to the worker's own memory, and it is sent at once.

package import Bytes

/// Writes outcomes in the order of the items.
package struct Outbox: ~Copyable {
    /// The record of the running item is appended here.
    package var output: ByteBuffer
    package let status: StatusWords
    private let send: (borrowing ByteBuffer) -> Void

    /// Items that have triggered a flush; failures that are retried do not count.
    package private(set) var triggeringItems = 0
    /// Failures are retried, unless they are final.
    package var isRetried = false
    /// Each item is an entry of its own, with its traits.
    package var isItemized = false
    /// The times of items are kept.
    package var isTimed = false
    /// Joins the records of a batch when it is sent. Until then the host can take them as they are, whatever happens.
    package var joiner: (any RecordJoiner)?
    /// The outcomes with which a batch is sent before it is full.
    package var flushTriggers = FlushTriggers()

    private var number: UInt64 = 1
    private(set) var itemsInBatch = 0
    /// The offset of the open output entry, and the items it has finished.
    private var openEntry: Int?
    private var openItems = 0
    /// The offset of the running item's bytes.
    private var itemStart = 0
    /// The chunk's first item, and how many of its items the batches before this one have finished.
    private var (firstItem, itemsBefore) = (0, 0)
    /// Items begun in all, and those of all chunks.
    var begun: UInt64 = 0
    private var assigned: UInt64 = 0

    /// A batch is sent when it has grown to this, and at a chunk's end.
    static let flushSize = 256 << 10
    /// The same for records that are joined: the more they are, the less is left of them.
    private static let joinSize = 900 << 10
    /// With so many bytes a batch is sent.
    var enough: Int { joiner == nil ? Outbox.flushSize : Outbox.joinSize }
    /// Of an item whose records are joined, about, and rather more.
    private var bytesPerItem = 64

    /// Where a batch with `item` in it ends best, if records are joined: those of a whole block of 2ⁿ items come to one value
    /// of each key, others to several.
    package func blockEnd(after item: Int) -> Int? {
        if joiner == nil { return nil }
        let fitting = max(enough / bytesPerItem, 1)
        let block = 1 << (Int.bitWidth - 1 - fitting.leadingZeroBitCount)
        return ((item - 1) / block + 1) * block + 1
    }

    /// `send` must have written all of the bytes when it returns.
    package init(_ buffer: consuming ByteBuffer, _ status: StatusWords, send: @escaping (borrowing ByteBuffer) -> Void)
    {
        output = buffer
        self.status = status
        self.send = send
        status.batch = number
        beginBatch()
    }

    /// The host has stopped the worker before the next item.
    package var isStopped: Bool { status.isStopped(begun: begun) }

    // MARK: Items

    /// Begins a chunk. Its items count for the limit whether they are begun or not, so that host and worker agree.
    package mutating func beginChunk(first: Int, items: Int) {
        (firstItem, itemsBefore) = (first, 0)
        begun = assigned
        assigned += UInt64(items)
    }

    /// Whether the item may be begun. If the host has stopped the worker before it, the status is as before.
    package mutating func mayBegin(item number: Int) -> Bool { status.mayBegin(item: number, &begun) }

    /// Begins item `number`; its record may be appended to `output` now.
    package mutating func begin(item number: Int) {
        openForItems()
        itemStart = output.count
        if isTimed { status.beginTime(ofItem: itemsInBatch) }
        status.current = number
    }

    /// Discards the bytes that the running item has appended.
    package mutating func discard() { output.truncate(to: itemStart) }

    /// Puts `tag` in front of every line that the running item has appended.
    package mutating func tag(lines tag: [UInt8]) {
        let lines = output.array(itemStart..<output.count)
        discard()
        output.append(lines.tagged(tag))
    }

    /// Ends the running item.
    package mutating func commit(_ traits: ItemTraits = ItemTraits()) {
        openItems += 1
        let bytes = output.count - itemStart
        if isItemized, let start = openEntry {
            output.store(EntryTag.item.rawValue | traits.rawValue << 16, at: start)
            closeEntry()
        }
        finishItem(bytes: bytes, mustFlush: flushTriggers.successes || flushTriggers.records && traits.hasRecord)
    }

    /// Ends the running item, which was a blank line and none: it counts for nothing.
    package mutating func commitBlank() {
        closeEntry()
        appendEntry(.item, ItemTraits(isBlank: true), items: 1) { _ in }
        finishItem(bytes: 0, mustFlush: false)
    }

    /// Ends the running item as failed; the bytes that it has appended are discarded.
    package mutating func fail(_ failure: Failure) {
        discard()
        closeEntry()
        appendEntry(.failure, items: 1) { $0.append(failure) }
        finishItem(bytes: 0, mustFlush: flushTriggers.failures && (failure.isFinal || !isRetried))
    }

    /// Bytes for standard error of the running item, which will not fail any more, before its record.
    package mutating func standardError(_ bytes: [UInt8]) { beforeItem { $0.unattributedError(bytes) } }

    /// Reports a module that was loaded; one that the running item has loaded is reported before the item's end.
    package mutating func loaded(module name: String, digest: [UInt8]?, inItem: Bool) {
        let append = { (outbox: inout Outbox) in
            outbox.closeEntry()
            outbox.appendEntry(.module, items: 0) {
                $0.append(field: Array(name.utf8))
                $0.append(field: digest)
            }
        }
        if inItem { beforeItem(append) } else { append(&self) }
    }

    private mutating func beforeItem(_ append: (inout Outbox) -> Void) {
        let record = output.array(itemStart..<output.count)
        discard()
        append(&self)
        openEntry = appendHeader(.output, items: 0, length: BatchFormat.open)
        itemStart = output.count
        output.append(record)
    }

    mutating func openForItems() {
        if openEntry == nil { openEntry = appendHeader(.output, items: 0, length: BatchFormat.open) }
    }

    /// Counts items that C has finished; one more may be running.
    mutating func countFinished(items: Int) {
        openItems += items
        itemsInBatch += items
        itemStart = output.count
    }

    private mutating func finishItem(bytes: Int, mustFlush: Bool) {
        if isTimed { status.endTime(ofItem: itemsInBatch, bytes: bytes) }
        itemsInBatch += 1
        if mustFlush { triggeringItems += 1 }
        if !output.isOwned { status.commit(items: itemsInBatch, bytes: output.count) }
        let isFull = output.count >= enough || isTimed && itemsInBatch == StatusWords.mostTimes
        if mustFlush || output.isOwned || isFull { flush() }
    }

    // MARK: The worker

    /// Reports that `setup` has been run.
    package func ready() { status.phase = .ready }

    /// Reports that `teardown` is being run, which is the end of the items.
    package func leaving() { status.phase = .leaving }

    /// Everything has been run and sent: whoever ends before this has ended too early, whatever its exit status.
    package func left() { status.phase = .gone }

    package mutating func teardownFailed(_ failure: Failure) {
        closeEntry()
        appendEntry(.teardownFailed, items: 0) { $0.append(failure) }
    }

    package mutating func processFailed(_ failure: Failure) {
        closeEntry()
        appendEntry(.processFailed, items: 0) { $0.append(failure) }
    }

    package mutating func setupFailed(_ failure: Failure) {
        appendEntry(.setupFailed, items: 0) { $0.append(failure) }
        flush()
    }

    /// Reports that the results cannot be joined.
    package mutating func joinFailed(_ failure: JoinFailure) {
        closeEntry()
        appendEntry(.joinFailed, items: 0) { $0.append(failure) }
        flush()
    }

    package mutating func inputFailed(_ failure: Failure) {
        closeEntry()
        appendEntry(.inputFailed, items: 0) { $0.append(failure) }
        flush()
    }

    /// Bytes for the output that are no item's.
    package mutating func unattributedOutput(_ bytes: [UInt8]) {
        closeEntry()
        appendEntry(.output, items: 0) { $0.append(bytes) }
    }

    /// Bytes for standard error that are no item's.
    package mutating func unattributedError(_ bytes: [UInt8]) {
        closeEntry()
        appendEntry(.standardError, items: 0) { $0.append(bytes) }
    }

    package mutating func endChunk(nanoseconds: Int) {
        closeEntry()
        appendEntry(.chunkEnd, items: 0) { $0.append(native: UInt64(nanoseconds)) }
        flush()
    }

    /// Sends what is no item's at once, if there is anything: the first item may kill the worker.
    package mutating func flushEntries() { if output.count > BatchFormat.headerSize { flush() } }

    /// Sends the batch.
    package mutating func flush() {
        closeEntry()
        if isTimed && itemsInBatch > 0 {
            let (status, items) = (status, itemsInBatch)
            appendEntry(.times, items: 0) { status.appendTimes(ofItems: items, to: &$0) }
        }
        output.store(UInt64(output.count - BatchFormat.headerSize), at: 16)
        status.isSending = true
        if let joiner, itemsInBatch > 0 {
            bytesPerItem = output.count * 9 / 8 / itemsInBatch + 1
            send(joined(by: joiner))
        } else {
            send(output)
        }
        status.isSending = false
        status.commit(items: 0, bytes: 0)  // first: with the next number the old word would be about the wrong batch
        number += 1
        status.batch = number
        status.fence()
        itemsBefore += itemsInBatch
        beginBatch()
    }

    /// The batch, in which the first of the entries that are joined has what all of them have come to.
    private func joined(by joiner: any RecordJoiner) -> ByteBuffer {
        var batch = ByteBuffer(capacity: 4096)
        batch.append(output, 0..<BatchFormat.headerSize)
        var (start, item) = (BatchFormat.headerSize, firstItem + itemsBefore)
        while start < output.count {
            let first = item
            var (end, entries): (Int, [OutboxEntry]) = (start, [])
            while end < output.count {
                let entry = OutboxEntry(in: output, at: end)
                // Another try of an item comes between those in front of it and those behind.
                if entry.tag == .failure && isRetried && !entries.isEmpty { break }
                entries.append(entry)
                item += entry.items
                end = entry.end
                if entry.tag == .failure && isRetried { break }
            }
            append(entries, of: first..<item, to: &batch, joiner)
            start = end
        }
        batch.store(UInt64(batch.count - BatchFormat.headerSize), at: 16)
        return batch
    }

    private func append(
        _ entries: [OutboxEntry], of items: Range<Int>, to batch: inout ByteBuffer, _ joiner: any RecordJoiner
    ) {
        let records = entries.filter { $0.tag == .output }.map(\.body)
        var joined = ByteBuffer()
        let start = isTimed ? StatusWords.now() : 0
        let failure = joiner.join(records.filter { !$0.isEmpty }, of: output, items: items, into: &joined)
        if isTimed { batch.appendEntry(.joined) { $0.append(native: StatusWords.now() - start) } }
        if let failure { batch.appendEntry(.joinFailed) { $0.append(failure) } }
        let printed = joiner.takePrinted()
        if !printed.isEmpty { batch.appendEntry(.standardError) { $0.append(printed) } }
        var place = 0
        for entry in entries {
            if entry.tag == .output {
                batch.appendEntry(.output, items: entry.items) { if place == 0 { $0.append(joined) } }
                place += 1
            } else {
                batch.append(output, entry.start..<entry.end)
            }
        }
    }

    // MARK: Layout

    private mutating func beginBatch() {
        output.reset()
        output.append(native: BatchFormat.magic)
        output.append(native: number)
        output.append(native: UInt64(0))
        itemsInBatch = 0
        openEntry = nil
    }

    private mutating func appendHeader(
        _ tag: EntryTag, _ traits: ItemTraits = ItemTraits(), items: Int, length: UInt64
    ) -> Int {
        openItems = 0
        return output.appendHeader(tag, traits, items: items, length: length)
    }

    private mutating func appendEntry(
        _ tag: EntryTag, _ traits: ItemTraits = ItemTraits(), items: Int, _ body: (inout ByteBuffer) -> Void
    ) {
        openItems = 0
        output.appendEntry(tag, traits, items: items, body)
    }

    /// Stores the length and the items of the open entry; an empty one is removed.
    private mutating func closeEntry() {
        guard let start = openEntry else { return }
        openEntry = nil
        let length = output.count - start - BatchFormat.entryHeaderSize
        if length == 0 && openItems == 0 { return output.truncate(to: start) }
        output.store(UInt32(openItems), at: start + 4)
        output.store(UInt64(length), at: start + 8)
    }
}

extension ByteBuffer {
    mutating func appendHeader(_ tag: EntryTag, _ traits: ItemTraits, items: Int, length: UInt64) -> Int {
        let start = count
        append(native: tag.rawValue | traits.rawValue << 16)
        append(native: UInt32(items))
        append(native: length)
        return start
    }

    mutating func appendEntry(
        _ tag: EntryTag, _ traits: ItemTraits = ItemTraits(), items: Int = 0, _ body: (inout ByteBuffer) -> Void
    ) {
        let start = appendHeader(tag, traits, items: items, length: 0)
        body(&self)
        store(UInt64(count - start - BatchFormat.entryHeaderSize), at: start + 8)
    }
}

/// An entry of the worker's own batch.
private struct OutboxEntry {
    let tag: EntryTag?
    let items: Int
    let start: Int
    let body: Range<Int>
    var end: Int { body.upperBound }

    init(in bytes: borrowing ByteBuffer, at start: Int) {
        self.start = start
        tag = EntryTag(rawValue: bytes.load(UInt32.self, at: start) & 0xffff)
        items = Int(bytes.load(UInt32.self, at: start + 4))
        let first = start + BatchFormat.entryHeaderSize
        body = first..<first + Int(bytes.load(UInt64.self, at: start + 8))
    }
}

/// Joins records before they are sent, so that what is sent is less.
package protocol RecordJoiner: AnyObject {
    /// Appends what the records in these parts of `bytes` come to, which are of `items`; others may come before and behind.
    func join(_ parts: [Range<Int>], of bytes: borrowing ByteBuffer, items: Range<Int>, into buffer: inout ByteBuffer)
        -> JoinFailure?
    /// What was printed meanwhile.
    func takePrinted() -> [UInt8]
}

extension [UInt8] {
    /// With `tag` in front of every line.
    package func tagged(_ tag: [UInt8]) -> [UInt8] {
        split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().reduce(into: []) {
            lines, next in
            if next.offset > 0 { lines.append(UInt8(ascii: "\n")) }
            if !next.element.isEmpty || next.element.endIndex < endIndex { lines += tag + next.element }
        }
    }
}
