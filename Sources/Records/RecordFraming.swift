// Where one item of an input ends: by a byte, as a row of csv, as a block of lines, as a value of MessagePack, or as many of
// these together. Unsafe because it passes memory to C.

import CRecordBridge
import Lua

/// How an input is split into items.
package struct RecordFraming: Equatable, Sendable {
    package enum Record: Equatable, Sendable {
        case ended(by: UInt8)
        /// A newline in a quoted field is no end.
        case rows(separator: UInt8)
        /// Whole lines, together at least so many bytes.
        case blocks(bytes: Int)
        /// Values of MessagePack, one behind the other.
        case values
    }

    package var record: Record
    /// Records of an item.
    package var batch = 1

    package init(_ record: Record, batch: Int = 1) {
        self.record = record
        self.batch = batch
    }

    package static let lines = RecordFraming(.ended(by: UInt8(ascii: "\n")))

    /// The byte after each record but perhaps the last; of values, which have none, it says nothing.
    package var terminator: UInt8 {
        if case .ended(let byte) = record { byte } else { UInt8(ascii: "\n") }
    }

    /// Each of these bytes ends an item.
    package var isPlain: Bool {
        if case .ended = record { batch == 1 } else { false }
    }

    /// The lines of an item are known only by reading it; else there is a position for each record.
    package var hasUnevenLines: Bool {
        switch record {
        case .ended, .values: false
        case .rows, .blocks: true
        }
    }

    /// What `--skip` leaves out: lines, or records that are none.
    package var skipped: RecordFraming {
        if case .values = record { RecordFraming(.values) } else { RecordFraming(.ended(by: terminator)) }
    }

    /// An item is one row.
    package var isRow: Bool {
        if case .rows = record { batch == 1 } else { false }
    }

    /// The lines that begin in the bytes of so many items; or the values.
    package func lines(of bytes: RecordBytes, items: Int) -> Int {
        if isPlain { return items }
        if case .values = record { return batch == 1 ? items : values(in: bytes) }
        let ends = bytes.occurrences(of: terminator)
        return bytes.isEmpty || bytes[bytes.count - 1] == terminator ? ends : ends + 1
    }

    private func values(in bytes: RecordBytes) -> Int {
        let whole = RecordSplitter(RecordFraming(.values)).split(bytes, records: .max)
        return (whole?.records ?? 0) + (whole?.bytes == bytes.count ? 0 : 1)
    }

    /// The record is all of its item: it may have many ends of lines, or has none.
    package var keepsEnd: Bool {
        switch record {
        case .blocks, .values: true
        case .ended, .rows: batch > 1
        }
    }
}

@safe extension RecordFraming {
    var inC: pmap_framing {
        let (kind, byte, block) =
            switch record {
            case .ended(let byte): (pmap_framing_ended, byte, 0)
            case .rows(let separator): (pmap_framing_rows, separator, 0)
            case .blocks(let bytes): (pmap_framing_blocks, 0, bytes)
            case .values: (pmap_framing_values, 0, 0)
            }
        return pmap_framing(kind: kind, byte: CChar(bitPattern: byte), block: block, batch: batch)
    }

    /// The bytes of the item that `bytes` begin with, where none follow them. Once a row is open to the end, every line is one.
    package mutating func lastItem(of bytes: RecordBytes) -> Int {
        guard let start = unsafe bytes.memory.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
        var framing = inC
        let count = unsafe pmap_item_end_before(&framing, start, start + bytes.count) - start
        if framing.kind != inC.kind { closeRows() }
        return count
    }

    /// A row was open to the end: from now on every line is one.
    package mutating func closeRows() { record = RecordFraming.lines.record }

    /// The bytes of an item that are its record.
    func recordLength(of item: RecordBytes) -> Int {
        guard let start = unsafe item.memory.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
        var framing = inC
        return unsafe pmap_record_length(&framing, start, start + item.count)
    }
}

/// The search for the end of one item, in piece after piece of it.
@safe package struct ItemSearch {
    private var framing: pmap_framing
    private var search = pmap_item_search()

    package init(_ framing: RecordFraming) { self.framing = framing.inC }

    /// Where the item ends in the next piece; nil where it does not.
    package mutating func end(in piece: RecordBytes) -> Int? {
        guard let start = unsafe piece.memory.baseAddress?.assumingMemoryBound(to: CChar.self),
            let end = unsafe pmap_item_end(&framing, &search, start, start + piece.count)
        else { return nil }
        return unsafe end - start
    }

    /// The item is over, and nothing behind it can be told apart.
    package var isBroken: Bool { search.is_broken }

    /// Its records so far, with one that has begun.
    package var records: Int { Int(search.records) + (search.bytes > search.record_start ? 1 : 0) }

    /// Where in the item an open quote's row begins.
    package mutating func openRow() -> Int? {
        unsafe pmap_is_in_quotes(&framing, &search) ? Int(search.record_start) : nil
    }

    /// There is nothing more in which the open row could end: it is its first line then, which ends so many bytes behind
    /// the item's beginning. Whether the item ends there, too.
    package mutating func closeRow(at bytes: Int) -> Bool {
        unsafe pmap_close_row(&framing, &search, bytes)
    }
}
