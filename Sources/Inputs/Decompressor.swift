// A program that undoes the compression of an input, as a child of the host, which never waits for it.

import Bytes
import Posix
import Wire

/// What the program writes, the end of which counts once the program has ended well.
final class Decompressor {
    private let compression: Compression
    private let name: ByteString
    private let program: StartedProgram
    private let output: Descriptor
    /// What it says, in memory: it never waits to say it.
    private let errors: Descriptor
    private var feeder: Feeder?
    private var hasOutput = false
    private var isAtEnd = false
    private let warn: (String) -> Void
    /// The process that has started it.
    private let owner = Machine.processNumber()

    /// Bytes of what it says that are read.
    private static let wordsSize = 4096

    /// The program reads `file` itself, from its offset on; or a pipe, into which a feeder writes the `head`, which was
    /// read already, and then the rest.
    init(
        _ compression: Compression, _ file: borrowing Descriptor, after head: [UInt8]?, name: ByteString,
        warn: @escaping (String) -> Void
    ) throws(Failure) {
        (self.compression, self.name, self.warn) = (compression, name, warn)
        if !compression.isInstalled { throw Failure(.error, compression.missingProgram(for: name)) }
        do {
            var pipe = try Descriptor.pipe()
            errors = try Descriptor(inMemory: "pmap-errors")
            let streams = (output: pipe.writingNumber, errors: errors.number)
            if let head {
                let input = try Descriptor.smallPipe()
                program = try compression.start(input.readingNumber, streams.output, streams.errors)
                feeder = try Feeder(head, then: file.number, into: input.writingNumber)
            } else {
                program = try compression.start(file.number, streams.output, streams.errors)
            }
            output = pipe.takeReading()
        } catch {
            throw Failure(.error, "\(name): \(error)")
        }
    }

    deinit {
        if Machine.processNumber() == owner { program.killAll(holding: []) }
    }

    /// Readable when there is more, or the program has ended.
    var waitsOn: Int32 { isAtEnd ? program.pidfdNumber : output.number }
    var descriptors: [Int32] {
        [output.number, errors.number, program.pidfdNumber] + [feeder?.descriptor].compactMap { $0 }
    }

    /// Appends what is there; 0 bytes are the end.
    func read(appendingTo buffer: inout ByteBuffer, limit: Int) throws(Failure) -> Descriptor.Transfer {
        if !isAtEnd {
            let read = try readOutput(appendingTo: &buffer, limit: limit)
            isAtEnd = read == .bytes(0)
            if !isAtEnd {
                if read != .wouldBlock { hasOutput = true }
                return read
            }
        }
        guard let status = program.reap() else { return .wouldBlock }
        try judge(status)
        return .bytes(0)
    }

    private func readOutput(appendingTo buffer: inout ByteBuffer, limit: Int) throws(Failure) -> Descriptor.Transfer {
        do throws(PosixError) { return try output.readAtOnce(appendingTo: &buffer, limit: limit) } catch {
            throw Failure(.error, "\(name): \(error.description)")
        }
    }

    private func judge(_ status: ExitStatus) throws(Failure) {
        if let error = feeder?.end() { throw Failure(.error, "\(name): \(error.description)") }
        let words = (try? errors.read(count: Decompressor.wordsSize, at: 0)) ?? []
        switch compression.verdict(status, words: words, hasOutput: hasOutput) {
        case .broken(let why): throw Failure(.error, "\(name): \(why)")
        case .whole(let warning): if let warning { warn("\(name): \(warning)") }
        }
    }
}

extension Compression {
    /// Starts its program, apart from the terminal's Ctrl-C.
    fileprivate func start(_ input: Int32, _ output: Int32, _ errors: Int32) throws(ProgramError) -> StartedProgram {
        var plan = ProgramPlan(words: [Array(rawValue.utf8), Array("-dc".utf8)])
        plan.streams = [.descriptor(input), .descriptor(output), .descriptor(errors)]
        plan.isApart = true
        return try StartedProgram.start(plan)
    }
}
