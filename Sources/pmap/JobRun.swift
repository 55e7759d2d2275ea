// The run of a job: what reads, what works, what writes and what keeps, put together, and run with workers or without.

import Bytes
import Inputs
import Journal
import Lua
import Monitor
import Posix
import ProcessPool
import Records
import Report
import Script
import Wire

/// A run that is about to begin.
struct JobRun: ~Copyable {
    private let job: Job
    private let script: LoadedScript
    /// Where paths of the command line begin, and where tasks run.
    private let start, scripts: ProcessAttributes
    private let reporter: Reporter
    private let texts: ItemTexts
    private let listeners: [any RunListener]
    private let inherited = Inherited()
    /// Where items are run, if not here.
    private let remotes: [RemotePlan]

    /// Descriptors of the host's that processes close which it forks later: those of what joins results, and the output that
    /// leads there, which ends only when nobody else has it.
    private final class Inherited {
        var joiner: [Int32] = []
        var output: [Int32] = []
    }

    /// Items that are left are counted for so many nanoseconds.
    private static let countingTime = 300_000_000

    init(
        _ job: Job, _ script: LoadedScript, from start: consuming ProcessAttributes,
        to scripts: consuming ProcessAttributes
    ) throws(UsageError) {
        var job = job
        if job.isDryRun { job.writeNothing() }
        let texts = ItemTexts(script, job, directory: start.directory.number)
        let reporter = try Reporter(job, script, texts)
        let listeners = try job.listeners(reporter, texts, script: script.name)
        var remotes: [RemotePlan] = []
        for host in job.hosts {
            let sent = try RemoteJob(job, script, on: host)
            remotes.append(
                host.plan(sent))
        }
        (self.job, self.script, self.reporter, self.texts) = (job, script, reporter, texts)
        (self.listeners, self.remotes) = (listeners, remotes)
        self.start = start
        self.scripts = scripts
    }

    borrowing func run() throws(UsageError) -> ExitCode {
        let heads = InputSequence(job.inputs, reading(closing: StandardDescriptor.output))
        do throws(Failure) { try heads.checkHeads() } catch { throw UsageError(error.message) }
        reporter.begin()
        do throws(PosixError) { return try runJob() } catch { throw UsageError(error.description) }
    }

    private borrowing func runJob() throws(PosixError) -> ExitCode {
        let standardOutput = try OutputDescriptor(copying: StandardDescriptor.output)
        let source = InputSequence(job.inputs, reading(closing: standardOutput.number))
        reporter.itemNames = { source.name(of: $0) }
        if job.isDryRun && !script.runsCommands {
            return DryRun(job, source, texts, reporter, isLoaded: !script.isInline).run()
        }
        let journaled = if let plan = job.journal { journaled(source, plan) } else { nil as JournaledInput? }
        let parts = Parts(
            plan: plan(source), source: journaled ?? source, observer: reporter, log: journaled, listeners: listeners)
        try scripts.restore()
        let itemsLeft = JobRun.itemsLeft(in: parts.source)
        for case let report as ReportListener in listeners { report.itemsLeft = itemsLeft }
        let (ending, tally) = try run(parts, into: standardOutput)
        let left = itemsLeft(ending, tally)
        source.close()
        let lastEnding = journaled?.end(ending) ?? ending
        for case let statistics as StatisticsListener in listeners { statistics.finish(lastEnding, itemsLeft: left) }
        let status = reporter.finish(lastEnding, tally, itemsLeft: left, journaled?.tally)
        return source.hasWrongHeader && tally.items == 0 ? .usage : status  // as for a file, which is looked at before
    }

    // MARK: The parts

    /// What a run with workers and one without have in common.
    private struct Parts {
        let plan: RunPlan
        let source: any ChunkSource
        let observer: Reporter
        let log: (any OutcomeLog)?
        let listeners: [any RunListener]
    }

