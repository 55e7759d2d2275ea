// The host's side of the input: one input after the other, split into chunks of numbered items.

package import Bytes
import Posix
package import ProcessPool
package import Records
package import Wire

/// Splits one input. `items` and a number of bytes are upper bounds, one complete record is the lower bound.
protocol RecordSource: AnyObject {
    func nextRecords(items: Int) throws(Failure) -> NextRecords
    /// What some of them are; nil for those that are no bytes.
    func bytes(of records: Payload.Records) throws(Failure) -> [UInt8]?
    /// How the records are split that follow.
    var framing: RecordFraming { get set }
    /// Readable when there are more records after `.dry`.
    var waitsOn: Int32? { get }
    /// Descriptors that a forked worker closes.
    var descriptors: [Int32] { get }
    /// What is left, as far as that is known.
    var rest: SourceRest? { get }
}

extension RecordSource {
    func bytes(of records: Payload.Records) throws(Failure) -> [UInt8]? { nil }
    /// Without bytes there is nothing to split.
    var framing: RecordFraming {
        get { .lines }
        set {}
    }
}

extension Failure {
    /// Nothing of an input can be read behind an item that is none: its beginning would have to be known.
    static func broken(_ name: ByteString) -> Failure {
        Failure(.error, "\(name): the rest was not read: where a value begins there cannot be known")
    }
}

enum NextRecords: Equatable {
    /// So many items, which have so many positions.
    case records(Payload.Records, count: Int, positions: Int)
    case dry
    case end

    /// Each has one position.
    static func records(_ records: Payload.Records, count: Int) -> NextRecords {
        .records(records, count: count, positions: count)
    }
}

