// The whole run in this process, one item at a time: for debugging a task, and for what is too small for a fork.

import Posix
import Wire

/// What `-j0` runs: the same chunks, the same outbox, the same delivery as with workers, and no process.
package final class LocalRun {
    private let source: any ChunkSource
    private var ledger: Ledger
    private var scheduler: Scheduler
    private var assignments = Assignments()
    private var poller = Poller<Void>()
    private let observer: any RunObserver
    private let log: (any OutcomeLog)?
    private let halt: HaltPolicy?
    private var totalItems: Int?
    private var ending: Ending?

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

    package func run(_ body: any WorkerBody) -> (Ending, Tally) {
        let batches = BatchSlot()
        guard let pages = try? SharedPages(bytes: WorkerHandle.pageBytes) else {
            return (.noWorkers(Failure(.error, "the machine has no memory"), inSetup: false), ledger.tally)
        }
        var outbox = Outbox(pages.buffer(), pages.statusWords()) { batches.append($0) }
        if let failure = body.setUp(worker: 1, outbox: &outbox) {
            return (.noWorkers(failure, inSetup: true), ledger.tally)
        }
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
        body.tearDown(outbox: &outbox)
        outbox.flush()
        for entry in batches.takeEntries() {
            if case .teardownFailed(let failure)? = ledger.enter(entry, of: &assignments, worker: 0) {
                observer.notice(.teardownFailed(failure))
            }
        }
        ledger.giveUpRetries()
        write(all: true)
        return (ending ?? .completed, ledger.tally)
    }

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
                    poller.removeAll()
                    if let number = source.waitsOn { poller.watchReadable(number, ()) }
                    _ = poller.wait(milliseconds: source.isLookedAt ? 50 : nil)
                }
            }
        } catch {
            ending = .inputFailed(error)
        }
        return .exhausted
    }

    private func judge() {
        if let halt, ending == nil, halt.isReached(by: ledger.tally, of: totalItems) { ending = .halted(halt) }
        log?.settle(now: Clock.now())
        if let failure = log?.failure, ending == nil { ending = .logFailed(failure) }
    }

    private func run(
        _ chunk: Chunk, _ body: any WorkerBody, _ outbox: inout Outbox, _ batches: BatchSlot
    ) -> [Scheduler.Event] {
        assignments.append(chunk)
        defer { write(all: false) }
        let start = Clock.now()
        var events: [Scheduler.Event] = []
        // A body that stops early leaves the rest to another worker; here there is no other.
        while ending == nil, let rest = assignments.chunks.first, !body.run(rest, outbox: &outbox) {
            outbox.flush()
            events += take(batches.takeEntries())
        }
        outbox.endChunk(nanoseconds: Clock.now() - start)
        return events + take(batches.takeEntries())
    }

    private func take(_ entries: [Entry]) -> [Scheduler.Event] {
        var events: [Scheduler.Event] = []
        for entry in entries where ending == nil {
            let consequence = ledger.enter(entry, of: &assignments, worker: 0)
            judge()
            switch consequence {
            case .retry(let chunk, let delay):
                // One item at a time: what is due later is waited for now.
                poller.removeAll()
                if delay > 0 { _ = poller.wait(milliseconds: Int64(delay / 1_000_000 + 1)) }
                events += [.awaited, .returned(chunk)]
            case .inputFailed(let failure): ending = .inputFailed(failure)
            case .chunkEnded(let items, let nanoseconds, _):
                events.append(.ended(worker: 0, items: items, nanoseconds: nanoseconds))
            case .refused: preconditionFailure("this process has run items that it was not given")
            case .setupFailed, .teardownFailed, nil: continue
            }
        }
        return events
    }

    /// Writes what is taken at once, and waits for the reader when too much is waiting, or for `all`.
    private func write(all: Bool) {
        do throws(PosixError) {
            try ledger.delivery.write()
            while all ? ledger.delivery.isWaiting : ledger.delivery.isFull {
                poller.removeAll()
                poller.watchWritable(ledger.delivery.number, ())
                _ = poller.wait(milliseconds: nil)
                try ledger.delivery.write()
            }
        } catch {
            ending = error.isBrokenPipe ? .outputClosed : .outputFailed(error)
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
