// The bytes of a stream: as they are, or as the program gives them that undoes their compression.

import Bytes
import Posix
import Wire

/// Reads a stream without ever waiting for it.
final class ByteStream {
    /// How it is read.
    enum Reading: Equatable {
        case plain
        /// The file's own descriptor is the program's.
        case compressed(Compression)
        /// The first bytes say it, which are kept until they do.
        case undecided
    }

    private let file: Descriptor
    private let name: ByteString
    private var reading: Reading
    /// Bytes that were read and not passed on.
    private var head = ByteBuffer(capacity: 64)
    private var decompressor: Decompressor?
    private let warn: (String) -> Void

    /// `readAhead` are bytes that the script has read from the stream.
    init(
        _ file: consuming Descriptor, _ reading: Reading, readAhead: [UInt8], name: ByteString,
        warn: @escaping (String) -> Void
    ) {
        self.file = file
        (self.reading, self.name, self.warn) = (reading, name, warn)
        head.append(readAhead)
    }

    var waitsOn: Int32 { decompressor?.waitsOn ?? file.number }
    var descriptors: [Int32] { [file.number] + (decompressor?.descriptors ?? []) }

    /// Appends what is there; 0 bytes are the end.
    func read(appendingTo buffer: inout ByteBuffer, limit: Int) throws(Failure) -> Descriptor.Transfer {
        if let decompressor { return try decompressor.read(appendingTo: &buffer, limit: limit) }
        switch reading {
        case .plain: return try readPlain(into: &buffer, limit: limit)
        case .compressed(let compression): try decompress(compression, after: nil)
        case .undecided: if try !decide(limit: limit) { return .wouldBlock }
        }
        return try read(appendingTo: &buffer, limit: limit)
    }

    private func readPlain(into buffer: inout ByteBuffer, limit: Int) throws(Failure) -> Descriptor.Transfer {
        if head.count == 0 { return try readFile(into: &buffer, limit: limit) }
        defer { head = ByteBuffer() }
        buffer.append(head.array)
        return .bytes(head.count)
    }

    /// Reads until the first bytes say what it is; false when there are none at the moment.
    private func decide(limit: Int) throws(Failure) -> Bool {
        var isAtEnd = false
        while true {
            switch Compression.recognize(head.array(0..<min(head.count, Compression.magicSize))) {
            case .undecided where !isAtEnd: break
            case .plain, .undecided:
                reading = .plain
                return true
            case .compressed(let compression):
                try decompress(compression, after: head.array)
                head = ByteBuffer()
                return true
            }
            let read = try readFile(into: &head, limit: limit)
            if read == .wouldBlock { return false }
            isAtEnd = read == .bytes(0)
        }
    }

    private func decompress(_ compression: Compression, after head: [UInt8]?) throws(Failure) {
        decompressor = try Decompressor(compression, file, after: head, name: name, warn: warn)
    }

    private func readFile(into buffer: inout ByteBuffer, limit: Int) throws(Failure) -> Descriptor.Transfer {
        do throws(PosixError) { return try file.readAtOnce(appendingTo: &buffer, limit: limit) } catch {
            throw Failure(.error, "\(name): \(error.description)")
        }
    }
}
