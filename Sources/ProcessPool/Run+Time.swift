// What is due: looks at workers, time limits, retries, rebalancing.

import Posix
import Wire

extension Run {
    /// Nanoseconds from one look at silent workers to the next, and from one check of time limits to the next where items
    /// have one.
    private static let (lookInterval, itemCheckInterval) = (50_000_000, 10_000_000)
    /// The same while somebody is idle and somebody has more than it can do at once; and, for each worker, from one look at
    /// all of them for that to the next, so that there is time for anything else.
    static let (rebalancingInterval, rebalancingPause) = (2_000_000, 100)

    private var checkInterval: Int { deadlines.watchesItems ? Run.itemCheckInterval : Run.lookInterval }

    /// When `look` is due.
    func isLookDue(_ now: Int) -> Bool { now >= nextLook }

    /// Whether the next `tick` has to see the workers.
    func wantsSights(_ now: Int) -> Bool { now >= nextCheck || isRebalancingDue(now) }

    /// When the next `tick` is due, in nanoseconds of the clock; nil for when anything happens. `isAsked` when whoever
    /// carries out the actions wants to be asked now and then.
    func nextTick(_ now: Int, isAsked: Bool) -> Int? {
        if hasRestored && !isPaused { return now }
        if mayRebalance { return now + Run.rebalancingInterval }
        let looks =
            scheduler.isBusy || isAsked || killTime != nil || terminal.holder != nil
            || slots.contains { $0.isLeaving }
        return [retries.next, refills.next, looks ? now + checkInterval : nil].compactMap { $0 }.min()
    }

    /// So that the results of short items do not wait until a long one of the same chunk is done.
    mutating func look(_ sights: [Sight], now: Int, _ actions: inout [Action]) {
        nextLook = now + Run.lookInterval
        for sight in sights {
            let slot = slots[sight.slot]
            if !slot.chunks.isEmpty || slot.isLeaving || terminal.holder == sight.slot {
                let phase = phase(sight, watchesItems: true)
                perform(terminal.handle(.found(worker: sight.slot, stop: sight.stop, phase: phase)), &actions)
            }
        }
        if isSourceDry { actions.append(.pollSource) }
        if outputIsFull || joins { return }  // what is not sent is not joined yet
        for sight in sights where !slots[sight.slot].chunks.isEmpty { actions.append(.collect(sight.slot)) }
    }

    mutating func tick(_ sights: [Sight], _ now: Int, _ actions: inout [Action]) {
        balance(&actions)
        if let killTime, now > killTime { killAll(&actions) }
        if now >= nextCheck { checkDeadlines(sights, now, &actions) }
        for chunk in retries.removeDue(now) { schedule(.returned(chunk), &actions) }
        for slot in refills.removeDue(now) { schedule(.usable(worker: slot), &actions) }
        if hasRestored && !isPaused {
            hasRestored = false
            schedule(.sourceReady, &actions)
        }
        rebalance(sights, now, &actions)
        if isIdle {
            giveUpRetries(&actions)
            sequencer.drain(&actions)
        }
    }

    /// Nothing new is handed out while nobody takes what there is.
    private mutating func balance(_ actions: inout [Action]) {
        let isOverfull = outputIsFull || messagesAreFull || sequencer.isOverfull
        if isOverfull == isPaused { return }
        isPaused = isOverfull
        schedule(.pause(isOverfull), &actions)
    }

    // MARK: Time limits

    /// What a worker is on; nil when it has nothing to do, or is at items and nobody watches them.
    private func phase(_ sight: Sight, watchesItems: Bool) -> Deadlines.Phase? {
        let slot = slots[sight.slot]
        if !sight.isReady { return .starting }
        if slot.chunks.isEmpty { return slot.isLeaving ? .leaving : nil }
        if !watchesItems { return nil }
        let begun = slot.chunks.begun(current: sight.current)
        if begun > slot.chunks.finished && !sight.isSending { return .running(item: sight.current, begun: begun) }
        var exchange = sight.exchange
        exchange.begun = begun
        return .waiting(exchange)
    }