/// All inputs of a run as one numbered sequence of items.
package final class InputSequence: ChunkSource {
    /// Parameters of reading.
    package struct Reading {
        package let layout: InputLayout
        /// Chunks at the end of a file are made small enough for so many workers.
        package let workers: Int
        /// The directory of relative paths.
        package let directory: Int32
        /// Bytes that the script has read ahead from standard input.
        package let readAhead: [UInt8]
        /// Streams that begin as a compressed file does are decompressed.
        package let recognizesCompression: Bool
        /// The size limit of a record: of a stream, and of a file.
        package let longestRecord: (inStream: Int, inFile: Int)
        /// Says what is wrong with a header, if something is.
        package let checkHeader: ([UInt8]) -> String?
        /// Passes on what the program had to say that has decompressed an input to its end.
        package let warn: (String) -> Void
        /// Starts the producer of the items of `Input.iterator`.
        package let iterate: (() throws(Failure) -> Producer)?

        package init(
            layout: InputLayout = InputLayout(), workers: Int, directory: Int32, readAhead: [UInt8] = [],
            recognizesCompression: Bool = true,
            longestRecord: (inStream: Int, inFile: Int) = (.max, .max),
            checkHeader: @escaping ([UInt8]) -> String? = { _ in nil },
            warn: @escaping (String) -> Void = { _ in },
            iterate: (() throws(Failure) -> Producer)? = nil
        ) {
            self.layout = layout
            self.workers = workers
            self.directory = directory
            self.readAhead = readAhead
            self.recognizesCompression = recognizesCompression
            self.longestRecord = longestRecord
            self.checkHeader = checkHeader
            self.warn = warn
            self.iterate = iterate
        }
    }

    package let inputs: [Input]
    private let reading: Reading
    private var current: (any RecordSource)?
    /// The next input to be opened.
    private var next = 0
    private var nextItem = 1
    /// The first item of each input, and its position there.
    private var starts: [(input: Int, item: Int, position: Int)] = []
    private var nextPosition = 1
    /// What is in front of the current input's records.
    private var head: InputHead?

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
            if try !passHead(of: source) { return .dry }
            switch try source.nextRecords(items: items) {
            case .dry: return .dry
            case .end: current = nil
            case .records(let records, let count, let positions):
                if starts.last?.input != next - 1 { starts.append((next - 1, nextItem, nextPosition)) }
                let payload = Payload(
                    input: next - 1, firstPosition: nextPosition, records: records, positions: positions,
                    perItem: positionsPerItem(in: next - 1), header: head?.header)
                defer {
                    nextItem += count
                    nextPosition += positions
                }
                return .chunk(Chunk(first: nextItem, count: count, payload: payload))
            }
        }
    }

    /// `words.txt:1-512`, or `items 1-512` where they are of several inputs, or only their bytes tell where they are.
    package func name(of items: ClosedRange<Int>) -> String {
        guard let start = starts.last(where: { $0.item <= items.lowerBound }),
            !starts.contains(where: { $0.item > start.item && $0.item <= items.upperBound }),
            let perItem = positionsPerItem(in: start.input)
        else { return items.count == 1 ? "item \(items.shown)" : "items \(items.shown)" }
        let first = start.position + (items.lowerBound - start.item) * perItem
        return inputs[start.input].name(of: first...first + items.count * perItem - 1)
    }

    /// Positions of an item of an input, where they are not known only by reading it.
    private func positionsPerItem(in input: Int) -> Int? {
        switch inputs[input] {
        case .file, .standardInput: reading.layout.framing.hasUnevenLines ? nil : reading.layout.batch ?? 1
        case .words, .list, .iterator, .elsewhere: reading.layout.batch ?? 1
        }
    }

    /// Takes what is in front of the records; false when it is not there yet.
    private func passHead(of source: any RecordSource) throws(Failure) -> Bool {
        guard let head, !head.isPassed else { return true }
        let isPassed = try head.pass(source) { header in
            let problem = reading.checkHeader(header)
            hasWrongHeader = problem != nil
            return problem
        }
        if isPassed { nextPosition = head.positions + 1 }
        if firstHeader == nil { firstHeader = head.header }
        return isPassed
    }

    /// It has ended because of the header of the current input.
    package private(set) var hasWrongHeader = false

    /// The first header that was read.
    package private(set) var firstHeader: FrozenBytes?

    /// Reads the heads of all inputs that can be read without waiting.
    package func checkHeads() throws(Failure) {
        guard reading.layout.hasHeader else { return }
        for input in inputs where input.isCountable {
            guard let head = InputHead(of: input, reading.layout) else { continue }
            _ = try head.pass(try open(input), reading.checkHeader)
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
            if (try? passHead(of: source)) != true { return nil }
            if let known = source.rest, known.bytes == 0, known.items > 0 {
                rest += known.items
                current = nil
                continue
            }
            switch try? source.nextRecords(items: 1 << 16) {
            case .records(_, let count, _) where inputs[next - 1].isCountable: rest += count
            case .records, .dry: return nil
            case .end, nil: current = nil
            }
        }
        return rest
    }

    /// Ends the programs that decompress an input.
    package func close() { current = nil }

    /// The source of the current input, or of the next one.
    private func openSource() throws(Failure) -> (any RecordSource)? {
        if let current { return current }
        guard next < inputs.count else { return nil }
        let input = inputs[next]
        next += 1
        nextPosition = 1
        let source = try open(input)
        current = source
        head = InputHead(of: input, reading.layout)
        return source
    }

    private func open(_ input: Input) throws(Failure) -> any RecordSource {
        do throws(PosixError) {
            switch input {
            case .file(let path, let kind, _):
                let file = try Descriptor(reading: path, in: reading.directory, isPipe: kind.kind == .pipe)
                return reader(file, input)
            case .standardInput:
                return reader(try Descriptor(copying: StandardDescriptor.input), input)
            case .words(let combinations):
                return WordSource(
                    combinations, batch: reading.layout.batch ?? 1, longestRecord: reading.longestRecord.inFile)
            case .list(let count):
                return ListSource(count: count, batch: reading.layout.batch ?? 1)
            case .iterator, .elsewhere: break
            }
        } catch {
            throw Failure(.error, error.description)
        }
        guard let iterate = reading.iterate else { return ListSource(count: 0, batch: 1) }
        return ValueSource(try iterate())
    }

    private func reader(_ file: consuming Descriptor, _ input: Input) -> any RecordSource {
        let framing = reading.layout.framing
        let longest = reading.longestRecord
        if let size = input.rangedSize {
            return RangeSource(
                file, size: size, framing, workers: reading.workers, longestRecord: longest.inFile, name: input.name)
        }
        var readAhead: [UInt8] = []
        if case .standardInput = input { readAhead = reading.readAhead }
        return StreamSource(
            file, framing, reading: input.streamReading(recognizing: reading.recognizesCompression),
            readAhead: readAhead, longestRecord: longest.inStream, name: input.name, size: input.fileSize,
            warn: reading.warn)
    }
}
