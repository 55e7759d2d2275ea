// pmap: the same Lua function over many inputs, in parallel, in order. From the command line to the exit status.

import Inputs
import Journal
import Lua
import Posix
import ProcessPool
import Records
import Script
import Wire

@main
enum Main {
    static let version = "0.1.0"

    static func main() {
        Signal.restoreDefaults()
        Signal.becomeInit()
        StandardDescriptor.fillGaps()
        do throws(UsageError) {
            let status = try run(Array(Process.arguments.dropFirst()))
            Process.exit(status.rawValue)
        } catch {
            Reporter.print(error.description, error.traceback)
            Process.exit(ExitCode.usage.rawValue)
        }
    }

    private static func run(_ words: [ByteString]) throws(UsageError) -> ExitCode {
        if words.first == "run" { try RunCommand(Array(words.dropFirst())).run() }
        if words.first == "journal" { return try showJournal(Array(words.dropFirst())) }
        if words.first == "help" { return show(try Help.text(Array(words.dropFirst()))) }
        let typed = try CommandWords(words)
        if typed.flags.help { return show(Help.all) }
        if typed.flags.version { return show("pmap \(version)") }
        let (source, files) = try scriptAndFiles(typed.flags)
        Signal.ignoreFileLimit()
        try FileUses(typed.flags, script: source, inputs: files).check()
        // The seed of an interrupted run is in its journal.
        let earlier = try JournalPlan.open(typed.flags.journal, mustExist: true)
        var seed = try typed.flags.seedValue() ?? earlier?.seed ?? UInt64.random(in: 0...UInt64.max)
        let start = try attributes()
        Process.markAsOriginal()
        let script = try source.load(typed.flags, seed: seed)
        let flags = try withScriptOptions(script, words, typed)
        // Paths of the command line are relative to the first directory, also when the script has changed it.
        let scripts = try attributes()
        try resume(start)
        let chosen = try flags.seedValue() ?? script.chosenSeed
        seed = chosen ?? seed
        try FileUses(flags, script: source, inputs: files).check()
        var job = try Job(flags, files: files, arguments: typed.arguments, script: script, seed: seed)
        let journal: Journal?
        if let earlier { journal = earlier } else { journal = try JournalPlan.open(flags.journal) }
        if let journal {
            if chosen == nil, let last = journal.seed { seed = last }
            job.journal = try JournalPlan(journal, flags, script, seed: seed, command: words)
        }
        script.seedRandom(seed)
        // The state is never closed: finalizers of the script's top level are not run.
        let status = try run(job, script, from: start, to: scripts)
        withExtendedLifetime(script) { Process.exit(status.rawValue) }
    }

    /// Writes the requested text to standard output.
    static func show(_ text: String) -> ExitCode {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        do throws(PosixError) { try StandardDescriptor.write(bytes, to: StandardDescriptor.output) } catch {
            Reporter.print("write standard output: \(error.reason)")
            return .hostFailed
        }
        return .success
    }

    private static func attributes() throws(UsageError) -> ProcessAttributes {
        do throws(PosixError) { return try ProcessAttributes() } catch { throw UsageError(error.description) }
    }

    private static func resume(_ attributes: borrowing ProcessAttributes) throws(UsageError) {
        do throws(PosixError) { try attributes.restore() } catch { throw UsageError(error.description) }
    }

    /// The script's own options, except those that the command line has.
    private static func withScriptOptions(
        _ script: LoadedScript, _ words: [ByteString], _ typed: CommandWords
    ) throws(UsageError) -> Flags {
        let options: [ScriptOption]
        do { options = try script.options() } catch { throw UsageError(error.description) }
        if options.isEmpty { return typed.flags }
        return try CommandWords(words, scriptOptions: options, of: script.name).flags
    }

    /// `pmap journal FILE`
    private static func showJournal(_ words: [ByteString]) throws(UsageError) -> ExitCode {
        if words == ["--help"] || words == ["-h"] { return show(Help.journal) }
        guard words.count == 1, let path = words.first, !path.isEmpty, !path.hasPrefix("-") else {
            throw UsageError("write pmap journal FILE; a script of that name is ./journal")
        }
        do { return show(try JournalSummary(path: path).text()) } catch { throw UsageError(error.description) }
    }

