// The decisions of a run: the options of the script and of the command line together.

import Bytes
import Inputs
import Lua
import Posix
import ProcessPool
import Records
import Script
import Wire

/// All parameters of a run, known before anything but the script is loaded or forked.
struct Job {
    var workers: Int
    var form = TaskRunner.Options()
    /// How the total is written, where results are joined.
    private(set) var totalForm = TaskRunner.Options()
    var plan = RunPlan()
    var onError: Flags.OnError
    var errorsFile: ByteString?
    var spillLimit: Int
    var journal: JournalPlan?
    var chaos: Chaos?
    /// Where items are run, if not here.
    var hosts: [RemoteHost]
    var inputs: [Input]
    /// Bytes that the script has read ahead from standard input.
    var readAhead: [UInt8] = []
    /// Compressed input is read as it is.
    let isPlain: Bool
    /// The size limit of a record: of a stream, and of a file.
    var longestRecord: (inStream: Int, inFile: Int)
    var secrets: Secrets
    var logs: Logs
    let isDryRun: Bool
    let seed: UInt64
    /// The words of the command line.
    var command: [ByteString] = []
    /// Messages before the first item.
    var notices: [String] = []
    /// Nil shows progress where somebody looks.
    var progress: Bool?

    /// `files` and `sources` are the inputs of the command line.
    init(_ flags: Flags, files: [ByteString], sources: [TypedSource], script: LoadedScript, seed: UInt64)
        throws(UsageError)
    {
        try self.init(flags, script: script, seed: seed) { layout, notice throws(UsageError) in
            try Job.inputs(files, sources, script, layout, notice: notice)
        }
    }

    /// `findInputs` is told of the layout, and tells of what the user is to know.
    init(
        _ flags: Flags, script: LoadedScript, seed: UInt64,
        inputs findInputs: (InputLayout, (String) -> Void) throws(UsageError) -> [Input]
    ) throws(UsageError) {
        workers = try flags.workers(processors: Processors.usable())
        onError = try flags.onErrorChoice()
        hosts = try flags.hosts()
        errorsFile = flags.errors
        spillLimit = try flags.spillLimit()
        form.input = try flags.inputLayout()
        var notices: [String] = []
        inputs = try findInputs(form.input) { notices.append($0) }
        self.notices = notices
        try Job.checkTyped(flags, for: inputs)
        if inputs.contains(where: { if case .standardInput = $0 { true } else { false } }) {
            readAhead = StandardDescriptor.takeReadAhead()
        }
        isPlain = flags.plain
        if !isPlain { inputs = try inputs.map(Job.recognized) }
        let longest = try flags.maxRecordSize()
        longestRecord = (longest ?? Machine.memory() / 4, longest ?? .max)
        secrets = Secrets(flags.definitions)
        progress = flags.progress
        logs = Logs(flags)
        self.seed = seed
        isDryRun = flags.dryRun
        if isDryRun && flags.journal != nil {
            throw UsageError(
                "--dry-run with --journal: leave one of them out; pmap journal FILE shows what runs have kept")
        }
        plan.keepsTimes = logs.keepTimes
        if case .words(let combinations)? = inputs.first { try readWords(combinations, flags) }
        if case .elsewhere(let input)? = inputs.first, input.words > 0 { form.input.words = input.words }
        form.join = try Job.join(flags, script)
        form.isFilter = flags.filter && !(isDryRun && script.runsCommands)
        form.isTagged = flags.tag
        form.bigIntegers = try flags.bigIntegersChoice()
        form.output = form.isFilter && form.join == nil ? try flags.writtenFormat() : try flags.outputFormat()
        if form.output.isBinary && !isDryRun && StandardDescriptor.isTerminal(StandardDescriptor.output) {
            throw UsageError(
                "--to \(form.output.rawValue): standard output is a terminal, which would show bytes; write > FILE, or | PROGRAM"
            )
        }
        if form.isTagged && form.output != .lines && form.output != .none {
            throw UsageError("--tag with --to \(form.output.rawValue): only lines have something in front of them")
        }
        form.table = form.output.isTable ? try flags.tableLayout() : nil
        form.describesRows = flags.journal != nil && form.join == nil
        plan.joins = form.join != nil
        form.keepsInput = flags.errors != nil || flags.journal != nil
        form.isJournaled = flags.journal != nil
        let (retries, backoff) = try flags.retryCounts()
        form.retries = retries
        plan.retries = RetryPolicy(retries: retries, backoffSeconds: backoff, seed: seed)
        form.memoryLimit = try flags.memoryLimit()
        plan.timeLimit = try flags.timeLimit().map(Job.limit(ofSeconds:))
        plan.setupLimit = try flags.setupLimit().map(Job.limit(ofSeconds:))
        plan.interruption = timeoutSignal
        (form.timeLimit, form.setupLimit) = (plan.timeLimit, plan.setupLimit)
        form.join?.limit = plan.timeLimit.map { ($0.nanoseconds, $0.seconds) }
        plan.workers = max(workers, 1)
        plan.chunkItems = try flags.chunkItems()
        plan.itemsPerWorker = try flags.itemsPerWorker()
        plan.isOrdered = !flags.unordered
        plan.halt = try flags.haltPolicy()
        chaos = try flags.chaosValue(seed: seed)
        if workers == 0, chaos?.chances[.kill] != nil {
            throw UsageError("--chaos kill with -j 0: there is no worker to be killed; leave one of them out")
        }
        if !hosts.isEmpty {
            if workers == 0 {
                throw UsageError("--on with -j 0: leave one of them out; nothing runs elsewhere without workers")
            }
            // The values are sent.
            if case .list? = inputs.first { inputs = [.iterator] }
            plan.pace = .far
        }
        if flags.retryFailed && flags.journal == nil {
            throw UsageError("--retry-failed: write --journal FILE too; that is where failed items are known from")
        }
        if form.join != nil {
            var last = form
            (last.join, last.isFilter, last.keepsInput, last.isJournaled) = (nil, false, false, false)
            totalForm = last
            (form.output, form.table) = (.none, nil)
        }
        // Without workers no item runs while --halt is checked or an outcome is added to the journal.
        if workers == 0, plan.halt != nil || flags.journal != nil { plan.chunkItems = 1 }
    }

