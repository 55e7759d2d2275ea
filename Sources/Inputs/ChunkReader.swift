// The worker's side of the input: a chunk's records in memory, read from the file or taken from the chunk itself.

import Posix
package import Records
package import Wire

/// Reads chunk after chunk into the same memory.
package final class ChunkReader {
    private let inputs: [Input]
    private let directory: Int32
    private var memory = WireBuffer(capacity: 4096)
    /// Records that came with the chunk.
    private var travelled: FrozenBytes?
    private var openFile: OpenFile?
    private let standardInput: OpenFile?

    /// What may be read behind the last record; simdjson wants it.
    private static let padding = 64

    /// `directory` is where relative paths begin. Standard input, if it is read in ranges, is taken hold of now: in a
    /// worker its number leads elsewhere.
    package init(_ inputs: [Input], directory: Int32) {
        self.inputs = inputs
        self.directory = directory
        let place = inputs.firstIndex { if case .standardInput = $0 { $0.rangedSize != nil } else { false } }
        standardInput = place.flatMap { try? OpenFile($0, inputs[$0], in: directory) }
    }

    package enum Reading {
        /// The bytes of all records, valid until the next chunk; followed by at least 64 readable ones.
        case records(RecordBytes)
        /// There is no memory for them.
        case noMemory
        case tooLong
        /// They are not what was cut.
        case changed
    }

    package func read(_ payload: Payload) throws(Failure) -> Reading {
        travelled = nil
        memory.reset()
        var checksum: UInt64?
        switch payload.records {
        case .listed: break
        case .tooLong: return .tooLong
        case .bytes(let bytes):
            travelled = bytes
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

    /// As the host makes it of what it cuts.
    package static func checksum(of records: RecordBytes) -> UInt64 {
        stride(from: 0, to: records.count, by: Payload.checkedBytes).reduce(0) { before, start in
            records[start..<min(start + Payload.checkedBytes, records.count)].checksum(after: before)
        }
    }

    private func read(_ input: Int, offset: Int, length: Int) throws(Failure) {
        let file = try open(input)
        do throws(PosixError) {
            while memory.count < length {
                let (at, rest) = (offset + memory.count, length - memory.count)
                if try file.descriptor.read(appendingTo: &memory, at: at, limit: rest) == 0 { break }
            }
        } catch {
            throw Failure(.error, "\(inputs[input].name): \(error.description)")
        }
        if memory.count < length { throw hasChanged(inputs[input]) }
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
        guard let openFile else { throw hasChanged(inputs[input]) }
        return openFile
    }

    /// A chunk is more than the machine has memory for.
    package func isTooLarge(_ input: Input) -> Failure {
        Failure(.error, "\(input.name): the machine has no memory for its records")
    }

    /// The input is not what the host has cut any more.
    package func hasChanged(_ input: Input) -> Failure {
        Failure(.error, "\(input.name): the file changed while it was read")
    }
}

private final class OpenFile {
    let input: Int
    let descriptor: Descriptor

    /// Nil when there is another file under that name now.
    init?(_ number: Int, _ input: Input, in directory: Int32) throws(PosixError) {
        self.input = number
        guard case .file(let path, let kind) = input else {
            descriptor = try Descriptor(copying: StandardDescriptor.input)
            return
        }
        descriptor = try Descriptor(reading: path, in: directory)
        let now = try FileKind(descriptor: descriptor.number)
        if (now.device, now.inode) != (kind.device, kind.inode) { return nil }
    }
}
