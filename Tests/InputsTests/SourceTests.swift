// Files and streams of every shape, asked for records in every way.

import Chance
import Posix
import Records
import Testing
import Wire

@testable import Inputs

private let cutter = RecordCutter(terminator: newline)

@Test(arguments: shapes, [1, 2, 7, 1_000_000])
func `ranges cover the file, end with records and say how many there are`(shape: Shape, items: Int) throws {
    for workers in [1, 3] {
        let size = shape.bytes.count
        let source = RangeSource(try file(shape.bytes), size: size, cutter, workers: workers, name: "f")
        var (place, records) = (0, 0)
        while case .records(.range(let offset, let length), let found) = try source.cut(items: items) {
            try #require(offset == place && length > 0 && offset + length <= size)
            #expect(found == shape.records(in: offset..<offset + length) && found <= items)
            let share = max((size - offset) / (2 * workers), 16 << 10)
            #expect(length <= share || found == 1)
            place += length
            records += found
        }
        #expect(place == size && records == shape.ends.count)
        #expect(try source.cut(items: items) == .end)
    }
}

@Test(arguments: shapes, [1, 2, 7, 1_000_000])
func `a stream gives the same records, whatever pieces it comes in`(shape: Shape, items: Int) throws {
    for largest in [1000, 400_000] where largest > 1000 || shape.bytes.count < 10_000 {
        var random = Seeded(largest)
        var ends = try Descriptor.pipe()
        let source = StreamSource(ends.takeReading(), cutter, name: "-")
        var writing: Descriptor? = ends.takeWriting()
        writing?.setNonBlocking()
        var (written, taken, records) = (0, 0, 0)
        reading: while true {
            switch try source.cut(items: items) {
            case .records(.bytes(let bytes), let found):
                #expect(found == shape.records(in: taken..<taken + bytes.count) && found <= items)
                #expect(Array(shape.bytes[taken..<taken + bytes.count]) == bytes.array)
                taken += bytes.count
                records += found
            case .records: Issue.record("not bytes")
            case .end: break reading
            case .nothingYet:
                if written == shape.bytes.count { writing = nil }
                var piece = WireBuffer()
                piece.append(Array(shape.bytes[written...].prefix(1 + random.below(largest))))
                if piece.count > 0, case .bytes(let count)? = try writing?.write(piece, from: 0) { written += count }
            }
        }
        #expect(taken == shape.bytes.count && records == shape.ends.count)
    }
}

@Test func `a stream does not wait for a second record when there is one`() throws {
    var ends = try Descriptor.pipe()
    let source = StreamSource(ends.takeReading(), cutter, name: "-")
    let writing = ends.takeWriting()
    #expect(try source.cut(items: 5) == .nothingYet)
    try writing.writeAll(Array("one\ntw".utf8))
    #expect(try source.cut(items: 5) == .records(.bytes(FrozenBytes(Array("one\n".utf8))), count: 1))
    #expect(try source.cut(items: 5) == .nothingYet)
}

@Test func `a file read before goes on where it is`() throws {
    let file = try file(Array("one\ntwo\nthree\n".utf8))
    file.position = 4
    let source = RangeSource(file, size: 14, cutter, workers: 1, name: "-")
    #expect(try source.cut(items: 10) == .records(.range(offset: 4, length: 10), count: 2))
}

@Test(arguments: [0, 5, 1 << 20, 2_500_000])
func `a file that has become shorter is a failure, not a shorter input`(size: Int) throws {
    let bytes = Array(repeating: Array("123456789\n".utf8), count: 300_000).flatMap(\.self)
    let source = RangeSource(
        try file(Array(bytes.prefix(size))), size: bytes.count, cutter, workers: 1, name: "words.txt")
    var place = 0
    #expect(throws: Failure(.error, "words.txt: the file changed while it was read")) {
        while case .records(.range(_, let length), _) = try source.cut(items: 1000) { place += length }
    }
    #expect(place <= size)
}
