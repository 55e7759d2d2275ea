// The inputs of a run as one sequence, and a worker that reads its chunks.

import Bytes
import Foundation
import Posix
import ProcessPool
import Records
import Testing
import Wire

@testable import Inputs

/// A folder with a file for each text.
final class Folder {
    let path = FileManager.default.temporaryDirectory.appending(path: "inputs-test-\(UUID().uuidString)").path()
    let inputs: [Input]

    init(_ texts: [[UInt8]]) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var inputs: [Input] = []
        for (number, bytes) in texts.enumerated() {
            let path = "\(path)/\(number)"
            try Data(bytes).write(to: URL(filePath: path))
            inputs.append(try Input(path: ByteString(path)))
        }
        self.inputs = inputs
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A record by its item, input and place.
private struct Located: Equatable {
    var item: Int, input: Int, place: Int
    var bytes: [UInt8]
}

/// All records of the chunks, as a worker reads them.
private func allRecords(_ inputs: [Input], items: Int, _ layout: InputLayout = InputLayout()) throws -> [Located] {
    let directory = try Descriptor.currentDirectory()
    let sequence = InputSequence(
        inputs, InputSequence.Reading(layout: layout, workers: 2, directory: directory.number))
    let reader = ChunkReader(inputs, directory: directory.number)
    var found: [Located] = []
    while case .chunk(let chunk) = try sequence.nextChunk(items: items) {
        let payload = chunk.payload
        guard case .records(let bytes) = try reader.read(payload) else {
            Issue.record("not the records of the chunk")
            continue
        }
        var cursor = RecordCursor(bytes, layout.framing)
        for number in 0..<chunk.count {
            let record = cursor.next()
            #expect((record == nil) == (payload.records == .listed))
            found.append(
                Located(
                    item: chunk.first + number, input: payload.input, place: payload.firstPosition + number,
                    bytes: record?.array ?? []))
        }
        #expect(cursor.next() == nil)
    }
    return found
}

@Test(arguments: [1, 2, 7, 1_000_000])
func `items are numbered through, places begin anew in each input`(items: Int) throws {
    let folder = try Folder(shapes.map(\.bytes))
    var expected: [Located] = []
    for (input, shape) in shapes.enumerated() {
        for (number, record) in shape.records.enumerated() {
            expected.append(Located(item: expected.count + 1, input: input, place: number + 1, bytes: record))
        }
    }
    let found = try allRecords(folder.inputs, items: items)
    #expect(found.count == expected.count)
    #expect(zip(found, expected).first { $0 != $1 }?.0 == nil)
}

@Test(arguments: [1, 3, 100])
func `words and lists are inputs like files`(items: Int) throws {
    var ofWords = InputLayout()
    ofWords.words = 1
    let words: [ByteString] = ["a", "", "täglich", "two\nlines", ByteString([0xff])]
    let found = try allRecords(
        [.words(combinations(words)), .list(count: 3), .words(combinations([])), .list(count: 0)], items: items,
        ofWords)
    #expect(found.map(\.item) == Array(1...8))
    #expect(found.map(\.input) == [0, 0, 0, 0, 0, 1, 1, 1])
    #expect(found.map(\.place) == [1, 2, 3, 4, 5, 1, 2, 3])
    #expect(found.prefix(5).map(\.bytes) == words.map(\.bytes))
}

@Test func `a file that has changed since it was cut is a failure in the worker`() throws {
    let folder = try Folder([Array("one\ntwo\n".utf8)])
    let path = "\(folder.path)/0"
    let directory = try Descriptor.currentDirectory()
    let changed = Failure(.error, "\(path): the file changed while it was read")
    let payload = Payload(input: 0, firstPosition: 1, records: .range(offset: 0, length: 8, checksum: 0))
    try Data("one\nt".utf8).write(to: URL(filePath: path))
    #expect(throws: changed) { try ChunkReader(folder.inputs, directory: directory.number).read(payload) }
    try Data("one\ntwo\n".utf8).write(to: URL(filePath: path), options: .atomic)  // another file of that name
    #expect(throws: changed) { try ChunkReader(folder.inputs, directory: directory.number).read(payload) }
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: Failure(.error, "open \(path): No such file or directory")) {
        try ChunkReader(folder.inputs, directory: directory.number).read(payload)
    }
    #expect(throws: Failure(.error, "open \(path): No such file or directory")) {
        try allRecords(folder.inputs, items: 1)
    }
}

@Test(
    arguments: [
        (.words(combinations(["a"])), ":::", ":::3"), (.list(count: 1), "inputs", "inputs[3]"),
        (.iterator, "inputs", "inputs[3]"),
    ] as [(Input, ByteString, String)])
func `an input has a name, and its records have places`(input: Input, name: ByteString, place: String) throws {
    #expect(input.name == name && input.name(of: 3...3) == place)
}

