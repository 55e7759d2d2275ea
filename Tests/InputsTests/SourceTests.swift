// Files and streams of every shape, split into chunks of every size.

import Bytes
import Chance
import Foundation
import Posix
import ProcessPool
import Records
import SlowReading
import Testing
import Wire

@testable import Inputs

@Test(arguments: shapes + tables + messages, [1, 2, 7, 1_000_000])
func `ranges cover the file, end with records and say how many there are`(shape: Shape, items: Int) throws {
    for workers in [1, 3] {
        let size = shape.bytes.count
        let source = RangeSource(try file(shape.bytes), size: size, shape.framing, workers: workers, name: "f")
        var (position, records) = (0, 0)
        while case .records(.range(let offset, let length, _), let found, let lines) = try source.nextRecords(
            items: items)
        {
            try #require(offset == position && length > 0 && offset + length <= size)
            #expect(found == shape.records(in: offset..<offset + length) && found <= items)
            #expect(lines == shape.lines(in: offset..<offset + length))
            let share = max((size - offset) / (2 * workers), 16 << 10)
            #expect(length <= share || found == 1)
            position += length
            records += found
        }
        #expect(position == size && records == shape.ends.count)
        #expect(try source.nextRecords(items: items) == .end)
    }
}

@Test(arguments: shapes + tables + messages, [1, 2, 7, 1_000_000])
func `a stream gives the same records, whatever pieces it comes in`(shape: Shape, items: Int) throws {
    for largest in [1000, 400_000] where largest > 1000 || shape.bytes.count < 10_000 {
        var random = Seeded(largest)
        var ends = try Descriptor.pipe()
        let source = StreamSource(ends.takeReading(), shape.framing, name: "-")
        var writing: Descriptor? = ends.takeWriting()
        writing?.setNonBlocking()
        var (written, taken, records) = (0, 0, 0)
        reading: while true {
            switch try source.nextRecords(items: items) {
            case .records(.bytes(let bytes), let found, let lines):
                #expect(found == shape.records(in: taken..<taken + bytes.count) && found <= items)
                #expect(lines == shape.lines(in: taken..<taken + bytes.count))
                #expect(Array(shape.bytes[taken..<taken + bytes.count]) == bytes.array)
                taken += bytes.count
                records += found
            case .records: Issue.record("not bytes")
            case .end: break reading
            case .dry:
                if written == shape.bytes.count { writing = nil }
                var piece = ByteBuffer()
                piece.append(Array(shape.bytes[written...].prefix(1 + random.below(largest))))
                if piece.count > 0, case .bytes(let count)? = try writing?.write(piece, from: 0) { written += count }
            }
        }
        #expect(taken == shape.bytes.count && records == shape.ends.count)
    }
}

@Test func `a stream does not wait for a second record when there is one`() throws {
    var ends = try Descriptor.pipe()
    let source = StreamSource(ends.takeReading(), .lines, name: "-")
    let writing = ends.takeWriting()
    #expect(try source.nextRecords(items: 5) == .dry)
    try writing.writeAll(Array("one\ntw".utf8))
    #expect(try source.nextRecords(items: 5) == .records(.bytes(FrozenBytes(Array("one\n".utf8))), count: 1))
    #expect(try source.nextRecords(items: 5) == .dry)
}

@Test func `a file read before goes on where it is`() throws {
    let file = try file(Array("one\ntwo\nthree\n".utf8))
    file.position = 4
    let source = RangeSource(file, size: 14, .lines, workers: 1, name: "-")
    let next = try source.nextRecords(items: 10)
    guard case .records(.range(offset: 4, length: 10, _), count: 2, positions: 2) = next else {
        return #expect(next == .end)
    }
}

@Test(arguments: [0, 5, 1 << 20, 2_500_000])
func `a file that has become shorter is a failure, not a shorter input`(size: Int) throws {
    let bytes = Array(repeating: Array("123456789\n".utf8), count: 300_000).flatMap(\.self)
    let source = RangeSource(
        try file(Array(bytes.prefix(size))), size: bytes.count, .lines, workers: 1, name: "words.txt")
    var position = 0
    #expect(throws: Failure(.error, "words.txt: the file changed while it was read")) {
        while case .records(.range(_, let length, _), _, _) = try source.nextRecords(items: 1000) { position += length }
    }
    #expect(position <= size)
}