    /// How the input is read. The script's own process, if it makes the items, closes what is the host's.
    private borrowing func reading(closing output: Int32) -> InputSequence.Reading {
        let producer = ItemProducer(
            script, batch: job.layout.batch, digests: job.journal != nil, timeLimit: job.plan.timeLimit)
        let hostsOwn = [output] + (job.journal?.journal.descriptors ?? [])
        return InputSequence.Reading(
            layout: job.layout, workers: max(job.workers, 1), directory: start.directory.number,
            readAhead: job.readAhead, recognizesCompression: !job.isPlain, longestRecord: job.longestRecord,
            checkHeader: { [script, job, reporter] header in
                if let problem = job.problem(withHeader: header, script) { return problem }
                if let doubt = job.doubt(aboutHeader: header, script) { reporter.say(doubt) }
                return nil
            },
            warn: { [reporter] in reporter.say($0) },
            iterate: { [reporter, inherited] () throws(Failure) in
                try Producer(processFailed: { reporter.notice(.processFailed($0)) }) { outbox in
                    reporter.closeInherited()
                    Descriptor.closeInherited(hostsOwn + inherited.joiner + inherited.output)
                    return producer.run(&outbox)
                }
            })
    }

    private borrowing func journaled(_ source: InputSequence, _ plan: JournalPlan) -> JournaledInput {
        plan.journal.notice = { [unowned reporter] in reporter.say($0) }
        let digests = ItemDigests(script, job, directory: start.directory.number)
        return JournaledInput(
            source, plan.journal, plan.keys, digests, texts, job.secrets, isNumbered: job.form.join != nil
        ) { [reporter] in
            reporter.say(plan.untraceableMessage(ByteString($0)))
        }
    }

    /// The plan, with what is known only from the input.
    private borrowing func plan(_ source: InputSequence) -> RunPlan {
        var plan = job.plan
        if case .percent? = plan.halt?.amount { plan.totalItems = source.countAll() }
        if let layout = job.form.table {
            let output = script.table(layout, job.form.output)
            plan.table = RowTable(output, isUnchanged: job.form.passesRows) { [script, job] in
                guard let header = source.firstHeader?.array else { return nil }
                return (try? script.columns(of: header, job.layout)).map { ($0, header) }
            }
        }
        if case .terminal? = job.progressMedium { plan.gathersErrors = true }
        if job.layout.framing.hasUnevenLines { plan.positions = { [texts] in texts.positions(of: $0, in: $1) } }
        if job.form.keepsInput {
            plan.input = { [texts] in texts.input(of: $0, in: $1) }
        }
        return plan
    }

    /// The folders for results that are too many for memory.
    private static var spillFolders: [ByteString] {
        [Environment.value("TMPDIR"), "/var/tmp", "/tmp"].compactMap { $0 }.filter { !$0.isEmpty }
    }

    // MARK: The run

    private func queue(_ output: consuming OutputDescriptor) -> OutputQueue {
        OutputQueue(output, spillFolders: JobRun.spillFolders, spillLimit: job.spillLimit)
    }

    /// Where results are joined, the run's output is what joins them.
    private borrowing func run(
        _ parts: Parts, into output: consuming OutputDescriptor
    ) throws(PosixError) -> (Ending, Tally) {
        if job.workers > 0 { script.freeze() }
        guard let plan = job.form.join else { return runItems(parts, queue(output)) }
        if job.workers > 0 { Signal.catchSignals() }
        let own = [output.number] + (job.journal?.journal.descriptors ?? [])
        let joiner = try Joiner(closing: own, job.plan.timeLimit) { [reporter, script, job] input in
            reporter.closeInherited()
            let space = SpilledKeys.Space(job.spillLimit)
            let total = TotalJoiner(script, plan, job.totalForm) { SpilledKeys(in: JobRun.spillFolders, space) }
            return ItemJoiner(total, input)
        }
        let pipe = try joiner.takeInput()
        (inherited.joiner, inherited.output) = (joiner.descriptors, [pipe.number])
        JobRun.tell(listeners, .joins(pid: joiner.pid))
        let (itemsEnding, tally) = runItems(parts, queue(pipe))
        var ending = itemsEnding
        parts.log?.commit(now: .max)
        joiner.quitting = { [listeners] in JobRun.tell(listeners, .ended(.signal(Signal.quit), tally)) }
        switch ending {
        case .completed: ending = finish(joiner, output, ending)
        case .halted(let policy) where policy.isGoal || policy.why == .done: ending = finish(joiner, output, ending)
        case .outputClosed, .outputFailed: ending = .joinFailed(joiner.earlyFailure(reporter))
        default: break
        }
        JobRun.tell(listeners, .joined(joiner.work))
        JobRun.tell(listeners, .ended(ending, tally))
        return (ending, tally)
    }

