// How a run ends before its time, and what is said of it while it goes on.

import Posix
import Wire

extension Run {
    /// Nanoseconds that running items get after SIGTERM or SIGHUP.
    private static let grace = 5_000_000_000
    /// Two Ctrl-\ within so many nanoseconds end everything at once.
    static let quitInterval = 2_000_000_000

    mutating func end(
        bySignal signal: Int32, _ sights: [Sight], _ outputIsEmpty: Bool, _ now: Int, _ actions: inout [Action]
    ) {
        if case .signal = ending { return killAll(&actions) }
        ending = .signal(signal)
        if signal != Signal.interrupt { killTime = now + Run.grace }
        stop(&actions)
        actions.append(.notice(.finishing(unfinished(sights, outputIsEmpty), signal: signal)))
    }

    private func unfinished(_ sights: [Sight], _ outputIsEmpty: Bool) -> Unfinished {
        var unfinished = Unfinished()
        for sight in sights {
            let isAtItem = slots[sight.slot].chunks.lost(current: sight.current) > 0
            if !sight.isReady { unfinished.setups += 1 } else if isAtItem { unfinished.items += 1 }
            if sight.isInTeardown { unfinished.teardowns += 1 }
        }
        unfinished.output = !outputIsEmpty
        return unfinished
    }

    /// Says what each worker is on.
    mutating func answer(
        _ quits: Int, _ isAsked: Bool, _ sights: [Sight], bytesWaiting: Int, _ now: Int, _ actions: inout [Action]
    ) {
        if quits > 1 || quits > 0 && lastQuit.map({ now - $0 < Run.quitInterval }) == true {
            for slot in presentNumbers { actions.append(.kill(slot)) }
            for sight in sights where !sight.isSending {
                let time = sight.start.map { ItemTime(start: $0, nanoseconds: max(0, now - $0)) }
                tellKilled(sight.slot, on: sight.current, time, &actions)
            }
            perform(terminal.handle(.ended), &actions)
            return actions.append(.quit)
        }
        if quits > 0 { lastQuit = now }
        if isAsked { actions.append(.notice(.asked(view(sights, rest: nil, bytesWaiting: bytesWaiting, now)))) }
    }

    private func occupation(_ sight: Sight, _ now: Int) -> Occupation {
        var running: Chunk?
        if let chunk = slots[sight.slot].chunks.chunks.first, chunk.remaining > 0, !sight.isSending,
            sight.current >= chunk.next
        {
            running = chunk
        }
        return Occupation(
            worker: sight.slot + 1, pid: sight.pid, isReady: sight.isReady, isStopped: sight.isStopped,
            item: running.map { _ in sight.current }, chunk: running,
            nanoseconds: running.map { _ in now - (sight.start ?? slots[sight.slot].lastNews) })
    }

    /// Running items are finished, no others begun.
    mutating func stop(_ actions: inout [Action]) {
        for slot in presentNumbers { actions.append(.limit(slot, items: 0)) }
        _ = retries.removeAll()
        schedule(.stop, &actions)
    }

    mutating func killAll(_ actions: inout [Action]) {
        killTime = nil
        isKilling = true
        tell(.killing, &actions)
        for slot in presentNumbers { actions.append(.kill(slot)) }
    }

    /// Tells of the item that a worker was on which is killed as the run ends.
    func tellKilled(_ slot: Int, on item: Int, _ time: ItemTime?, _ actions: inout [Action]) {
        guard let time, let chunk = slots[slot].chunks.chunks.first, slots[slot].chunks.lost(current: item) > 0 else {
            return
        }
        tell(.killed(item: item, of: chunk, worker: slot + 1, time), &actions)
    }

    /// Ends the run now.
    mutating func end(_ why: Ending, _ actions: inout [Action]) {
        ending = why
        stop(&actions)
        killAll(&actions)
    }

    /// As much has come as was asked for, and nothing more is taken. What is done when a run ends for its failures is.
    var isSatisfied: Bool {
        guard case .halted(let policy)? = ending else { return false }
        return policy.when == .now && policy.why != .fail
    }

    mutating func checkHalt(_ actions: inout [Action]) {
        guard let halt, ending == nil, halt.isReached(by: tally, of: totalItems) else { return }
        switch halt.when {
        case .now: end(.halted(halt), &actions)
        case .soon:
            ending = .halted(halt)
            stop(&actions)
        }
    }

    // MARK: The terminal

    mutating func perform(_ wanted: [TerminalQueue.Action], _ actions: inout [Action]) {
        for action in wanted {
            switch action {
            case .lend(let slot): actions.append(.lendTerminal(slot))
            case .resume(let slot): actions.append(.resume(slot))
            case .takeBack(let slot, let isBroken):
                actions.append(.takeTerminalBack(slot, restoringModes: isBroken || ending != nil))
            case .stopHost: actions.append(.stopHost)
            }
        }
    }
}

extension Run {
    /// What those who listen are shown.
    func view(_ sights: [Sight], rest: SourceRest?, bytesWaiting: Int, _ now: Int) -> RunView {
        RunView(
            tally: tally, totalItems: totalItems, rest: rest, retrying: lastFailures.count,
            occupations: sights.map { occupation($0, now) }, bytesWaiting: bytesWaiting,
            resultsKept: sequencer.piecesKept, isSourceDry: isSourceDry)
    }
}