    /// What was told is accounted for before deadlines are checked, so no item is overdue that is done. Where results cannot
    /// be taken, as nobody takes the output or the messages, no time counts.
    private mutating func checkDeadlines(_ sights: [Sight], _ now: Int, _ actions: inout [Action]) {
        nextCheck = now + checkInterval
        if outputIsFull || messagesAreFull { return deadlines.forget() }
        var phases: [Int: Deadlines.Phase] = [:]
        for sight in sights where slots[sight.slot].isPresent && !terminal.isWaiting(sight.slot) {
            phases[sight.slot] = phase(sight, watchesItems: deadlines.watchesItems)
        }
        for (slot, decision) in deadlines.look(phases, now: now) {
            switch decision {
            case .interrupt(let item, let isFinal):
                slots[slot].overdueItem = item
                actions.append(.interrupt(slot, item: item, isFinal: isFinal))
            case .mention(let phase): actions.append(.mention(slot, phase == .leaving ? .teardown : .setup))
            case .kill(let phase): kill(slot, in: phase, &actions)
            }
        }
    }

    private mutating func kill(_ slot: Int, in phase: Deadlines.Phase, _ actions: inout [Action]) {
        let timeout = setupLimit.map { Failure(.timeout, "timed out after \($0.seconds) s") }
        switch phase {
        case .running: break
        case .waiting: slots[slot].hasStalled = true
        case .starting: slots[slot].setupFailure = timeout
        case .leaving: if let timeout { actions.append(.notice(.teardownFailed(timeout))) }
        }
        actions.append(.kill(slot))
    }

    // MARK: Rebalancing

    private var mightRebalance: Bool { isOpen && scheduler.idleWorkers > 0 }
    private func isRebalancingDue(_ now: Int) -> Bool { mightRebalance && now >= nextRebalancing }

    /// No item waits behind a slow one while a worker is idle: what a worker has not begun goes to others.
    private mutating func rebalance(_ sights: [Sight], _ now: Int, _ actions: inout [Action]) {
        mayRebalance = mightRebalance
        if !mayRebalance { return rebalancing.forget() }
        if now < nextRebalancing { return }
        nextRebalancing = now + Run.rebalancingPause * slots.count
        let loads = sights.compactMap { sight in
            let slot = slots[sight.slot]
            return slot.isPresent && slot.kind.isRevocable
                ? Rebalancing.Load(
                    worker: sight.slot, left: slot.chunks.left(current: sight.current), current: sight.current)
                : nil
        }
        mayRebalance = loads.contains { $0.left > 0 }
        if !mayRebalance { return rebalancing.forget() }
        for order in rebalancing.choose(loads, idle: scheduler.idleWorkers, cost: scheduler.costOfItem, now: now) {
            let begun = slots[order.worker].chunks.begunOrNext(current: order.current)
            let limit = slots[order.worker].chunks.lowerLimit(begun: begun, keeping: order.keeping)
            actions.append(.revoke(Revocation(slot: order.worker, limit: limit, parts: order.pieces)))
        }
    }

    /// Either the worker has seen the limit, or `current` shows what it has begun. What it has not begun for a limit that came
    /// to nothing is told at its chunk's end.
    mutating func revoke(_ revocation: Revocation, _ current: Int, _ actions: inout [Action]) {
        let slot = revocation.slot
        guard slots[slot].chunks.limit == revocation.limit, isOpen else { return }
        let begun = slots[slot].chunks.begunOrNext(current: current)
        var parts: [Chunk] = []
        for (segment, rest) in slots[slot].chunks.revoke(behind: max(revocation.limit, begun)) {
            let some = rest.parts(revocation.parts)
            sequencer.split(segment, into: some)
            parts += some
        }
        schedule(.revoked(worker: slot, parts), &actions)
    }
}