    private static func tell(_ listeners: [any RunListener], _ news: RunNews) {
        let now = Clock.now()
        for listener in listeners { listener.hear(news, now: now) }
    }

    /// Writes what all results come to.
    private borrowing func finish(
        _ joiner: Joiner, _ output: consuming OutputDescriptor, _ ending: Ending
    ) -> Ending {
        Signal.catchSignals()
        let table = job.totalForm.table.map {
            RowTable(script.table($0, job.totalForm.output), isUnchanged: false) { nil }
        }
        let last = joiner.finish(into: queue(output), reporter, table)
        return last == .completed ? ending : last
    }

    /// On the machines of `--on`.
    private borrowing func runElsewhere(_ parts: Parts, _ output: consuming OutputQueue, _ remotes: [RemotePlan]) -> (
        Ending, Tally
    ) {
        var plan = parts.plan
        // Of workers, which are elsewhere.
        (plan.itemsPerWorker, plan.timeLimit, plan.setupLimit) = (nil, nil, nil)
        let packer = ChunkPacker(job.inputs, job.layout.framing, directory: start.directory.number)
        Signal.catchSignals()
        return RemoteLoop(
            plan, on: remotes, source: parts.source, output: output, observer: parts.observer, log: parts.log,
            listeners: parts.listeners, pack: packer.pack
        ).execute()
    }

    private borrowing func runItems(_ parts: Parts, _ output: consuming OutputQueue) -> (Ending, Tally) {
        if !remotes.isEmpty { return runElsewhere(parts, output, remotes) }
        return job.workers == 0 ? runHere(parts, output) : runInWorkers(parts, output)
    }

    private borrowing func runHere(_ parts: Parts, _ output: consuming OutputQueue) -> (Ending, Tally) {
        script.hooks?.catchQuestions()
        let worker = ItemWorker(script, job, directory: start.directory.number, mode: .withoutWorker)
        do throws(PosixError) {
            return try LocalRun(
                parts.plan, source: parts.source, output: output, observer: parts.observer, log: parts.log,
                listeners: parts.listeners, body: worker
            ).execute(giveUp: Stack.abort)
        } catch {
            return (.noWorkers(Failure(.error, error.description), inSetup: false), Tally())
        }
    }

    private borrowing func runInWorkers(_ parts: Parts, _ output: consuming OutputQueue) -> (Ending, Tally) {
        let worker = ItemWorker(script, job, directory: start.directory.number, mode: .inWorker)
        Signal.catchSignals()
        return HostLoop(
            parts.plan, source: parts.source, output: output, observer: parts.observer, log: parts.log,
            listeners: parts.listeners
        ) { [reporter, inherited] loop in
            reporter.closeInherited()
            Descriptor.closeInherited(inherited.joiner)
            loop.run(worker)
        }.execute()
    }

    /// Items that were not begun; nil where their number is unknown, or not wanted. They are read by being counted, once.
    private static func itemsLeft(in source: any ChunkSource) -> (Ending, Tally) -> Int? {
        var counted: Int?? = nil
        return { ending, tally in
            if let counted { return counted }
            let left: Int? =
                switch ending {
                case .completed: 0
                case .inputFailed: nil
                case .outputClosed where tally.failures == 0: nil
                default: source.countRest(within: countingTime)
                }
            counted = .some(left)
            return left
        }
    }
}
