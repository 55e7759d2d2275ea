// The host's side of the input: one input after the other, cut into chunks of numbered items.

import Posix
package import ProcessPool
import Records
package import Wire

/// Cuts one input. `items` and bytes are upper bounds, a whole record the lower one.
protocol RecordSource: AnyObject {
    func cut(items: Int) throws(Failure) -> RecordCut
    /// Readable when more can be cut after `.nothingYet`.
    var waitsOn: Int32? { get }
    /// What a forked worker closes.
    var descriptors: [Int32] { get }
}

enum RecordCut: Equatable {
    case records(Payload.Records, count: Int)
    case nothingYet
    case end
}

/// All inputs of a run as one numbered sequence of items.
package final class InputSequence: ChunkSource {
    /// What the inputs are read with.
    package struct Reading {
        package let terminator: UInt8
        /// So that chunks at the end of a file are shared out evenly.
        package let workers: Int
        /// Where relative paths begin.
        package let directory: Int32
        /// What the script has left of what it has read from standard input.
        package let readAhead: [UInt8]
        /// Bytes that one record may have: of a stream, and of a file.
        package let longestRecord: (inStream: Int, inFile: Int)
        /// Gives the items of `Input.iterator`.
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
    private var nextPlace = 1

    package init(_ inputs: [Input], _ reading: Reading) {
        self.inputs = inputs
        self.reading = reading
    }

    package var waitsOn: Int32? { current?.waitsOn }
    package var isLookedAt: Bool { current is ValueSource }
    package var descriptors: [Int32] { current?.descriptors ?? [] }

    package func cut(items: Int) throws(Failure) -> Cut {
        while true {
            guard let source = try openSource() else { return .end }
            switch try source.cut(items: items) {
            case .nothingYet: return .nothingYet
            case .end: current = nil
            case .records(let records, let count):
                let payload = Payload(input: next - 1, firstPlace: nextPlace, records: records)
                defer {
                    nextItem += count
                    nextPlace += count
                }
                return .chunk(payload.chunk(first: nextItem, count: count))
            }
        }
    }

    /// How many items there are; nil when a pipe or the script's own process has to be waited for.
    package func countAll() -> Int? {
        inputs.allSatisfy(\.isCountable) ? InputSequence(inputs, reading).countRest() : nil
    }

    /// A stream may have no end, so it ends the count.
    package func countRest() -> Int {
        var rest = 0
        while let source = try? openSource(), inputs[next - 1].isCountable {
            if case .records(_, let count)? = try? source.cut(items: 1 << 40) { rest += count } else { current = nil }
        }
        return rest
    }

    /// The same, if it is not the rest of a stream and takes no longer than so many nanoseconds.
    package func countRest(within nanoseconds: Int) -> Int? {
        let end = Clock.now() + nanoseconds
        var rest = 0
        while let source = try? openSource() {
            guard inputs[next - 1].isCountable, Clock.now() < end else { return nil }
            if case .records(_, let count)? = try? source.cut(items: 1 << 16) { rest += count } else { current = nil }
        }
        return rest
    }

    /// The input that is being cut, or the next one.
    private func openSource() throws(Failure) -> (any RecordSource)? {
        if let current { return current }
        guard next < inputs.count else { return nil }
        let input = inputs[next]
        next += 1
        nextPlace = 1
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
                return ArgumentSource(words)
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
        let cutter = RecordCutter(terminator: reading.terminator)
        let longest = reading.longestRecord
        if let size = input.rangedSize {
            return RangeSource(
                file, size: size, cutter, workers: reading.workers, longestRecord: longest.inFile, name: input.name)
        }
        var readAhead: [UInt8] = []
        if case .standardInput = input { readAhead = reading.readAhead }
        return StreamSource(
            file, cutter, readAhead: readAhead, longestRecord: longest.inStream, name: input.name)
    }
}

/// The words of the command line: few, so they travel in the chunk, each ended by NUL, which no word can hold.
final class ArgumentSource: RecordSource {
    private let words: [ByteString]
    private var next = 0

    init(_ words: [ByteString]) { self.words = words }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [] }

    func cut(items: Int) -> RecordCut {
        let end = min(next + items, words.count)
        if next == end { return .end }
        defer { next = end }
        return .records(.bytes(FrozenBytes(words[next..<end].flatMap { $0.bytes + [0] })), count: end - next)
    }
}

/// The script's list is in every worker already: the items' numbers are enough.
final class ListSource: RecordSource {
    private var left: Int

    init(count: Int) { left = count }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [] }

    func cut(items: Int) -> RecordCut {
        let count = min(items, left)
        left -= count
        return count == 0 ? .end : .records(.listed, count: count)
    }
}