@Test func `a file that grows is read as far as it goes when its end is reached`() throws {
    for (before, after) in [("one\ntw", "o\n"), ("", "one\ntwo\n"), (String(repeating: "x", count: 1_500_000), "y\nz")]
    {
        let bytes = Array(before.utf8)
        let file = try file(bytes)
        let writing = try Descriptor(copying: file.number)
        let source = RangeSource(file, size: bytes.count, .lines, workers: 1, name: "f")
        writing.position = bytes.count
        try writing.writeAll(Array(after.utf8))
        var (position, records) = (0, 0)
        while case .records(.range(let offset, let length, _), let found, _) = try source.nextRecords(items: 100) {
            #expect(offset == position)
            position += length
            records += found
        }
        let whole = before + after
        #expect(position == whole.utf8.count && records == whole.split(separator: "\n").count)
    }
}

@Test func `what somebody has read ahead of a stream comes first`() throws {
    var ends = try Descriptor.pipe()
    let source = StreamSource(ends.takeReading(), .lines, readAhead: Array("one\ntw".utf8), name: "-")
    do {
        let writing = ends.takeWriting()
        try writing.writeAll(Array("o\nthree".utf8))
    }
    var text: [UInt8] = []
    while true {
        let next = try source.nextRecords(items: 1)
        if case .records(.bytes(let bytes), _, _) = next { text += bytes.array }
        if next == .end { break }
    }
    #expect(text == Array("one\ntwo\nthree".utf8))
}

@Test(arguments: [3, 5, 1 << 20, 3_000_000], [true, false])
func `a record longer than it may be is one failure, and the others are what they were`(longest: Int, isFile: Bool)
    throws
{
    let lengths = [1, longest - 2, longest - 1, longest, longest + 1, 4_000_000, 1, longest + 5, 2]
    let bytes = lengths.flatMap { line(of: $0) } + line(of: 7).dropLast()
    let source: any RecordSource
    if isFile {
        source = RangeSource(
            try file(bytes), size: bytes.count, .lines, workers: 2, longestRecord: longest, name: "f")
    } else {
        source = StreamSource(try file(bytes), .lines, longestRecord: longest, name: "-")
    }
    var found: [Bool] = []
    while true {
        let next = try source.nextRecords(items: 100)
        if next == .end { break }
        guard case .records(let records, let count, _) = next else { continue }
        found += Array(repeating: records == .tooLong, count: count)
    }
    // A record's terminator counts, where it has one.
    #expect(found == lengths.map { $0 + 1 > longest } + [7 > longest])
}

private func line(of length: Int) -> [UInt8] { Array(repeating: UInt8(ascii: "x"), count: length) + [newline] }

@Test func `bytes that are not those that were cut are not read`() throws {
    let folder = try Folder([Array(repeating: UInt8(ascii: "a"), count: 3_000_000) + Array("\nb\n".utf8)])
    let directory = try Descriptor.currentDirectory()
    let sequence = InputSequence(folder.inputs, .init(workers: 1, directory: directory.number))
    var payloads: [Payload] = []
    while case .chunk(let chunk) = try sequence.nextChunk(items: 1) { payloads.append(chunk.payload) }
    #expect(payloads.count == 2)
    let reader = ChunkReader(folder.inputs, directory: directory.number)
    func isRead(_ payload: Payload) throws -> Bool {
        if case .records = try reader.read(payload) { true } else { false }
    }
    #expect(try payloads.map(isRead) == [true, true])
    let handle = try FileHandle(forUpdating: URL(filePath: "\(folder.path)/0"))
    try handle.seek(toOffset: 2_999_999)
    try handle.write(contentsOf: Data("x".utf8))
    #expect(try payloads.map(isRead) == [false, true])
}

/// An item as it is taken: its bytes, or how many lines of it are left out as too long.
private enum Taken: Equatable {
    case row([UInt8])
    case tooLong(lines: Int)
}

/// What is taken of a table whose rows may have so many bytes: of a longer one the first line is left out.
private func rows(of bytes: [UInt8], longest: Int) -> [Taken] {
    var (rows, start) = ([Taken](), 0)
    while start < bytes.count {
        let line = lineEnd(in: bytes, from: start)
        let end = slowEnd(of: .rows(separator: UInt8(ascii: ",")), in: bytes, from: start)
        let isTooLong = (end ?? bytes.count) - start > longest
        let next = isTooLong ? line : end ?? line
        rows.append(isTooLong ? .tooLong(lines: 1) : .row(Array(bytes[start..<next])))
        start = next
    }
    return rows
}

