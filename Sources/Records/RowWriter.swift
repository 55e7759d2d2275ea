// Results → rows of csv and tsv: what is usual is written in C, and the rest here. Unsafe because it passes memory to C.

import Bytes
import CRecordBridge
import Lua

/// Writes rows. Until it knows the run's columns it describes them.
@safe struct RowWriter: ~Copyable {
    private let writer: OpaquePointer
    private let format: OutputFormat
    private let tags: TableTags
    private var keys = SortedPairs(order: .text)
    private(set) var columns: TableColumns?
    /// The names of the input's columns, which are the first of the output's.
    private var inputOrder: [[UInt8]: Int] = [:]

    init(_ layout: TableLayout, _ format: OutputFormat, tags: TableTags) {
        (self.format, self.tags) = (format, tags)
        guard let writer = unsafe pmap_create_row_writer(CChar(bitPattern: layout.separator ?? 0), writeFloat) else {
            ByteBuffer.exitWithoutMemory(for: "a writer of rows")
        }
        unsafe self.writer = writer
        if let fields = layout.fields { use(.named(fields)) }
    }

    deinit { unsafe pmap_destroy_row_writer(writer) }

    mutating func use(_ columns: TableColumns) {
        self.columns = columns
        let names = if case .named(let names) = columns { names } else { [[UInt8]]() }
        let bytes = names.flatMap { $0.map { CChar(bitPattern: $0) } }
        guard unsafe pmap_use_columns(writer, bytes, names.map(\.count), names.count) else {
            ByteBuffer.exitWithoutMemory(for: "the columns")
        }
    }

    mutating func use(inputNames names: [[UInt8]]) {
        inputOrder = [:]
        for (place, name) in names.enumerated() { inputOrder[name] = place }
    }

    /// The function of the item loop, once the columns are known. Valid as long as this.
    var fastPath: FastPath.Writer? {
        columns == nil ? nil : unsafe FastPath.Writer(pmap_append_row, context: UnsafeMutableRawPointer(writer))
    }

    /// Appends results as one row; it stood in the input as it is `unchanged`.
    mutating func append(
        _ fields: Range<Int32>, unchanged: [UInt8]? = nil, of stack: Stack, to buffer: inout ByteBuffer
    ) throws(RecordError) {
        var row = try row(fields, of: stack)
        row.unchanged = unchanged
        guard let columns else { return row.append(to: &buffer) }
        do { try append(row, under: columns, to: &buffer) } catch { throw .noRow(error) }
    }

    /// Appends a row under these columns.
    func append(_ row: DescribedRow, under columns: TableColumns, to buffer: inout ByteBuffer) throws(RowRefusal) {
        guard let unchanged = row.unchanged, row.columns == columns else {
            return append(try columns.fields(of: row), to: &buffer)
        }
        buffer.append(unchanged)
        buffer.append(terminatorOf: format)
    }

    mutating func reset() { keys.removeAll() }

    /// Appends fields as a row.
    func append(_ fields: [[UInt8]?], to buffer: inout ByteBuffer) {
        let start = buffer.count
        for (place, field) in fields.enumerated() {
            if place > 0 { buffer.append(separator) }
            append(field ?? [], to: &buffer)
        }
        if fields.count == 1, buffer.count == start, format == .csv { buffer.append("\"\"") }
        buffer.append(terminatorOf: format)
    }

    private var separator: UInt8 { unsafe UInt8(bitPattern: pmap_row_separator(writer)) }

    private func append(_ field: [UInt8], to buffer: inout ByteBuffer) {
        let most = 2 * field.count + 4
        unsafe buffer.append(upTo: most) { memory in
            let first = unsafe memory.assumingMemoryBound(to: CChar.self)
            var cursor = unsafe pmap_cursor(next: first, end: first + most)
            let text = field.map { CChar(bitPattern: $0) }
            return unsafe pmap_put_field(writer, text, text.count, &cursor) ? cursor.next - first : 0
        }
    }

    // MARK: A record

    private mutating func row(_ fields: Range<Int32>, of stack: Stack) throws(RecordError) -> DescribedRow {
        if fields.count == 1, stack.type(fields.lowerBound) == .table {
            return try row(ofTable: fields.lowerBound, of: stack)
        }
        var row = DescribedRow(names: nil, fields: [])
        for (place, index) in fields.enumerated() {
            let path = fields.count == 1 ? "result" : "result[\(place + 1)]"
            row.fields.append(try field(index, of: stack, path))
        }
        return row
    }

    private mutating func row(ofTable index: Int32, of stack: Stack) throws(RecordError) -> DescribedRow {
        let top = stack.top
        defer { stack.top = top }
        guard let contents = stack.contents(index, limit: SortedPairs.limit), stack.reserve(8) else {
            throw .unwritable(.unreadable("stack overflow"), format: format, path: "result")
        }
        if contents.isList && contents.entries > 0 && tags.kind(index, in: stack) != .object {
            var row = DescribedRow(names: nil, fields: [])
            for place in 1...contents.entries {
                stack.rawGet(index, at: place)
                row.fields.append(try field(stack.top, of: stack, "result[\(place)]"))
                stack.pop()
            }
            return row
        }
        let table: SortedPairs.Table
        do { table = try keys.open(index, contents, on: stack) } catch {
            throw .unwritable(error, format: format, path: "result")
        }
        defer { keys.close(table) }
        var pairs: [(name: [UInt8], field: [UInt8]?)] = []
        for number in table.pairs {
            let pair = keys[number]
            if keys.repeatsName(number, in: table) {
                throw .unwritable(.equalKeys(keys.name(of: pair).text), format: format, path: "result")
            }
            let value = keys.value(of: pair, in: table, on: stack)
            pairs.append((keys.name(of: pair).array, try field(value, of: stack, "result\(keys.step(to: pair))")))
        }
        if pairs.isEmpty && columns == nil { throw .noRow(.isEmpty) }
        // Those that the input has, in its order; then the others, which are sorted.
        let known = pairs.filter { inputOrder[$0.name] != nil }.sorted {
            inputOrder[$0.name] ?? 0 < inputOrder[$1.name] ?? 0
        }
        let all = known + pairs.filter { inputOrder[$0.name] == nil }
        return DescribedRow(names: all.map(\.name), fields: all.map(\.field))
    }

    /// Nil for nothing.
    private func field(_ index: Int32, of stack: Stack, _ path: String) throws(RecordError) -> [UInt8]? {
        var buffer = ByteBuffer(capacity: 32)
        switch stack.type(index) {
        case .string: return stack.recordBytes(index)?.array ?? []
        case .number where stack.isInteger(index): buffer.append(decimal: stack.integer(index) ?? 0)
        case .number:
            let value = stack.number(index)
            if value.isFinite { buffer.append(exact: value) } else { buffer.append(value.description) }
        case .boolean: buffer.append(stack.boolean(index) ? "true" : "false")
        case .nil, .none: return nil
        case .lightUserdata where stack.isNull(index): return nil
        case .table: throw .unwritable(.table, format: format, path: path)
        default: throw .unwritable(stack.unwritable(index), format: format, path: path)
        }
        return buffer.array
    }
}
