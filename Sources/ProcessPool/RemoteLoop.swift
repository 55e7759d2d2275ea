// The loop of a host whose items are run on other machines: it waits, hears remotes, signals and readers, and carries out what
// the run decides.
//
//   connections, signals, time ──event──▸ run ──action──▸ connections, output, observer

import Bytes
import Posix
import Wire

/// A chunk as remotes get it.
package enum PackedChunk {
    /// With the bytes of those of its items that are to be run, and no others.
    case chunk(Chunk)
    /// They cannot be read.
    case unreadable(String)
}

/// Runs every chunk of a source by remotes.
package final class RemoteLoop: RunExecutor {
    private let plans: [RemotePlan]
    private let pack: (Chunk) -> PackedChunk
    private let isTimed: Bool
    private var remotes: [RemoteHandle?]
    private var results = Watchlist()
    private var deaths = Watchlist()
    /// Those whose pipe has not taken all of their commands.
    private var unsent: Set<Int> = []
    private var errors = WorkerErrors()

    package init(
        _ plan: RunPlan, on plans: [RemotePlan], source: any ChunkSource, output: consuming OutputQueue,
        observer: any RunObserver, log: (any OutcomeLog)? = nil, listeners: [any RunListener] = [],
        pack: @escaping (Chunk) -> PackedChunk
    ) {
        (self.plans, self.pack) = (plans, pack)
        isTimed = plan.keepsTimes
        remotes = Array(repeating: nil, count: plans.count)
        super.init(
            Run(plan, slots: plans.count, .remote, isRecorded: log != nil, isHeard: !listeners.isEmpty),
            source: source, output: output, observer: observer, log: log, listeners: listeners, table: plan.table)
    }

    package func execute() -> (Ending, Tally) {
        loop { false }
        tell(.over)
        for remote in remotes.compactMap(\.self) { _ = remote.bury() }
        for bytes in errors.takeRest() { observer.text(bytes) }
        return outcome()
    }

    // MARK: What is heard

    private var isListening: Bool { !output.queue.isFull && !observer.isOverfull }

    override func watchWorkers(_ poller: inout Poller<Key>) {
        if let number = deaths.number { poller.watchReadable(number, .deaths) }
        if let number = results.number, isListening { poller.watchReadable(number, .results) }
        if let number = errors.number, !observer.isOverfull { poller.watchReadable(number, .errors) }
        for slot in unsent {
            if let number = remotes[slot]?.commandsNumber { poller.watchWritable(number, .commands(slot)) }
        }
    }

    override func hearWorkers(_ key: Key) {
        switch key {
        case .results: for slot in results.ready() { hear(slot) }
        case .deaths:
            for slot in deaths.ready() {
                guard let remote = remotes[slot] else { continue }
                remote.hasEnded = true
                deaths.remove(remote.deathNumber)
            }
        case .errors: for bytes in errors.takeLines(now: Clock.now()) { observer.text(bytes) }
        case .commands(let slot): send(to: slot) { $0.send() }
        default: break  // the executor's
        }
    }

    private func hear(_ slot: Int) {
        guard let remote = remotes[slot] else { return }
        let entries = remote.takeEntries()
        if remote.isSilent { results.remove(remote.resultsNumber) }
        tell(.told(slot: slot, entries, times: remote.takeTimes(), isReady: remote.isReady))
    }

    override var nextOwn: Int? {
        (remotes.compactMap { $0?.nextLook } + [errors.nextPart].compactMap { $0 }).min()
    }

    override func hearSignals() {
        for bytes in errors.takeParts(now: Clock.now()) { observer.text(bytes) }
        hearHostSignals()
        for case let remote? in remotes {
            let now = Clock.now()
            send(to: remote.number) { $0.look(now: now, isHeard: isListening) }
            if remote.isOver(now: now) { bury(remote) }
        }
    }

    private func bury(_ remote: RemoteHandle) {
        hear(remote.number)
        results.remove(remote.resultsNumber)
        deaths.remove(remote.deathNumber)
        unsent.remove(remote.number)
        for bytes in errors.takeLines(now: Clock.now()) { observer.text(bytes) }  // it may say why
        remotes[remote.number] = nil
        tell(.lost(slot: remote.number, remote.bury()))
    }

    // MARK: What is done

    override func carryOut(_ action: Run.Action) {
        switch action {
        case .start(let slot): start(slot)
        case .send(let chunk, let slot): send(chunk, to: slot)
        case .dismiss(let slot): send(to: slot) { $0.send(.leave) }
        case .limit(let slot, items: 0): send(to: slot) { $0.send(.stop) }
        case .suspend(let slot, let isStopped): send(to: slot) { $0.send(.suspend(isStopped)) }
        case .distrust(let slot): remotes[slot]?.distrust()
        case .kill(let slot): remotes[slot]?.end()
        case .stopHost: Signal.stopGroup()
        case .quit:
            spread(.ended(.signal(Signal.quit), run.tally))
            Signal.die(by: Signal.quit)
        default: break  // the executor's, or for workers of this machine
        }
    }

    private func start(_ slot: Int) {
        let plan = plans[slot]
        do {
            var pipe = try Descriptor.pipe()
            let remote = try RemoteHandle(number: slot, plan, errors: pipe.writingNumber, isTimed: isTimed)
            try errors.add(pipe.takeReading(), tag: Array("\(plan.name): ".utf8))
            try results.add(remote.resultsNumber, slot)
            try deaths.add(remote.deathNumber, slot)
            remotes[slot] = remote
            send(to: slot) { $0.send() }
            spread(.started(worker: slot + 1, pid: remote.pid))
        } catch {
            tell(.lost(slot: slot, Run.Loss(host: plan.name, reason: "\(error)", wasReady: false, hadLeft: false)))
        }
    }

    private func send(_ chunk: Chunk, to slot: Int) {
        let columns = output.table?.columns
        switch pack(chunk) {
        case .chunk(let packed): send(to: slot) { $0.send(packed, columns) }
        case .unreadable(let why):
            let failures = chunk.items.map { _ in Entry.failure(Failure(.error, why)) }
            let ends = [Entry.chunkDone(first: chunk.next, nanoseconds: 0)]
            let times = chunk.items.map { _ in ItemTime(start: Clock.now(), nanoseconds: 0) }
            tell(
                .told(
                    slot: slot, [.place(item: chunk.next, attempt: chunk.attempt)] + failures + ends,
                    times: isTimed ? times : [], isReady: remotes[slot]?.isReady ?? false))
        }
    }

    private func send(to slot: Int, _ send: (RemoteHandle) -> Void) {
        guard let remote = remotes[slot] else { return }
        send(remote)
        if remote.commandsNumber != nil { unsent.insert(slot) } else { unsent.remove(slot) }
    }
}
