// The options as they are meant: the script's and the command line's together.

import Inputs
import Lua
import Posix
import ProcessPool
import Records
import Script
import Wire

/// Everything a run is decided by, before anything is loaded or forked but the script.
struct Job {
    var workers: Int
    var form = TaskRunner.Options()
    var plan = RunPlan()
    var onError: Flags.OnError
    var errorsFile: ByteString?
    var spillLimit: Int
    var journal: JournalPlan?
    var chaos: Chaos?
    var inputs: [Input]
    /// What the script has left of what it has read from standard input.
    var readAhead: [UInt8] = []
    /// Bytes that a record may have: of a stream, and of a file.
    var longestRecord: (inStream: Int, inFile: Int)
    var secrets: Secrets

    /// `files` and `arguments` are what the command line names as input.
    init(_ flags: Flags, files: [ByteString], arguments: [ByteString]?, script: LoadedScript, seed: UInt64)
        throws(UsageError)
    {
        workers = try flags.workers(processors: Processors.usable())
        onError = try flags.onErrorChoice()
        errorsFile = flags.errors
        spillLimit = try flags.spillLimit()
        inputs = try Job.inputs(files, arguments, script)
        if inputs.contains(where: { if case .standardInput = $0 { true } else { false } }) {
            readAhead = StandardDescriptor.takeReadAhead()
        }
        let longest = try flags.maxRecordSize()
        longestRecord = (longest ?? Machine.memory() / 4, longest ?? .max)
        secrets = Secrets(flags.definitions)
        form.input = try flags.inputFormat()
        form.isFilter = flags.filter
        form.bigIntegers = try flags.bigIntegersChoice()
        // A filter writes what it read, unless told otherwise.
        form.output = try flags.outputFormat()
        if form.isFilter, flags.to == nil, let same = OutputFormat(rawValue: form.input.rawValue) { form.output = same }
        form.keepsInput = flags.errors != nil || flags.journal != nil
        let (retries, backoff) = try flags.retryCounts()
        form.retries = retries
        plan.retries = RetryPolicy(retries: retries, backoffSeconds: backoff, seed: seed)
        form.memoryLimit = try flags.memoryLimit()
        if let seconds = try flags.timeLimit() {
            let shown = Job.shown(seconds)
            form.timeLimit = .init(nanoseconds: Int(seconds * 1e9), seconds: shown)
            plan.timeLimit = .init(nanoseconds: Int(seconds * 1e9), seconds: shown, signal: timeoutSignal)
        }
        if let seconds = try flags.setupLimit() {
            plan.setupLimit = .init(nanoseconds: Int(seconds * 1e9), seconds: Job.shown(seconds))
            form.setupLimit = .init(nanoseconds: Int(seconds * 1e9), seconds: Job.shown(seconds))
        }
        plan.workers = max(workers, 1)
        plan.chunkItems = try flags.chunkItems()
        plan.itemsPerWorker = try flags.itemsPerWorker()
        plan.isOrdered = !flags.unordered
        plan.halt = try flags.haltPolicy()
        chaos = try flags.chaosValue(seed: seed)
        if workers == 0, chaos?.chances[.kill] != nil {
            throw UsageError("--chaos kill with -j 0: there is no worker to be killed; leave one of them out")
        }
        if flags.retryFailed && flags.journal == nil {
            throw UsageError("--retry-failed: write --journal FILE too; that is where failed items are known from")
        }
        // Without workers nothing runs while the goal is judged, or what an item came to is kept.
        if workers == 0, plan.halt != nil || flags.journal != nil { plan.chunkItems = 1 }
    }

    /// Seconds, as messages say them.
    private static func shown(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }

    /// The host wants to know of each item, and not only how many there are.
    var isItemized: Bool { journal != nil || plan.halt.map { $0.why != .fail } ?? false }

    /// What brings the run nearer to its end is told at once, so that little is run in vain.
    var flushTriggers: FlushTriggers {
        switch plan.halt?.why {
        case .fail: FlushTriggers(failures: true)
        case .success: FlushTriggers(successes: true)
        case .record: FlushTriggers(records: true)
        case .done: FlushTriggers(failures: true, successes: true)
        case nil: FlushTriggers()
        }
    }

    /// FILE or `:::`, else the script's `inputs`, else standard input.
    private static func inputs(_ files: [ByteString], _ arguments: [ByteString]?, _ script: LoadedScript)
        throws(UsageError)
        -> [Input]
    {
        if let arguments {
            if let file = files.first {
                throw UsageError("\(file) and ':::'; items come from files or from arguments, not from both")
            }
            return [.arguments(arguments)]
        }
        if files.isEmpty {
            if let count = script.listedItems { return [.list(count: count)] }
            if script.has(.inputs) { return [.iterator] }
            if StandardDescriptor.isTerminal(StandardDescriptor.input) {
                throw UsageError("\(script.name): no input: name a FILE, write ::: ITEM …, or pipe lines into pmap")
            }
        }
        if files.count(where: { $0 == "-" }) > 1 { throw UsageError("- twice; standard input can be read once") }
        do throws(PosixError) {
            var inputs: [Input] = []
            for file in files.isEmpty ? ["-"] : files { inputs.append(try Input(path: file)) }
            return inputs
        } catch {
            let file = error.subject
            if file.isEmpty { throw UsageError("\(CommandWords.emptyName) an input") }
            if error.isMissing {
                throw UsageError("\(file): no such file; to give items as arguments write ::: \(file)")
            }
            if error.isDirectory {
                throw UsageError(
                    "\(file): a folder has no lines; name the files in it\(file == "-" ? "" : ", as in \(file)/*")")
            }
            throw UsageError("\(file): cannot read it: \(error.reason)")
        }
    }

    /// Between records: words of the command line end with NUL, whatever they hold.
    var terminator: UInt8 {
        if case .arguments = inputs.first { return 0 }
        return form.input.terminator
    }
}
