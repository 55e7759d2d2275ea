// Messages on standard error, and the file of errors.

import Bytes
import Inputs
import Monitor
import Posix
import ProcessPool
import Records
import Script
import Wire

/// Prints failures in the order of the items: the first ones in full, then a line each, then none; all are counted.
final class Reporter: RunObserver {
    private let job: Job
    private let texts: ItemTexts
    private let scriptName: ByteString
    private let unused: [UnusedDefinition]
    /// The task is code of `-e`.
    private let isInline: Bool
    private let runsCommands: Bool
    /// The script's definitions besides its task.
    private let functions: [ScriptName]
    private let start = Clock.now()
    /// The name of several items, one behind the other, that were cut.
    var itemNames: (ClosedRange<Int>) -> String = { "items \($0.shown)" }
    /// Prints where the script's own processes wait.
    private let answer: () -> Void
    /// The queue to standard error; nil where that cannot be written to without blocking.
    private let words: MessageQueue?
    /// What is written beside the results; of errors first, if that is wanted.
    private var files: [RunFile] = []
    private let errors: RunFile?
    /// There is no loop that polls for writing: each message is written before the run goes on, unless a signal ends it.
    private let waitsAtOnce: Bool
    /// What stands below the messages.
    private var statusLine = StatusLine()
    private var failures = 0
    private var said: Set<String> = []
    private var hasExplainedReturned = false
    private var teardownHasFailed = false
    private var (failedProcesses, deathsInJoining) = (0, 0)
    /// It is printed behind all others.
    private var lastMessage: String?

    /// Nanoseconds of work from which an interrupted run prints a message about --journal.
    private static let journalWorth = 60_000_000_000
    /// The number of items without a record from which a message about the code is printed.
    private static let fruitless = 100
    private static let (inFull, asLines) = (10, 100)
    /// Bytes of a message that are printed; `--errors` has them all.
    private static let messageLimit = 4096
    private static let tracebackLimit = 1 << 16
    /// Nanoseconds in which the readers of a run that a signal has ended may read its messages.
    private static let grace = 500_000_000

    init(_ job: Job, _ script: LoadedScript, _ texts: ItemTexts) throws(UsageError) {
        (self.job, self.texts) = (job, texts)
        (scriptName, unused, isInline) = (script.name, script.unused, script.isInline)
        runsCommands = script.runsCommands
        functions = [.setup, .teardown].filter(script.has)
        answer = script.hooks?.answer ?? {}
        waitsAtOnce = job.workers == 0
        do { words = MessageQueue(try OutputDescriptor(copying: StandardDescriptor.error)) } catch { words = nil }
        errors = try job.errorsFile.map { path throws(UsageError) in try RunFile("--errors", path) }
        files = [errors].compactMap { $0 }
    }

    /// Opens a file, whose words are taken like those of the reporter.
    func open(_ option: String, _ path: ByteString) throws(UsageError) -> MessageQueue {
        let file = try RunFile(option, path)
        files.append(file)
        return file.queue
    }

    private var queues: [MessageQueue] { [words].compactMap { $0 } + files.map(\.queue) }

    /// In a forked child: closes the queues, which only the host writes.
    func closeInherited() { Descriptor.closeInherited(queues.map(\.number)) }

    // MARK: Readers

    var unwritten: [Int32] {
        queues.filter { !$0.isEmpty }.map(\.number)
    }

    func write() { for queue in queues { queue.write() } }

    var isOverfull: Bool { queues.contains(where: \.isFull) }

    /// Waits for the readers until `deadline`, or until a signal ends this process, or only the wait.
    private func drain(until deadline: Int? = nil, leavesSignals: Bool = false) {
        var poller = Poller<Void>()
        while !unwritten.isEmpty {
            let left = deadline.map { ($0 - Clock.now()) / 1_000_000 }
            if let left, left <= 0 { return }
            poller.removeAll()
            for number in unwritten { poller.watchWritable(number, ()) }
            _ = poller.wait(milliseconds: left.map { Int64($0) })
            if leavesSignals && Signal.isWaiting() { return }
            if let signal = Signal.takeArrived() { Signal.die(by: signal) }
            write()
        }
    }

    // MARK: Items

    /// Prints messages before the first item.
    func begin() {
        for unused in unused { say("\(scriptName): \(unused)") }
        (job.notices + (job.journal?.messages ?? [])).forEach(say)
    }

