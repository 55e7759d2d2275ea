// What the host does about a worker that is gone, that cannot be had, or whose item has had its time.

import Posix
import Wire

extension HostLoop {
    enum WhyUnusable { case noProcess(PosixError), setup(Failure) }

    /// A worker that cannot be had costs its place; the last one costs the run.
    func giveUp(_ number: Int, unfinished: [Chunk], why: WhyUnusable) {
        let actions = scheduler.handle(.unusable(worker: number, unfinished: ending == nil ? unfinished : []))
        let isHopeless = scheduler.isHelpless && (refills.isEmpty || places.isHopeless(number))
        switch (why, isHopeless) {
        case (.noProcess(let error), true): end(.noWorkers(Failure(.error, error.description), inSetup: false))
        case (.setup(let failure), true): end(.noWorkers(failure, inSetup: true))
        case (.noProcess(let error), false):
            if scheduler.isHelpless { break }  // until the next try
            if !hasFewerWorkers { observer.notice(.fewerWorkers(error)) }
            hasFewerWorkers = true
        case (.setup(let failure), false): setupFailure = failure
        }
        perform(actions)
    }

    /// Where a process could not be had it may be by now.
    func refillPlaces() {
        let now = Clock.now()
        let due = refills.filter { $0.due <= now }
        refills.removeAll { $0.due <= now }
        for refill in due { perform(scheduler.handle(.usable(worker: refill.place))) }
    }

    func bury(_ worker: WorkerHandle) {
        let death = worker.bury()
        take(death.entries, from: worker)
        results.remove(worker.resultsNumber)
        deaths.remove(worker.deathNumber)
        unsent.remove(worker.number)
        (workers[worker.number], buried) = (nil, worker)
        noteDescriptors(Array(repeating: -1, count: WorkerHandle.descriptorCount), of: worker.number)
        defer { buried = nil }
        perform(terminal.handle(.gone(worker: worker.number)))
        if death.wasReady { places.noteReady(worker.number) }
        let setupFailure = worker.setupFailure ?? (death.wasReady ? nil : deathOutsideItems(worker, death.status))
        if let failure = setupFailure, !isKilling, !places.mayRefill(worker.number, after: worker.startFailure(death)) {
            return giveUp(worker.number, unfinished: worker.assignments.chunks, why: .setup(failure))
        }
        if !isKilling && setupFailure == nil {
            blame(worker, death.status)
            if death.wasLeaving { observer.notice(.teardownFailed(deathOutsideItems(worker, death.status))) }
        }
        perform(scheduler.handle(.gone(worker: worker.number, unfinished: ending == nil ? unfinished(worker) : [])))
    }

    /// What a dead worker had and has not done. Where it garbled what it told of several items, they are run again in two
    /// halves: so whichever of them does that again is alone in the end, and has failed.
    func unfinished(_ worker: WorkerHandle) -> [Chunk] {
        var chunks = worker.assignments.chunks.filter { $0.remaining > 0 }
        let lost = worker.itemsLost
        if lost > 1 {
            var begun = chunks.removeFirst()
            let slot = begun.slot
            let rest = begun.cut(at: begun.next + lost)
            let parts = begun.parts(2) + (rest.remaining > 0 ? [rest] : [])
            ledger.part(slot, into: parts)
            chunks = parts + chunks
        }
        return chunks
    }

    /// The item a worker was on when it died has failed.
    func blame(_ worker: WorkerHandle, _ status: ExitStatus) {
        guard worker.itemsLost == 1 || isFalseStart(worker) else { return }
        let timeout = timeoutFailure(worker, status)
        let failure = timeout ?? Failure(.crash, crashMessage(worker, status))
        if case .retry(let chunk, let delay)? = ledger.fail(failure, of: &worker.assignments, worker: worker.number) {
            awaitRetry(chunk, delay)
        }
        judgeHalt()
        if timeout == nil { deathsInVain += 1 }
        if ledger.tally.succeeded == 0 && deathsInVain >= max(HostLoop.hopelessDeaths, 10 * workers.count)
            && ending == nil
        {
            end(.crashLoop(deaths: deathsInVain))
        }
    }

