// One item after the other through the task: what it is given, what it answers, what it printed. It knows neither
// where items come from nor who takes what is left of them.

package import Lua
package import Records
package import Wire

/// Runs items in this process and tells an outbox of each.
package final class TaskRunner {
    /// How items become arguments and results become records.
    package struct Form {
        package var input = InputFormat.lines
        package var output = OutputFormat.lines
        /// Write the item instead of the result, unless that is nil or false.
        package var isFilter = false
        /// What JSON integers outside 64 bits become.
        package var bigIntegers = BigIntegers.error
        /// A failure carries the item as text.
        package var keepsInput = false
        /// Tries of an item after the first, for `retry_if`.
        package var retries = 0
        /// Bytes that tasks may hold beyond what the script has built; nil for no limit.
        package var memoryLimit: Int?
        /// What an item may take; nil for no limit.
        package var timeLimit: TimeLimit?
        /// What `setup` and `teardown` may take, each, where no host sees to that.
        package var setupLimit: TimeLimit?

        package struct TimeLimit {
            package let nanoseconds: Int
            /// As messages say it.
            package let seconds: String

            package init(nanoseconds: Int, seconds: String) {
                self.nanoseconds = nanoseconds
                self.seconds = seconds
            }
        }

        package init() {}

        /// A filter writes the bytes of a record as they came: the output has the input's form, or is text, which any
        /// record is.
        var passesRecords: Bool {
            isFilter && (input.rawValue == output.rawValue || output == .lines || output == .nul)
        }

        /// A string is a record as it is.
        var writesLines: Bool { (output == .lines || output == .nul) && !isFilter }

        /// What tasks print goes in front of their records; with other formats it goes to standard error.
        var printsToOutput: Bool { output == .lines || output == .none }
    }

    private let script: LoadedScript
    let stack: Stack
    let form: Form
    private var reader: RecordReader
    private var writer: RecordWriter
    /// Writes what a failure carries.
    private var textWriter: RecordWriter?
    let way: ItemWay?
    private lazy var decoder = Decoder(stack)
    /// A value of the script's own as it was before its task, which may change it.
    private var original = Original()
    /// Is called when somebody has looked for a module, before the outbox hears of the item, where there is one.
    package var noteModules: ((inout Outbox, _ inItem: Bool) -> Void)?
    private var soughtModules = 0
    /// Records of `pmap.emit`, in front of the returned one.
    var emitted = WireBuffer()

    private struct Original: ~Copyable {
        /// What a filter writes.
        var record = WireBuffer()
        var refusal: RecordError?
        /// For a failure; empty for what cannot be written.
        var text = WireBuffer()
    }

    /// Where on the stack they stay: the message handler, the task, the `inputs` list.
    static let handler: Int32 = 1
    static let task: Int32 = 2
    static let inputs: Int32 = 3

    /// Takes the script's state for itself: its stack is the runner's from now on.
    package init(_ script: LoadedScript, _ form: Form) {
        self.script = script
        self.form = form
        stack = script.stack
        reader = RecordReader(form.input, marks: script.module.marks, bigIntegers: form.bigIntegers)
        writer = RecordWriter(form.output, marks: script.module.marks)
        if form.keepsInput { textWriter = RecordWriter(.jsonl, marks: script.module.marks) }
        way = TaskRunner.way(form, reader, writer)
        if form.timeLimit != nil { script.watchCoroutines() }
        stack.top = 0
        stack.pushHandler()
        script.push(.task)
        script.push(.inputs)
        script.module.emit = { [unowned self] stack throws(LuaError) in
            guard isInTask else {
                throw LuaError(message: isInTeardown ? PmapModule.emitInTeardown : PmapModule.emitOutsideTask)
            }
            try emit(stack)
        }
    }

    // MARK: The worker's life

    /// Runs the script's `setup`, with standard output captured; `programs` is what programs write to.
    package func setUp(worker: Int, programs: Int32, mode: LibraryMode, outbox: inout Outbox) -> Failure? {
        isAlone = mode == .withoutWorker
        do throws(LuaError) { try stack.beginCapture(programs: programs, mode: mode) } catch {
            return Failure(.error, error.message, traceback: error.traceback)
        }
        if isAlone {
            script.watchCoroutines()
            guard stack.armTime() else { return Failure(.error, "the kernel has no timer") }
        } else if let limit = form.timeLimit {
            stack.armTimeout(outbox.status, seconds: limit.seconds)
        }
        script.module.setWorker(worker)
        if let failure = failure(of: .setup, worker: worker) {
            noteCaptured(&outbox)
            return failure
        }
        passOnCaptured(&outbox)
        tellModules(&outbox, inItem: false)
        script.furniture?.begin()
        self.worker = worker
        if let bytes = form.memoryLimit { script.state.allowMemory(bytes) }
        return nil
    }

    /// The memory limit has struck: the collector's emergency has written to every shared page, so the worker had better
    /// be replaced.
    package var isSpent: Bool { form.memoryLimit != nil && script.state.refusedAllocations > 0 }

    private var worker = 0
    /// The script runs in the host: nobody else takes its time, and its end is not that of a worker.
    private(set) var isAlone = false
    var isInTask = false
    private var isInTeardown = false
    /// Which time the items that follow are run.
    package var attempt = 1

    /// Runs the script's `teardown`. What it prints is a note: which worker ran which items is nobody's business, and a
    /// journal knows nothing of it.
    package func tearDown(outbox: inout Outbox) {
        script.state.limitMemory(to: nil)
        passOnCaptured(&outbox)
        if !script.has(.teardown) { return }
        outbox.leaving()
        isInTeardown = true
        let failure = failure(of: .teardown, worker: worker)
        isInTeardown = false
        noteCaptured(&outbox)
        if let failure { outbox.teardownFailed(failure) }
    }

    private func noteCaptured(_ outbox: inout Outbox) {
        let text = stack.takeCaptured(all: true)
        if !text.isEmpty { outbox.stray(text) }
    }

    /// Calls `setup` or `teardown`: what it raised, or returned behind nil, or was ended by.
    private func failure(of name: ScriptName, worker: Int) -> Failure? {
        guard script.has(name) else { return nil }
        let height = stack.top
        defer { stack.top = height }
        script.push(name)
        stack.newTable(keys: 1)
        stack.push(Int64(worker))
        stack.rawSet(-2, field: "id")
        var failure: Failure?
        if isAlone { beginTime(form.setupLimit) }
        do throws(LuaError) { try stack.call(arguments: 1, results: -1) } catch {
            failure = Failure(.error, error.message, traceback: error.traceback)
        }
        if isAlone, let interruption = endTime() { return self.failure(interruption, within: form.setupLimit) }
        return failure ?? refusal(above: height)
    }

    // MARK: What stops a script

    /// Begins the time of what the script does next, where no host takes it.
    private func beginTime(_ limit: Form.TimeLimit?) {
        if let limit { stack.beginTime(nanoseconds: limit.nanoseconds, seconds: limit.seconds) }
    }

    private func endTime() -> Stack.Interruption? {
        if isAlone && (form.timeLimit != nil || form.setupLimit != nil) { stack.endTime() }
        return stack.endInterruption()
    }

    private func failure(_ interruption: Stack.Interruption, within limit: Form.TimeLimit?) -> Failure {
        switch interruption {
        case .raised(let place, let traceback):
            let place = place.isEmpty ? "" : " at \(place)"
            return Failure(.timeout, "timed out after \(limit?.seconds ?? "") s\(place)", traceback: traceback)
        case .left(let status): return Failure(.crash, "it called os.exit(\(status))")
        case .givenUp: return Failure(.crash, "it was given up")
        }
    }

    /// Ends the item if something has stopped the script in it, and tells the outbox; one that was given up is as if it had
    /// not been begun.
    func endStopped(_ answer: Answer, _ record: RecordBytes?, _ outbox: inout Outbox) -> Bool {
        guard isAlone || form.timeLimit != nil, let interruption = endTime() else { return false }
        script.furniture?.endItem(false)
        let printed = takePrinted(answer)
        if case .givenUp = interruption {
            outbox.discard()
        } else {
            var failure = failure(interruption, within: form.timeLimit)
            if case .left = interruption { failure.message += " before returning a result" }
            fail(failure, printed, record, &outbox)
        }
        return true
    }

    /// What was printed outside any item, or written by a program that nobody waited for.
    package func passOnCaptured(_ outbox: inout Outbox) {
        let text = stack.takeCaptured(all: true)
        if text.isEmpty { return }
        if form.printsToOutput { outbox.strayOutput(text) } else { outbox.stray(text) }
    }

    // MARK: Items

    /// Runs the item that `record` is. At least 64 bytes after it must be readable.
    package func run(_ record: RecordBytes, item: Int, outbox: inout Outbox) {
        begin(item, &outbox)
        do throws(RecordError) {
            if try reader.read(record, onto: stack) == .blank { return outbox.commit() }
        } catch {
            let message = item == 1 ? error.description(ofFirst: record) : error.description
            return outbox.fail(Failure(.error, message, input: form.keepsInput ? record.text : nil))
        }
        runPushed(item, record, &outbox)
    }

    /// Runs the item at `place` of the script's `inputs` list.
    package func run(listed place: Int, item: Int, outbox: inout Outbox) {
        begin(item, &outbox)
        stack.rawGet(TaskRunner.inputs, at: place)
        runPushed(item, nil, &outbox)
    }

    /// The item could not be made.
    package func fail(_ message: String, item: Int, outbox: inout Outbox) {
        var failure = Failure(.error, message)
        (failure.isPassing, failure.isFinal) = (true, true)
        outbox.begin(item: item)
        outbox.fail(failure)
    }

    /// Runs the item whose value on the wire begins at `offset` of `values`.
    package func run(_ values: borrowing WireBuffer, at offset: Int, item: Int, outbox: inout Outbox) {
        begin(item, &outbox)
        do throws(WireError) {
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
        if isAlone { beginTime(form.timeLimit) }
        isInTask = true
        let answer = stack.runItem(index: item, handler: TaskRunner.handler)
        isInTask = false
        if noteModules != nil { tellModules(&outbox, inItem: true) }
        if endStopped(answer, record, &outbox) { return }
        endItem(answer)
        let isPlain = form.writesLines && !answer.hasPrinted && emitted.count == 0 && !answer.failed
        if isPlain && answer.appendText(to: &outbox.output, terminator: form.output.terminator) {
            return outbox.commit(ItemTraits(hasRecord: true, drewRandomNumbers: answer.usesSeed))
        }
        finish(answer, record, &outbox)
    }

    /// Stack: …, item → the same
    private func keepOriginal() {
        if form.isFilter {
            original.record.reset()
            original.refusal = nil
            do { try writer.append(1, from: -1, of: stack, to: &original.record) } catch { original.refusal = error }
        }
        if form.keepsInput {
            original.text.reset()
            try? textWriter?.append(1, from: -1, of: stack, to: &original.text)
        }
    }

    func endItem(_ answer: Answer) { script.furniture?.endItem(!answer.failed) }

    /// What becomes of any answer but a line.
    func finish(_ answer: Answer, _ record: RecordBytes?, _ outbox: inout Outbox) {
        if answer.failed {
            let error = stack.popError(of: answer)
            let failure = Failure(.error, error.message, traceback: error.traceback)
            return fail(failure, takePrinted(answer), record, &outbox)
        }
        let base = stack.top - answer.results
        let printed = takePrinted(answer)
        var traits = ItemTraits(drewRandomNumbers: answer.usesSeed)
        if answer.isNothing && answer.results > 1 && !script.listsFields, let failure = refusal(above: base) {
            return fail(failure, printed, record, &outbox)
        }
        if !printed.isEmpty && form.printsToOutput { outbox.output.append(printed) }
        do throws(RecordError) {
            traits.hasRecord = try append(answer, above: base, record, &outbox)
        } catch {
            return fail(Failure(.error, error.description), printed, record, &outbox)
        }
        if !printed.isEmpty && !form.printsToOutput { outbox.text(printed) }
        outbox.commit(traits)
    }

    private func tellModules(_ outbox: inout Outbox, inItem: Bool) {
        if script.soughtModules.count == soughtModules { return }
        soughtModules = script.soughtModules.count
        noteModules?(&outbox, inItem)
    }

    private func takePrinted(_ answer: Answer) -> [UInt8] { answer.hasPrinted ? stack.takeCaptured() : [] }

    private func fail(_ failure: Failure, _ printed: [UInt8], _ record: RecordBytes?, _ outbox: inout Outbox) {
        var failure = failure
        if form.keepsInput { failure.input = record?.text ?? originalText }
        failure.text = printed
        failure.drewRandomNumbers = stack.usesSeed
        decideRetry(of: &failure)
        outbox.fail(failure)
    }

    /// The script's `retry_if(message, attempt)` decides, if there is one.
    private func decideRetry(of failure: inout Failure) {
        guard form.retries >= attempt, failure.kind != .crash, script.has(.retryIf) else { return }
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
    }

    /// Whether there was anything to append.
    private func append(
        _ answer: Answer, above base: Int32, _ record: RecordBytes?, _ outbox: inout Outbox
    ) throws(RecordError) -> Bool {
        if emitted.count > 0 { outbox.output.append(emitted) }
        if form.isFilter ? !stack.boolean(base + 1) : isNothing(answer, above: base) { return emitted.count > 0 }
        if form.isFilter {
            try appendItem(record, &outbox)
        } else {
            try writer.append(answer.results, from: base + 1, of: stack, to: &outbox.output)
        }
        return true
    }

    private func isNothing(_ answer: Answer, above base: Int32) -> Bool {
        answer.isNothing && (0..<answer.results).allSatisfy { stack.type(base + 1 + $0) == .nil }
    }

    /// nil and a string are a failure, as under `assert`; of `nil, "exit", 3` the number is what tells something.
    private func refusal(above base: Int32) -> Failure? {
        guard stack.top > base + 1, stack.type(base + 1) == .nil, stack.type(base + 2) == .string else { return nil }
        let message = stack.string(base + 2) ?? ""
        if ["exit", "signal"].contains(message), stack.type(base + 3) == .number, let code = stack.integer(base + 3) {
            return Failure(.error, "\(message) \(code)")
        }
        var failure = Failure(.error, message)
        failure.isRefusal = true
        return failure
    }

    /// The item unchanged: its own bytes where they can be a record of the output.
    private func appendItem(_ record: RecordBytes?, _ outbox: inout Outbox) throws(RecordError) {
        if let record, form.passesRecords {
            outbox.output.append(record)
            outbox.output.append(form.output.terminator)
        } else if let record {
            // Once more from its bytes: the task may have changed the value.
            _ = try reader.read(record, onto: stack)
            try writer.append(1, from: -1, of: stack, to: &outbox.output)
        } else if let refusal = original.refusal {
            throw refusal
        } else {
            outbox.output.append(original.record)
        }
    }

    // MARK: What else an item leaves

    /// Records that the running task adds before the one it returns. `values` are the arguments of `pmap.emit`.
    private func emit(_ values: Stack) throws(LuaError) {
        stack.noteEmitted()
        do { try writer.append(values.top, from: 1, of: values, to: &emitted) } catch {
            throw LuaError(message: error.description)
        }
    }

    private var originalText: String? {
        if original.text.count == 0 { return nil }
        return String(decoding: original.text.array(0..<original.text.count - 1), as: UTF8.self)
    }
}
