// The host's end of one worker: its process, its pipe pair and its status page. Entirely passive: it is told when its
// descriptors are ready.

import Bytes
import Posix
import Wire

/// One worker, from its fork to its end.
final class WorkerHandle {
    /// From 0; what a script sees counts from 1.
    let number: Int
    private var child: Child
    private let commands: Descriptor
    private let results: Descriptor
    /// What its programs write.
    private let programs: Descriptor
    private let pages: SharedPages
    private let status: StatusWords
    private var reader: BatchReader
    /// Commands the pipe has not taken yet.
    private var unsent = CommandQueue()

    private let isTimed: Bool
    /// Whether it has told anything since the host last asked.
    private var hasSpoken = false
    /// Something else has written where it tells the host.
    private var isGarbled = false
    /// It has told of items that it does not have, and is not listened to any more.
    private var isDistrusted = false

    /// What a worker's outbox takes in shared memory; larger items are sent from its own.
    static let pageBytes = (1 << 20) + outboxStart
    /// Before it are the status words, and what the worker has printed.
    private static let (printedStart, outboxStart) = (StatusWords.size, StatusWords.size + PrintedText.size)
    private static let readSize = 256 << 10
    /// Then the others have their turn.
    private static let readsAtOnce = 16

    /// Forks a worker, which closes `inherited` and runs `body`. Its standard error becomes `errors`, where that is given.
    init(
        number: Int, closing inherited: [Int32], errors: Int32? = nil, isTimed: Bool = false,
        _ body: (inout WorkerLoop) -> Void
    ) throws(PosixError) {
        self.number = number
        self.isTimed = isTimed
        reader = BatchReader(isTimed: isTimed)
        var down = try Descriptor.pipe()
        var up = try Descriptor.pipe()
        var printed = try Descriptor.smallPipe()
        let pages = try SharedPages(bytes: WorkerHandle.pageBytes)
        status = StatusWords(in: pages.buffer())
        let (own, others) = (
            (down.readingNumber, up.writingNumber), [down.writingNumber, up.readingNumber] + inherited
        )
        let programs = (printed.readingNumber, printed.writingNumber)
        child = try Child.fork {
            if let errors { StandardDescriptor.replaceError(by: errors) }
            Descriptor.closeInherited(others)
            var loop = WorkerLoop(
                number: number, commands: Descriptor(owning: own.0), results: Descriptor(owning: own.1),
                outbox: pages.buffer(from: WorkerHandle.outboxStart), StatusWords(in: pages.buffer()),
                capture: Capture(
                    reading: programs.0, writing: programs.1,
                    memory: pages.buffer(from: WorkerHandle.printedStart)))
            body(&loop)
            return 0
        }
        pages.excludeFromForks()
        commands = down.takeWriting()
        results = up.takeReading()
        self.programs = printed.takeReading()
        self.pages = pages
        commands.setNonBlocking()
        results.setNonBlocking()
    }

    private var knowsColumns = false

    var pid: Int32 { child.pid }
    /// Readable when it has told something.
    var resultsNumber: Int32 { results.number }
    /// Readable when it has died.
    var deathNumber: Int32 { child.pidfd.number }
    /// Writable when its pipe takes more, if it has to.
    var commandsNumber: Int32? { unsent.isEmpty ? nil : commands.number }
    /// What a forked sibling closes.
    var descriptors: [Int32] { [commands.number, results.number, programs.number, child.pidfd.number] }
    static let descriptorCount = 4

    // MARK: What it is told

    /// The columns, if there are some that it was not told of, come before the chunk.
    func send(_ chunk: Chunk, _ columns: FrozenBytes?) throws(PosixError) {
        if let columns, !knowsColumns {
            knowsColumns = true
            try send(.use(columns: columns))
        }
        // An item that is tried again has its whole time.
        if chunk.items.contains(status.overdue) {
            status.overdue = 0
            status.force(0)
        }
        try send(.run(chunk))
    }

    func dismiss() throws(PosixError) {
        try send(.leave)
    }

    private func send(_ command: Command) throws(PosixError) {
        unsent.append(command)
        try sendRest()
    }

    /// Writes what the pipe takes now. A worker that is gone takes nothing; its death is told elsewhere.
    func sendRest() throws(PosixError) {
        do throws(PosixError) {
            try unsent.write(to: commands)
        } catch {
            unsent.removeAll()
            if !error.isBrokenPipe { throw error }
        }
    }

    /// It may begin so many items of all that it was ever sent; nil for as many as it likes.
    func limit(_ items: Int?) { status.limit(items) }

    /// The same; true when either it has seen the limit, or what it has begun is seen from here on.
    func limitInOrder(_ items: Int) -> Bool {
        limit(items)
        return Process.memoryBarrier()
    }

    /// It has marked that it took too long.
    var isOverdue: Bool { status.overdue != 0 }

    /// The last item it has begun.
    var currentItem: Int { status.current }

