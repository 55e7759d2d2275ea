// Inputs of every shape, a slow way to split them, and files with their bytes.

import Bytes
import Chance
import Posix
import Records

/// An input with a description of its shape.
struct Shape: Sendable, CustomStringConvertible {
    let description: String
    let bytes: [UInt8]
    /// Where records end.
    let ends: [Int]

    init(_ description: String, _ pieces: [UInt8]...) {
        self.description = description
        let bytes = pieces.reduce([], +)
        var ends: [Int] = []
        unsafe bytes.withUnsafeBytes { memory in
            let text = unsafe RecordBytes(memory)
            while let end = text.firstIndex(of: newline, from: ends.last ?? 0) { ends.append(end + 1) }
        }
        if ends.last ?? 0 < bytes.count { ends.append(bytes.count) }
        (self.bytes, self.ends) = (bytes, ends)
    }

    init(_ description: String, text: String) { self.init(description, Array(text.utf8)) }

    /// The records, without their ends.
    var records: [[UInt8]] {
        zip([0] + ends, ends).map { start, end in
            Array(bytes[start..<(bytes[end - 1] == newline ? end - 1 : end)])
        }
    }

    private func recordsEnding(by offset: Int) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The number of records in these bytes; nil when they do not end with one.
    func records(in range: Range<Int>) -> Int? {
        let (before, through) = (recordsEnding(by: range.lowerBound), recordsEnding(by: range.upperBound))
        return through > 0 && ends[through - 1] == range.upperBound ? through - before : nil
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

/// A file without a name, at its start.
func file(_ bytes: [UInt8]) throws -> Descriptor {
    let file = try Descriptor(temporaryIn: "/tmp")
    try file.writeAll(bytes)
    file.position = 0
    return file
}
