// How a run ends before its time: by a signal, or by what the loop has found. And how it is only stopped for a while.

import Posix

extension HostLoop {
    func handleSignals() {
        Signal.deliver()
        if Signal.takeStop() { stopUntilContinued() }
        hearQuestions()
        if let killTime, Clock.now() > killTime { killAll() }
        guard let signal = Signal.takeArrived() else { return }
        if case .signal = ending { return killAll() }
        ending = .signal(signal)
        if signal != Signal.interrupt { killTime = Clock.now() + HostLoop.grace }
        stop()
        observer.notice(.finishing(unfinished, signal: signal))
    }

    private var unfinished: Unfinished {
        var unfinished = Unfinished()
        for case let worker? in workers {
            if !worker.isReady { unfinished.setups += 1 }
            if worker.isReady && worker.itemsLost > 0 { unfinished.items += 1 }
            if worker.isInTeardown { unfinished.teardowns += 1 }
        }
        unfinished.output = ledger.delivery.isWaiting
        return unfinished
    }

    /// Says what each worker is on; two Ctrl-\ within two seconds end everything at once.
    func hearQuestions() {
        let (quits, isAsked) = Signal.takeQuestions(), now = Clock.now()
        if quits > 1 || quits > 0 && lastQuit.map({ now - $0 < HostLoop.quitInterval }) == true {
            for worker in workers { worker?.kill() }
            perform(terminal.handle(.ended))
            Signal.die(by: Signal.quit)
        }
        if quits > 0 { lastQuit = now }
        if isAsked { observer.notice(.asked(workers.compactMap { $0?.occupation }, ledger.tally)) }
    }

    /// Ctrl-Z: workers are in groups of their own, which the terminal does not stop.
    func stopUntilContinued() {
        let before = Clock.now()
        perform(terminal.handle(.suspended))
        for worker in workers { worker?.suspend(true) }
        Signal.stopHere()
        for worker in workers { worker?.suspend(false) }
        deadlines.shift(by: Clock.now() - before)
    }

    /// Running items are finished, no others begun.
    func stop() {
        for worker in workers { worker?.stop() }
        retries = []
        perform(scheduler.handle(.stop))
    }

    func killAll() {
        killTime = nil
        isKilling = true
        for worker in workers { worker?.kill() }
    }

    /// As much has come as was asked for, and nothing more is taken. What is done when a run ends for its failures is.
    var isSatisfied: Bool {
        guard case .halted(let policy)? = ending else { return false }
        return policy.when == .now && policy.why != .fail
    }

    func judgeHalt() {
        guard let halt, ending == nil, halt.isReached(by: ledger.tally, of: totalItems) else { return }
        switch halt.when {
        case .now: end(.halted(halt))
        case .soon:
            ending = .halted(halt)
            stop()
        }
    }

    /// Ends the run now.
    func end(_ why: Ending) {
        ending = why
        stop()
        killAll()
    }
}