    func failed(_ item: FailedItem) -> [UInt8] {
        if !item.failure.printed.isEmpty { text(item.failure.printed) }
        failures += 1
        let input = job.inputs[item.chunk.payload.input]
        let positions = texts.positions(of: item.item, in: item.chunk)
        if failures <= Reporter.asLines {
            let isInFull = failures <= Reporter.inFull
            print(
                "\(input.name(of: positions)): \(shortened(item.failure.message))\(explanation(item.failure))",
                isInFull ? item.failure.traceback : nil)
        }
        errors?.queue.append(
            job.described(item).line(source: input.name.text, place: positions.lowerBound, worker: item.worker))
        if waitsAtOnce { drain(leavesSignals: true) }
        return job.errorRecord(item)
    }

    func text(_ bytes: [UInt8]) { put(bytes) }

    /// Prints a message once.
    func say(_ message: String) {
        if said.insert(message).inserted { print(message) }
    }

    private func explanation(_ failure: Failure) -> String {
        if !failure.isReturned || hasExplainedReturned { return "" }
        hasExplainedReturned = true
        return " (nil and a string is a failure; write x or \"\" for an empty field)"
    }

    func notice(_ notice: Notice) {
        switch notice {
        case .finishing: put(message(of: notice))
        case .setupFailed(let failure):
            print(
                "\(scriptName): setup failed in a worker; the others go on: \(failure.message)",
                failure.traceback)
        case .teardownFailed(let failure):
            if !teardownHasFailed { print("\(scriptName): teardown failed: \(failure.message)", failure.traceback) }
            teardownHasFailed = true
        case .diedJoining(let failure):
            deathsInJoining += 1
            if deathsInJoining <= Reporter.inFull {
                print("\(failure.message) while it joined results; none is lost, another process joins them")
            }
        case .processFailed(let failure):
            failedProcesses += 1
            if failedProcesses <= Reporter.asLines { print(failure.message) }
        case .takesLong(let function, let pid):
            print("\(scriptName): \(function) of a worker (pid \(pid)) has run for 10 s, and goes on")
        case .fewerWorkers(let error):
            print("cannot start a further worker (\(error)); going on with fewer")
        case .lostRemote(let host, let reason, let items):
            let what = items == 0 ? "" : items == 1 ? "; an item runs again" : "; \(items) items run again"
            print("\(host): \(reason)\(what)")
        case .unreachable(let host, let reason, let isLast):
            print("\(host): \(reason); \(isLast ? "it is left out" : "it is tried again")")
        case .joining(let pid):
            print("all items are done; the script's process (pid \(pid)) joins their results, or runs finish")
            if job.workers > 0 { answer() }
        case .asked(let run):
            let done = run.tally.succeeded + run.tally.failures
            print("\(done) item\(done == 1 ? "" : "s") done so far")
            for worker in run.occupations { print("  \(line(worker))") }
            for what in Reporter.waiting(run) { print("  \(what)") }
            answer()
        }
    }

    /// `finishing 2 running items and teardown in 1 worker`; nil where nothing is left to wait for.
    private func words(for unfinished: Unfinished) -> String? {
        var parts: [String] = []
        if unfinished.items > 0 { parts.append("\(unfinished.items) running item\(unfinished.items == 1 ? "" : "s")") }
        for (name, count) in [(ScriptName.setup, unfinished.setups), (.teardown, unfinished.teardowns)]
        where count > 0 && functions.contains(name) {
            parts.append("\(name.rawValue) in \(count) worker\(count == 1 ? "" : "s")")
        }
        if !parts.isEmpty { return "finishing \(parts.joined(separator: " and "))" }
        let rest = job.form.join == nil ? "waiting for the reader of standard output" : "joining results"
        return unfinished.output ? rest : nil
    }

    func message(of notice: Notice) -> [UInt8] {
        guard case .finishing(let unfinished, let signal) = notice, let what = words(for: unfinished) else { return [] }
        let again = signal == Signal.interrupt ? "Ctrl-C" : Signal.name(signal)
        return Reporter.bytes("\(what); \(again) again stops now")
    }

    private func line(_ occupation: Occupation) -> String {
        let worker = "worker \(occupation.worker) (pid \(occupation.pid))"
        guard occupation.isReady else { return "\(worker) is being set up" }
        guard let item = occupation.item, let chunk = occupation.chunk else { return "\(worker) is idle" }
        let seconds = (occupation.nanoseconds ?? 0) / 1_000_000_000
        let time = seconds < 2 ? "" : ", for \(job.plan.keepsTimes ? "" : "at most ")\(seconds) s"
        return "\(worker) runs \(texts.name(of: item, in: chunk))\(time)"
    }

