// The host's side of rows: it knows the columns of the run, and writes rows anew that were made before.

import Bytes
package import Lua

/// The output of a run as csv or tsv.
package struct OutputTable: ~Copyable {
    package private(set) var columns: TableColumns?
    private let writer: RowWriter
    private var isHeaderDue = true

    package init(_ layout: TableLayout, _ format: OutputFormat, tags: TableTags) {
        writer = RowWriter(layout, format, tags: tags)
        columns = writer.columns
    }

    /// The rows of one item, which a worker has described; the first one of all decides the columns.
    package mutating func rows(of described: [UInt8]) throws(RowRefusal) -> [UInt8] {
        var buffer = ByteBuffer(capacity: described.count + 16)
        for row in DescribedRow.all(in: described) {
            let known = columns ?? row.columns
            try writer.append(row, under: known, to: &buffer)
            columns = known
        }
        return buffer.array
    }

    /// What stands in front of the first row: the columns' names, if they have some; nothing more the next time. Where rows are
    /// those of the input unchanged, so is the header.
    package mutating func takeHeader(of input: (names: [[UInt8]], bytes: [UInt8])?) -> [UInt8] {
        guard isHeaderDue, let columns else { return [] }
        isHeaderDue = false
        guard case .named(let names) = columns else { return [] }
        var buffer = ByteBuffer(capacity: 256)
        if let input, input.names == names {
            buffer.append(input.bytes)
            buffer.append(UInt8(ascii: "\n"))
        } else {
            writer.append(names, to: &buffer)
        }
        return buffer.array
    }

    /// There was no row: the output has the columns of the input.
    package mutating func end(inputNames: [[UInt8]]?) {
        if columns == nil { columns = inputNames.map { .named($0) } }
    }
}

extension TableColumns {
    /// As workers are told.
    package var bytes: [UInt8] {
        let names: [[UInt8]]? = if case .named(let names) = self { names } else { nil }
        var buffer = ByteBuffer()
        DescribedRow(names: names, fields: []).append(to: &buffer)
        return buffer.array
    }

    package init?(bytes: [UInt8]) {
        guard let row = DescribedRow.all(in: bytes).first else { return nil }
        self = row.columns
    }
}
