// The whole run in this process, one item at a time: for debugging a task, and for what is too small for a fork.

import Bytes
package import Posix
import Wire

/// What `-j0` runs: the same decisions, the same outbox, the same output as with workers, and no process.
package final class LocalRun: RunExecutor {
    private let body: any WorkerBody
    private let pages: SharedPages
    private let status: StatusWords
    private let isTimed: Bool
    private var reader: BatchReader
    /// What is to be run, oldest first.
    private var chunks: [Chunk] = []
    /// `setup` is to be run, or `teardown`.
    private var (isStarted, isDismissed) = (false, false)
    /// The script is not to be called any more.
    private var isKilled = false

    package init(
        _ plan: RunPlan, source: any ChunkSource, output: consuming OutputQueue, observer: any RunObserver,
        log: (any OutcomeLog)? = nil, listeners: [any RunListener] = [], body: any WorkerBody
    ) throws(PosixError) {
        self.body = body
        isTimed = plan.keepsTimes
        reader = BatchReader(isTimed: isTimed)
        pages = try SharedPages(bytes: WorkerHandle.pageBytes)
        status = StatusWords(in: pages.buffer())
        super.init(
            Run(plan, slots: 1, .here, isRecorded: log != nil, isHeard: !listeners.isEmpty), source: source,
            output: output, observer: observer, log: log, listeners: listeners, table: plan.table)
    }

    /// `giveUp` makes the script that `body` runs come back from wherever it is; a signal's handler calls it.
    package func execute(giveUp: @convention(c) () -> Void) -> (Ending, Tally) {
        var outbox = Outbox(pages.buffer(from: StatusWords.size), status) { [unowned self] in hear($0) }
        if !catchSignals(giveUp) {
            return (.noWorkers(Failure(.error, "the kernel has no timer"), inSetup: false), run.tally)
        }
        loop { work(&outbox) }
        return outcome()
    }

    // MARK: Work

    /// Does the next thing there is to do, if there is any.
    private func work(_ outbox: inout Outbox) -> Bool {
        if isKilled {
            leave(.killed(signal: Signal.kill))
        } else if isStarted {
            isStarted = false
            setUp(&outbox)
        } else if !chunks.isEmpty && !output.queue.isFull {
            runItems(of: chunks.removeFirst(), &outbox)
        } else if isDismissed {
            Signal.arriving(in: .teardown) { body.tearDown(outbox: &outbox) }
            hearSignals()
            if !isKilled {
                outbox.flush()
                leave(.exited(0))
            }
        } else {
            return false
        }
        return true
    }

    private func setUp(_ outbox: inout Outbox) {
        let failure = Signal.arriving(in: .setup) { body.setUp(worker: 1, capture: nil, outbox: &outbox) }
        hearSignals()
        if let failure {
            outbox.setupFailed(failure)
            leave(.exited(0), wasReady: false)
        } else {
            outbox.ready()
        }
    }

    private func runItems(of chunk: Chunk, _ outbox: inout Outbox) {
        if let columns = output.table?.columns { body.use(columns: columns) }
        let start = Clock.now()
        outbox.beginChunk(first: chunk.next, items: chunk.remaining)
        // A body that stops early leaves the rest to another worker; here there is no other.
        while !outbox.isStopped, let rest = run.rest(of: 0) {
            let isDone = Signal.arriving(in: .items) { body.run(rest, outbox: &outbox) }
            hearSignals()
            if isDone { break }
            outbox.flush()
        }
        outbox.endChunk(nanoseconds: Clock.now() - start)
    }

    private func leave(_ status: ExitStatus, wasReady: Bool = true) {
        (chunks, isStarted, isDismissed, isKilled) = ([], false, false, false)
        let death = Run.Death(
            status: status, name: "pmap", current: 0, wasReady: wasReady, wasInTeardown: false, hadLeft: wasReady,
            isGarbled: false, memoryWasShort: false)
        tell(.died(slot: 0, death))
    }

    // MARK: What is heard

    /// The batches were written by this very process.
    private func hear(_ batch: borrowing ByteBuffer) {
        reader.received.append(batch)
        let entries = (try? reader.readEntries()) ?? []
        tell(.told(slot: 0, entries, times: reader.takeTimes(), isReady: true))
    }

    /// The handler of a signal that arrives in the script says what is waited for, as nothing else here can.
    private func catchSignals(_ giveUp: @convention(c) () -> Void) -> Bool {
        Signal.catchEndings(limiting: pages, giveUp: giveUp) { phase, signal in
            var unfinished = Unfinished()
            switch phase {
            case .setup: unfinished.setups = 1
            case .items: unfinished.items = 1
            case .teardown: unfinished.teardowns = 1
            }
            return observer.message(of: .finishing(unfinished, signal: signal))
        }
    }

    override func hearSignals() {
        Signal.deliver()
        hearEndings()
        guard Signal.hasGivenUp, case .signal(let signal) = run.ending, !run.isKilling else { return }
        tellOfRunning()
        tellOf(signal)
    }

    /// The item that was given up, while its time is known.
    private func tellOfRunning() {
        guard isTimed, let chunk = run.rest(of: 0), status.isRunning(in: chunk.next..<chunk.items.upperBound) else {
            return
        }
        spread(.killed(item: status.current, of: chunk, worker: 1, status.timeOfRunning(at: Clock.now())))
    }

    // MARK: What is done

    override func carryOut(_ action: Run.Action) {
        switch action {
        case .start:
            isStarted = true
            spread(.started(worker: 1, pid: Machine.processNumber()))
        case .send(let chunk, _): chunks.append(chunk)
        case .limit(_, let items): status.limit(items)
        case .dismiss: isDismissed = true
        case .kill: isKilled = true
        default: break  // for processes
        }
    }
}
