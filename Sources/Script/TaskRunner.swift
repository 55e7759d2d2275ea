// Runs the task for one item after the other: its argument, its results, its output. It knows neither the input nor
// the host.

package import Bytes
package import Lua
package import Records
package import Wire

/// Runs items in this process and writes each outcome to an outbox.
package final class TaskRunner {
    /// How items are read, run and written.
    package struct Options {
        package var input = InputLayout()
        package var output = OutputFormat.lines
        /// How rows are written.
        package var table: TableLayout?
        /// Rows are described, also when the columns of the run are known.
        package var describesRows = false
        /// Results are joined, and not written: the output is none.
        package var join: JoinPlan?
        /// The item is written instead of the result, unless that is nil or false.
        package var isFilter = false
        /// What JSON integers outside 64 bits become.
        package var bigIntegers = BigIntegers.error
        /// The item stands in front of every line of its output.
        package var isTagged = false
        /// Outcomes are kept for a later run.
        package var isJournaled = false
        /// A failure carries the item as text.
        package var keepsInput = false
        /// Tries of an item after the first, for `retry_if`.
        package var retries = 0
        /// Bytes that tasks may allocate beyond the script's own; nil for no limit.
        package var memoryLimit: Int?
        /// The time limit of an item; nil for none.
        package var timeLimit: TimeLimit?
        /// The time limit of `setup` and of `teardown`, for a script without a worker.
        package var setupLimit: TimeLimit?

        package init() {}

        /// A filter writes the unchanged bytes of a record: the formats are the same, or the output is text, which any
        /// record is that has an end; it is in those of many lines.
        var passesRecords: Bool {
            guard isFilter, !writesWords else { return false }
            if input.format == .msgpack || output == .msgpack { return input.format.rawValue == output.rawValue }
            guard input.format.rawValue == output.rawValue && !output.isTable || output == .lines || output == .nul
            else {
                return false
            }
            return !input.framing.keepsEnd || input.framing.terminator == output.terminator
        }

        /// A filter writes the unchanged bytes of a row, under the columns of the input.
        package var passesRows: Bool { isFilter && output.isTable && input.format.rawValue == output.rawValue }

        /// A filter writes words as they were typed, with spaces between them.
        var writesWords: Bool {
            isFilter && input.words > 0 && input.framing.batch > 1 && (output == .lines || output == .nul)
        }

        /// A string is a record unchanged.
        var writesLines: Bool { (output == .lines || output == .nul) && !isFilter }

        /// The output of tasks precedes their records; with other formats it goes to standard error.
        var printsToOutput: Bool { (output == .lines || output == .none) && join == nil }

        /// All output is an item's, which a later run has again, or whose tag it gets.
        var ownsOutput: Bool { isTagged || isJournaled }
    }

    private let script: LoadedScript
    let stack: Stack
    let options: Options
    private var reader: RecordReader
    private var writer: RecordWriter
    /// Writes what is to be joined.
    private var partials: PartialWriter?
    /// Joins it, before it is sent.
    package private(set) var joiner: ResultJoiner?
    /// Writes the item's text for a failure.
    private var textWriter: RecordWriter?
    private(set) var fastPath: FastPath?
    private lazy var decoder = Decoder(stack)
    /// An item of the script's own before its task, which may change the value.
    private var original = Original()
    /// Called when `require` was called for another module, before the item's outcome is written, if there is one.
    package var modulesRequested: ((inout Outbox, _ inItem: Bool) -> Void)?
    private var requestedModules = 0
    private var lastHeader: [UInt8] = []
    /// The columns of the rows that are read.
    private var inputColumns = TableColumns.unnamed
    /// The first record of an input, if a byte order mark stands in front of it.
    private(set) var marked: RecordBytes?
    /// The name of the input that the running item is from, and where an item is in it.
    package var source: (() -> ByteString)?
    package var line: ((_ item: Int) -> Int)?
    /// Records of `pmap.emit`, in front of the returned one.
    var emitted = ByteBuffer()
    /// While the total's function runs: where its output goes that is so many bytes.
    private var totalOutbox: Outbox?
    private static let pieceSize = 256 << 10

    private struct Original: ~Copyable {
        /// The record that a filter writes.
        var record = ByteBuffer()
        var error: RecordError?
        /// The text for a failure; empty if it cannot be written.
        var text = ByteBuffer()
    }

    /// The stack indices of the message handler, the task and the `inputs` list.
    static let handler: Int32 = 1
    static let task: Int32 = 2
    static let inputs: Int32 = 3

    /// The stack of the script's state is the runner's from now on. `task` is called with each item.
    package init(_ script: LoadedScript, _ options: Options, task: ScriptName = .task) {
        self.script = script
        self.options = options
        stack = script.stack
        reader = RecordReader(options.input, tags: script.module.tags, bigIntegers: options.bigIntegers)
        writer = RecordWriter(options.output, tags: script.module.tags, table: options.table)
        if let plan = options.join {
            partials = PartialWriter(plan, stack)
            joiner = ResultJoiner(plan, stack)
        }
        if options.keepsInput || options.isTagged { textWriter = RecordWriter(.jsonl, tags: script.module.tags) }
        if let selection = script.selection { reader.select(selection) }
        makeFastPath()
        if options.timeLimit != nil { script.watchCoroutines() }
        stack.top = 0
        stack.pushHandler()
        script.push(task)
        script.push(.inputs)
        script.module.emit = { [unowned self] stack throws(LuaError) in
            guard isInTask else {
                throw LuaError(message: isInTeardown ? PmapModule.emitInTeardown : PmapModule.emitOutsideTask)
            }
            guard stack.runsItems else { throw LuaError(message: PmapModule.emitInFork) }
            try emit(stack)
        }
        script.module.pushItemField = { [unowned self] field, stack throws(LuaError) in
            guard isInTask, totalName == nil else { throw field.outsideTask }
            if options.isJournaled { throw field.inJournaledRun }
            switch field {
            case .index: stack.push(Int64(Stack.runningItem))
            case .source: stack.push(source?() ?? "")
            case .line: stack.push(Int64(line?(Stack.runningItem) ?? 0))
            }
        }
    }

    // MARK: The worker

    /// Runs the script's `setup`, with standard output captured in `output`. Its own goes to standard error: it belongs to no
    /// item, and how many workers print it depends on the run.
    package func setUp(worker: Int, _ output: CapturedOutput, mode: LibraryMode, outbox: inout Outbox) -> Failure? {
        isAlone = mode == .withoutWorker
        do throws(LuaError) {
            try stack.beginCapture(in: output, allOfItems: options.ownsOutput, mode: mode)
        } catch {
            return Failure(.error, error.message, traceback: error.traceback)
        }
        if isAlone {
            script.watchCoroutines()
            guard stack.armTime() else { return Failure(.error, "the kernel has no timer") }
        } else if let limit = options.timeLimit {
            stack.armTimeout(outbox.status, seconds: limit.seconds)
        }
        script.module.setWorker(worker)
        let failure = failure(of: .setup, worker: worker)
        writeUnattributedError(&outbox)
        if let failure { return failure }
        reportModules(&outbox, inItem: false)
        outbox.flushEntries()
        script.hooks?.begin()
        self.worker = worker
        if let bytes = options.memoryLimit { script.state.allowMemory(bytes) }
        return nil
    }

    /// The memory limit was reached: the collector's emergency has written to every shared page, so the worker should be
    /// replaced.
    package var isSpent: Bool { options.memoryLimit != nil && script.state.refusedAllocations > 0 }

    private var worker = 0
    /// The script runs in the host: it has timers of its own, and its end is not that of a worker.
    private(set) var isAlone = false
    var isInTask = false
    /// What runs instead of an item: finish, or what writes a key.
    private var totalName: String?
    private var isInTeardown = false
    /// The number of the attempt at the items that follow.
    package var attempt = 1

    /// Runs the script's `teardown`, and ends processes and programs that items have left. The output of `teardown` goes to standard
    /// error: it depends on which worker ran which items, and a journal does not have it.
    package func tearDown(outbox: inout Outbox) {
        script.state.limitMemory(to: nil)
        if !script.has(.teardown) {
            endWhatItemsStarted(&outbox)
            return writeRest(&outbox)
        }
        writeRest(&outbox)
        outbox.leaving()
        isInTeardown = true
        let failure = failure(of: .teardown, worker: worker)
        isInTeardown = false
        endWhatItemsStarted(&outbox)
        writeUnattributedError(&outbox)
        if let failure { outbox.teardownFailed(failure) }
    }

    private func endWhatItemsStarted(_ outbox: inout Outbox) {
        let failures = script.hooks?.finish(options.timeLimit.map { Double($0.nanoseconds) / 1e9 }) ?? []
        for message in failures { outbox.processFailed(Failure(.error, message)) }
        stack.endOpenPrograms()
    }

    private func writeUnattributedError(_ outbox: inout Outbox) {
        let text = stack.readCaptured(all: true)
        if !text.isEmpty { outbox.unattributedError(text) }
    }

    /// Calls `setup` or `teardown`; returns the error it raised, the message it returned after nil, or what interrupted it.
    private func failure(of name: ScriptName, worker: Int) -> Failure? {
        guard script.has(name) else { return nil }
        let height = stack.top
        defer { stack.top = height }
        script.push(name)
        stack.newTable(keys: 1)
        stack.push(Int64(worker))
        stack.rawSet(-2, field: "id")
        var failure: Failure?
        if isAlone { beginTime(options.setupLimit) }
        do throws(LuaError) { try stack.call(arguments: 1, results: -1) } catch {
            failure = Failure(.error, error.message, traceback: error.traceback)
        }
        if isAlone, let interruption = endTime() { return self.failure(interruption, within: options.setupLimit) }
        return failure ?? stack.returnedFailure(above: height)
    }

    // MARK: Interruptions

    /// Starts the timer for a call of the script without a worker.
    private func beginTime(_ limit: TimeLimit?) {
        if let limit { stack.beginTime(nanoseconds: limit.nanoseconds, seconds: limit.seconds) }
    }

    private func endTime() -> Stack.Interruption? {
        if isAlone && (options.timeLimit != nil || options.setupLimit != nil) { stack.endTime() }
        return stack.endInterruption()
    }

    private func failure(_ interruption: Stack.Interruption, within limit: TimeLimit?) -> Failure {
        switch interruption {
        case .raised(let line, let traceback):
            let place = line.isEmpty ? "" : " at \(line)"
            return Failure(.timeout, "timed out after \(limit?.seconds ?? "") s\(place)", traceback: traceback)
        case .exited(let status): return Failure(.crash, "it called os.exit(\(status))")
        case .aborted: return Failure(.crash, "it was given up")
        }
    }

    /// Ends the item if the script was interrupted in it, with a failure; one that was given up is as if it had not been begun.
    func endStopped(_ result: TaskResult, _ record: RecordBytes?, _ outbox: inout Outbox) -> Bool {
        guard isAlone || options.timeLimit != nil, let interruption = endTime() else { return false }
        script.hooks?.endItem(false)
        let printed = readPrinted(result)
        if case .aborted = interruption {
            outbox.discard()
        } else {
            var failure = failure(interruption, within: options.timeLimit)
            if case .exited = interruption { failure.message += " before returning a result" }
            fail(failure, printed, record, &outbox)
        }
        return true
    }

    /// Ends a chunk: writes what programs that were not waited for have written, unless it is to be the next item's.
    package func endChunk(_ outbox: inout Outbox) {
        if options.ownsOutput { stack.flushErrors() } else { writeRest(&outbox) }
    }

    /// Writes the output behind the last item.
    private func writeRest(_ outbox: inout Outbox) {
        if !options.printsToOutput || options.ownsOutput { return writeUnattributedError(&outbox) }
        let text = stack.readCaptured(all: true)
        if !text.isEmpty { outbox.unattributedOutput(text) }
    }

    // MARK: Items

    /// Runs the item that `record` is. At least 64 bytes after it must be readable.
    package func run(_ record: RecordBytes, item: Int, outbox: inout Outbox) {
        begin(item, &outbox)
        do throws(RecordError) {
            if try reader.read(record, onto: stack) == .blank { return outbox.commitBlank() }
        } catch {
            let message = description(of: error, record, item)
            return outbox.fail(
                Failure(.error, message, input: options.keepsInput ? ByteString(options.input.text(of: record)) : nil))
        }
        runPushed(item, record, &outbox)
    }

    /// With the line in the input, where there are lines; a journal may show it of an item that has moved.
    private func description(of error: RecordError, _ record: RecordBytes, _ item: Int) -> String {
        guard case .inBatch(_, let lines, let fault) = error, !options.isJournaled, options.input.hasLines,
            let line = line?(item)
        else { return item == 1 ? error.description(ofFirst: record) : error.description }
        return "line \(line + lines): \(fault)"
    }

    /// The items that follow are those of `records`, under `header`; `isFirst` says that an input begins with them.
    package func begin(_ records: RecordBytes, under header: RecordBytes?, isFirst: Bool) {
        reader.begin(records, under: header, isFirst: isFirst)
        marked = isFirst && options.input.format.hasHeader && records.unmarked.count < records.count ? records : nil
        guard options.output.isTable, let header, header.array != lastHeader else { return }
        lastHeader = header.array
        guard let names = try? RecordReader.columns(of: header, options.input, stack) else { return }
        writer.use(inputNames: names)
        inputColumns = .named(names)
        if options.passesRows { makeFastPath() }
    }

    /// Under the columns of the input rows are written as they are.
    private func makeFastPath() {
        let path = if partials == nil { writer.fastPath } else { partials?.fastPath }
        fastPath = path.flatMap {
            TaskRunner.fastPath(
                options, reader, $0, passesRows: options.passesRows && writer.columns == inputColumns)
        }
    }

    /// Results are rows under these columns from now on.
    package func use(_ columns: TableColumns) {
        if options.describesRows { return }
        writer.use(columns)
        makeFastPath()
    }

    /// Rows are described, and each item is to be told of by itself.
    package var describesRows: Bool { writer.describesRows }

    /// Runs the item of these places of the script's `inputs` list.
    package func run(listed places: ClosedRange<Int>, item: Int, outbox: inout Outbox) {
        begin(item, &outbox)
        stack.pushListed(places, of: TaskRunner.inputs, isBatch: options.input.batch != nil)
        runPushed(item, nil, &outbox)
    }

    /// Fails an item that could not be produced.
    package func fail(_ message: String, item: Int, outbox: inout Outbox) {
        var failure = Failure(.error, message)
        (failure.isTransient, failure.isFinal) = (true, true)
        outbox.begin(item: item)
        outbox.fail(failure)
    }

    /// Runs the item whose encoded value begins at `offset` of `values`.
    package func run(_ values: borrowing ByteBuffer, at offset: Int, item: Int, outbox: inout Outbox) {
        begin(item, &outbox)
        do throws(DecodeError) {
            _ = try decoder.decode(values, at: offset, onto: stack)
        } catch {
            return outbox.fail(Failure(.error, error.description))
        }
        runPushed(item, nil, &outbox)
    }

    private func begin(_ item: Int, _ outbox: inout Outbox) {
        outbox.begin(item: item)
        if emitted.count > 0 { emitted.reset() }
        stack.beginItem(item, base: TaskRunner.inputs, task: TaskRunner.task)
    }

    /// Stack: handler, task, inputs, task, item → handler, task, inputs, results…
    private func runPushed(_ item: Int, _ record: RecordBytes?, _ outbox: inout Outbox) {
        if record == nil { keepOriginal() }
        if isAlone { beginTime(options.timeLimit) }
        isInTask = true
        let result = stack.runItem(index: item, handler: TaskRunner.handler)
        isInTask = false
        if modulesRequested != nil { reportModules(&outbox, inItem: true) }
        if endStopped(result, record, &outbox) { return }
        endItem(result)
        let isPlain =
            options.writesLines && !options.isTagged && !result.hasPrinted && emitted.count == 0 && !result.failed
        if isPlain, let terminator = options.output.terminator,
            result.appendText(to: &outbox.output, terminator: terminator)
        {
            return outbox.commit(ItemTraits(hasRecord: true, drewRandomNumbers: result.usesSeed))
        }
        finish(result, record, &outbox)
    }

    /// Stack: …, item → the same
    private func keepOriginal() {
        if options.isFilter {
            original.record.reset()
            original.error = nil
            do throws(RecordError) { try keepRecord() } catch { original.error = error }
        }
        if options.keepsInput || options.isTagged {
            original.text.reset()
            try? textWriter?.append(1, from: -1, of: stack, to: &original.text)
        }
    }

    /// Stack: …, item → the same. Of a batch each of its items is a row.
    private func keepRecord() throws(RecordError) {
        guard options.input.batch != nil, options.output.isTable else {
            return try write(1, from: -1, of: stack, to: &original.record)
        }
        let list = stack.top
        for place in 0..<stack.rawCount(list) {
            stack.rawGet(list, at: place + 1)
            defer { stack.pop() }
            try write(1, from: -1, of: stack, to: &original.record)
        }
    }

    func endItem(_ result: TaskResult) { script.hooks?.endItem(!result.failed) }

    /// Writes the results that are not just a string.
    func finish(_ result: TaskResult, _ record: RecordBytes?, _ outbox: inout Outbox) {
        if result.failed {
            let error = stack.popError(of: result)
            let failure = Failure(.error, error.message, traceback: error.traceback)
            return fail(failure, readPrinted(result), record, &outbox)
        }
        let base = stack.top - result.results
        let printed = readPrinted(result)
        var traits = ItemTraits(drewRandomNumbers: result.usesSeed)
        if result.isNothing && result.results > 1 && !script.listsFields,
            var failure = stack.returnedFailure(above: base)
        {
            if script.runsCommands { failure.isReturned = false }
            return fail(failure, printed, record, &outbox)
        }
        if !printed.isEmpty && options.printsToOutput { outbox.output.append(printed) }
        do throws(RecordError) {
            traits.hasRecord = try append(result, above: base, record, &outbox)
        } catch {
            return fail(Failure(.error, error.description), printed, record, &outbox)
        }
        if !printed.isEmpty && !options.printsToOutput { outbox.standardError(printed) }
        if options.isTagged { outbox.tag(lines: tag(record)) }
        if options.isJournaled { traits.hasCode = partials?.takeCode() ?? false }
        traits.isDescribed = writer.describesRows && traits.hasRecord
        outbox.commit(traits)
    }

    /// The item and a tab, on one line; a string of the script's own without quotes.
    private func tag(_ record: RecordBytes?) -> [UInt8] {
        var tag = ByteBuffer()
        if let record {
            options.input.append(line: record, to: &tag)
        } else {
            let text = (originalText ?? "").escapedName
            let isPlain = text.first == "\"" && !text.contains("\\")
            tag.append(isPlain ? String(text.dropFirst().dropLast()) : text)
        }
        tag.append("\t")
        return tag.array
    }

    private func reportModules(_ outbox: inout Outbox, inItem: Bool) {
        if script.requestedModules.count == requestedModules { return }
        requestedModules = script.requestedModules.count
        modulesRequested?(&outbox, inItem)
    }

    private func readPrinted(_ result: TaskResult) -> [UInt8] { result.hasPrinted ? stack.readCaptured() : [] }

    private func fail(_ failure: Failure, _ printed: [UInt8], _ record: RecordBytes?, _ outbox: inout Outbox) {
        var failure = failure
        if options.isJournaled { _ = partials?.takeCode() }
        if let totalName { failure.message = "\(totalName): \(failure.message)" }
        if script.runsCommands { failure.traceback = nil }  // all of it is ours
        let hasPrograms = !printed.isEmpty && stack.capturedPrograms
        if options.keepsInput {
            failure.input = record.map { ByteString(options.input.text(of: $0)) } ?? originalText.map { ByteString($0) }
        }
        failure.printed = options.isTagged ? printed.tagged(tag(record)) : printed
        failure.drewRandomNumbers = stack.usesSeed
        decideRetry(of: &failure, &outbox)
        // What programs have written may be of an item that is done, and is not dropped with an attempt.
        if hasPrograms && outbox.isRetried && !failure.isFinal {
            outbox.standardError(failure.printed)
            failure.printed = []
        }
        outbox.fail(failure)
    }

    /// The script's `retry_if(message, attempt)` decides, if there is one. Its output goes to standard error, also where there
    /// is another attempt.
    private func decideRetry(of failure: inout Failure, _ outbox: inout Outbox) {
        guard options.retries >= attempt, failure.kind != .crash, script.has(.retryIf) else { return }
        script.push(.retryIf)
        stack.push(failure.message)
        stack.push(Int64(attempt))
        do throws(LuaError) {
            try stack.call(arguments: 2, results: 1)
            failure.isFinal = !stack.boolean(-1)
        } catch {
            if isAlone { _ = stack.endInterruption() }
            failure.isFinal = true
            failure.message += " (and retry_if failed: \(error.message))"
        }
        let text = stack.readCaptured()
        if !text.isEmpty { outbox.standardError(text) }
    }

    /// Whether there was anything to append.
    private func append(
        _ result: TaskResult, above base: Int32, _ record: RecordBytes?, _ outbox: inout Outbox
    ) throws(RecordError) -> Bool {
        if emitted.count > 0 { outbox.output.append(emitted) }
        if options.isFilter ? !stack.boolean(base + 1) : isNothing(result, above: base) { return emitted.count > 0 }
        if options.isFilter {
            try appendItem(record, &outbox)
        } else {
            try write(result.results, from: base + 1, of: stack, to: &outbox.output)
        }
        return true
    }

    private func isNothing(_ result: TaskResult, above base: Int32) -> Bool {
        result.isNothing && (0..<result.results).allSatisfy { stack.type(base + 1 + $0) == .nil }
    }

    /// The unchanged item: its own bytes if they can be a record of the output.
    private func appendItem(_ record: RecordBytes?, _ outbox: inout Outbox) throws(RecordError) {
        if let record, options.writesWords {
            outbox.output.append(options.input.text(of: record))
            outbox.output.append(terminatorOf: options.output)
        } else if let record, options.passesRecords {
            outbox.output.append(unmarked(record))
            let isEnded = options.input.framing.keepsEnd && record.last == options.output.terminator
            if !isEnded { outbox.output.append(terminatorOf: options.output) }
        } else if let record, options.output.isTable {
            try reader.readEach(of: record, onto: stack) { row throws(RecordError) in
                if options.passesRows {
                    try writer.append(row: unmarked(row), of: stack, to: &outbox.output)
                } else {
                    try writer.append(1, from: -1, of: stack, to: &outbox.output)
                }
            }
        } else if let record {
            // Read again from its bytes: the task may have changed the value.
            _ = try reader.read(record, onto: stack)
            try write(1, from: -1, of: stack, to: &outbox.output)
        } else if let error = original.error {
            throw error
        } else {
            outbox.output.append(original.record)
        }
    }

    private func unmarked(_ record: RecordBytes) -> RecordBytes {
        if let marked, record.begin(where: marked) { record.unmarked } else { record }
    }

    // MARK: Emitted records and the item's text

    /// Records that the running task adds before the one it returns. `values` are the arguments of `pmap.emit`.
    private func emit(_ values: Stack) throws(LuaError) {
        stack.setEmitted()
        isInTask = false  // a function that values go through has no records of its own
        defer { isInTask = true }
        do { try write(values.top, from: 1, of: values, to: &emitted) } catch {
            throw LuaError(message: error.description)
        }
        if totalOutbox != nil, emitted.count >= TaskRunner.pieceSize { sendEmitted() }
    }

    /// One record, or what is to be joined.
    private func write(
        _ count: Int32, from first: Int32, of stack: Stack, to buffer: inout ByteBuffer
    ) throws(RecordError) {
        if partials == nil { return try writer.append(count, from: first, of: stack, to: &buffer) }
        do throws(LuaError) {
            try partials?.append(count, from: first, of: stack, item: Stack.runningItem, to: &buffer)
        } catch {
            throw .notJoined(error.message)
        }
    }

    // MARK: The total

    /// Prepares the script's own process for what comes behind the last item.
    func prepareTotal(_ output: CapturedOutput, _ status: StatusWords) -> Failure? {
        do throws(LuaError) {
            try stack.beginCapture(in: output, allOfItems: false, mode: .inWorker)
        } catch {
            return Failure(.error, error.message, traceback: error.traceback)
        }
        isAlone = options.timeLimit != nil
        stack.killLate(status)
        return isAlone && !stack.armTime() ? Failure(.error, "the kernel has no timer") : nil
    }

    /// Runs the last function with what all results have come to, or those of one key, which `push` pushes. What it emits
    /// and prints leaves meanwhile.
    func runTotal(_ name: String, _ outbox: inout Outbox, push: () -> Void) {
        totalName = name
        outbox.isItemized = writer.describesRows
        begin(1, &outbox)
        push()
        if isAlone { beginTime(options.timeLimit) }
        isInTask = true
        totalOutbox = consume outbox
        let result = stack.draining(to: { [unowned self] in send(printed: $0) }) {
            stack.runItem(index: 1, handler: TaskRunner.handler)
        }
        guard let own = totalOutbox.take() else { preconditionFailure("the outbox was lent, and nobody else takes it") }
        outbox = own
        isInTask = false
        if !endStopped(result, nil, &outbox) {
            endItem(result)
            finish(result, nil, &outbox)
        }
        writeRest(&outbox)
    }

    /// Sends what the total's function has emitted, behind what it has printed.
    private func sendEmitted() {
        if stack.hasCaptured { send(printed: stack.readCaptured()) }
        totalOutbox?.output.append(emitted)
        emitted.reset()
        commitOfTotal(ItemTraits(hasRecord: true, isDescribed: writer.describesRows))
    }

    private func send(printed bytes: [UInt8]) {
        if options.printsToOutput { totalOutbox?.output.append(bytes) } else { totalOutbox?.standardError(bytes) }
        commitOfTotal(ItemTraits())
    }

    /// The reader may be slow, which takes nothing of the time limit.
    private func commitOfTotal(_ traits: ItemTraits) {
        if isAlone { stack.pauseTime() }
        totalOutbox?.commit(traits)
        totalOutbox?.begin(item: 1)
        if isAlone { stack.resumeTime() }
    }

    /// Unless columns were asked for.
    func expectRowsWithoutNames() { if writer.describesRows { use(.unnamed) } }

    private var originalText: String? {
        if original.text.count == 0 { return nil }
        return String(decoding: original.text.array(0..<original.text.count - 1), as: UTF8.self)
    }
}
