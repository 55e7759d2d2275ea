// The host's one loop: it waits, reads, writes, and carries out what the scheduler and the gather decide. It neither
// parses an input nor formats an output; nothing else in the host ever waits.
//
//   source ──chunk──▸ scheduler ──command──▸ worker ──batch──▸ gather ──bytes──▸ output
//                         ▲                    │
//                         └──── chunk ended, death

import Posix
import Wire

/// Runs every chunk of a source in forked workers.
package final class HostLoop {
    enum Key {
        case results, deaths, commands(Int), source, output, reader, words
    }

    let source: any ChunkSource
    let observer: any RunObserver
    let log: (any OutcomeLog)?
    let halt: HaltPolicy?
    let timeLimit: RunPlan.TimeLimit?
    let setupLimit: RunPlan.SetupLimit?
    var deadlines: Deadlines
    let work: (inout WorkerLoop) -> Void

    var scheduler: Scheduler
    var ledger: Ledger
    var workers: [WorkerHandle?]
    /// Theirs, each worker's at its place, -1 where there is none. After a fork the first look at a handle copies its
    /// page, so that asking each of them would cost more than the fork.
    var descriptors: [Int32]
    /// One that is gone, while what follows from it is done: its successor may be forked then.
    var buried: WorkerHandle?
    var poller = Poller<Key>()
    /// What all workers tell, and their deaths.
    var results = Watchlist()
    var deaths = Watchlist()
    /// Workers whose pipe has not taken all of their commands.
    var unsent: Set<Int> = []
    /// Items that will be run again, and when, in nanoseconds of the clock.
    var retries: [(chunk: Chunk, due: Int)] = []
    var waitsForSource = false
    /// The source had items that need no worker, and may be asked for more at once.
    var hasRecalled = false
    /// How many items there are, once that is known.
    var totalItems: Int?
    var isPaused = false
    var ending: Ending?
    /// Workers are being killed, and what they were on is nobody's fault.
    var isKilling = false
    var lastLook = Clock.now()
    /// When time limits are judged again.
    var nextJudgement = 0
    /// Workers that died in an item since one last succeeded.
    var deathsInVain = 0
    /// What the kernel had killed for want of memory when the run began.
    let killsBefore = OutOfMemory.kills()
    /// Workers that died before they began the item, by its number.
    var falseStarts: [Int: Int] = [:]
    /// A worker could not be had, and that was said.
    var hasFewerWorkers = false
    var places = Places()
    /// Places that a process could not be had for, and when that is tried again, in nanoseconds of the clock.
    var refills: [(place: Int, due: Int)] = []
    /// `setup` failed somewhere, and it is not known yet whether it succeeds anywhere.
    var setupFailure: Failure?
    var terminal = TerminalQueue()
    /// When the terminal last asked what goes on.
    var lastQuit: Int?
    static let quitInterval = 2_000_000_000
    /// When a run that was asked to end by SIGTERM or SIGHUP is ended by force.
    var killTime: Int?

    var relief = Relief()
    /// Somebody is idle while somebody else has more than it can do at once, as far as was seen.
    var mayRelieve = false
    /// When all workers are looked at again for that, in nanoseconds of the clock.
    var nextRelief = 0

    /// So many deaths, and not one item that succeeded, end the run.
    static let hopelessDeaths = 100
    /// So many workers may die before they begin an item, such as in reading it; then the item has failed.
    static let mostFalseStarts = 2
    /// Descriptors that the host needs besides those of its workers; ours begin at 200.
    static let ownDescriptors = 300
    /// Nanoseconds that running items get after SIGTERM or SIGHUP.
    static let grace = 5_000_000_000

    /// `work` runs in each forked worker.
    package init(
        _ plan: RunPlan, source: any ChunkSource, output: consuming OutputQueue, observer: any RunObserver,
        log: (any OutcomeLog)? = nil, work: @escaping (inout WorkerLoop) -> Void
    ) {
        self.source = source
        self.observer = observer
        self.work = work
        self.log = log
        halt = plan.halt
        totalItems = plan.totalItems
        timeLimit = plan.timeLimit
        setupLimit = plan.setupLimit
        deadlines = Deadlines(item: plan.timeLimit?.nanoseconds, setup: plan.setupLimit?.nanoseconds)
        scheduler = Scheduler(workers: plan.workers, chunkItems: plan.chunkItems, itemsPerWorker: plan.itemsPerWorker)
        ledger = Ledger(
            Delivery(output, isOrdered: plan.isOrdered, observer: observer), plan.retries, inputText: plan.inputText,
            log: log)
        workers = Array(repeating: nil, count: plan.workers)
        descriptors = Array(repeating: -1, count: plan.workers * WorkerHandle.descriptorCount)
        Descriptor.raiseLimit(to: HostLoop.ownDescriptors + plan.workers * WorkerHandle.descriptorCount)
    }

    /// Runs until every item has its outcome and every byte is written, or until something ends it earlier.
    package func run() -> (Ending, Tally) {
        Terminal.saveModes()
        perform(scheduler.handle(.available))
        while true {
            balance()
            if isOver { break }
            watch()
            for key in poller.wait(milliseconds: waitLimit) { handle(key) }
            handleSignals()
            lookAtSilentWorkers()
            judgeDeadlines()
            returnDueRetries()
            refillPlaces()
            recallMore()
            relieve()
            write()
            settle()
        }
        for worker in workers { worker?.kill() }
        perform(terminal.handle(.ended))
        if case .signal? = ending { ledger.writeLast() }
        return (ending ?? .completed, ledger.tally)
    }

    var isOver: Bool {
        switch ending {
        case .outputClosed, .outputFailed: true
        // Told twice: whoever does not read what is left will not get it.
        case .signal where isKilling: workers.allSatisfy { $0 == nil }
        default: scheduler.isDone && workers.allSatisfy { $0 == nil } && ledger.delivery.isDone
        }
    }

    // MARK: What the scheduler wants

    func perform(_ actions: [Scheduler.Action]) {
        var left = Array(actions.reversed())
        while let action = left.popLast() {
            switch action {
            case .cut(_, let items): left += scheduler.handle(cut(items)).reversed()
            case .send(let chunk, let number): send(chunk, to: number)
            case .dismiss(let number):
                if let worker = workers[number] { carry(to: worker) { () throws(PosixError) in try worker.dismiss() } }
            }
        }
    }

    func cut(_ items: Int) -> Scheduler.Event {
        do {
            switch try source.cut(items: items) {
            case .chunk(let chunk):
                ledger.open(chunk)
                return .cut(chunk)
            case .recalled(let chunk, let outcomes):
                ledger.recall(outcomes, of: chunk)
                judgeHalt()
                hasRecalled = true
                return .nothingYet
            case .nothingYet:
                waitsForSource = true
                return .nothingYet
            case .end:
                totalItems = totalItems ?? ledger.tally.items
                judgeHalt()
                return .exhausted
            }
        } catch {
            if ending == nil { ending = .inputFailed(error) }
            return .exhausted
        }
    }

    func send(_ chunk: Chunk, to number: Int) {
        guard let worker = workers[number] ?? fork(number, for: chunk) else { return }
        carry(to: worker) { () throws(PosixError) in try worker.send(chunk) }
    }

    func fork(_ number: Int, for chunk: Chunk) -> WorkerHandle? {
        let inherited =
            descriptors + (buried?.descriptors ?? []) + source.descriptors + ledger.delivery.descriptors
            + [results.number, deaths.number].compactMap { $0 }
        do throws(PosixError) {
            let worker = try WorkerHandle(number: number, closing: inherited) { [work] in work(&$0) }
            try results.add(worker.resultsNumber, number)
            try deaths.add(worker.deathNumber, number)
            workers[number] = worker
            noteDescriptors(worker.descriptors, of: number)
            return worker
        } catch {
            if error.isTransient {
                _ = places.mayRefill(number, after: .fork)
                refills.append((number, Clock.now() + places.delay(number)))
            }
            giveUp(number, unfinished: [chunk], why: .noProcess(error))
            return nil
        }
    }

    func noteDescriptors(_ numbers: [Int32], of worker: Int) {
        let place = worker * WorkerHandle.descriptorCount
        descriptors.replaceSubrange(place..<place + WorkerHandle.descriptorCount, with: numbers)
    }

    /// What fails on the way to a worker shows in its death.
    func carry(to worker: WorkerHandle, _ transfer: () throws(PosixError) -> Void) {
        try? transfer()
        if worker.commandsNumber != nil { unsent.insert(worker.number) } else { unsent.remove(worker.number) }
    }

    // MARK: What workers tell

    func take(_ entries: [Entry], from worker: WorkerHandle) {
        if let failure = setupFailure, worker.isReady {
            observer.notice(.setupFailed(failure))
            setupFailure = nil
        }
        for entry in entries where !isSatisfied {
            let consequence = ledger.enter(entry, of: &worker.assignments, worker: worker.number)
            judgeHalt()
            switch consequence {
            case nil: continue
            case .refused: return worker.refuse()
            case .retry(let chunk, let delay): awaitRetry(chunk, delay)
            case .setupFailed(let failure): worker.setupFailure = failure
            case .teardownFailed(let failure): observer.notice(.teardownFailed(failure))
            case .inputFailed(let failure):
                if ending == nil { ending = .inputFailed(failure) }
                stop()
            case .chunkEnded(let items, let nanoseconds, let rest):
                if let rest, ending == nil { perform(scheduler.handle(.takenBack(worker: worker.number, [rest]))) }
                perform(scheduler.handle(.ended(worker: worker.number, items: items, nanoseconds: nanoseconds)))
            }
        }
    }

    func awaitRetry(_ chunk: Chunk, _ delay: Int) {
        guard ending == nil else { return }
        retries.append((chunk, Clock.now() + delay))
        perform(scheduler.handle(.awaited))
    }

    func returnDueRetries() {
        let now = Clock.now()
        let due = retries.filter { $0.due <= now }
        retries.removeAll { $0.due <= now }
        for retry in due { perform(scheduler.handle(.returned(retry.chunk))) }
    }

    /// So that the results of short items do not wait until a long one of the same chunk is done.
    func lookAtSilentWorkers() {
        guard Clock.now() - lastLook >= Int(HostLoop.lookInterval) * 1_000_000 else { return }
        lastLook = Clock.now()
        lookAtTerminal()
        if waitsForSource && source.isLookedAt { askSource() }
        for case let worker? in workers where worker.isBusy && !ledger.delivery.isFull {
            take(worker.takeUnsentOfSilent(), from: worker)
        }
    }

    func recallMore() {
        guard hasRecalled, !isPaused else { return }
        hasRecalled = false
        perform(scheduler.handle(.available))
    }

    // MARK: Output

    func settle() {
        log?.settle(now: Clock.now())
        guard let failure = log?.failure else { return }
        handleSignals()  // one may be why
        if ending == nil { end(.logFailed(failure)) }
    }

    func write() {
        do throws(PosixError) {
            try ledger.delivery.write()
        } catch {
            end(error.isBrokenPipe ? .outputClosed : .outputFailed(error))
        }
    }

    func balance() {
        if (ledger.delivery.isOverfull || observer.isOverfull) != isPaused {
            isPaused.toggle()
            perform(scheduler.handle(.pause(isPaused)))
        }
        if scheduler.isDone && workers.allSatisfy({ $0 == nil }) {
            ledger.giveUpRetries()
            ledger.delivery.drain()
        }
    }
}
