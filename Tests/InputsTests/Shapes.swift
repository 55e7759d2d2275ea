// Inputs of every shape, a slow way to split them, and files with their bytes.

import Bytes
import Chance
import Posix
import Records
import SlowReading

/// An input with a description of its shape.
struct Shape: Sendable, CustomStringConvertible {
    let description: String
    let bytes: [UInt8]
    let framing: RecordFraming
    /// Where records end.
    let ends: [Int]
    /// Where lines end, or values.
    private let lineEnds: [Int]

    init(_ description: String, _ pieces: [UInt8]...) {
        self.description = description
        (bytes, framing) = (pieces.reduce([], +), .lines)
        lineEnds = Shape.lineEnds(of: bytes)
        ends = lineEnds
    }

    init(_ description: String, _ framing: RecordFraming, _ pieces: [UInt8]...) {
        self.description = description
        bytes = pieces.reduce([], +)
        self.framing = framing
        ends = slowEnds(of: bytes, framing)
        lineEnds =
            framing.record == .values ? slowEnds(of: bytes, RecordFraming(.values)) : Shape.lineEnds(of: bytes)
    }

    private static func lineEnds(of bytes: [UInt8]) -> [Int] {
        var ends: [Int] = []
        unsafe bytes.withUnsafeBytes { memory in
            let text = unsafe RecordBytes(memory)
            while let end = text.firstIndex(of: newline, from: ends.last ?? 0) { ends.append(end + 1) }
        }
        return ends.last ?? 0 < bytes.count ? ends + [bytes.count] : ends
    }

    init(_ description: String, text: String) { self.init(description, Array(text.utf8)) }

    /// The records, without their ends.
    var records: [[UInt8]] {
        zip([0] + ends, ends).map { start, end in
            Array(bytes[start..<(bytes[end - 1] == newline ? end - 1 : end)])
        }
    }

    private func count(_ ends: [Int], by offset: Int) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The number of records in these bytes; nil when they do not end with one.
    func records(in range: Range<Int>) -> Int? {
        let (before, through) = (count(ends, by: range.lowerBound), count(ends, by: range.upperBound))
        return through > 0 && ends[through - 1] == range.upperBound ? through - before : nil
    }

    /// The number of lines that begin in these bytes.
    func lines(in range: Range<Int>) -> Int {
        count(lineEnds, by: range.upperBound) - count(lineEnds, by: range.lowerBound)
    }
}

private func line(_ length: Int) -> [UInt8] { Array(repeating: UInt8(ascii: "x"), count: length - 1) + [newline] }

let newline = UInt8(ascii: "\n")

/// The size of a source's window.
private let window = 1 << 20

private func random(_ seed: Int, lines: Int, longest: Int) -> [UInt8] {
    var random = Seeded(seed)
    return (0..<lines).flatMap { _ in line(1 + random.below(random.once(in: 50) ? longest : 80)) }
}

let shapes = [
    Shape("empty", text: ""), Shape("one newline", text: "\n"), Shape("only newlines", text: "\n\n\n\n\n"),
    Shape("one line", text: "a\n"), Shape("one line without its end", text: "a"),
    Shape("no last newline", text: "a\nbc\n\nd"), Shape("CRLF", text: "a\r\n\r\nb\r\n"),
    Shape("a lone CR", text: "a\rb\n\r"),
    Shape("NUL bytes", text: "\0\na\0b\n\0"),
    Shape("bytes that are no text", [0xff, 0xfe, newline, 0x80, newline, 0xc0]),
    Shape("a line as long as the window", line(window), line(5)),
    Shape("a line one longer than the window", line(window + 1), line(5)),
    Shape("a line one shorter than the window", line(window - 1), line(5)),
    Shape("a line over three windows, among others", line(5), line(3 * window), line(5), line(7)),
    Shape("a long last line without its end", line(10), Array(repeating: 0, count: 2 * window)),
    Shape("as long as the window, without an end", Array(repeating: 0, count: window)),
    Shape("many empty lines", Array(repeating: newline, count: 10_000)),
    Shape("many short lines", random(1, lines: 5000, longest: 200)),
    Shape("some long lines among short ones", random(2, lines: 1000, longest: 100_000)),
    Shape("some very long lines", random(3, lines: 120, longest: 2 * window)),
]

/// Pieces of csv in any order.
private func randomTable(_ seed: Int, pieces count: Int, longest: Int = 10) -> [UInt8] {
    let pieces = [
        "a", "b,", ",", ",", "\n", "\n", "x\r\n", "\"", ",\"", "\"\"", "\",", "\"\n", "\"x\ny\"", "\u{FEFF}",
        "\n\u{FEFF}\"",
    ]
    .map { Array($0.utf8) }
    var random = Seeded(seed)
    return (0..<count).flatMap { _ in
        random.once(in: 100) ? line(1 + random.below(longest)) : pieces[random.below(pieces.count)]
    }
}

private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

private let csv = RecordFraming(.rows(separator: UInt8(ascii: ",")))
private let quotedLines = text("1,\"") + (0..<40_000).flatMap { _ in line(37) } + text("\"\n")

