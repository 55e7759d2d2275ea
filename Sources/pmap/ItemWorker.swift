// What a worker does with a chunk: its records, one after the other, through the task.

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
    private let terminator: UInt8
    private let mode: LibraryMode
    private let chaos: Chaos?
    /// Many items are run at a time.
    private let runsMany: Bool
    private let isItemized: Bool
    /// What stands in front of each value of the script's own process.
    private let digestSize: Int
    private let urgent: Outbox.Urgent
    /// So many urgent items end the run, whoever had them.
    private let urgentItemsAtEnd: Int
    private let longestRecord: String
    /// Tries of an item after the first.
    private let retries: Int
    /// What programs write to instead of standard output; open for as long as the process.
    private var programs: Descriptor?

    init(_ script: LoadedScript, _ job: Job, directory: Int32, mode: LibraryMode) {
        runner = TaskRunner(script, job.form)
        chunks = ChunkReader(job.inputs, directory: directory)
        inputs = job.inputs
        terminator = job.terminator
        self.mode = mode
        chaos = job.chaos
        runsMany = runner.runsMany && !job.isItemized && chaos == nil && job.urgentForHost.isEmpty
        isItemized = job.isItemized
        digestSize = job.journal == nil ? 0 : ItemProducer.digestSize
        urgent = job.urgentForHost
        urgentItemsAtEnd = if case .items(let items)? = job.plan.halt?.amount { items } else { .max }
        retries = job.form.retries
        longestRecord = Typed.shown(size: job.longestRecord.inStream)
        if job.journal != nil { watchModules(of: script) }
    }

    /// Tells of each module that is loaded from now on, once.
    private func watchModules(of script: LoadedScript) {
        var known = Set(script.moduleFiles().keys)
        var sought = script.soughtModules.count
        runner.noteModules = { outbox, inItem in
            let files = script.moduleFiles()
            for name in files.keys where known.insert(name).inserted {
                outbox.loaded(module: name.text, digest: Digest(ofModule: name, of: script)?.bytes, inItem: inItem)
            }
            for name in script.soughtModules[sought...] where !known.contains(name) && script.isOfUnknownOrigin(name) {
                known.insert(name)
                outbox.loaded(module: name.text, digest: nil, inItem: inItem)
            }
            sought = script.soughtModules.count
        }
    }

    func setUp(worker: Int, outbox: inout Outbox) -> Failure? {
        if mode == .inWorker { StandardDescriptor.leaveInput() }
        do throws(PosixError) {
            let memory = try Descriptor(memory: "pmap output of programs")
            let number = memory.number
            programs = consume memory
            return runner.setUp(worker: worker, programs: number, mode: mode, outbox: &outbox)
        } catch {
            return Failure(.error, error.description)
        }
    }

    func run(_ chunk: Chunk, outbox: inout Outbox) -> Bool {
        outbox.triesAgain = chunk.attempt <= retries
        outbox.isItemized = isItemized
        outbox.urgent = urgent
        do throws(Failure) {
            try runRecords(Payload(of: chunk), chunk, &outbox)
        } catch {
            outbox.inputFailed(error)
        }
        runner.passOnCaptured(&outbox)
        return !isSpent
    }

    /// A spent worker is replaced, where there is one.
    private var isSpent: Bool { mode == .inWorker && runner.isSpent }

    /// Nothing runs behind the item that ends the run: the host, which counts those of all workers, hears of it later.
    private func mustStop(_ outbox: borrowing Outbox) -> Bool { outbox.urgentItems >= urgentItemsAtEnd || isSpent }

    func tearDown(outbox: inout Outbox) { runner.tearDown(outbox: &outbox) }

    private func runRecords(_ payload: Payload, _ chunk: Chunk, _ outbox: inout Outbox) throws(Failure) {
        let items = chunk.items
        runner.attempt = chunk.attempt
        switch inputs[payload.input] {
        case .list:
            for item in items {
                if mustStop(outbox) || !outbox.mayBegin(item: item) { return }
                if isStruck(item, &outbox) { continue }
                runner.run(listed: payload.firstPlace + item - chunk.first, item: item, outbox: &outbox)
                chaos?.strikeAfter(item, attempt: chunk.attempt)
            }
        case .iterator:
            runValues(payload, chunk, &outbox)
        case .file, .standardInput, .arguments:
            let records: RecordBytes
            switch try chunks.read(payload) {
            case .records(let bytes): records = bytes
            case .changed: return fail(items, "the file changed while it was read", &outbox)
            case .tooLong: return fail(items, "the record is longer than \(longestRecord); see --max-record", &outbox)
            case .noMemory:
                // What is too large is one record: otherwise it would have been cut.
                if items.count != 1 { throw chunks.isTooLarge(inputs[payload.input]) }
                return fail(items, "the machine has no memory for it", &outbox)
            }
            var cursor = RecordCursor(records, terminator: terminator)
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
            if next == nil { throw chunks.hasChanged(inputs[payload.input]) }
            let isWhole = items.upperBound == chunk.first + chunk.count
            if isWhole && cursor.next() != nil { throw chunks.hasChanged(inputs[payload.input]) }
        }
    }

    /// Items that cannot be had.
    private func fail(_ items: Range<Int>, _ why: String, _ outbox: inout Outbox) {
        for item in items {
            if mustStop(outbox) || !outbox.mayBegin(item: item) { return }
            runner.fail(why, item: item, outbox: &outbox)
        }
    }

    /// Runs one item by itself; answers the next one, or nil when there is no record for it.
    private func run(_ record: RecordBytes?, _ item: Int, attempt: Int, _ outbox: inout Outbox) -> Int? {
        guard let record else { return nil }
        if !isStruck(item, &outbox) {
            runner.run(record, item: item, outbox: &outbox)
            chaos?.strikeAfter(item, attempt: attempt)
        }
        return item + 1
    }

    /// What chaos does to an item before its task; true when that was all.
    private func isStruck(_ item: Int, _ outbox: inout Outbox) -> Bool {
        guard let chaos else { return false }
        outbox.begin(item: item)
        guard let failure = chaos.strikeBefore(item, attempt: runner.attempt) else { return false }
        outbox.fail(failure)
        return true
    }

    /// Values on the wire, each with its length u64 in front.
    private func runValues(_ payload: Payload, _ chunk: Chunk, _ outbox: inout Outbox) {
        guard case .bytes(let bytes) = payload.records else { return }
        var offset = bytes.range.lowerBound
        for place in 0..<chunk.count {
            let header = bytes.buffer.load(UInt64.self, at: offset)
            let start = offset + 8 + digestSize
            offset += 8 + Int(header & ~ItemProducer.failed)
            let item = chunk.first + place
            if !chunk.items.contains(item) { continue }
            if mustStop(outbox) || !outbox.mayBegin(item: item) { return }
            if isStruck(item, &outbox) { continue }
            if header & ItemProducer.failed == 0 {
                runner.run(bytes.buffer, at: start, item: item, outbox: &outbox)
                chaos?.strikeAfter(item, attempt: chunk.attempt)
            } else {
                runner.fail(
                    String(decoding: bytes.buffer.array(start..<offset), as: UTF8.self), item: item, outbox: &outbox)
            }
        }
    }
}
