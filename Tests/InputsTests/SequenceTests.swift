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
private func allRecords(_ inputs: [Input], items: Int, terminator: UInt8 = newline) throws -> [Located] {
    let directory = try Descriptor.currentDirectory()
    let sequence = InputSequence(
        inputs, InputSequence.Reading(terminator: terminator, workers: 2, directory: directory.number))
    let reader = ChunkReader(inputs, directory: directory.number)
    var found: [Located] = []
    while case .chunk(let chunk) = try sequence.nextChunk(items: items) {
        let payload = chunk.payload
        guard case .records(let bytes) = try reader.read(payload) else {
            Issue.record("not the records of the chunk")
            continue
        }
        var cursor = RecordCursor(bytes, terminator: terminator)
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
    let words: [ByteString] = ["a", "", "täglich", "two\nlines", ByteString([0xff])]
    let found = try allRecords(
        [.arguments(words), .list(count: 3), .arguments([]), .list(count: 0)], items: items, terminator: 0)
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
        (.arguments(["a"]), ":::", ":::3"), (.list(count: 1), "inputs", "inputs[3]"),
        (.iterator, "inputs", "inputs[3]"),
    ] as [(Input, ByteString, String)])
func `an input has a name, and its records have places`(input: Input, name: ByteString, place: String) throws {
    #expect(input.name == name && input.name(ofPosition: 3) == place)
}

@Test func `a path that cannot be an input says why`() throws {
    let file = try Input(path: ByteString(#filePath))
    #expect(file.name == #filePath && file.name(ofPosition: 17) == "\(#filePath):17")
    #expect(throws: PosixError("open", "/nowhere", code: 2)) { try Input(path: "/nowhere") }
    #expect(throws: PosixError("open", "/", code: PosixError.isADirectory)) { try Input(path: "/") }
}
