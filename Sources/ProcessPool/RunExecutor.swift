// Whoever carries out what a run decides: the part that the loop with workers and the run without have in common.

import Posix
import Wire

/// Tells a run what happens, and does what it answers. It decides nothing.
package class RunExecutor {
    /// What is waited for.
    enum Key {
        case source, output, reader, messages
        // Of workers
        case results, deaths, errors, commands(Int)
        /// The host, whose remote this is.
        case host
    }

    final var run: Run
    final var output: RunOutput
    final let source: any ChunkSource
    final let observer: any RunObserver
    final let log: (any OutcomeLog)?
    /// What is told to the host, whose remote this is.
    final var relay: Relay?
    private let listeners: [any RunListener]
    /// As those who listen know it.
    private var waits: Set<RunWait> = []
    /// Told and not handled, in their order.
    private var events: [Run.Event] = []
    private var isHandling = false
    private var poller = Poller<Key>()

    init(
        _ run: Run, source: any ChunkSource, output: consuming OutputQueue, observer: any RunObserver,
        log: (any OutcomeLog)?, listeners: [any RunListener] = [], table: (any ResultTable)? = nil
    ) {
        self.run = run
        self.source = source
        self.observer = observer
        self.log = log
        self.listeners = listeners
        self.output = RunOutput(output, observer, log, table)
    }

    // MARK: What differs with workers and without

    /// Does what concerns those who work.
    func carryOut(_ action: Run.Action) {}
    /// All that are present are seen on this; `withStops` also whether they are stopped.
    func sights(withStops: Bool) -> [Run.Sight] { [] }
    func watchWorkers(_ poller: inout Poller<Key>) {}
    func hearWorkers(_ key: Key) {}
    func hearSignals() {}
    /// When there is something to be done that nothing announces; `hearSignals` follows.
    var nextOwn: Int? { nil }

    // MARK: The loop

    /// Runs until every item has its outcome and every byte is written, or until something ends it earlier. Waits when
    /// `work` has nothing to do.
    final func loop(_ work: () -> Bool) {
        tell(.begun)
        while true {
            tick()
            if !listeners.isEmpty { spreadWaits() }
            if run.isOver(outputIsEmpty: output.queue.isEmpty) {
                if run.ending != nil || !output.endTable() { break }
            }
            if !work() { wait() }
            hearSignals()
            if run.isLookDue(Clock.now()) { tell(.look(sights(withStops: true))) }
            write()
            showListeners()
        }
    }

    private func showListeners() {
        if nextListenersLook.map({ $0 > Clock.now() }) ?? true { return }
        let view = run.view(
            sights(withStops: true), rest: source.rest, bytesWaiting: output.queue.bytesWaiting, Clock.now())
        let now = Clock.now()
        for listener in listeners where listener.nextLook.map({ $0 <= now }) ?? false { listener.look(view, now: now) }
    }

    private var nextListenersLook: Int? { listeners.compactMap(\.nextLook).min() }

    /// Tells those who listen.
    final func spread(_ news: RunNews) {
        let now = Clock.now()
        for listener in listeners { listener.hear(news, now: now) }
    }

    private func spreadWaits() {
        for wait in RunWait.allCases {
            let isWaiting = isWaiting(for: wait)
            if isWaiting == waits.contains(wait) { continue }
            if isWaiting { waits.insert(wait) } else { waits.remove(wait) }
            spread(.waits(wait, isWaiting))
        }
    }

    private func isWaiting(for wait: RunWait) -> Bool {
        switch wait {
        case .input: run.isSourceDry && !run.isPaused
        case .reader: output.queue.isFull || run.isIdle && !output.queue.isEmpty
        case .order: run.sequencer.isOverfull
        }
    }

    /// Does some of the host's work, whose time is told to those who listen.
    private func measure<Result, Failed>(
        _ work: HostWork, _ body: () throws(Failed) -> Result
    ) throws(Failed) -> Result {
        if listeners.isEmpty { return try body() }
        let start = Clock.now()
        defer { spread(.worked(work, start: start, nanoseconds: Clock.now() - start)) }
        return try body()
    }

    private func tick() {
        let sights = run.wantsSights(Clock.now()) ? sights(withStops: false) : []
        tell(.tick(sights, outputIsFull: output.queue.isFull, messagesAreFull: observer.isOverfull))
    }

    private func wait() {
        poller.removeAll()
        watchWorkers(&poller)
        for number in observer.unwritten { poller.watchWritable(number, .messages) }
        if run.isSourceDry, !run.isPaused, let number = source.waitsOn { poller.watchReadable(number, .source) }
        if output.queue.isEmpty {
            poller.watchBroken(output.queue.number, .reader)
        } else {
            poller.watchWritable(output.queue.number, .output)
        }
        for key in poller.wait(milliseconds: waitLimit) {
            switch key {
            case .source: tell(.sourceReady)
            case .messages: observer.write()
            case .output: break  // `write` follows every wait
            case .reader: tell(.outputClosed)
            case .results, .deaths, .errors, .commands, .host: hearWorkers(key)
            }
        }
    }

    /// Milliseconds; nil when there is nothing to look at in the meantime.
    private var waitLimit: Int64? {
        if Signal.anyIsWaiting() { return 0 }  // the source lets them in, too
        let now = Clock.now()
        let isAsked = run.isSourceDry && source.isLookedAt || log?.hasUncommitted == true
        let next = [run.nextTick(now, isAsked: isAsked), nextListenersLook, nextOwn].compactMap { $0 }.min()
        return next.map { Int64(max(0, $0 - now + 999_999) / 1_000_000) }
    }

    /// Writes what the reader takes now, and keeps what is to be kept.
    final func write() {
        if let batch = relay?.take() { output.queue.append(.memory(batch)) }
        if !output.queue.isEmpty {
            do throws(PosixError) {
                try measure(.write) { () throws(PosixError) in try output.queue.write() }
            } catch {
                tell(.outputFailed(error))
            }
        }
        log?.commit(now: Clock.now())
        guard let failure = log?.failure else { return }
        hearSignals()  // one may be why
        tell(.recordFailed(failure))
    }

    /// Hears the signals of a host whose script runs elsewhere.
    final func hearHostSignals() {
        Signal.deliver()
        if Signal.takeStop() { stopUntilContinued() }
        let (quits, isAsked) = Signal.takeQuestions()
        if isAsked {
            tell(
                .asked(
                    quits: quits, isAsked: isAsked, sights(withStops: false), bytesWaiting: output.queue.bytesWaiting))
        }
        hearEndings()
    }

    /// Ctrl-Z: workers are in groups of their own, which the terminal does not stop.
    private func stopUntilContinued() {
        let before = Clock.now()
        tell(.suspended)
        spread(.suspended)
        Signal.stopHere()
        tell(.continued(nanoseconds: Clock.now() - before))
    }

    /// Writes what is left, after the loop.
    final func drain() {
        write()
        while !output.queue.isEmpty {
            if case .outputFailed? = run.ending { return }
            wait()
            write()
        }
    }

    /// Tells of the signal that ends the run, if one has come.
    final func hearEndings() {
        if let signal = Signal.takeArrived() { tellOf(signal) }
    }

    final func tellOf(_ signal: Int32) {
        tell(.signal(signal, sights(withStops: false), outputIsEmpty: output.queue.isEmpty))
    }

    /// How the run has ended, and what of it is written.
    final func outcome() -> (Ending, Tally) {
        var tally = run.tally
        if case .signal? = run.ending { tally.unwrittenBytes = output.writeLast() }
        let ending = run.ending ?? .completed
        // What is joined has its end when the process has that joins it.
        spread(run.joins ? .joining : .ended(ending, tally))
        return (ending, tally)
    }

    // MARK: Events and actions

    final func tell(_ event: Run.Event) {
        events.append(event)
        if isHandling { return }
        isHandling = true
        var (next, actions) = (0, [Run.Action]())
        while next < events.count {
            let event = events[next]
            next += 1
            actions.removeAll(keepingCapacity: true)
            if case .told = event {
                measure(.gather) { run.handle(event, now: Clock.now(), into: &actions) }
            } else {
                run.handle(event, now: Clock.now(), into: &actions)
            }
            for action in actions { perform(action, of: event) }
        }
        events.removeAll(keepingCapacity: true)
        isHandling = false
    }

    private func perform(_ action: Run.Action, of event: Run.Event) {
        switch action {
        case .askSource(let items): tell(measure(.cut) { source.answer(items: items) })
        case .pollSource: if source.isLookedAt { tell(.sourceReady) }
        case .notice(let notice): observer.notice(notice)
        case .tell(let news): spread(news)
        case .keep(let entries, let id, let spills):
            let work = { [self] in output.keep(entries, of: event, id, spills) }
            let kept = spills ? measure(.spill, work) : work()
            if let bytes = kept { tell(.notSpilled(id: id, bytes: bytes)) }
        case .emit(let what):
            if let answer = output.emit(what, of: event) { tell(answer) }
        case .record(let entry, let item, let chunk): output.record(entry, of: event, item, chunk)
        case .recordFailure(let failure, let attempts, let slot, let item, let chunk):
            log?.record(.failure(failure, attempts: attempts, worker: slot + 1), item: item, of: chunk)
        case .recordModule(let entry): output.recordModule(entry, of: event)
        case .relay(let result, let items, let chunk):
            relay?.append(result, items, of: chunk, event, cost: run.scheduler.costOfItem)
        default: carryOut(action)
        }
    }
}