@Test(arguments: tables.filter { $0.framing.isRow }, [1, 20, 500, 1_100_000])
func `a row longer than it may be is its first line alone, in a file and in a stream of any pieces`(
    shape: Shape, longest: Int
) throws {
    let separatesByComma = RecordFraming(.rows(separator: UInt8(ascii: ",")))
    let expected = rows(of: shape.bytes, longest: longest)
    let size = shape.bytes.count
    let range = RangeSource(
        try file(shape.bytes), size: size, separatesByComma, workers: 1, longestRecord: longest, name: "f")
    var (taken, position) = ([Taken](), 0)
    while true {
        let next = try range.nextRecords(items: 1)
        guard case .records(let records, count: 1, let lines) = next else { break }
        let end: Int
        if case .range(_, let length, _) = records {
            end = position + length
            taken.append(.row(Array(shape.bytes[position..<end])))
        } else {
            end = (0..<lines).reduce(position) { start, _ in lineEnd(in: shape.bytes, from: start) }
            taken.append(.tooLong(lines: lines))
        }
        position = end
    }
    #expect(taken == expected)

    for largest in [1000, 400_000] where largest > 1000 || size < 10_000 {
        var random = Seeded(largest)
        var ends = try Descriptor.pipe()
        let stream = StreamSource(ends.takeReading(), separatesByComma, longestRecord: longest, name: "-")
        var writing: Descriptor? = ends.takeWriting()
        writing?.setNonBlocking()
        var written = 0
        taken = []
        reading: while true {
            switch try stream.nextRecords(items: 1) {
            case .records(.bytes(let bytes), count: 1, _): taken.append(.row(bytes.array))
            case .records(_, _, let lines): taken.append(.tooLong(lines: lines))
            case .end: break reading
            case .dry:
                if written == size { writing = nil }
                var piece = ByteBuffer()
                piece.append(Array(shape.bytes[written...].prefix(1 + random.below(largest))))
                if piece.count > 0, case .bytes(let count)? = try writing?.write(piece, from: 0) { written += count }
            }
        }
        #expect(taken == expected)
    }
}

/// What is told of an input: of each chunk its items and values, or -1 for an item that is too long; and of the end, why it is one.
private func told(_ source: any RecordSource) -> ([[Int]], Failure?) {
    var found: [[Int]] = []
    do throws(Failure) {
        while true {
            switch try source.nextRecords(items: 100) {
            case .records(.tooLong, _, let values): found.append([-1, values])
            case .records(_, let items, let values): found.append([items, values])
            case .dry: continue
            case .end: return (found, nil)
            }
        }
    } catch { return (found, error) }
}

@Test(
    arguments: [
        ([1, 2, 0xC1, 3, 4], 1, [[3, 3]]), ([1, 2, 0x92, 0xC1, 3, 4], 1, [[3, 3]]), ([0xC1], 1, [[1, 1]]),
        ([1, 2, 3, 0xC1, 4], 3, [[2, 4]]), ([1, 2, 0xD9, 3, 1, 2, 3, 0xC1, 3], 1, [[2, 2], [-1, 1], [1, 1]]),
        ([1, 0x95, 1, 2, 3, 0xC1, 3], 1, [[1, 1], [-1, 1]]),
        ([1, 2, 3, 0xD9, 3, 1, 2, 3, 4], 2, [[1, 2], [-1, 2], [1, 1]]),
    ] as [([UInt8], Int, [[Int]])])
func `behind a byte that begins no value nothing more is read`(bytes: [UInt8], batch: Int, chunks: [[Int]]) throws {
    let framing = RecordFraming(.values, batch: batch)
    let isBroken = bytes.contains(0xC1)
    let failure = isBroken ? Failure.broken("f") : nil
    let range = RangeSource(
        try file(bytes), size: bytes.count, framing, workers: 2, longestRecord: 4, name: "f")
    let stream = StreamSource(try file(bytes), framing, longestRecord: 4, name: "f")
    for source in [range, stream] as [any RecordSource] {
        #expect(told(source) == (chunks, failure))
    }
}
