// A worker's part of a chunk: its records, one after the other, through the task.

import Bytes
import Inputs
import Journal
import Lua
import Posix
import ProcessPool
import Records
import Script
import Wire

/// Joins the worker's side of the input and the task; knows neither pipes nor other workers.
final class ItemWorker: WorkerBody {
    private let runner: TaskRunner
    private let chunks: ChunkReader
    private let inputs: [Input]
    private let layout: InputLayout
    private let mode: LibraryMode
    private let chaos: Chaos?
    /// Items are run in the loop in C.
    private let mayRunMany: Bool
    private var runsMany: Bool { mayRunMany && runner.runsMany && !runner.describesRows }
    private let isItemized, isTimed: Bool
    /// The size of the digest before each value of the script's own process.
    private let digestSize: Int
    private let flushTriggers: FlushTriggers
    /// The number of triggering items, in all workers, that ends the run.
    private let triggeringItemsAtEnd: Int
    private let longestRecord: String
    /// Tries of an item after the first.
    private let retries: Int
    /// The standard output of programs, where the host has none of it; open for as long as the process.
    private var programs: PipeEnds?

    /// The chunk that runs, for a task that asks where its item is from.
    private var chunk: Chunk?
    /// For items whose lines only their bytes tell; made before the worker leaves standard input, which it may have to read.
    private let texts: ItemTexts?

    init(_ script: LoadedScript, _ job: Job, directory: Int32, mode: LibraryMode) {
        runner = TaskRunner(script, job.form)
        texts = job.layout.framing.hasUnevenLines ? ItemTexts(script, job, directory: directory) : nil
        chunks = ChunkReader(job.inputs, directory: directory)
        inputs = job.inputs
        layout = job.layout
        self.mode = mode
        chaos = job.chaos
        mayRunMany = !job.isItemized && chaos == nil && job.flushTriggers.isEmpty
        (isItemized, isTimed) = (job.isItemized, job.plan.keepsTimes)
        digestSize = job.form.isJournaled ? ItemProducer.digestSize : 0
        flushTriggers = job.flushTriggers
        triggeringItemsAtEnd = if case .items(let items)? = job.plan.halt?.amount { items } else { .max }
        retries = job.form.retries
        longestRecord = Typed.shown(size: job.longestRecord.inStream)
        if job.form.isJournaled { watchModules(of: script) }
        runner.source = { [unowned self] in chunk.map { inputs[$0.payload.input].name } ?? "" }
        runner.line = { [unowned self] item in
            chunk.flatMap { $0.positions(of: item) ?? texts?.positions(of: item, in: $0) }?.lowerBound ?? 0
        }
    }

    /// Reports each module that is asked for from now on, once; one that is not found may be there in a later run.
    private func watchModules(of script: LoadedScript) {
        var known = Set(script.moduleFiles().keys)
        runner.modulesRequested = { outbox, inItem in
            for name in Set(script.moduleFiles().keys).union(script.missingModules) where known.insert(name).inserted {
                outbox.loaded(module: name.text, digest: Digest(ofModule: name, of: script).bytes, inItem: inItem)
            }
            for name in script.requestedModules where script.isOfUnknownOrigin(name) && known.insert(name).inserted {
                outbox.loaded(module: name.text, digest: nil, inItem: inItem)
            }
        }
    }

    func setUp(worker: Int, capture: consuming Capture?, outbox: inout Outbox) -> Failure? {
        if mode == .inWorker { StandardDescriptor.leaveInput() }
        do throws(PosixError) {
            let output: CapturedOutput
            if let capture {
                output = CapturedOutput(capture.reading, capture.writing, in: capture.memory)
            } else {
                let ends = try Descriptor.smallPipe()
                output = CapturedOutput(ends.readingNumber, ends.writingNumber)
                programs = consume ends
            }
            return runner.setUp(worker: worker, output, mode: mode, outbox: &outbox)
        } catch {
            return Failure(.error, error.description)
        }
    }

    func run(_ chunk: Chunk, outbox: inout Outbox) -> Bool {
        outbox.isRetried = chunk.attempt <= retries
        (outbox.isItemized, outbox.isTimed) = (isItemized || runner.describesRows, isTimed)
        outbox.flushTriggers = flushTriggers
        // Without a worker all of it is joined in a process of its own: this one has to hear signals.
        outbox.joiner = isItemized || mode == .withoutWorker ? nil : runner.joiner
        self.chunk = chunk
        do throws(Failure) {
            try runRecords(chunk.payload, chunk, &outbox)
        } catch {
            outbox.inputFailed(error)
        }
        runner.endChunk(&outbox)
        return !isSpent
    }

    /// A spent worker is replaced, where there is one.
    private var isSpent: Bool { mode == .inWorker && runner.isSpent }

