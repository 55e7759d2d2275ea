// The host's one loop: it waits, hears workers, signals and readers, and carries out what the run decides.
//
//   descriptors, signals, time ──event──▸ run ──action──▸ workers, output, observer

import Posix
import Wire

/// Runs every chunk of a source in forked workers.
package class HostLoop: RunExecutor {
    private let work: (inout WorkerLoop) -> Void
    private let interruption: Int32
    private var workers: [WorkerHandle?]
    /// Theirs, each worker's at its place, -1 where there is none. After a fork the first look at a handle copies its
    /// page, so that asking each of them would cost more than the fork.
    private var descriptors: [Int32]
    /// One that is gone, while what follows from it is done: its successor may be forked then.
    private var dead: WorkerHandle?
    /// What all workers tell, and their deaths.
    private var results = Watchlist()
    private var deaths = Watchlist()
    /// Workers whose pipe has not taken all of their commands.
    private var unsent: Set<Int> = []
    private var errors = WorkerErrors()
    private let (gathersErrors, isTimed): (Bool, Bool)
    /// What the kernel had killed for want of memory when the run began.
    private let killsBefore = OutOfMemory.kills()

    /// Descriptors that the host needs besides those of its workers; ours begin at 200.
    private static let ownDescriptors = 300

    /// `work` runs in each forked worker.
    package init(
        _ plan: RunPlan, source: any ChunkSource, output: consuming OutputQueue, observer: any RunObserver,
        log: (any OutcomeLog)? = nil, listeners: [any RunListener] = [], work: @escaping (inout WorkerLoop) -> Void
    ) {
        self.work = work
        interruption = plan.interruption
        (gathersErrors, isTimed) = (plan.gathersErrors, plan.keepsTimes)
        workers = Array(repeating: nil, count: plan.workers)
        descriptors = Array(repeating: -1, count: plan.workers * WorkerHandle.descriptorCount)
        Descriptor.raiseLimit(to: HostLoop.ownDescriptors + plan.workers * WorkerHandle.descriptorCount)
        super.init(
            Run(plan, slots: plan.workers, .process, isRecorded: log != nil, isHeard: !listeners.isEmpty),
            source: source, output: output, observer: observer, log: log, listeners: listeners,
            table: plan.table)
    }

    package final func execute() -> (Ending, Tally) {
        Terminal.saveModes()
        loop { false }
        tell(.over)
        for bytes in errors.takeRest() { observer.text(bytes) }
        return outcome()
    }

    // MARK: What is heard

    override func sights(withStops: Bool) -> [Run.Sight] { workers.compactMap { $0?.sight(withStop: withStops) } }

    override func watchWorkers(_ poller: inout Poller<Key>) {
        if let number = deaths.number { poller.watchReadable(number, .deaths) }
        if let number = results.number, !output.queue.isFull, !observer.isOverfull {
            poller.watchReadable(number, .results)
        }
        if let number = errors.number, !observer.isOverfull { poller.watchReadable(number, .errors) }
        for worker in unsent {
            if let number = workers[worker]?.commandsNumber { poller.watchWritable(number, .commands(worker)) }
        }
    }

    override func hearWorkers(_ key: Key) {
        switch key {
        case .results:
            for number in results.ready() {
                if let worker = workers[number] { tellOf(worker, worker.takeEntries()) }
            }
        case .deaths:
            for number in deaths.ready() {
                if let worker = workers[number] { bury(worker) }
            }
        case .errors: for bytes in errors.takeLines(now: Clock.now()) { observer.text(bytes) }
        case .commands(let number): transfer(to: number) { worker throws(PosixError) in try worker.sendRest() }
        default: break  // the executor's
        }
    }

    private func tellOf(_ worker: WorkerHandle, _ entries: [Entry]) {
        tell(.told(slot: worker.number, entries, times: worker.takeTimes(), isReady: worker.isReady))
    }

    /// What else workers close.
    var closing: [Int32] { [] }

    override var nextOwn: Int? { errors.nextPart }

    override func hearSignals() {
        for bytes in errors.takeParts(now: Clock.now()) { observer.text(bytes) }
        hearHostSignals()
    }

    private func bury(_ worker: WorkerHandle) {
        let (entries, death) = worker.bury(killsBefore)
        tellOf(worker, entries)
        results.remove(worker.resultsNumber)
        deaths.remove(worker.deathNumber)
        unsent.remove(worker.number)
        (workers[worker.number], dead) = (nil, worker)
        noteDescriptors(Array(repeating: -1, count: WorkerHandle.descriptorCount), of: worker.number)
        tell(.died(slot: worker.number, death))
        dead = nil
    }

    // MARK: What is done

    override func carryOut(_ action: Run.Action) {
        switch action {
        case .start(let slot): start(slot)
        case .send(let chunk, let slot):
            let columns = output.table?.columns
            transfer(to: slot) { worker throws(PosixError) in try worker.send(chunk, columns) }
        case .dismiss(let slot): transfer(to: slot) { worker throws(PosixError) in try worker.dismiss() }
        case .limit(let slot, let items): workers[slot]?.limit(items)
        case .revoke(let revocation):
            guard let worker = workers[revocation.slot], worker.limitInOrder(revocation.limit) else { return }
            tell(.limited(revocation, current: worker.currentItem))
        case .collect(let slot): if let worker = workers[slot] { tellOf(worker, worker.takeUnsentOfSilent()) }
        case .interrupt(let slot, let item, let isFinal): workers[slot]?.interrupt(item, isFinal, interruption)
        case .distrust(let slot): workers[slot]?.distrust()
        case .kill(let slot): workers[slot]?.kill()
        case .suspend(let slot, let isStopped): workers[slot]?.suspend(isStopped)
        case .mention(let slot, let function):
            if let worker = workers[slot] { observer.notice(.takesLong(function, pid: worker.pid)) }
        case .lendTerminal(let slot): lendTerminal(to: slot)
        case .resume(let slot): workers[slot]?.suspend(false)
        case .takeTerminalBack(let slot, let restoringModes):
            (workers[slot] ?? dead).map { Terminal.takeBack(from: $0.pid, restoringModes: restoringModes) }
        case .stopHost: Signal.stopGroup()
        case .quit:
            spread(.ended(.signal(Signal.quit), run.tally))
            Signal.die(by: Signal.quit)
        default: break  // the executor's
        }
    }

    private func start(_ slot: Int) {
        let inherited =
            descriptors + (dead?.descriptors ?? []) + source.descriptors + output.queue.descriptors
            + [results.number, deaths.number].compactMap { $0 } + errors.descriptors + closing
        do throws(PosixError) {
            let worker = try fork(slot, closing: inherited)
            try results.add(worker.resultsNumber, slot)
            try deaths.add(worker.deathNumber, slot)
            workers[slot] = worker
            noteDescriptors(worker.descriptors, of: slot)
            spread(.started(worker: slot + 1, pid: worker.pid))
        } catch {
            tell(.cannotStart(slot: slot, error))
        }
    }

    private func fork(_ slot: Int, closing inherited: [Int32]) throws(PosixError) -> WorkerHandle {
        if !gathersErrors {
            return try WorkerHandle(number: slot, closing: inherited, isTimed: isTimed) { [work] in work(&$0) }
        }
        var pipe = try Descriptor.pipe()
        let number = pipe.writingNumber
        let worker = try WorkerHandle(
            number: slot, closing: inherited + [pipe.readingNumber, number], errors: number, isTimed: isTimed
        ) { [work] in work(&$0) }
        try errors.add(pipe.takeReading())
        return worker
    }

    private func noteDescriptors(_ numbers: [Int32], of slot: Int) {
        let start = slot * WorkerHandle.descriptorCount
        descriptors.replaceSubrange(start..<start + WorkerHandle.descriptorCount, with: numbers)
    }

    /// What fails on the way to a worker shows in its death.
    private func transfer(to slot: Int, _ send: (WorkerHandle) throws(PosixError) -> Void) {
        guard let worker = workers[slot] else { return }
        try? send(worker)
        if worker.commandsNumber != nil { unsent.insert(slot) } else { unsent.remove(slot) }
    }

    private func lendTerminal(to slot: Int) {
        guard let worker = workers[slot] else { return }
        let givesItems = source.waitsOn.map { Terminal.isTerminal($0) } ?? false
        spread(.suspended)
        if !givesItems && Terminal.lend(to: worker.pid) { return }
        tell(.terminalRefused(slot: slot, givesItems ? .givesItems : .isBackground))
    }
}
