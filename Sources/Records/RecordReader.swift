// Bytes of one item → one Lua value.

package import Lua

/// Reads the items of one layout.
package struct RecordReader: ~Copyable {
    package enum Outcome: Sendable { case value, blank }

    private let layout: InputLayout
    private var json: JSONReader
    private let msgpack: MsgpackReader
    private var rows: RowReader
    private var selectsItem = false
    private let loop: LoopReader

    package init(_ layout: InputLayout, tags: TableTags, bigIntegers: BigIntegers = .error) {
        self.layout = layout
        json = JSONReader(tags: tags, bigIntegers: bigIntegers)
        msgpack = MsgpackReader(tags: tags, bigIntegers: bigIntegers)
        rows = RowReader(layout)
        loop = LoopReader(layout, RecordReader.path(layout.format, json, msgpack, rows))
    }

    /// The functions of the item loop. Valid as long as the reader.
    package var fastPath: FastPath.Reader {
        var path = RecordReader.path(layout.format, json, msgpack, rows)
        if !layout.framing.isPlain || layout.isList { path = loop.path(path) }
        if selectsItem { path.selectItem() }
        return path
    }

    /// The task does no more than to name these parts of its item.
    package mutating func select(_ selection: ItemSelection) {
        selectsItem = selection == .item
        if !layout.isList { rows.select(selection) }
    }

    private static func path(
        _ format: InputFormat, _ json: borrowing JSONReader, _ msgpack: borrowing MsgpackReader,
        _ rows: borrowing RowReader
    ) -> FastPath.Reader {
        switch format {
        case .jsonl: json.fastPath
        case .msgpack: msgpack.fastPath
        case .fields, .csv, .tsv: rows.fastPath
        case .lines, .nul, .blocks: .line
        }
    }

    /// The items that follow are those of `records`, under `header`; `isFirst` says that an input begins with them.
    package func begin(_ records: RecordBytes, under header: RecordBytes?, isFirst: Bool) {
        loop.begin()
        if layout.format.hasHeader { rows.begin(header: header, mayHaveMark: isFirst ? records : nil) }
    }

    /// The names of a header's columns.
    package static func columns(of header: RecordBytes, _ layout: InputLayout, _ stack: Stack) throws(RecordError)
        -> [[UInt8]]
    {
        var layout = layout
        layout.hasHeader = false
        let rows = RowReader(layout)
        rows.begin(header: nil, mayHaveMark: header)
        let height = stack.top
        defer { stack.top = height }
        guard try rows.read(header, onto: stack) == .value else { return [[]] }
        var names: [[UInt8]] = []
        while stack.rawGet(height + 1, at: names.count + 1) == .string, let name = stack.recordBytes(-1) {
            names.append(name.array)
            stack.pop()
        }
        return names
    }

    /// Stack: → value, or nothing when the line is blank and is no item.
    ///
    /// At least 64 bytes after `record` must be readable: the rest of its chunk, or padding after the last one.
    package mutating func read(_ record: RecordBytes, onto stack: Stack) throws(RecordError) -> Outcome {
        if layout.batch != nil { return try readBatch(record, onto: stack) }
        return try readPart(record, onto: stack)
    }

    /// Reads each record of an item in turn, onto the same place of the stack, and calls `body` with its bytes.
    package mutating func readEach(
        of item: RecordBytes, onto stack: Stack, _ body: (RecordBytes) throws(RecordError) -> Void
    ) throws(RecordError) {
        let height = stack.top
        defer { stack.top = height }
        guard layout.batch != nil else {
            if try read(item, onto: stack) == .value { try body(item) }
            return
        }
        var records = RecordCursor(item, layout.partFraming)
        while let record = records.next() {
            if try readPart(record, onto: stack) == .value { try body(record) }
            stack.top = height
        }
    }

    private mutating func readOne(_ record: RecordBytes, onto stack: Stack) throws(RecordError) -> Outcome {
        switch layout.format {
        case .lines, .nul, .blocks:
            stack.push(record)
            return .value
        case .jsonl: return try json.read(record, onto: stack)
        case .msgpack:
            try msgpack.read(record, onto: stack)
            return .value
        case .fields, .csv, .tsv: return try rows.read(record, onto: stack)
        }
    }

    private mutating func readPart(_ part: RecordBytes, onto stack: Stack) throws(RecordError) -> Outcome {
        layout.isOfCombinations ? try readCombination(part, onto: stack) : try readOne(part, onto: stack)
    }

    /// A list of what the words are; none of them is left out, as each has its place.
    private mutating func readCombination(_ combination: RecordBytes, onto stack: Stack) throws(RecordError) -> Outcome
    {
        var words = RecordCursor(combination, layout.recordFraming)
        let height = stack.top
        var read = 0
        stack.newTable(keys: 0)
        do throws(RecordError) {
            while let word = words.next() {
                read += 1
                guard try readOne(word, onto: stack) == .value else { throw .notJSON(.empty) }
                stack.rawSet(height + 1, at: read)
            }
        } catch {
            stack.top = height
            throw .inCombination(word: read, error.description)
        }
        return .value
    }

    /// A list of the values; a blank line is none of them.
    private mutating func readBatch(_ batch: RecordBytes, onto stack: Stack) throws(RecordError) -> Outcome {
        var records = RecordCursor(batch, layout.partFraming)
        let height = stack.top
        var (read, values, start) = (0, 0, 0)
        stack.newTable(keys: 0)
        let list = stack.top
        do throws(RecordError) {
            while let record = records.next() {
                read += 1
                if try readPart(record, onto: stack) == .value {
                    values += 1
                    stack.rawSet(list, at: values)
                }
                start = records.offset
            }
        } catch {
            stack.top = height
            throw .inBatch(
                record: read, lines: batch[0..<start].occurrences(of: layout.framing.terminator), error.description)
        }
        return .value
    }
}
