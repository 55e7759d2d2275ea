// The worker's side of the input: a chunk's records in memory, read from the file or sent in the chunk itself.

import Bytes
import Posix
package import ProcessPool
package import Records
package import Wire

/// Reads chunk after chunk into the same memory.
package final class ChunkReader {
    private let inputs: [Input]
    private let directory: Int32
    private var memory = ByteBuffer(capacity: 4096)
    /// Records that were sent in the chunk.
    private var bytesOfChunk: FrozenBytes?
    private var openFile: OpenFile?
    private let standardInput: OpenFile?

    /// Readable bytes after the last record, which simdjson requires.
    private static let padding = 64

    /// Relative paths begin in `directory`. Standard input, if it is read in ranges, is duplicated now: in a worker its
    /// number is another file's.
    package init(_ inputs: [Input], directory: Int32) {
        self.inputs = inputs
        self.directory = directory
        let index = inputs.firstIndex { if case .standardInput = $0 { $0.rangedSize != nil } else { false } }
        standardInput = index.flatMap { try? OpenFile($0, inputs[$0], in: directory) }
    }

    package enum Reading {
        /// The bytes of all records, valid until the next chunk; followed by at least 64 readable ones.
        case records(RecordBytes)
        /// There is no memory for them.
        case noMemory
        case tooLong
        /// They are not the records of the chunk.
        case changed
    }

    package func read(_ payload: Payload) throws(Failure) -> Reading {
        bytesOfChunk = nil
        memory.reset()
        var checksum: UInt64?
        switch payload.records {
        case .listed: break
        case .tooLong: return .tooLong
        case .bytes(let bytes):
            bytesOfChunk = bytes
            return .records(RecordBytes(bytes.buffer)[bytes.range])
        case .range(let offset, let length, let expected):
            guard memory.reserve(length + ChunkReader.padding) else { return .noMemory }
            try read(payload.input, offset: offset, length: length)
            checksum = expected
        }
        let count = memory.count
        memory.append(zeros: ChunkReader.padding)
        let records = RecordBytes(memory)[0..<count]
        return checksum.map { $0 == ChunkReader.checksum(of: records) } ?? true ? .records(records) : .changed
    }

    /// Bytes of one step of a checksum: the size of the host's window.
    static let checkedBytes = 1 << 20

    /// The checksum of a chunk's records, as the host computes it.
    package static func checksum(of records: RecordBytes) -> UInt64 {
        stride(from: 0, to: records.count, by: checkedBytes).reduce(0) { before, start in
            records[start..<min(start + checkedBytes, records.count)].checksum(after: before)
        }
    }

    private func read(_ input: Int, offset: Int, length: Int) throws(Failure) {
        let file = try open(input)
        do throws(PosixError) {
            while memory.count < length {
                let (position, rest) = (offset + memory.count, length - memory.count)
                if try file.descriptor.read(appendingTo: &memory, at: position, limit: rest) == 0 { break }
            }
        } catch {
            throw Failure(.error, "\(inputs[input].name): \(error.description)")
        }
        if memory.count < length { throw changed(inputs[input]) }
    }

    /// The input's file, kept open for the chunks that follow.
    private func open(_ input: Int) throws(Failure) -> OpenFile {
        if let standardInput, standardInput.input == input { return standardInput }
        if let openFile, openFile.input == input { return openFile }
        do throws(PosixError) {
            openFile = try OpenFile(input, inputs[input], in: directory)
        } catch {
            throw Failure(.error, error.description)
        }
        guard let openFile else { throw changed(inputs[input]) }
        return openFile
    }

    /// There is no memory for a chunk.
    package func noMemory(_ input: Input) -> Failure {
        Failure(.error, "\(input.name): the machine has no memory for its records")
    }

    /// The input is not the one that the host has read.
    package func changed(_ input: Input) -> Failure {
        Failure(.error, "\(input.name): the file changed while it was read")
    }
}

private final class OpenFile {
    let input: Int
    let descriptor: Descriptor

    /// Nil when the path is another file's now.
    init?(_ number: Int, _ input: Input, in directory: Int32) throws(PosixError) {
        self.input = number
        guard case .file(let path, let kind, _) = input else {
            descriptor = try Descriptor(copying: StandardDescriptor.input)
            return
        }
        descriptor = try Descriptor(reading: path, in: directory)
        let now = try FileKind(descriptor: descriptor.number)
        if (now.device, now.inode) != (kind.device, kind.inode) { return nil }
    }
}
