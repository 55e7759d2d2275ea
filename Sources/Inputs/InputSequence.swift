// The host's side of the input: one input after the other, split into chunks of numbered items.

import Bytes
import Posix
package import ProcessPool
import Records
package import Wire

/// Splits one input. `items` and a number of bytes are upper bounds, one complete record is the lower bound.
protocol RecordSource: AnyObject {
    func nextRecords(items: Int) throws(Failure) -> NextRecords
    /// Readable when there are more records after `.dry`.
    var waitsOn: Int32? { get }
    /// Descriptors that a forked worker closes.
    var descriptors: [Int32] { get }
    /// What is left, as far as that is known.
    var rest: SourceRest? { get }
}

enum NextRecords: Equatable {
    case records(Payload.Records, count: Int)
    case dry
    case end
}

/// All inputs of a run as one numbered sequence of items.
package final class InputSequence: ChunkSource {
    /// Parameters of reading.
    package struct Reading {
        package let terminator: UInt8
        /// Chunks at the end of a file are made small enough for so many workers.
        package let workers: Int
        /// The directory of relative paths.
        package let directory: Int32
        /// Bytes that the script has read ahead from standard input.
        package let readAhead: [UInt8]
        /// The size limit of a record: of a stream, and of a file.
        package let longestRecord: (inStream: Int, inFile: Int)
        /// Starts the producer of the items of `Input.iterator`.
        package let iterate: (() throws(Failure) -> Producer)?

        package init(
            terminator: UInt8, workers: Int, directory: Int32, readAhead: [UInt8] = [],
            longestRecord: (inStream: Int, inFile: Int) = (.max, .max),
            iterate: (() throws(Failure) -> Producer)? = nil
        ) {
            self.terminator = terminator
            self.workers = workers
            self.directory = directory
            self.readAhead = readAhead
            self.longestRecord = longestRecord
            self.iterate = iterate
        }
    }

    package let inputs: [Input]
    private let reading: Reading
    private var current: (any RecordSource)?
    /// The next input to be opened.
    private var next = 0
    private var nextItem = 1
    private var nextPosition = 1

    package init(_ inputs: [Input], _ reading: Reading) {
        self.inputs = inputs
        self.reading = reading
    }

    package var rest: SourceRest? {
        var rest = SourceRest()
        for input in inputs[next...] {
            guard let more = input.rest else { return nil }
            rest = rest + more
        }
        guard let current else { return rest }
        return current.rest.map { $0 + rest }
    }

    package var waitsOn: Int32? { current?.waitsOn }
    package var isLookedAt: Bool { current is ValueSource }
    package var descriptors: [Int32] { current?.descriptors ?? [] }

    package func nextChunk(items: Int) throws(Failure) -> NextChunk {
        while true {
            guard let source = try openSource() else { return .end }
            switch try source.nextRecords(items: items) {
            case .dry: return .dry
            case .end: current = nil
            case .records(let records, let count):
                let payload = Payload(input: next - 1, firstPosition: nextPosition, records: records)
                defer {
                    nextItem += count
                    nextPosition += count
                }
                return .chunk(Chunk(first: nextItem, count: count, payload: payload))
            }
        }
    }

    /// The number of items; nil when that needs waiting for a pipe or the script's own process.
    package func countAll() -> Int? {
        inputs.allSatisfy(\.isCountable) ? InputSequence(inputs, reading).countRest(until: .max) : nil
    }

    package func countRest(within nanoseconds: Int) -> Int? { countRest(until: Clock.now() + nanoseconds) }

    /// A stream may have no end: nothing more of it is read than tells that it is over.
    private func countRest(until deadline: Int) -> Int? {
        var rest = 0
        while let source = try? openSource() {
            guard Clock.now() < deadline else { return nil }
            switch try? source.nextRecords(items: 1 << 16) {
            case .records(_, let count) where inputs[next - 1].isCountable: rest += count
            case .records, .dry: return nil
            case .end, nil: current = nil
            }
        }
        return rest
    }

    /// The source of the current input, or of the next one.
    private func openSource() throws(Failure) -> (any RecordSource)? {
        if let current { return current }
        guard next < inputs.count else { return nil }
        let input = inputs[next]
        next += 1
        nextPosition = 1
        let source = try open(input)
        current = source
        return source
    }

    private func open(_ input: Input) throws(Failure) -> any RecordSource {
        do throws(PosixError) {
            switch input {
            case .file(let path, _):
                return reader(try Descriptor(reading: path, in: reading.directory), input)
            case .standardInput:
                return reader(try Descriptor(copying: StandardDescriptor.input), input)
            case .arguments(let words):
                return ArgumentSource(words, longestRecord: reading.longestRecord.inFile)
            case .list(let count):
                return ListSource(count: count)
            case .iterator: break
            }
        } catch {
            throw Failure(.error, error.description)
        }
        guard let iterate = reading.iterate else { return ListSource(count: 0) }
        return ValueSource(try iterate())
    }

    private func reader(_ file: consuming Descriptor, _ input: Input) -> any RecordSource {
        let splitter = RecordSplitter(terminator: reading.terminator)
        let longest = reading.longestRecord
        if let size = input.rangedSize {
            return RangeSource(
                file, size: size, splitter, workers: reading.workers, longestRecord: longest.inFile, name: input.name)
        }
        var readAhead: [UInt8] = []
        if case .standardInput = input { readAhead = reading.readAhead }
        return StreamSource(
            file, splitter, readAhead: readAhead, longestRecord: longest.inStream, name: input.name,
            size: input.fileSize)
    }
}

/// The words of the command line, which are few: they are sent in the chunk, each ended by NUL, which is in no word.
final class ArgumentSource: RecordSource {
    private let words: [ByteString]
    private let longestRecord: Int
    private var next = 0

    init(_ words: [ByteString], longestRecord: Int) { (self.words, self.longestRecord) = (words, longestRecord) }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [] }
    var rest: SourceRest? { SourceRest(items: words.count - next) }

    func nextRecords(items: Int) -> NextRecords {
        if next == words.count { return .end }
        let most = min(next + items, words.count)
        let end = words[next..<most].firstIndex { $0.bytes.count > longestRecord } ?? most
        defer { next = max(end, next + 1) }
        if next == end { return .records(.tooLong, count: 1) }
        return .records(.bytes(FrozenBytes(words[next..<end].flatMap { $0.bytes + [0] })), count: end - next)
    }
}

/// The script's list, which is in every worker: the items' numbers are enough.
final class ListSource: RecordSource {
    private var left: Int

    init(count: Int) { left = count }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [] }
    var rest: SourceRest? { SourceRest(items: left) }

    func nextRecords(items: Int) -> NextRecords {
        let count = min(items, left)
        left -= count
        return count == 0 ? .end : .records(.listed, count: count)
    }
}