    /// How results are joined; nil when they are not.
    private static func join(_ flags: Flags, _ script: LoadedScript) throws(UsageError) -> JoinPlan? {
        var texts = JoinTexts()
        (texts.reduce, texts.finish, texts.hasKeys) = (flags.reduce, flags.finish, flags.byKey)
        var join: JoinPlan?
        do { join = try script.planJoin(texts) } catch { throw UsageError(error.description) }
        if join == nil { return nil }
        let why = "results are joined, and no item has a record of its own"
        if flags.tag { throw UsageError("--tag: \(why)") }
        if try flags.onErrorChoice() == .keep {
            throw UsageError("--on-error keep: \(why); --errors FILE keeps failures")
        }
        join?.liftsLate = flags.journal != nil
        return join
    }

    private static func limit(ofSeconds seconds: Double) -> TimeLimit {
        let shown = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
        return TimeLimit(nanoseconds: Int(seconds * 1e9), seconds: shown)
    }

    /// The host needs the outcome of each item, and not only their number.
    var isItemized: Bool { form.isJournaled || plan.halt.map { $0.why != .fail } ?? false }

    /// Outcomes that count for --halt are sent at once, so that few items are run in vain.
    var flushTriggers: FlushTriggers {
        switch plan.halt?.why {
        case .fail: FlushTriggers(failures: true)
        case .success: FlushTriggers(successes: true)
        case .record: FlushTriggers(records: true)
        case .done: FlushTriggers(failures: true, successes: true)
        case nil: FlushTriggers()
        }
    }

    /// Items of the script's own are not read from bytes. A script may have such options for files.
    private static func checkTyped(_ flags: Flags, for inputs: [Input]) throws(UsageError) {
        switch inputs.first {
        case .list, .iterator: break
        default: return
        }
        let ofBytes: Set = ["--from", "--null", "--skip", "--no-header"]
        guard let typed = flags.typed.first(where: { !ofBytes.isDisjoint(with: $0.option.names) })?.value else {
            return
        }
        let shown = typed.word.isEmpty ? typed.option : "\(typed.option) \(typed.word)"
        throw UsageError(
            "\(shown): the items are the script's inputs, which are values already; leave it out, or name a FILE, or - for standard input"
        )
    }