    /// Nothing runs after the item that ends the run: the host, which counts those of all workers, learns of it later.
    private func mustStop(_ outbox: borrowing Outbox) -> Bool {
        outbox.triggeringItems >= triggeringItemsAtEnd || isSpent
    }

    func use(columns: FrozenBytes) {
        if let columns = TableColumns(bytes: columns.array) { runner.use(columns) }
    }

    func tearDown(outbox: inout Outbox) { runner.tearDown(outbox: &outbox) }

    private func runRecords(_ payload: Payload, _ chunk: Chunk, _ outbox: inout Outbox) throws(Failure) {
        let items = chunk.items
        runner.attempt = chunk.attempt
        switch inputs[payload.input] {
        case .list:
            for item in items {
                if mustStop(outbox) || !outbox.mayBegin(item: item) { return }
                if isReplacedByFault(item, &outbox) { continue }
                if let places = chunk.positions(of: item) { runner.run(listed: places, item: item, outbox: &outbox) }
                chaos?.injectAfter(item, attempt: chunk.attempt)
            }
        case .iterator: runValues(payload, chunk, &outbox)
        case .elsewhere(let input) where input.hasValues: runValues(payload, chunk, &outbox)
        case .file, .standardInput, .words, .elsewhere:
            let records: RecordBytes
            switch try chunks.read(payload) {
            case .records(let bytes): records = bytes
            case .changed: return fail(items, "the file changed while it was read", &outbox)
            case .tooLong: return fail(items, "the record is longer than \(longestRecord); see --max-record", &outbox)
            case .noMemory:
                // It is one record, or the host would have split it.
                if items.count != 1 { throw chunks.noMemory(inputs[payload.input]) }
                return fail(items, "the machine has no memory for it", &outbox)
            }
            let isFirst = payload.firstPosition == layout.skippedLines + 1 && payload.header == nil
            let header = payload.header.map { RecordBytes($0.buffer)[$0.range] }
            runner.begin(records, under: header, isFirst: isFirst)
            var cursor = RecordCursor(records, layout.framing)
            cursor.skip(chunk.next - chunk.first)
            var next: Int? = items.lowerBound
            while let item = next, item < items.upperBound {
                if mustStop(outbox) || outbox.isStopped { return }
                if runsMany {
                    next = runner.run(&cursor, items: item..<items.upperBound, outbox: &outbox)
                } else {
                    if !outbox.mayBegin(item: item) { return }
                    next = run(cursor.next(), item, attempt: chunk.attempt, &outbox)
                }
            }
            if next == nil { throw chunks.changed(inputs[payload.input]) }
            let isWhole = items.upperBound == chunk.first + chunk.count
            if isWhole && cursor.next() != nil { throw chunks.changed(inputs[payload.input]) }
        }
    }

    /// Fails items that cannot be read.
    private func fail(_ items: Range<Int>, _ why: String, _ outbox: inout Outbox) {
        for item in items {
            if mustStop(outbox) || !outbox.mayBegin(item: item) { return }
            runner.fail(why, item: item, outbox: &outbox)
        }
    }

    /// Runs one item by itself; returns the next one, or nil when there is no record for it.
    private func run(_ record: RecordBytes?, _ item: Int, attempt: Int, _ outbox: inout Outbox) -> Int? {
        guard let record else { return nil }
        if !isReplacedByFault(item, &outbox) {
            runner.run(record, item: item, outbox: &outbox)
            chaos?.injectAfter(item, attempt: attempt)
        }
        return item + 1
    }

    /// Injects a fault before the item's task; true when the item has failed by it.
    private func isReplacedByFault(_ item: Int, _ outbox: inout Outbox) -> Bool {
        guard let chaos else { return false }
        outbox.begin(item: item)
        guard let failure = chaos.injectBefore(item, attempt: runner.attempt) else { return false }
        outbox.fail(failure)
        return true
    }

    /// Runs encoded values, each after its length u64.
    private func runValues(_ payload: Payload, _ chunk: Chunk, _ outbox: inout Outbox) {
        guard case .bytes(let bytes) = payload.records else { return }
        var offset = bytes.range.lowerBound
        for index in 0..<chunk.count {
            let produced = ProducedItem(in: bytes, at: offset)
            let start = produced.start + digestSize
            offset = produced.end
            let item = chunk.first + index
            if !chunk.items.contains(item) { continue }
            if mustStop(outbox) || !outbox.mayBegin(item: item) { return }
            if isReplacedByFault(item, &outbox) { continue }
            if !produced.isFailed {
                runner.run(bytes.buffer, at: start, item: item, outbox: &outbox)
                chaos?.injectAfter(item, attempt: chunk.attempt)
            } else {
                runner.fail(
                    String(decoding: bytes.buffer.array(start..<offset), as: UTF8.self), item: item, outbox: &outbox)
            }
        }
    }
}
