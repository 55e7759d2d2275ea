// What the loop waits for, and what it does when that has happened.

import Posix

extension HostLoop {
    /// How often silent workers are looked at, in milliseconds.
    static let lookInterval: Int64 = 50
    /// The same when items have a time limit.
    static let deadlineInterval: Int64 = 10

    func watch() {
        poller.removeAll()
        if let number = deaths.number { poller.watchReadable(number, .deaths) }
        if let number = results.number, !ledger.delivery.isFull, !observer.isOverfull {
            poller.watchReadable(number, .results)
        }
        for worker in unsent {
            if let number = workers[worker]?.commandsNumber { poller.watchWritable(number, .commands(worker)) }
        }
        for number in observer.unwritten { poller.watchWritable(number, .words) }
        if waitsForSource, !isPaused, let number = source.waitsOn { poller.watchReadable(number, .source) }
        if ledger.delivery.isWaiting {
            poller.watchWritable(ledger.delivery.number, .output)
        } else {
            poller.watchBroken(ledger.delivery.number, .reader)
        }
    }

    /// Milliseconds; nil when there is nothing to look at in the meantime.
    var waitLimit: Int64? {
        if hasRecalled && !isPaused { return 0 }
        if mayRelieve { return HostLoop.reliefInterval }
        let untilRetry = retries.map(\.due).min().map { Int64(max(0, $0 - Clock.now()) / 1_000_000 + 1) }
        let untilRefill = refills.map(\.due).min().map { Int64(max(0, $0 - Clock.now()) / 1_000_000 + 1) }
        return [untilRetry, untilRefill, lookLimit].compactMap { $0 }.min()
    }

    var lookLimit: Int64? {
        let looks =
            scheduler.isBusy || workers.contains { $0?.isLeaving == true } || waitsForSource && source.isLookedAt
            || killTime != nil || terminal.holder != nil || log?.hasUnsettled == true
        return looks ? judgementInterval : nil
    }

    var judgementInterval: Int64 { deadlines.watchesItems ? HostLoop.deadlineInterval : HostLoop.lookInterval }

    func handle(_ key: Key) {
        switch key {
        case .results:
            for number in results.ready() {
                if let worker = workers[number] { take(worker.takeEntries(), from: worker) }
            }
        case .deaths:
            for number in deaths.ready() {
                if let worker = workers[number] { bury(worker) }
            }
        case .commands(let number):
            if let worker = workers[number] {
                carry(to: worker) { () throws(PosixError) in try worker.sendRest() }
            }
        case .source: askSource()
        case .words: observer.write()
        case .output: break  // `write` follows every wait
        case .reader: end(.outputClosed)
        }
    }

    func askSource() {
        waitsForSource = false
        perform(scheduler.handle(.available))
    }
}