    /// Whether workers have died often enough at this chunk without beginning its next item. One that had begun another
    /// before may have died of that, unless it was killed for not beginning this one.
    func isFalseStart(_ worker: WorkerHandle) -> Bool {
        guard let chunk = worker.assignments.chunks.first, chunk.remaining > 0,
            !worker.hasBegun || worker.hasStalled
        else { return false }
        let item = chunk.next
        falseStarts[item, default: 0] += 1
        return falseStarts[item] ?? 0 >= HostLoop.mostFalseStarts
    }

    /// What a worker leaves that was killed because its item took too long.
    func timeoutFailure(_ worker: WorkerHandle, _ status: ExitStatus) -> Failure? {
        guard let timeLimit, worker.condemnedItem != nil, case .killed(signal: Signal.kill) = status else { return nil }
        let message =
            "timed out after \(timeLimit.seconds) s; the worker (pid \(worker.pid)) did not stop and was killed"
        return Failure(.timeout, message)
    }

    func deathOutsideItems(_ worker: WorkerHandle, _ status: ExitStatus) -> Failure {
        Failure(.crash, "the worker (pid \(worker.pid)) \(reason(status))\(cause(worker))")
    }

    /// `status`, and whether the kernel has killed anybody for want of memory during this run.
    func reason(_ status: ExitStatus) -> String {
        let isKill = status == .killed(signal: Signal.kill)
        return "\(status.asEarlyEnd)\(isKill && OutOfMemory.kills() > killsBefore ? " (possibly out of memory)" : "")"
    }

    /// Said of a death that garbage in the worker's pipe has led to, or may have.
    func cause(_ worker: WorkerHandle) -> String {
        worker.isGarbled ? ", after something had written into pmap's own pipes" : ""
    }

    func crashMessage(_ worker: WorkerHandle, _ status: ExitStatus) -> String {
        let end =
            switch status {
            case .killed where worker.hasStalled: "was killed, as it did not begin this item"
            case .killed where worker.refusal != nil:
                "was killed: it or its program wanted to read from the terminal\(worker.refusal?.description ?? "")"
            case .killed: "\(reason(status)) while it ran this item"
            case .exited(let code): "exited (\(code)) before returning a result"
            }
        return "the worker (pid \(worker.pid)) \(end)\(cause(worker)); the others went on"
    }

    /// Results are drained before deadlines are judged, so nobody is condemned for what is done. Where they cannot be, as
    /// nobody takes the output or the messages, no time counts.
    func judgeDeadlines() {
        guard Clock.now() >= nextJudgement else { return }
        nextJudgement = Clock.now() + Int(judgementInterval) * 1_000_000
        if ledger.delivery.isFull || observer.isOverfull { return deadlines.forget() }
        var phases: [Int: Deadlines.Phase] = [:]
        for case let worker? in workers where !terminal.isWaiting(worker.number) {
            phases[worker.number] = worker.phase(watchesItems: deadlines.watchesItems)
        }
        for (number, verdict) in deadlines.look(phases, now: Clock.now()) {
            guard let worker = workers[number] else { continue }
            switch verdict {
            case .condemn(let item): timeLimit.map { worker.condemn(item, signal: $0.signal) }
            case .press(let item): timeLimit.map { worker.press(item, signal: $0.signal) }
            case .mention(let phase):
                observer.notice(.takesLong(phase == .leaving ? .teardown : .setup, pid: worker.pid))
            case .kill(let phase): kill(worker, in: phase)
            }
        }
    }

    private func kill(_ worker: WorkerHandle, in phase: Deadlines.Phase) {
        switch phase {
        case .running: break
        case .waiting: worker.hasStalled = true
        case .starting: worker.setupFailure = setupTimeout
        case .leaving: setupTimeout.map { observer.notice(.teardownFailed($0)) }
        }
        worker.kill()
    }

    private var setupTimeout: Failure? {
        setupLimit.map { Failure(.timeout, "timed out after \($0.seconds) s") }
    }
}

extension ExitStatus {
    /// Said of a process of the script's that should have gone on.
    var asEarlyEnd: String { if case .exited = self { "\(self), as by os.exit" } else { "\(self)" } }
}