@Test func `a path that cannot be an input says why`() throws {
    let file = try Input(path: ByteString(#filePath))
    #expect(file.name == #filePath && file.name(of: 17...17) == "\(#filePath):17")
    #expect(throws: PosixError("open", "/nowhere", code: 2)) { try Input(path: "/nowhere") }
    #expect(throws: PosixError("open", "/", code: PosixError.isADirectory)) { try Input(path: "/") }
}

/// What is told of each chunk: its header, its first line, its lines, and its bytes.
private struct Told: Equatable {
    var header: String?
    var first: Int, positions: Int
    var bytes: String

    init(_ header: String?, _ first: Int, _ positions: Int, _ bytes: String) {
        (self.header, self.first, self.positions, self.bytes) = (header, first, positions, bytes)
    }
}

private func allChunks(_ texts: [String], items: Int, _ layout: InputLayout) throws -> [Told] {
    let folder = try Folder(texts.map { Array($0.utf8) })
    let directory = try Descriptor.currentDirectory()
    let sequence = InputSequence(
        folder.inputs, InputSequence.Reading(layout: layout, workers: 2, directory: directory.number))
    let reader = ChunkReader(folder.inputs, directory: directory.number)
    var told: [Told] = []
    while case .chunk(let chunk) = try sequence.nextChunk(items: items) {
        let payload = chunk.payload
        guard case .records(let bytes) = try reader.read(payload) else { continue }
        let header = payload.header.map { String(decoding: $0.array, as: UTF8.self) }
        told.append(Told(header, payload.firstPosition, payload.positions, bytes.text))
    }
    return told
}

@Test func `each file of a table begins with its own header, behind lines that are left out`() throws {
    let large = String(repeating: "1,\"x\ny\"\n", count: 1000)
    let texts = ["a,\"b\nc\"\n1,2\n\"3\n\",4\n", "", "only,one", "d\n", "a,b\n" + large]
    let whole = try allChunks(texts, items: 1_000_000, InputLayout(.csv))
    #expect(whole.prefix(1) == [Told("a,\"b\nc\"", 3, 3, "1,2\n\"3\n\",4\n")])
    #expect(whole.dropFirst().allSatisfy { $0.header == "a,b" })
    #expect(whole.dropFirst().map(\.bytes).joined() == large)
    #expect(whole.dropFirst().map(\.positions).reduce(0, +) == 2000)
    let single = try allChunks(texts, items: 1, InputLayout(.csv))
    #expect(single.prefix(2) == [Told("a,\"b\nc\"", 3, 1, "1,2\n"), Told("a,\"b\nc\"", 4, 2, "\"3\n\",4\n")])
    #expect(single.dropFirst(2).map(\.first) == (0..<1000).map { 2 + 2 * $0 })

    var layout = InputLayout(.csv)
    layout.skippedLines = 2
    #expect(try allChunks(["x\n\"y\na\n1\n", "x", "x\ny\n", "x\ny\na"], items: 9, layout) == [Told("a", 4, 1, "1\n")])
    layout.hasHeader = false
    #expect(
        try allChunks(["x\n\"y\n\"a\n\"\n1\n", "x\ny\na"], items: 1, layout)
            == [Told(nil, 3, 2, "\"a\n\"\n"), Told(nil, 5, 1, "1\n"), Told(nil, 3, 1, "a")])
}

@Test func `a batch ends with its file`() throws {
    var layout = InputLayout()
    (layout.batch, layout.skippedLines) = (2, 1)
    #expect(
        try allChunks(["1\n2\n3\n4\n", "1\n2\n", "1"], items: 1, layout)
            == [Told(nil, 2, 2, "2\n3\n"), Told(nil, 4, 1, "4\n"), Told(nil, 2, 1, "2\n")])
}

@Test(arguments: [1, 2, 100])
func `batches of words and of a list are so many of them`(items: Int) throws {
    var layout = InputLayout()
    (layout.batch, layout.words) = (3, 1)
    let directory = try Descriptor.currentDirectory()
    let inputs: [Input] = [.words(combinations(["a", "", "b\n", "c"])), .list(count: 7)]
    let sequence = InputSequence(
        inputs, InputSequence.Reading(layout: layout, workers: 2, directory: directory.number))
    var positions: [ClosedRange<Int>?] = []
    while case .chunk(let chunk) = try sequence.nextChunk(items: items) {
        positions += (chunk.first..<chunk.first + chunk.count).map(chunk.positions)
    }
    #expect(positions == [1...3, 4...4, 1...3, 4...6, 7...7])
}

@Test func `a header that is refused ends the run`() throws {
    let folder = try Folder([Array("x\nid,id\n1,2\n".utf8)])
    var layout = InputLayout(.csv)
    layout.skippedLines = 1
    let directory = try Descriptor.currentDirectory()
    func failure(_ check: @escaping ([UInt8]) -> String?, longest: Int = .max) -> Failure? {
        let sequence = InputSequence(
            folder.inputs,
            InputSequence.Reading(
                layout: layout, workers: 2, directory: directory.number, longestRecord: (longest, longest),
                checkHeader: check))
        do throws(Failure) { _ = try sequence.nextChunk(items: 1) } catch { return error }
        return nil
    }
    let place = "\(folder.path)/0:2"
    #expect(failure { $0 == Array("id,id".utf8) ? "no" : nil } == Failure(.error, "\(place): no"))
    #expect(failure { _ in nil } == nil)
    #expect(
        failure({ _ in nil }, longest: 4)
            == Failure(.error, "\(place): the header is longer than a record may be; see --max-record"))
}
