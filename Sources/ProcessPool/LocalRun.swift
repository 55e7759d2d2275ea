// The whole run in this process, one item at a time: for debugging a task, and for what is too small for a fork.

import Posix
import Wire

/// What `-j0` runs: the same chunks, the same outbox, the same delivery as with workers, and no process.
package final class LocalRun {
    private enum Key { case source, output, reader }

    private let source: any ChunkSource
    private var ledger: Ledger
    private var scheduler: Scheduler
    private var assignments = Assignments()
    private var poller = Poller<Key>()
    private let observer: any RunObserver
    private let log: (any OutcomeLog)?
    private let halt: HaltPolicy?
    private var totalItems: Int?
    private var ending: Ending?
    /// The script is not to be called any more.
    private var isKilling = false
    /// `setup` has been run.
    private var isReady = false

    package init(
        _ plan: RunPlan, source: any ChunkSource, output: consuming OutputQueue, observer: any RunObserver,
        log: (any OutcomeLog)? = nil
    ) {
        self.source = source
        self.observer = observer
        self.log = log
        halt = plan.halt
        totalItems = plan.totalItems
        scheduler = Scheduler(workers: 1, chunkItems: plan.chunkItems)
        ledger = Ledger(
            Delivery(output, isOrdered: true, observer: observer), plan.retries, inputText: plan.inputText, log: log)
    }

    /// `giveUp` makes the script that `body` runs come back from wherever it is; a signal's handler calls it.
    package func run(_ body: any WorkerBody, giveUp: @convention(c) () -> Void) -> (Ending, Tally) {
        let batches = BatchSlot()
        guard let pages = try? SharedPages(bytes: WorkerHandle.pageBytes) else {
            return (.noWorkers(Failure(.error, "the machine has no memory"), inSetup: false), ledger.tally)
        }
        var outbox = Outbox(pages.buffer(), pages.statusWords()) { batches.append($0) }
        let hears = Signal.catchEndings(outbox.status, giveUp: giveUp) { phase, signal in
            var unfinished = Unfinished()
            switch phase {
            case .setup: unfinished.setups = 1
            case .items: unfinished.items = 1
            case .teardown: unfinished.teardowns = 1
            }
            return observer.message(of: .finishing(unfinished, signal: signal))
        }
        if !hears { return (.noWorkers(Failure(.error, "the kernel has no timer"), inSetup: false), ledger.tally) }
        var events = [Scheduler.Event.available]
        while !events.isEmpty, ending == nil {
            for action in scheduler.handle(events.removeFirst()) {
                switch action {
                case .cut(_, let items): events.append(cut(items))
                case .send(let chunk, _): events += run(chunk, body, &outbox, batches)
                case .dismiss: break
                }
            }
        }
        tearDown(body, &outbox, batches)
        ledger.giveUpRetries()
        write(all: true)
        if case .signal? = ending { ledger.writeLast() }
        return (ending ?? .completed, ledger.tally)
    }

    // MARK: Items

    /// Cuts the next chunk, and waits for it if it has to.
    private func cut(_ items: Int) -> Scheduler.Event {
        do {
            while ending == nil {
                switch try source.cut(items: items) {
                case .chunk(let chunk):
                    ledger.open(chunk)
                    return .cut(chunk)
                case .recalled(let chunk, let outcomes):
                    ledger.recall(outcomes, of: chunk)
                    judge()
                    write(all: false)
                case .end:
                    totalItems = totalItems ?? ledger.tally.items
                    judge()
                    return .exhausted
                case .nothingYet:
                    handleSignals()  // the source lets them in
                    if ending == nil { wait(forSource: true, milliseconds: source.isLookedAt ? 50 : nil) }
                }
                handleSignals()
            }
        } catch {
            if ending == nil { ending = .inputFailed(error) }
        }
        return .exhausted
    }

    private func run(
        _ chunk: Chunk, _ body: any WorkerBody, _ outbox: inout Outbox, _ batches: BatchSlot
    ) -> [Scheduler.Event] {
        guard ending == nil, setUp(body, &outbox, batches), ending == nil else { return [] }
        assignments.append(chunk)
        defer { write(all: false) }
        let start = Clock.now()
        var events: [Scheduler.Event] = []
        // A body that stops early leaves the rest to another worker; here there is no other.
        while ending == nil, let rest = assignments.chunks.first {
            let isLast = Signal.arriving(in: .items) { !body.run(rest, outbox: &outbox) }
            handleSignals()
            if !isLast { break }
            outbox.flush()
            events += take(batches.takeEntries())
        }
        outbox.endChunk(nanoseconds: Clock.now() - start)
        return events + take(batches.takeEntries())
    }

    private func take(_ entries: [Entry]) -> [Scheduler.Event] {
        var events: [Scheduler.Event] = []
        for entry in entries where !isSatisfied {
            let consequence = ledger.enter(entry, of: &assignments, worker: 0)
            judge()
            switch consequence {
            case .retry(let chunk, let delay):
                waitUntil(Clock.now() + delay)
                events += [.awaited, .returned(chunk)]
            case .inputFailed(let failure):
                if ending == nil { ending = .inputFailed(failure) }
            case .chunkEnded(let items, let nanoseconds, _):
                events.append(.ended(worker: 0, items: items, nanoseconds: nanoseconds))
            case .teardownFailed(let failure): observer.notice(.teardownFailed(failure))
            case .refused: preconditionFailure("this process has run items that it was not given")
            case .setupFailed, nil: continue
            }
        }
        return events
    }

    // MARK: What is around items

    /// Runs `setup` before the first item; false when it has failed.
    private func setUp(_ body: any WorkerBody, _ outbox: inout Outbox, _ batches: BatchSlot) -> Bool {
        if isReady { return true }
        let failure = Signal.arriving(in: .setup) { body.setUp(worker: 1, outbox: &outbox) }
        handleSignals()
        isReady = failure == nil
        if let failure, !isKilling { end(.noWorkers(failure, inSetup: true)) }
        if !isReady {
            outbox.flush()
            _ = take(batches.takeEntries())
        }
        return isReady
    }

    private func tearDown(_ body: any WorkerBody, _ outbox: inout Outbox, _ batches: BatchSlot) {
        guard isReady, !isKilling else { return }
        Signal.arriving(in: .teardown) { body.tearDown(outbox: &outbox) }
        handleSignals()
        outbox.flush()
        if !isKilling { _ = take(batches.takeEntries()) }
    }

    // MARK: How it ends

    private func handleSignals() {
        Signal.deliver()
        if let signal = Signal.takeArrived() {
            if case .signal = ending { isKilling = true }
            if !isKilling { ending = .signal(signal) }
        }
        if Signal.hasGivenUp { isKilling = true }
    }

    private func judge() {
        if let halt, ending == nil, halt.isReached(by: ledger.tally, of: totalItems) {
            if halt.when == .now { end(.halted(halt)) } else { ending = .halted(halt) }
        }
        log?.settle(now: Clock.now())
        guard let failure = log?.failure else { return }
        handleSignals()  // one may be why
        if ending == nil { end(.logFailed(failure)) }
    }

    /// As much has come as was asked for, and nothing more is taken.
    private var isSatisfied: Bool { if case .halted? = ending { isKilling } else { false } }

    /// Ends the run now.
    private func end(_ why: Ending) {
        ending = why
        isKilling = true
    }

    // MARK: Waiting

    /// One item at a time: what is due later is waited for now.
    private func waitUntil(_ due: Int) {
        handleSignals()  // the observer lets them in
        while ending == nil, case let left = due - Clock.now(), left > 0 {
            wait(milliseconds: Int64(left / 1_000_000 + 1))
            handleSignals()
        }
    }

    /// Waits for something to read, for the reader of what is waiting, or for a signal.
    private func wait(forSource: Bool = false, milliseconds: Int64? = nil) {
        poller.removeAll()
        if forSource, let number = source.waitsOn { poller.watchReadable(number, .source) }
        if ledger.delivery.isWaiting {
            poller.watchWritable(ledger.delivery.number, .output)
        } else {
            poller.watchBroken(ledger.delivery.number, .reader)
        }
        for key in poller.wait(milliseconds: milliseconds) {
            switch key {
            case .source: break
            case .output: write(all: false)
            case .reader: end(.outputClosed)
            }
        }
    }

    /// Writes what is taken at once, and waits for the reader when too much is waiting, or for `all`.
    private func write(all: Bool) {
        do throws(PosixError) {
            while true {
                try ledger.delivery.write()
                handleSignals()
                if isCutShort || !(all ? ledger.delivery.isWaiting : ledger.delivery.isFull) { return }
                poller.removeAll()
                poller.watchWritable(ledger.delivery.number, .output)
                _ = poller.wait(milliseconds: nil)
            }
        } catch {
            end(error.isBrokenPipe ? .outputClosed : .outputFailed(error))
        }
    }

    /// Told twice: whoever does not read what is left will not get it.
    private var isCutShort: Bool {
        switch ending {
        case .outputClosed, .outputFailed: true
        case .signal: isKilling
        default: false
        }
    }
}

/// Where the outbox of a local run leaves its batches.
private final class BatchSlot {
    private var reader = BatchReader()

    func append(_ batch: borrowing WireBuffer) { reader.received.append(batch) }

    /// The batches were written by this very process.
    func takeEntries() -> [Entry] { (try? reader.readEntries()) ?? [] }
}
