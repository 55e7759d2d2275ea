// The reader of rows in C, owned: csv, tsv and lines of fields. Unsafe because it passes memory to it.

import Bytes
import CRecordBridge
import Lua

/// Why a row is none.
package enum RowFault: Equatable, Sendable {
    case fields(Int, columns: Int)
    /// The field's number, from 1.
    case quoteInside(Int)
    case afterQuote(Int)
    case openQuote(Int)
}

/// Reads rows, each as a table by the header's names, or as a list.
@safe struct RowReader: ~Copyable {
    private let reader: OpaquePointer
    private let hasHeader: Bool
    private var selectsFields = false
    private var names: UnsafeMutableBufferPointer<CChar>?

    init(_ layout: InputLayout) {
        hasHeader = layout.hasHeader
        let format: pmap_row_format =
            switch layout.format {
            case .csv: pmap_rows_csv
            case .tsv: pmap_rows_tsv
            default: layout.separator.isEmpty ? pmap_rows_words : pmap_rows_split
            }
        let separator = layout.separator.map { CChar(bitPattern: $0) }
        guard
            let reader = unsafe pmap_create_row_reader(format, separator, separator.count, layout.hasHeader)
        else { ByteBuffer.exitWithoutMemory(for: "a reader of rows") }
        unsafe self.reader = reader
    }

    deinit {
        unsafe pmap_destroy_row_reader(reader)
        unsafe names?.deallocate()
    }

    /// The rows that follow are under `header`; a byte order mark in front of `records` is none of their bytes.
    func begin(header: RecordBytes?, mayHaveMark records: RecordBytes?) {
        let start = unsafe header?.memory.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard unsafe pmap_begin_rows(reader, start, header?.count ?? 0, records?.memory.baseAddress) else {
            ByteBuffer.exitWithoutMemory(for: "a header")
        }
    }

    /// Stack: → value, or nothing when there is none.
    func read(_ record: RecordBytes, onto stack: Stack) throws(RecordError) -> RecordReader.Outcome {
        let height = stack.top
        let start = unsafe record.memory.baseAddress?.assumingMemoryBound(to: CChar.self)
        let status = unsafe pmap_push_row(stack.thread, reader, start, record.count)
        if status == pmap_row_read { return .value }
        stack.top = height
        if status == pmap_row_blank { return .blank }
        throw .badRow(fault(status))
    }

    private func fault(_ status: pmap_row_status) -> RowFault {
        let fields = unsafe pmap_row_fields(reader)
        switch status {
        case pmap_row_count: return .fields(fields, columns: unsafe pmap_row_columns(reader))
        case pmap_row_late_quote: return .quoteInside(fields)
        case pmap_row_after_quote: return .afterQuote(fields)
        default: return .openQuote(fields)
        }
    }

    /// The function of the item loop. Valid as long as the reader.
    var fastPath: FastPath.Reader {
        var path = unsafe FastPath.Reader(pmap_push_row_item, context: UnsafeMutableRawPointer(reader))
        if selectsFields { unsafe path.select(pmap_push_selected, pmap_find_selected) }
        return path
    }

    /// The task returns these fields, if they are such as rows have here.
    mutating func select(_ selection: ItemSelection) {
        switch selection {
        case .columns(let columns) where hasHeader:
            let bytes = columns.flatMap { $0 + [0] }.map { CChar(bitPattern: $0) }
            let memory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
            _ = unsafe memory.initialize(from: bytes)
            unsafe names = memory
            unsafe pmap_select_fields(reader, Int32(columns.count), memory.baseAddress, nil)
            selectsFields = true
        case .places(let places) where !hasHeader:
            unsafe places.withUnsafeBufferPointer {
                unsafe pmap_select_fields(reader, Int32($0.count), nil, $0.baseAddress)
            }
            selectsFields = true
        default: break
        }
    }
}

/// What the item loop needs to find items that are not ended by a byte, and to read batches.
@safe struct LoopReader: ~Copyable {
    private let framing: UnsafeMutablePointer<pmap_framing>
    /// Of the records, and of the lists that they are in, if they are in two.
    private let records, lists: UnsafeMutablePointer<pmap_batch_reader>
    private let isList, isListOfLists, keepsEnd: Bool
    private let original: pmap_framing

    init(_ layout: InputLayout, _ record: FastPath.Reader) {
        unsafe (framing, records, lists) = (
            .allocate(capacity: 1), .allocate(capacity: 1), .allocate(capacity: 1)
        )
        (isList, keepsEnd) = (layout.isList, layout.framing.keepsEnd)
        isListOfLists = layout.batch != nil && layout.isOfCombinations
        original = layout.framing.inC
        unsafe framing.initialize(to: original)
        unsafe records.initialize(
            to: pmap_batch_reader(
                framing: layout.recordFraming.inC, push: record.push, reader: record.context, last_count: 0))
        unsafe lists.initialize(
            to: pmap_batch_reader(
                framing: layout.partFraming.inC, push: pmap_push_batch_item, reader: records, last_count: 0))
    }

    deinit {
        unsafe framing.deallocate()
        unsafe records.deallocate()
        unsafe lists.deallocate()
    }

    /// Other records follow.
    func begin() { unsafe framing.pointee = original }

    /// The functions of the item loop, with those that read a record. Valid as long as this.
    func path(_ record: FastPath.Reader) -> FastPath.Reader {
        var path =
            unsafe isList
            ? FastPath.Reader(
                pmap_push_batch_item, context: UnsafeMutableRawPointer(isListOfLists ? lists : records)) : record
        unsafe path.finds(pmap_loop_item_end, UnsafeMutableRawPointer(framing), keepsEnd: keepsEnd)
        return path
    }
}