    private static func scriptAndFiles(_ flags: Flags) throws(UsageError) -> (ScriptSource, [ByteString]) {
        if let code = flags.code { return (.inline(code), flags.words + flags.files) }
        guard let script = flags.words.first else {
            throw UsageError(
                "no script; write pmap SCRIPT [FILE …], pmap SCRIPT ::: ITEM …, or pmap -e CODE; pmap --help tells more"
            )
        }
        let followers = Array(flags.words.dropFirst()), files = followers + flags.files
        if script == "-" && files.contains("-") {
            throw UsageError("standard input is the script already; name a FILE, or write ::: ITEM …")
        }
        return (script == "-" ? .standardInput : .file(script, followers: followers), files)
    }

    /// Opens the files of the job, and runs the tasks in the directory of the script.
    private static func run(
        _ job: Job, _ script: LoadedScript, from start: borrowing ProcessAttributes,
        to scripts: borrowing ProcessAttributes
    ) throws(UsageError) -> ExitCode {
        let reporter = try Reporter(job, script)
        reporter.begin()
        do throws(PosixError) {
            let standardOutput = try OutputDescriptor(copying: StandardDescriptor.output)
            let hostsOwn = [standardOutput.number] + (job.journal?.journal.descriptors ?? [])
            job.journal?.journal.notice = { [unowned reporter] in reporter.say($0) }
            let output = OutputQueue(standardOutput, spillFolders: spillFolders, spillLimit: job.spillLimit)
            let producer = ItemProducer(script, digests: job.journal != nil)
            let reading = InputSequence.Reading(
                terminator: job.terminator, workers: max(job.workers, 1), directory: start.directory.number,
                readAhead: job.readAhead, longestRecord: job.longestRecord,
                iterate: { () throws(Failure) in
                    try Producer { outbox in
                        reporter.closeInherited()
                        Descriptor.closeInherited(hostsOwn)
                        return producer.run(&outbox)
                    }
                })
            let source = InputSequence(job.inputs, reading)
            var plan = job.plan
            if case .percent? = plan.halt?.amount { plan.totalItems = source.countAll() }
            let texts = job.form.keepsInput ? ItemTexts(script, job, directory: start.directory.number) : nil
            plan.inputText = texts.map { texts in { texts.text(of: $0, in: $1) } }
            let worker = ItemWorker(
                script, job, directory: start.directory.number, mode: job.workers == 0 ? .withoutWorker : .inWorker)
            let journaled = job.journal.map { journal in
                JournaledInput(
                    source, journal.journal, journal.keys,
                    ItemDigests(script, job, directory: start.directory.number), job.secrets
                ) { reporter.say(journal.untraceableMessage(ByteString($0))) }
            }
            let run = Run(plan: plan, source: journaled ?? source, observer: reporter, log: journaled)
            try scripts.restore()
            if job.workers == 0 { script.hooks?.catchQuestions() }
            let (ending, tally) =
                job.workers == 0 ? run.here(worker, output) : run.inWorkers(worker, output, forkedFrom: script)
            let itemsLeft = itemsLeft(in: run.source, after: ending, tally)
            return reporter.finish(journaled?.end(ending) ?? ending, tally, itemsLeft: itemsLeft, journaled?.tally)
        } catch {
            throw UsageError(error.description)
        }
    }

    /// Items that were not begun; nil where their number is unknown, or not wanted.
    private static func itemsLeft(in source: any ChunkSource, after ending: Ending, _ tally: Tally) -> Int? {
        switch ending {
        case .completed: 0
        case .inputFailed: nil
        case .outputClosed where tally.failures == 0: nil
        default: source.countRest(within: 300_000_000)
        }
    }

    /// The common part of a run with workers and one without.
    private struct Run {
        let plan: RunPlan
        let source: any ChunkSource
        let observer: Reporter
        let log: (any OutcomeLog)?

        func here(_ worker: ItemWorker, _ output: consuming OutputQueue) -> (Ending, Tally) {
            do throws(PosixError) {
                return try LocalRun(
                    plan, source: source, output: output, observer: observer, log: log, body: worker
                ).execute(giveUp: Stack.abort)
            } catch {
                return (.noWorkers(Failure(.error, error.description), inSetup: false), Tally())
            }
        }

        func inWorkers(
            _ worker: ItemWorker, _ output: consuming OutputQueue, forkedFrom script: LoadedScript
        ) -> (Ending, Tally) {
            script.freeze()
            Signal.catchSignals()
            return HostLoop(plan, source: source, output: output, observer: observer, log: log) { loop in
                observer.closeInherited()
                loop.run(worker)
            }.execute()
        }
    }

    /// The folders for results that are too many for memory.
    private static var spillFolders: [ByteString] {
        [Environment.value("TMPDIR"), "/var/tmp", "/tmp"].compactMap { $0 }.filter { !$0.isEmpty }
    }
}