    func kill() { child.kill() }

    /// What of the terminal has stopped it, while it is stopped.
    private func terminalStop(_ signal: Int32?) -> TerminalQueue.Stop? {
        switch signal {
        case Signal.terminalRead: .wantsToRead
        case Signal.terminalStop: .key
        default: nil
        }
    }

    func suspend(_ isStopped: Bool) { child.suspend(isStopped) }

    /// It has run `setup`.
    var isReady: Bool { status.phase != .beginning }

    /// What it is seen on; `withStop` also whether it is stopped, which costs a call.
    func sight(withStop: Bool) -> Run.Sight {
        let stopSignal = withStop ? child.stopSignal : nil
        let exchange = Deadlines.Exchange(
            batch: status.batch, unsent: unsent.byteCount, received: reader.received.count)
        return Run.Sight(
            slot: number, isReady: isReady, isInTeardown: status.phase == .leaving, current: currentItem,
            isSending: status.isSending, exchange: exchange, stop: terminalStop(stopSignal), pid: pid,
            isStopped: stopSignal != nil, start: isTimed ? status.startOfRunning : nil)
    }

    /// Asks it by `signal` to give up `item`, if it is still at it; with `isFinal` it is no longer to unwind.
    func interrupt(_ item: Int, _ isFinal: Bool, _ signal: Int32) {
        if isFinal { status.force(item) } else { status.overdue = item }
        child.send(signal)
    }

    // MARK: What it tells

    /// What has come through the pipe. A batch that is none costs the worker its life.
    func takeEntries() -> [Entry] {
        if isDistrusted { return [] }
        var entries: [Entry] = []
        do {
            for _ in 0..<WorkerHandle.readsAtOnce {
                let read = try results.read(appendingTo: &reader.received, limit: WorkerHandle.readSize)
                guard case .bytes(let count) = read else { break }
                entries += try reader.readEntries()
                if count < WorkerHandle.readSize { break }
            }
            entries += try reader.readEntries()  // what is refused may be all that there will ever be
        } catch {
            isGarbled = true
            kill()
        }
        hasSpoken = hasSpoken || !entries.isEmpty
        return entries
    }

    /// What of its own stands in the pipe behind that of others. No more is read than a pipe holds: others may go on.
    private func takeRest() -> [Entry] {
        for _ in 0..<WorkerHandle.readsAtOnce {
            let read = try? results.read(appendingTo: &reader.received, limit: WorkerHandle.readSize)
            guard case .bytes(let count)? = read, count > 0 else { break }
        }
        return reader.readRest()
    }

    /// What it tells is not to be believed any more.
    func distrust() {
        (isGarbled, isDistrusted) = (true, true)
        kill()
    }

    /// What it has finished and not sent yet, if it has been silent since the last time.
    func takeUnsentOfSilent() -> [Entry] {
        defer { hasSpoken = false }
        return hasSpoken ? [] : takeUnsent()
    }

    /// Of the items that the entries taken since the last call finish.
    func takeTimes() -> [ItemTime] { reader.takeTimes() }

    private func takeUnsent() -> [Entry] {
        isDistrusted ? [] : reader.readOpenBatch(status) { pages.copy(from: WorkerHandle.outboxStart, bytes: $0) }
    }

    /// How long the running item has run.
    private var timeOfRunning: ItemTime? {
        isTimed ? status.timeOfRunning(at: Clock.now()) : nil
    }

    // MARK: Its end

    /// Whether it has died and is not buried.
    var hasEnded: Bool { child.hasEnded }

    /// Takes what it left behind, and reaps it: what it had finished and not told of, and how it ended. `killsBefore` is what
    /// the kernel had killed for want of memory before the run.
    func bury(_ killsBefore: Int = Int.max) -> ([Entry], Run.Death) {
        var entries: [Entry] = []
        while true {  // all that is in the pipe
            let more = takeEntries()
            if more.isEmpty { break }
            entries += more
        }
        if isGarbled && !isDistrusted { entries += takeRest() }
        entries += takeUnsent()
        let status = child.wait()
        let printed = PrintedText(in: pages, at: WorkerHandle.printedStart, programs)
        // What programs have written may be of an item that is done, and is not dropped with an attempt.
        let isOfItem = !printed.hasPrograms && self.status.phase == .ready
        if !isOfItem && !printed.bytes.isEmpty { entries.append(.standardError(printed.bytes)) }
        let isKill = status == .killed(signal: Signal.kill)
        let death = Run.Death(
            status: status, name: "the worker (pid \(pid))", current: currentItem, time: timeOfRunning,
            wasReady: isReady,
            wasInTeardown: self.status.phase == .leaving, hadLeft: self.status.phase == .gone, isGarbled: isGarbled,
            memoryWasShort: isKill && OutOfMemory.kills() > killsBefore,
            wasSending: self.status.isSending, printed: isOfItem ? printed.bytes : [])
        return (entries, death)
    }
}