/// Inputs whose records are no lines.
let tables = [
    Shape("an empty table", csv), Shape("one row", csv, text("a,\"b\nc\"")), Shape("an empty row", csv, text("\n")),
    Shape("quotes and newlines", csv, text("a,\"\n\n\"\n1,5\"\n\"\"\"\n\",\n2,3\r\n")),
    Shape("an open quote", csv, text("a,b\n\"1,2\n3,4\n5,6\n")), Shape("an open quote alone", csv, text("\"")),
    Shape("open quotes in several rows", csv, text("a\"b,\"\na\"b,\"\na\"b,\"\n1,2")),
    Shape("hostile rows", csv, randomTable(1, pieces: 2000)),
    Shape("hostile rows with long ones", csv, randomTable(2, pieces: 20_000, longest: 100_000)),
    Shape("a row of many lines over two windows", csv, text("a,b\n"), quotedLines, text("3,4\n\"5\n\",6")),
    Shape(
        "an open quote before more than a window", csv, text("a,b\n\"open\n"),
        Array(quotedLines.dropFirst(3).dropLast(2))),
    Shape("rows by a semicolon", RecordFraming(.rows(separator: UInt8(ascii: ";"))), text("a,\"\nb;\"\n\"\n")),
    Shape("batches of rows", RecordFraming(csv.record, batch: 2), randomTable(3, pieces: 2000)),
    Shape(
        "batches of long rows", RecordFraming(csv.record, batch: 3), quotedLines, text("1,2\n"), quotedLines,
        text("3,\"4\n5")),
    Shape(
        "batches of lines", RecordFraming(RecordFraming.lines.record, batch: 3), random(4, lines: 500, longest: 200),
        text("z")),
    Shape(
        "batches over windows", RecordFraming(RecordFraming.lines.record, batch: 30_000),
        random(5, lines: 100_000, longest: 90)),
    Shape(
        "batches of empty lines", RecordFraming(RecordFraming.lines.record, batch: 7),
        Array(repeating: newline, count: 1000)),
    Shape("blocks of a byte", RecordFraming(.blocks(bytes: 1)), text("a\n\nb\r\nc")),
    Shape("small blocks", RecordFraming(.blocks(bytes: 100)), random(6, lines: 1000, longest: 1000)),
    Shape("blocks over windows", RecordFraming(.blocks(bytes: 3 * window / 2)), random(7, lines: 60_000, longest: 200)),
    Shape("a block larger than all", RecordFraming(.blocks(bytes: .max)), random(8, lines: 30_000, longest: 80)),
    Shape("batches of blocks", RecordFraming(.blocks(bytes: 64), batch: 4), random(9, lines: 300, longest: 100)),
]

/// Values of MessagePack: short ones, strings, arrays and maps.
private func randomValues(_ seed: Int, values: Int, longest: Int) -> [UInt8] {
    var random = Seeded(seed)
    return (0..<values).flatMap { _ -> [UInt8] in
        switch random.below(7) {
        case 0: [0x93, 0x01, 0xA3] + text("abc") + [0x92, 0xC0, 0xC3]
        case 1: [0x82, 0xA1] + text("k") + [0xCB, 0, 0, 0, 0, 0, 0, 0, 0, 0xCD, 1, 2, 0xDC, 0, 2, 0xC1 - 1, 0xE0]
        case 2: string(random.below(random.once(in: 50) ? longest : 200))
        case 3: [0xD6, 0xFF, 0, 0, 0, 1]
        case 4: [0xC7, 3, 5, 0xC1, 0xC1, 0xC1]
        case 5: [0xDF, 0, 0, 0, 1, 0x90, 0x80]
        default: [UInt8(random.below(128))]
        }
    }
}

private func string(_ length: Int) -> [UInt8] {
    [0xDB] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + Array(repeating: 0xC1, count: length)
}

private let values = RecordFraming(.values)

/// Inputs of MessagePack.
let messages = [
    Shape("no value", values), Shape("one value", values, [0x01]), Shape("an empty map", values, [0x80]),
    Shape("a value that is cut off", values, [0x01, 0x93, 0x01, 0xA3], text("ab")),
    Shape("a head that is cut off", values, [0x01, 0xDF, 0, 0, 0]),
    Shape("a count alone", values, [0xDD, 0xFF, 0xFF, 0xFF, 0xFF]),
    Shape("short values", values, randomValues(1, values: 3000, longest: 300)),
    Shape("some long values", values, randomValues(2, values: 5000, longest: 100_000)),
    Shape("values over windows", values, [0x92], string(3 * window), string(5), [0x01], string(window - 5), [0x02]),
    Shape("a long value that is cut off", values, [0x05, 0x92], string(2 * window)),
    Shape("batches of values", RecordFraming(.values, batch: 3), randomValues(3, values: 1000, longest: 300)),
    Shape(
        "batches over windows", RecordFraming(.values, batch: 40_000), randomValues(4, values: 100_000, longest: 90),
        [0x91]),
]

/// A file without a name, at its start.
func file(_ bytes: [UInt8]) throws -> Descriptor {
    let file = try Descriptor(temporaryIn: "/tmp")
    try file.writeAll(bytes)
    file.position = 0
    return file
}
