// `pmap SCRIPT [FILE …]`: the steps from the words of the command line to a run and the exit status.

import Bytes
import Journal
import Posix
import Script

/// The job of a command line. The steps have an order: what refuses a mistake comes before what writes, the script's
/// options are known only when it is loaded, and it is loaded with a seed that an earlier run may have chosen.
struct JobCommand {
    private let line: CommandLine
    private let source: ScriptSource
    private let files: [ByteString]

    init(_ line: CommandLine) throws(UsageError) {
        self.line = line
        (source, files) = try JobCommand.scriptAndFiles(line.flags)
        if case .command(let command) = source,
            let error = ScriptSource.unquoted(command, line.flags.words, hasSources: !line.sources.isEmpty)
        {
            throw error
        }
        let itemFiles = files + line.sources.flatMap(\.files)
        if itemFiles.count(where: { $0 == "-" }) > 1 {
            throw UsageError("- twice; standard input can be read once")
        }
        if source.isStandardInput && itemFiles.contains("-") { throw ScriptSource.readsStandardInput }
    }

    /// Ends this process with the status of the run.
    func run() throws(UsageError) -> Never {
        Signal.ignoreFileLimit()
        try checkFiles(line.flags)
        let earlier = try JournalPlan.open(line.flags.journal, mustExist: true)
        let firstSeed = try line.flags.seedValue() ?? earlier?.seed ?? UInt64.random(in: 0...UInt64.max)
        let start = try attributes()
        Process.markAsOriginal()
        let script = try source.load(line.flags, seed: firstSeed)
        let itsOwn = try comeBack(to: start)
        let flags = try withOptions(of: script)
        try checkFiles(flags)
        let existing = if let earlier { earlier } else { try JournalPlan.open(flags.journal, mustExist: true) }
        let chosenSeed = try flags.seedValue() ?? script.chosenSeed
        let seed = chosenSeed ?? existing?.seed ?? firstSeed
        if source.isStandardInput, files.isEmpty, line.sources.isEmpty, !script.has(.inputs) {
            throw ScriptSource.readsStandardInput
        }
        var job = try Job(flags, files: files, sources: line.sources, script: script, seed: seed)
        job.command = line.words
        if let journal = if let existing { existing } else { try JournalPlan.open(flags.journal) } {
            job.journal = try JournalPlan(journal, flags, job.form, script, seed: seed, command: line.words)
        }
        script.seedRandom(seed)
        // The state is never closed: finalizers of the script's top level are not run.
        let status = try JobRun(job, script, from: start, to: itsOwn).run()
        let failures = job.workers > 0 ? waitForProcesses(of: script) : []
        let code = Main.status(status.rawValue)  // unless the reader of their output has gone
        for message in failures { Reporter.print(message) }
        withExtendedLifetime(script) {
            Process.exit(code == 0 && !failures.isEmpty ? ExitCode.itemsFailed.rawValue : code)
        }
    }

    /// Processes that the script's top level has started end as at the end of `pmap run`; meanwhile a signal ends all at once.
    /// Returns a message for each that has failed.
    private func waitForProcesses(of script: LoadedScript) -> [String] {
        Signal.release()
        return script.hooks?.finish(nil) ?? []
    }

    private func checkFiles(_ flags: Flags) throws(UsageError) {
        try FileUses(flags, script: source, inputs: files + line.sources.flatMap(\.files)).check()
    }

    /// Restores the directory and the umask; answers those that the script has chosen for its tasks. Paths of the command
    /// line begin where pmap was started.
    private func comeBack(to start: borrowing ProcessAttributes) throws(UsageError) -> ProcessAttributes {
        let itsOwn = try attributes()
        do throws(PosixError) { try start.restore() } catch { throw UsageError(error.description) }
        return itsOwn
    }

    private func attributes() throws(UsageError) -> ProcessAttributes {
        do throws(PosixError) { return try ProcessAttributes() } catch { throw UsageError(error.description) }
    }

    /// The script's own options, except those that the command line has.
    private func withOptions(of script: LoadedScript) throws(UsageError) -> Flags {
        try line.flags(over: script.checkedOptions(), of: script.name)
    }

    static func scriptAndFiles(_ flags: Flags) throws(UsageError) -> (ScriptSource, [ByteString]) {
        if let command = flags.command {
            if flags.code != nil { throw UsageError("-e and --sh; a run has one task") }
            return (.command(command), flags.words + flags.files)
        }
        if let code = flags.code { return (.inline(code), flags.words + flags.files) }
        guard let script = flags.words.first else {
            throw UsageError(
                "no script; write pmap SCRIPT [FILE …], pmap SCRIPT ::: ITEM …, pmap -e CODE, or pmap --sh COMMAND; pmap --help tells more"
            )
        }
        let followers = Array(flags.words.dropFirst())
        let source = script == "-" ? ScriptSource.standardInput : .file(script, followers: followers)
        return (source, followers + flags.files)
    }
}

extension LoadedScript {
    /// The script's own options.
    func checkedOptions() throws(UsageError) -> [ScriptOption] {
        do { return try options() } catch { throw UsageError(error.description) }
    }
}