extension ChunkSource {
    /// The next chunk, of at most `items` items, or why there is none.
    fileprivate func answer(items: Int) -> Run.Event {
        do throws(Failure) {
            switch try nextChunk(items: items) {
            case .chunk(let chunk): return .chunk(chunk)
            case .restored(let chunk, let outcomes): return .restored(chunk, outcomes)
            case .dry: return .sourceDry
            case .end: return .sourceEnded
            }
        } catch {
            return .sourceFailed(error)
        }
    }
}

/// The bytes of results: those that wait, and those on their way to the output.
struct RunOutput: ~Copyable {
    var queue: OutputQueue
    private var kept: [Int: OutputBytes] = [:]
    private let observer: any RunObserver
    private let log: (any OutcomeLog)?
    let table: (any ResultTable)?

    init(
        _ queue: consuming OutputQueue, _ observer: any RunObserver, _ log: (any OutcomeLog)?,
        _ table: (any ResultTable)?
    ) {
        self.table = table
        self.queue = queue
        self.observer = observer
        self.log = log
    }

    /// Keeps the bytes of some entries; answers how many there are when they were to be spilled and are not.
    mutating func keep(_ entries: Range<Int>, of event: Run.Event, _ id: Int, _ spills: Bool) -> Int? {
        let bytes = event.bytes(of: entries)
        let stored = spills ? queue.spill(bytes) : .memory(bytes)
        kept[id] = stored
        if spills, case .memory = stored { return bytes.count }
        return nil
    }

