// pmap: the same Lua function over many inputs, in parallel, in order. From the command line to the exit status.

import ArgumentParser
import Inputs
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
        StandardDescriptor.fillGaps()
        do throws(UsageError) {
            let status = try run(Array(Swift.CommandLine.arguments.dropFirst()))
            Process.exit(status.rawValue)
        } catch {
            Reporter.print(error.description, error.traceback)
            Process.exit(ExitCode.usage.rawValue)
        }
    }

    private static func run(_ words: [String]) throws(UsageError) -> ExitCode {
        let typed = try CommandWords(words)
        if typed.flags.help {
            print(help)
            return .success
        }
        if typed.flags.version {
            print("pmap \(version)")
            return .success
        }
        let (source, files) = try scriptAndFiles(typed.flags)
        var seed = try typed.flags.seedValue() ?? UInt64.random(in: 0...UInt64.max)
        let script = try source.load(typed.flags, seed: seed)
        let flags = try withScriptOptions(script, words, typed)
        if let own = try flags.seedValue(), own != seed {
            script.seedRandom(own)
            seed = own
        }
        let job = try Job(flags, files: files, arguments: typed.arguments, script: script, seed: seed)
        // The state is never closed: finalizers of the script's top level are nobody's business any more.
        let status = try run(job, script)
        withExtendedLifetime(script) { Process.exit(status.rawValue) }
    }

    /// The script's own options count where the command line says nothing.
    private static func withScriptOptions(
        _ script: LoadedScript, _ words: [String], _ typed: CommandWords
    ) throws(UsageError) -> Flags {
        let options: [String]
        do { options = try script.optionWords() } catch { throw UsageError(error.description) }
        if options.isEmpty { return typed.flags }
        return try CommandWords(words, scriptOptions: options, of: script.name).flags
    }

    private static var help: String {
        let options = Flags.helpMessage(columns: 100)
        return """
            pmap: the same Lua function over many inputs, in parallel, on every core, in order.

              pmap [options] SCRIPT [FILE …]       one item per line of the files
              pmap [options] SCRIPT ::: ITEM …     the items are the arguments
              pmap [options] -e CODE [FILE …]      CODE is an expression of item and index, or the task's body

            \(options.firstRange(of: "OPTIONS:").map { String(options[$0.lowerBound...]) } ?? options)
            """
    }

    private static func scriptAndFiles(_ flags: Flags) throws(UsageError) -> (ScriptSource, [String]) {
        if let code = flags.code { return (.inline(code), flags.words) }
        guard let script = flags.words.first else {
            throw UsageError(
                "no script; write pmap SCRIPT [FILE …], pmap SCRIPT ::: ITEM …, or pmap -e CODE; pmap --help tells more"
            )
        }
        let files = Array(flags.words.dropFirst())
        if script == "-" && files.contains("-") {
            throw UsageError("standard input is the script already; name a FILE, or write ::: ITEM …")
        }
        return (script == "-" ? .standardInput : .file(script), files)
    }

    private static func run(_ job: Job, _ script: LoadedScript) throws(UsageError) -> ExitCode {
        let reporter = try Reporter(job, scriptName: script.name)
        do throws(PosixError) {
            let directory = try Descriptor.currentDirectory()
            let output = OutputQueue(
                try OutputDescriptor(copying: StandardDescriptor.output), spillFolders: spillFolders,
                spillLimit: job.spillLimit)
            let reading = InputSequence.Reading(
                terminator: job.terminator, workers: max(job.workers, 1), directory: directory.number,
                iterate: { () throws(Failure) in try Producer { ItemProducer(script).run(&$0) } })
            let source = InputSequence(job.inputs, reading)
            var plan = job.plan
            if case .percent? = plan.halt?.amount { plan.totalItems = source.countAll() }
            let worker = ItemWorker(
                script, job, directory: directory.number, mode: job.workers == 0 ? .withoutWorker : .inWorker)
            let (ending, tally) =
                job.workers == 0
                ? LocalRun(plan, source: source, output: output, observer: reporter).run(worker)
                : runInWorkers(plan, script, worker, source, output, reporter)
            return reporter.finish(ending, tally)
        } catch {
            throw UsageError(error.description)
        }
    }

    private static func runInWorkers(
        _ plan: RunPlan, _ script: LoadedScript, _ worker: ItemWorker, _ source: InputSequence,
        _ output: consuming OutputQueue, _ reporter: Reporter
    ) -> (Ending, Tally) {
        script.freeze()
        Signal.catchSignals()
        return HostLoop(plan, source: source, output: output, observer: reporter) { $0.run(worker) }.run()
    }

    /// Where results wait that memory should not hold.
    private static var spillFolders: [String] {
        [Environment.value("TMPDIR"), "/var/tmp", "/tmp"].compactMap { $0 }.filter { !$0.isEmpty }
    }
}
