// The columns of a run's output as csv or tsv: those of its first record, and rows that were written before they were known.

import Bytes

/// How rows are written.
package struct TableLayout: Equatable, Sendable {
    /// Of csv; nil for tsv.
    package let separator: UInt8?
    /// Columns that were asked for.
    package let fields: [[UInt8]]?

    package init(_ format: OutputFormat, separator: UInt8 = UInt8(ascii: ","), fields: [[UInt8]]? = nil) {
        self.separator = format == .csv ? separator : nil
        self.fields = fields
    }
}

/// The columns of rows.
package enum TableColumns: Equatable, Sendable {
    case named([[UInt8]])
    /// Rows have fields, and no names.
    case unnamed
}

/// Rows that a worker wrote before it knew the run's columns: each with its own.
///
///     rows    (traits u8: 1 named, 2 unchanged · names u32 · for each its bytes u32, the bytes ·
///              fields u32 · for each whether it is there u8, its bytes u32, the bytes ·
///              if unchanged the bytes of the row in the input u32, the bytes)…
package struct DescribedRow: Equatable {
    package var names: [[UInt8]]?
    /// Nil for nothing.
    package var fields: [[UInt8]?]
    /// The row as it stands in the input, if it is written so under the same columns.
    package var unchanged: [UInt8]?

    package init(names: [[UInt8]]?, fields: [[UInt8]?], unchanged: [UInt8]? = nil) {
        (self.names, self.fields, self.unchanged) = (names, fields, unchanged)
    }

    var columns: TableColumns { names.map { .named($0) } ?? .unnamed }

    func append(to buffer: inout ByteBuffer) {
        buffer.append((names == nil ? 0 : 1) | (unchanged == nil ? 0 : 2) as UInt8)
        buffer.append(native: UInt32(names?.count ?? 0))
        for name in names ?? [] { buffer.append(part: name) }
        buffer.append(native: UInt32(fields.count))
        for field in fields {
            buffer.append(field == nil ? 0 : 1 as UInt8)
            buffer.append(part: field ?? [])
        }
        if let unchanged { buffer.append(part: unchanged) }
    }

    /// All rows that are one behind the other; those of a worker or of a journal, so that other bytes are none.
    static func all(in bytes: [UInt8]) -> [DescribedRow] {
        var parts = Parts(bytes: bytes[...])
        var rows: [DescribedRow] = []
        while !parts.bytes.isEmpty, let row = parts.row() { rows.append(row) }
        return rows
    }

    private struct Parts {
        var bytes: ArraySlice<UInt8>

        mutating func number() -> Int? {
            guard bytes.count >= 4 else { return nil }
            defer { bytes = bytes.dropFirst(4) }
            return bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        }

        mutating func part() -> [UInt8]? {
            guard let count = number(), bytes.count >= count else { return nil }
            defer { bytes = bytes.dropFirst(count) }
            return Array(bytes.prefix(count))
        }

        mutating func row() -> DescribedRow? {
            guard let traits = bytes.popFirst(), let names = number() else { return nil }
            var row = DescribedRow(names: traits & 1 != 0 ? [] : nil, fields: [])
            for _ in 0..<names {
                guard let name = part() else { return nil }
                row.names?.append(name)
            }
            guard let fields = number() else { return nil }
            for _ in 0..<fields {
                guard let isThere = bytes.popFirst(), let field = part() else { return nil }
                row.fields.append(isThere == 1 ? field : nil)
            }
            if traits & 2 != 0 {
                guard let unchanged = part() else { return nil }
                row.unchanged = unchanged
            }
            return row
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func append(part: [UInt8]) {
        append(native: UInt32(part.count))
        append(part)
    }
}

/// Why a record has no row under the run's columns.
package enum RowRefusal: Error, Equatable, CustomStringConvertible {
    /// The name of what is no column, and the columns.
    case noColumn([UInt8], [[UInt8]])
    case isUnnamed([[UInt8]])
    case isNamed
    case isEmpty

    package var description: String {
        switch self {
        case .noColumn(let name, let columns):
            let field = "the result has a field '\(ByteString(name))'"
            if let place = columns.firstIndex(where: { $0.withoutBlanks == name.withoutBlanks }) {
                var meant = columns
                meant[place] = name
                return
                    "\(field), and a column is named '\(ByteString(columns[place]))'; write --fields \(meant.asOption)"
            }
            return "\(field), and no column is named so; write --fields \((columns + [name]).asOption)"
        case .isUnnamed(let columns):
            return
                "the result has no names for its fields, and the columns are \(columns.map { ByteString($0).text }.joined(separator: ", "))"
        case .isEmpty: return "the first record is an empty table, which has no columns; write --fields a,b,c"
        case .isNamed: return "the result has names for its fields, and the first record had none; write --fields"
        }
    }
}

extension TableColumns {
    /// The fields of a row under these columns.
    func fields(of row: DescribedRow) throws(RowRefusal) -> [[UInt8]?] {
        switch (self, row.names) {
        case (.unnamed, nil): return row.fields
        case (.unnamed, _?): throw .isNamed
        case (.named(let columns), nil): throw .isUnnamed(columns)
        case (.named(let columns), let names?):
            if names == columns { return row.fields }
            var places: [[UInt8]: Int] = [:]
            for (place, name) in columns.enumerated() { places[name] = place }
            var fields = [[UInt8]?](repeating: nil, count: columns.count)
            for (name, field) in zip(names, row.fields) {
                if let place = places[name] {
                    fields[place] = field
                } else if let field, !field.isEmpty {
                    throw .noColumn(name, columns)
                }
            }
            return fields
        }
    }
}

extension [[UInt8]] {
    /// As the value of --fields.
    package var asOption: String {
        let list = map { ByteString($0).text }.joined(separator: ",")
        let isPlain = list.allSatisfy { $0.isLetter || $0.isNumber || "-_.,".contains($0) }
        return isPlain ? list : "'\(list.replacing("'", with: #"'\''"#))'"
    }
}

extension [UInt8] {
    /// Without spaces at its ends.
    fileprivate var withoutBlanks: ArraySlice<UInt8> {
        var rest = self[...]
        while rest.first == UInt8(ascii: " ") { rest.removeFirst() }
        while rest.last == UInt8(ascii: " ") { rest.removeLast() }
        return rest
    }
}