    /// What else there is to wait for.
    private static func waiting(_ run: RunView) -> [String] {
        var waiting: [String] = []
        if run.retrying > 0 {
            waiting.append("\(run.retrying) failed item\(run.retrying == 1 ? " is" : "s are") run again")
        }
        if run.isSourceDry { waiting.append("the input has nothing for now") }
        if run.resultsKept > 0 { waiting.append("results wait for those of earlier items, as -u would not let them") }
        if run.bytesWaiting > 0 { waiting.append("\(run.bytesWaiting) bytes of results wait for their reader") }
        return waiting
    }

    private func shortened(_ message: String) -> String { message.truncated(toBytes: Reporter.messageLimit) }

    // MARK: The end

    func end(with message: String) { lastMessage = message }

    /// Prints how the run ended, without a status line, and returns the exit status; after a signal the process ends here.
    /// `itemsLeft` is the number of items that were not read; nil when it is unknown.
    func finish(_ ending: Ending, _ tally: Tally, itemsLeft: Int?, _ journal: JournalTally?) -> ExitCode {
        if let journal, ending != .outputClosed { report(journal, of: tally.items + (itemsLeft ?? 0)) }
        if let summary = summary(ending, tally, itemsLeft) { print(summary) }
        let isIncomplete = files.contains { $0.failure != nil }
        for failure in files.compactMap(\.failure) { print(failure) }
        report(ending, tally)
        if let kept = journal.map({ $0.restored + $0.added }), kept > 0, let path = job.journal?.path,
            ending.maySurprise
        {
            print(
                "\(kept == 1 ? "results of 1 of the" : "\(kept)") items are in \(path); the same command goes on from there"
            )
        }
        if let lastMessage { print(lastMessage) }
        switch ending {
        case .signal, .outputClosed: drain(until: Clock.now() + Reporter.grace)
        default: drain()
        }
        switch ending {
        case .signal(let signal): Signal.die(by: signal)
        case .outputClosed: Signal.die(by: Signal.brokenPipe)
        case .completed where isIncomplete || tally.skipped > 0: return .hostFailed
        case .halted where isIncomplete: return .hostFailed
        case .completed, .halted:
            if teardownHasFailed || failedProcesses > 0 { return .itemsFailed }
            if case .halted(let policy) = ending, policy.isGoal { return .success }
            return tally.failures > 0 ? .itemsFailed : .success
        case .joinFailed: return .itemsFailed
        case .noWorkers(_, inSetup: true) where tally.items == tally.skipped: return .usage
        case .crashLoop, .outputFailed, .inputFailed, .logFailed, .noWorkers: return .hostFailed
        }
    }

    /// The message about the end of the run, if it needs one.
    private func report(_ ending: Ending, _ tally: Tally) {
        if tally.repeated > 0 {
            print("\(results(tally.repeated)) dropped: the items had an outcome already, which stands")
        }
        if tally.chunksLost > 0 {
            print("\(tally.chunksLost) chunk\(tally.chunksLost == 1 ? "" : "s") ran again, lost with a connection")
        }
        switch ending {
        case .halted, .outputClosed: break
        case .signal:
            let bytes = tally.unwrittenBytes
            if job.form.join != nil {
                print("the results were not joined to the end: the output is not complete")
            } else if bytes > 0 {
                print("\(bytes) bytes of results were not written: nobody has read standard output")
            }
        case .completed:
            if tally.skipped > 0 {
                print("\(tally.skipped) of \(tally.items) items \(were(tally.skipped)) not run")
            } else if isFruitless(tally) {
                print(
                    "none of \(tally.items) items gave a record: is a name misspelled, or return missing? Where none is wanted write -t none"
                )
            }
        case .crashLoop(let deaths):
            print(
                "no item has succeeded and \(deaths) workers have died; try one item: pmap -j0 \(isInline ? "-e CODE" : runsCommands ? "--sh COMMAND" : "\(scriptName)") ::: ITEM"
            )
        case .outputFailed(let error):
            print("write standard output: \(error.reason)")
            _ = StandardDescriptor.takeOutputFailure()
        case .inputFailed(let failure): print(failure.message, failure.traceback)
        case .logFailed(let failure): print(failure.message)
        case .joinFailed(let join): print(message(of: join), join.failure.traceback)
        case .noWorkers(let failure, inSetup: true):
            print("\(scriptName): setup failed in every worker: \(failure.message)", failure.traceback)
        case .noWorkers(let failure, inSetup: false):
            print("no worker could be started: \(failure.message)", failure.traceback)
        }
    }

    private func message(of join: JoinFailure) -> String {
        guard let items = join.items else { return join.failure.message }
        let (left, right) = (itemNames(items.left), itemNames(items.right))
        return "\(join.failure.message) (while joining \(left) with \(right))"
    }