    /// FILE or `:::`, else the script's `inputs`, else standard input.
    private static func inputs(
        _ files: [ByteString], _ sources: [TypedSource], _ script: LoadedScript, _ layout: InputLayout,
        notice: (String) -> Void
    ) throws(UsageError) -> [Input] {
        var files = files
        if let source = sources.first {
            if let file = files.first {
                let separator = source.separator.rawValue
                throw UsageError("\(file) and '\(separator)'; items come from files or from arguments, not from both")
            }
            guard let file = sources.onlyFile else {
                let terminator: UInt8 = layout.format == .nul ? 0 : UInt8(ascii: "\n")
                let reader = WordFiles(terminator: terminator) { StandardDescriptor.takeReadAhead() }
                return [.words(try sources.combinations(lines: reader.words, notice: notice))]
            }
            files = [file]
        }
        if files.isEmpty {
            if let count = script.listedItems { return [.list(count: count)] }
            if script.has(.inputs) { return [.iterator] }
            if StandardDescriptor.isTerminal(StandardDescriptor.input) {
                throw UsageError("\(script.name): no input: name a FILE, write ::: ITEM …, or pipe lines into pmap")
            }
        }
        var inputs: [Input] = []
        for file in files.isEmpty ? ["-"] : files {
            inputs.append(try reading(file) { () throws(PosixError) in try Input(path: file) })
        }
        return inputs
    }

    /// What is read of `file`; else says why it cannot be.
    static func reading<Read>(_ file: ByteString, _ read: () throws(PosixError) -> Read) throws(UsageError) -> Read {
        do throws(PosixError) { return try read() } catch {
            if file.isEmpty { throw UsageError("\(CommandLine.emptyName) an input") }
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

    /// Refuses a compressed file for which there is no program.
    private static func recognized(_ input: Input) throws(UsageError) -> Input {
        let input = input.recognized
        if let compression = input.compression, !compression.isInstalled {
            throw UsageError(compression.missingProgram(for: input.name))
        }
        return input
    }

    /// Words of the command line are records, but of few formats.
    private mutating func readWords(_ combinations: Combinations, _ flags: Flags) throws(UsageError) {
        switch form.input.format {
        case .lines, .nul, .jsonl, .fields: form.input.words = max(combinations.width, 1)
        case .msgpack, .csv, .tsv, .blocks:
            throw UsageError("--from \(flags.from?.text ?? ""): items behind ':::' are words, and no lines of a file")
        }
        if let skip = flags.skip { throw skip.wrong("items behind ':::' are words, and no lines of a file") }
    }

    var layout: InputLayout { form.input }

    /// What is wrong with a header.
    func problem(withHeader header: [UInt8], _ script: LoadedScript) -> String? {
        let names: [[UInt8]]
        do throws(RecordError) { names = try script.columns(of: header, layout) } catch {
            return "the header: \(error)"
        }
        var known: Set<[UInt8]> = []
        if let name = names.first(where: { !known.insert($0).inserted }) {
            return "two columns are named '\(ByteString(name))'; rename one, or take rows as lists with --no-header"
        }
        guard form.isFilter, let fields = form.table?.fields, let name = names.first(where: { !fields.contains($0) })
        else { return nil }
        return
            "--fields leaves out the column '\(ByteString(name))', and --filter writes all of a row; write --fields \(names.asOption), or return the fields that are wanted, without --filter"
    }

    /// The header may not be split as it was meant: it is one column, with the separator of another format in its name.
    func doubt(aboutHeader header: [UInt8], _ script: LoadedScript) -> String? {
        guard let names = try? script.columns(of: header, layout), names.count == 1 else { return nil }
        let others: [(byte: Character, way: String)] = [
            ("\t", "--from tsv"), (",", "--from csv"), (";", "--from csv --separator ';'"),
            ("|", "--from csv --separator '|'"),
        ]
        guard !header.contains(UInt8(ascii: "\"")),
            let other = others.first(where: { header.contains($0.byte.asciiValue ?? 0) })
        else { return nil }
        return "the header is one column, '\(ByteString(names[0]))'; is this meant: \(other.way)?"
    }
}
