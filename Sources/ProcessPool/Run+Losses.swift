// What follows when a worker is gone, or cannot be had.

import Posix
import Wire

extension Run {
    enum StartLoss { case noProcess(PosixError), setup(Failure) }

    /// So many deaths, and not one item that succeeded, end the run.
    private static let crashLimit = 100
    /// So many workers may die before they begin an item, such as in reading it; then the item has failed.
    private static let mostDeathsBefore = 2

    mutating func loseStart(of slot: Int, _ error: PosixError, _ now: Int, _ actions: inout [Action]) {
        if error.isTransient {
            _ = starts.mayRefill(slot, after: .fork)
            refills.append(slot, due: now + starts.delay(slot))
        }
        giveUp(slot, why: .noProcess(error), &actions)
    }

    /// A worker that cannot be had costs its slot; the last one costs the run.
    mutating func giveUp(_ slot: Int, why: StartLoss, _ actions: inout [Action]) {
        let unfinished = isOpen ? slots[slot].chunks.chunks : []
        clear(slot)
        schedule(.unusable(worker: slot, unfinished: unfinished), &actions)
        let isHopeless = scheduler.isHelpless && (refills.isEmpty || starts.isHopeless(slot))
        switch (why, isHopeless) {
        case (.noProcess(let error), true):
            end(.noWorkers(Failure(.error, error.description), inSetup: false), &actions)
        case (.setup(let failure), true): end(.noWorkers(failure, inSetup: true), &actions)
        case (.noProcess(let error), false):
            if scheduler.isHelpless || hasFewerWorkers { break }  // until the next try, or said already
            hasFewerWorkers = true
            actions.append(.notice(.fewerWorkers(error)))
        case (.setup(let failure), false): setupFailure = failure
        }
    }

    mutating func loseWorker(of slot: Int, _ death: Death, _ now: Int, _ actions: inout [Action]) {
        perform(terminal.handle(.gone(worker: slot)), &actions)
        tell(.died(worker: slot + 1, death.status), &actions)
        if death.wasReady { starts.noteReady(slot) }
        let failure = slots[slot].setupFailure ?? (death.wasReady ? nil : failureOutsideItems(death))
        if let failure, !isKilling, !starts.mayRefill(slot, after: startFailure(slot, death)) {
            return giveUp(slot, why: .setup(failure), &actions)
        }
        if isKilling { tellKilled(slot, on: death.current, death.time, &actions) }
        if !isKilling && failure == nil {
            blame(slot, death, now, &actions)
            if joins && death.wasSending && !death.wasInTeardown {
                actions.append(.notice(.diedJoining(failureOutsideItems(death))))
            }
            if death.wasInTeardown { actions.append(.notice(.teardownFailed(failureOutsideItems(death)))) }
        }
        let unfinished = isOpen ? takeUnfinished(slot, death) : []
        clear(slot)
        schedule(.gone(worker: slot, unfinished: unfinished), &actions)
    }

    /// Why a worker that was not ready has died.
    private func startFailure(_ slot: Int, _ death: Death) -> FailedStarts.Failure {
        if slots[slot].setupFailure == nil, case .killed = death.status { return .killed }
        return .setup
    }

    /// What a dead worker had and has not done. Where it garbled what it told of several items, they are run again in two
    /// halves: so whichever of them does that again is alone in the end, and has failed.
    private mutating func takeUnfinished(_ slot: Int, _ death: Death) -> [Chunk] {
        var chunks = slots[slot].chunks.chunks.filter { $0.remaining > 0 }
        let lost = slots[slot].chunks.lost(current: death.current)
        if lost > 1 {
            var begun = chunks.removeFirst()
            let segment = begun.segment
            let rest = begun.split(at: begun.next + lost)
            let parts = begun.parts(2) + (rest.remaining > 0 ? [rest] : [])
            sequencer.split(segment, into: parts)
            chunks = parts + chunks
        }
        return chunks
    }

    /// The item a worker was on when it died has failed.
    private mutating func blame(_ slot: Int, _ death: Death, _ now: Int, _ actions: inout [Action]) {
        guard slots[slot].chunks.lost(current: death.current) == 1 || hasDiedTooOftenBefore(slot, death) else { return }
        let timeout = timeoutFailure(slot, death)
        var failure = timeout ?? Failure(.crash, crashMessage(slot, death))
        failure.printed = death.printed
        fail(failure, in: slot, ran: death.time, ended: death.status, now, &actions)
        checkHalt(&actions)
        if timeout == nil { noteCrash(&actions) }
    }

    /// So many deaths, and nothing else, end the run.
    mutating func noteCrash(_ actions: inout [Action]) {
        crashes += 1
        let limit = max(Run.crashLimit, 10 * slots.count)
        if tally.succeeded == 0 && crashes >= limit && ending == nil && !sequencer.isRelayed {
            end(.crashLoop(deaths: crashes), &actions)
        }
    }

    /// Whether workers have died often enough at this chunk without beginning its next item. One that had begun another
    /// before may have died of that, unless it was killed for not beginning this one.
    private mutating func hasDiedTooOftenBefore(_ slot: Int, _ death: Death) -> Bool {
        guard let chunk = slots[slot].chunks.chunks.first, chunk.remaining > 0,
            death.current == 0 || slots[slot].hasStalled
        else { return false }
        deathsBefore[chunk.next, default: 0] += 1
        return deathsBefore[chunk.next] ?? 0 >= Run.mostDeathsBefore
    }

    /// The failure of an item whose worker was killed because it took too long.
    private func timeoutFailure(_ slot: Int, _ death: Death) -> Failure? {
        guard let timeLimit, let item = slots[slot].overdueItem, item == slots[slot].chunks.chunks.first?.next,
            case .killed(signal: Signal.kill) = death.status
        else { return nil }
        return Failure(
            .timeout, "timed out after \(timeLimit.seconds) s; \(death.name) did not stop and was killed")
    }

    private func failureOutsideItems(_ death: Death) -> Failure {
        Failure(.crash, "\(death.name) \(reason(death))\(cause(death))")
    }

    /// How it ended, and whether the kernel has killed anybody for want of memory during this run.
    private func reason(_ death: Death) -> String {
        let isKill = death.status == .killed(signal: Signal.kill)
        return "\(death.status.asEarlyEnd)\(isKill && death.memoryWasShort ? " (possibly out of memory)" : "")"
    }

    /// Said of a death that garbage in the worker's pipe has led to, or may have.
    private func cause(_ death: Death) -> String {
        death.isGarbled ? ", after something had written into pmap's own pipes" : ""
    }

    private func crashMessage(_ slot: Int, _ death: Death) -> String {
        let end =
            switch death.status {
            case .killed where slots[slot].hasStalled: "was killed, as it did not begin this item"
            case .killed where slots[slot].terminalRefusal != nil:
                "was killed: it or its program wanted to read from the terminal\(slots[slot].terminalRefusal?.description ?? "")"
            case .killed: "\(reason(death)) while it ran this item"
            case .exited(let code): "exited (\(code)) before returning a result"
            }
        return "\(death.name) \(end)\(cause(death)); the others went on"
    }
}

extension ExitStatus {
    /// Said of a process of the script's that should have gone on.
    fileprivate var asEarlyEnd: String { if case .exited = self { "\(self), as by os.exit" } else { "\(self)" } }
}