    /// Answers whether what was described has a place.
    mutating func emit(_ what: Run.Output, of event: Run.Event) -> Run.Event? {
        switch what {
        case .records(.entries(let entries)):
            appendHeader()
            queue.append(.memory(event.bytes(of: entries)))
        case .records(.kept(let id)):
            appendHeader()
            kept.removeValue(forKey: id).map { queue.append($0) }
        case .described(let bytes, let item):
            do throws(Failure) {
                append(rows: try table?.rows(of: text(bytes, of: event)) ?? [])
                return .placed(item, refusal: nil)
            } catch {
                emitFailure(item.failing(error))
                return .placed(item, refusal: error)
            }
        case .standardError(let bytes):
            try? queue.write()  // on a terminal, what came before should stand before
            observer.text(text(bytes, of: event))
        case .failed(let item): emitFailure(item)
        }
        return nil
    }

    mutating func append(rows: [UInt8]) {
        appendHeader()
        queue.append(.memory(rows))
    }

    private mutating func emitFailure(_ item: FailedItem) {
        try? queue.write()
        queue.append(.memory(observer.failed(item)))
    }

    private mutating func appendHeader() {
        if let header = table?.takeHeader(), !header.isEmpty { queue.append(.memory(header)) }
    }

    /// Every row has left; whether there is something more to be written.
    mutating func endTable() -> Bool {
        table?.end()
        appendHeader()
        return !queue.isEmpty
    }

    private mutating func text(_ bytes: Run.Bytes, of event: Run.Event) -> [UInt8] {
        switch bytes {
        case .entries(let entries): return event.bytes(of: entries)
        case .kept(let id):
            guard case .memory(let bytes)? = kept.removeValue(forKey: id) else { return [] }
            return bytes
        }
    }

    /// Writes what is taken at once, and no more; answers how many bytes are not.
    mutating func writeLast() -> Int {
        var left = Int.max
        while queue.bytesWaiting < left {
            left = queue.bytesWaiting
            try? queue.write()
        }
        return left
    }

    func record(_ entry: Int, of event: Run.Event, _ item: Int, _ chunk: Chunk) {
        guard case .told(_, let entries, _, _) = event, case .item(let bytes, let traits) = entries[entry] else {
            return
        }
        log?.record(.success(bytes, traits), item: item, of: chunk)
    }

    func recordModule(_ entry: Int, of event: Run.Event) {
        guard case .told(_, let entries, _, _) = event, case .module(let name, let digest) = entries[entry] else {
            return
        }
        log?.recordModule(name, digest: digest)
    }
}

extension Run.Event {
    /// What some of its entries hold.
    fileprivate func bytes(of entries: Range<Int>) -> [UInt8] {
        switch self {
        case .told(_, let told, _, _) where entries.count == 1: told[entries.lowerBound].bytes
        case .told(_, let told, _, _): told[entries].flatMap(\.bytes)
        case .restored(_, let outcomes): outcomes[entries].flatMap(\.bytes)
        default: []
        }
    }
}

extension Entry {
    fileprivate var bytes: [UInt8] {
        switch self {
        case .output(let bytes, _), .item(let bytes, _), .standardError(let bytes): bytes
        default: []
        }
    }
}

extension Outcome {
    fileprivate var bytes: [UInt8] {
        if case .success(let bytes, _) = self { bytes } else { [] }
    }
}