    private func report(_ journal: JournalTally, of items: Int) {
        guard let path = job.journal?.path else { return }
        if journal.unknown > 0 {
            print(
                "\(path): \(journal.unknown) items of inputs hold functions, cycles or userdata, or cannot travel; such items are run each time"
            )
        }
        if journal.damaged > 0 {
            print("\(path): \(results(journal.damaged)) damaged, and run again")
        }
        if journal.tooLarge > 0 {
            print("\(path): \(results(journal.tooLarge)) too large for it (1 GB), and will be made again")
        }
        if journal.withCode > 0 {
            print(
                "\(path): \(results(journal.withCode)) not kept: there are functions in them; such items are run each time"
            )
        }
        let failed =
            journal.restoredFailures > 0
            ? ", \(journal.restoredFailures) of which failed then; --retry-failed runs those again" : ""
        if journal.restored > 0 {
            print(
                "\(journal.restored) of \(items) items \(were(journal.restored)) done in an earlier run, says \(path)\(failed)"
            )
        }
    }

    /// `3 of 10000 items failed (2 error, 1 crash), 97 were skipped`
    private func summary(_ ending: Ending, _ tally: Tally, _ itemsLeft: Int?) -> String? {
        let done = tally.succeeded + tally.failures, skipped = tally.skipped + (itemsLeft ?? 0)
        let items = "of \(done + skipped) items"
        let others = skipped > 0 ? ", \(skipped) \(were(skipped)) skipped" : ""
        let rest = others + (itemsLeft == nil ? "; the rest of the input was not read" : "")
        let isInterrupted = if case .signal = ending { true } else { false }
        let suggestsJournal = isInterrupted && job.journal == nil && Clock.now() - start >= Reporter.journalWorth
        let advice = suggestsJournal ? "; --journal FILE would have kept what was done" : ""
        if tally.failures > 0 {
            let kinds = Failure.Kind.allCases.compactMap { kind in tally.failed[kind].map { "\($0) \(kind)" } }
            return "\(tally.failures) \(items) failed (\(kinds.joined(separator: ", ")))\(rest)\(advice)"
        }
        switch ending {
        case .halted where itemsLeft != nil: return skipped > 0 ? "\(skipped) \(items) \(were(skipped)) skipped" : nil
        case .halted, .signal: return "\(done) \(items) \(were(done)) done\(rest)\(advice)"
        default: return nil
        }
    }

    /// Code that was probably meant to return something, and has returned nothing for any of many items.
    private func isFruitless(_ tally: Tally) -> Bool {
        isInline && !job.form.isFilter && job.form.output != .none && tally.items >= Reporter.fruitless
            && tally.failures == 0 && tally.bytes == 0
    }

    private func were(_ count: Int) -> String { count == 1 ? "was" : "were" }
    private func results(_ count: Int) -> String { count == 1 ? "1 result was" : "\(count) results were" }

    // MARK: Standard error

    func print(_ message: String, _ traceback: String? = nil) {
        put(Reporter.bytes(job.secrets.hidden(in: message), traceback.map(job.secrets.hidden)))
    }

    private func put(_ bytes: [UInt8]) {
        if words == nil { return StandardDescriptor.writeError(bytes) }
        words?.append(statusLine.around(bytes, columns: columns))
        if waitsAtOnce { drain(leavesSignals: true) }
    }

    private var columns: Int { Terminal.columns(StandardDescriptor.error) ?? 0 }

    /// A reader that is slow is not shown a line that has changed meanwhile.
    func put(status line: String) {
        guard let words, words.isEmpty else { return }
        words.append(statusLine.show(line, columns: columns))
        if waitsAtOnce { drain(leavesSignals: true) }
    }

    /// One message, with its traceback on the lines below.
    static func print(_ message: String, _ traceback: String? = nil) {
        StandardDescriptor.writeError(bytes(message, traceback))
    }

    /// Only the first line begins with `pmap: `.
    private static func bytes(_ message: String, _ traceback: String? = nil) -> [UInt8] {
        var text = "pmap: \(message.escapedMessage)\n"
        if let traceback {
            if !traceback.hasPrefix("stack traceback:") { text += "\t" }
            text += "\(traceback.truncated(toBytes: tracebackLimit).escapedMessage)\n"
        }
        return Array(text.utf8)
    }
}

extension Ending {
    /// The user may need to know what is left of the run.
    fileprivate var maySurprise: Bool {
        switch self {
        case .signal, .crashLoop, .outputFailed, .inputFailed, .joinFailed, .noWorkers: true
        case .completed, .halted, .outputClosed, .logFailed: false
        }
    }
}
