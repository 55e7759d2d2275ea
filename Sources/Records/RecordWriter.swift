// Results on the Lua stack → one record.

package import Bytes
package import Lua

/// Writes the records of one format.
package struct RecordWriter: ~Copyable {
    package let format: OutputFormat
    private var json: JSONWriter
    private let shortcut: JSONShortcut
    private var msgpack: MsgpackWriter
    private let msgpackShortcut: MsgpackShortcut
    private let takesShortcut: Bool
    private var lua = LuaWriter()
    private var rows: RowWriter

    /// With or without the shortcut it writes the same.
    package init(
        _ format: OutputFormat, tags: TableTags, table: TableLayout? = nil, takesShortcut: Bool = true
    ) {
        self.takesShortcut = takesShortcut
        shortcut = JSONShortcut(tags: tags)
        self.format = format
        json = JSONWriter(tags: tags, format: format)
        msgpack = MsgpackWriter(tags: tags)
        msgpackShortcut = MsgpackShortcut(tags: tags)
        rows = RowWriter(table ?? TableLayout(format), format, tags: tags)
    }

    /// The run's columns are not known: rows are described.
    package var describesRows: Bool { format.isTable && rows.columns == nil }

    package mutating func use(_ columns: TableColumns) { rows.use(columns) }

    /// The columns of the input, which come first among those of the output.
    package mutating func use(inputNames: [[UInt8]]) { rows.use(inputNames: inputNames) }

    /// Appends the `count` results from `first` on as one record, with its terminator if there is one.
    ///
    /// The stack is left as it was. After an error the buffer is, too.
    package mutating func append(
        _ count: Int32, from first: Int32, of stack: Stack, to buffer: inout ByteBuffer
    ) throws(RecordError) {
        precondition(count > 0, "a record has at least one field")
        if count == 1, isText, case .string = stack.type(first), let line = stack.recordBytes(first) {
            buffer.append(line)
            return buffer.append(terminatorOf: format)
        }
        let top = stack.top, start = buffer.count
        let first = first < 0 ? top + 1 + first : first
        do {
            try appendFields(first..<first + count, of: stack, to: &buffer)
        } catch {
            json.reset()
            msgpack.reset()
            lua.reset()
            rows.reset()
            stack.top = top
            buffer.truncate(to: start)
            throw error
        }
    }

    /// The columns of the run, once they are known.
    package var columns: TableColumns? { rows.columns }

    /// Appends the value on top of the stack as a row, as that stood in the input, `unchanged`, if the columns are the same.
    package mutating func append(row unchanged: RecordBytes, of stack: Stack, to buffer: inout ByteBuffer)
        throws(RecordError)
    {
        let top = stack.top, start = buffer.count
        do throws(RecordError) {
            try rows.append(top..<top + 1, unchanged: unchanged.array, of: stack, to: &buffer)
        } catch {
            rows.reset()
            stack.top = top
            buffer.truncate(to: start)
            throw error
        }
    }

    /// The functions of the item loop, if the format has some. Valid as long as the writer.
    package var fastPath: FastPath.Writer? {
        switch format {
        case .lines, .nul: shortcut.textFastPath
        case .jsonl: shortcut.fastPath
        case .msgpack: msgpackShortcut.fastPath
        case .none: .nothing
        case .csv, .tsv: rows.fastPath
        case .lua: nil
        }
    }

    private var isText: Bool { format == .lines || format == .nul }

    private mutating func appendFields(_ fields: Range<Int32>, of stack: Stack, to buffer: inout ByteBuffer)
        throws(RecordError)
    {
        if format == .none { return }
        if format.isTable {
            try rows.append(fields, of: stack, to: &buffer)
            return
        }
        let isJSONList = format == .jsonl && fields.count > 1
        if format == .msgpack && fields.count > 1 { buffer.appendArray(count: fields.count) }
        guard stack.reserve(8) else { throw .unwritable(.unreadable("stack overflow"), format: format, path: "result") }
        if isJSONList { buffer.append(UInt8(ascii: "[")) }
        for field in fields {
            if field > fields.lowerBound { appendSeparator(to: &buffer) }
            do {
                try append(field, of: stack, to: &buffer)
            } catch {
                throw error.below(fields.count == 1 ? "result" : "result[\(field - fields.lowerBound + 1)]")
            }
        }
        if isJSONList { buffer.append(UInt8(ascii: "]")) }
        buffer.append(terminatorOf: format)
    }

    private func appendSeparator(to buffer: inout ByteBuffer) {
        switch format {
        case .lines, .nul: buffer.append(UInt8(ascii: "\t"))
        case .jsonl: buffer.append(UInt8(ascii: ","))
        case .lua: buffer.append(", ")
        case .msgpack, .csv, .tsv, .none: break
        }
    }

    private mutating func append(_ field: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        switch format {
        case .lines, .nul: try appendText(field, of: stack, to: &buffer)
        case .jsonl: try appendJSON(field, of: stack, to: &buffer)
        case .msgpack: try appendMsgpack(field, of: stack, to: &buffer)
        case .lua: try lua.write(field, of: stack, to: &buffer)
        case .csv, .tsv, .none: break
        }
    }

    private mutating func appendJSON(_ field: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        if takesShortcut && shortcut.write(field, of: stack, to: &buffer) { return }
        try json.write(field, of: stack, to: &buffer)
    }

    private mutating func appendMsgpack(_ field: Int32, of stack: Stack, to buffer: inout ByteBuffer)
        throws(RecordError)
    {
        if takesShortcut && msgpackShortcut.write(field, of: stack, to: &buffer) { return }
        try msgpack.write(field, of: stack, to: &buffer)
    }

    /// As by `tostring`, except for tables.
    private mutating func appendText(_ field: Int32, of stack: Stack, to buffer: inout ByteBuffer) throws(RecordError) {
        switch stack.type(field) {
        case .string:
            if let bytes = stack.recordBytes(field) { buffer.append(bytes) }
        case .number where stack.isInteger(field):
            buffer.append(decimal: stack.integer(field) ?? 0)
        case .number:
            stack.copy(field)
            if let bytes = stack.recordBytes(-1) { buffer.append(bytes) }
            stack.pop()
        case .nil, .none:
            break
        default:
            try appendJSON(field, of: stack, to: &buffer)
        }
    }
}

extension ByteBuffer {
    package mutating func append(terminatorOf format: OutputFormat) {
        if let terminator = format.terminator { append(terminator) }
    }
}
