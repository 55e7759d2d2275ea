// The host's end of one worker: its process, its pipe pair, its status page, and the chunks it has. Entirely passive:
// it is told when its descriptors are ready.

import Posix
import Wire

/// One worker, from its fork to its end.
final class WorkerHandle {
    /// From 0; what a script sees counts from 1.
    let number: Int
    private var child: Child
    private let commands: Descriptor
    private let results: Descriptor
    private let pages: SharedPages
    private let status: StatusWords
    private var reader = BatchReader()
    /// Commands the pipe has not taken yet.
    private var unsent = CommandQueue()

    var assignments = Assignments()
    /// Why it cannot work.
    var setupFailure: Failure?
    /// It was told to leave.
    private(set) var isLeaving = false
    /// It was killed because it did not begin what it was given.
    var hasStalled = false
    /// Whether it has told anything since the host last asked.
    private var hasSpoken = false
    /// Something else has written where it tells the host.
    private(set) var isGarbled = false
    /// It has told of items that it does not have, and is not listened to any more.
    private var isRefused = false

    /// What a worker's outbox takes in shared memory; larger items are sent from its own.
    static let pageBytes = (1 << 20) + StatusWords.size
    private static let readSize = 256 << 10
    /// Then the others have their turn.
    private static let readsAtOnce = 16

    /// Forks a worker, which closes `inherited` and runs `body`.
    init(
        number: Int, closing inherited: [Int32], _ body: (inout WorkerLoop) -> Void
    ) throws(PosixError) {
        self.number = number
        var down = try Descriptor.pipe()
        var up = try Descriptor.pipe()
        let pages = try SharedPages(bytes: WorkerHandle.pageBytes)
        status = pages.statusWords()
        let (own, others) = (
            (down.readingNumber, up.writingNumber), [down.writingNumber, up.readingNumber] + inherited
        )
        child = try Child.fork {
            Descriptor.closeInherited(others)
            var loop = WorkerLoop(
                number: number, commands: Descriptor(owning: own.0), results: Descriptor(owning: own.1),
                outbox: pages.buffer(), pages.statusWords())
            body(&loop)
            return 0
        }
        pages.excludeFromForks()
        commands = down.takeWriting()
        results = up.takeReading()
        self.pages = pages
        commands.setNonBlocking()
        results.setNonBlocking()
    }

    var pid: Int32 { child.pid }
    /// Readable when it has told something.
    var resultsNumber: Int32 { results.number }
    /// Readable when it has died.
    var deathNumber: Int32 { child.pidfd.number }
    /// Writable when its pipe takes more, if it has to.
    var commandsNumber: Int32? { unsent.isEmpty ? nil : commands.number }
    /// What a forked sibling closes.
    var descriptors: [Int32] { [commands.number, results.number, child.pidfd.number] }
    static let descriptorCount = 3

    var isBusy: Bool { !assignments.chunks.isEmpty }

    // MARK: What it is told

    func send(_ chunk: Chunk) throws(PosixError) {
        // An item that is tried again has its whole time.
        if chunk.items.contains(Int(truncatingIfNeeded: status.load(.condemned))) {
            status.store(0, .condemned)
            status.store(0, .pressed)
        }
        if !isBusy && assignments.limit != nil {
            assignments.liftLimit()
            status.store(0, .barrier)
        }
        assignments.append(chunk)
        try send(.run(chunk))
    }

    func dismiss() throws(PosixError) {
        isLeaving = true
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

    /// No further item is to be begun.
    func stop() { status.store(1, .barrier) }

    /// Items that it has and has not begun, nor is about to, as far as can be seen.
    var itemsLeft: Int { assignments.left(begun: begun) }
    private var begun: Int { assignments.begunOrNext(current: currentItem) }
    /// The last item it has begun.
    var currentItem: Int { Int(truncatingIfNeeded: status.load(.current)) }
    /// Takes the items back that it has not begun, but for `keeping` of them; each rest with the slot it was part of.
    func takeBack(keeping: Int) -> [(slot: Int, rest: Chunk)] {
        let limit = assignments.lowerLimit(begun: begun, keeping: keeping)
        status.store(UInt64(limit + 1), .barrier)
        // Either it has seen the barrier, or we see what it has begun. What it has not begun for a barrier that came to
        // nothing is told at its chunk's end.
        guard Process.memoryBarrier() else { return [] }
        return assignments.takeBack(behind: max(limit, begun))
    }

    func kill() { child.kill() }

    /// What of the terminal has stopped it, while it is stopped.
    var terminalStop: TerminalQueue.Stop? {
        switch child.stopSignal {
        case Signal.terminalRead: .wantsToRead
        case Signal.terminalStop: .key
        default: nil
        }
    }

    /// Why it may not read from the terminal, if it was killed for wanting that.
    private(set) var refusal: TerminalQueue.Refusal?

    func refuseTerminal(_ why: TerminalQueue.Refusal) {
        refusal = why
        kill()
    }

    func suspend(_ isStopped: Bool) { child.suspend(isStopped) }

    /// It has run `setup`.
    var isReady: Bool { status.load(.ready) != 0 }

    /// It runs `teardown`.
    var isInTeardown: Bool { status.load(.ready) == 2 }

    /// The item it is running, as far as the host knows of it: nil between items, and while it waits for the host.
    var runningItem: Int? {
        guard let chunk = assignments.chunks.first, chunk.remaining > 0, status.load(.sending) == 0 else { return nil }
        let current = Int(truncatingIfNeeded: status.load(.current))
        return current >= chunk.next ? current : nil
    }

    /// What it is on; nil when it has nothing to do, or is at items and nobody watches them.
    func phase(watchesItems: Bool) -> Deadlines.Phase? {
        if !isReady { return .starting }
        if !isBusy { return isLeaving ? .leaving : nil }
        if !watchesItems { return nil }
        let begun = assignments.begun(current: currentItem)
        if begun > assignments.finished && status.load(.sending) == 0 {
            return .running(item: currentItem, begun: begun)
        }
        return .waiting(
            Deadlines.Exchange(
                begun: begun, batch: status.load(.batch), unsent: unsent.byteCount, received: reader.received.count))
    }

    var occupation: Occupation {
        let chunk = runningItem.flatMap { _ in assignments.chunks.first }
        return Occupation(worker: number + 1, pid: pid, isReady: isReady, item: runningItem, chunk: chunk)
    }

    /// Asks it by `signal` to give up `item`, if it is still at it.
    func condemn(_ item: Int, signal: Int32) {
        status.store(UInt64(item), .condemned)
        child.send(signal)
    }

    /// Asks it once more, and no longer lets it unwind.
    func press(_ item: Int, signal: Int32) {
        status.store(UInt64(item), .pressed)
        child.send(signal)
    }

    /// The item it was condemned for, if that is what it died of.
    var condemnedItem: Int? {
        let item = Int(truncatingIfNeeded: status.load(.condemned))
        return item > 0 && item == assignments.chunks.first?.next ? item : nil
    }

    // MARK: What it tells

    /// What has come through the pipe. A batch that is none costs the worker its life.
    func takeEntries() -> [Entry] {
        if isRefused { return [] }
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
    func refuse() {
        (isGarbled, isRefused) = (true, true)
        kill()
    }

    /// What it has finished and not sent yet, if it has been silent since the last time.
    func takeUnsentOfSilent() -> [Entry] {
        defer { hasSpoken = false }
        return hasSpoken ? [] : takeUnsent()
    }

    private func takeUnsent() -> [Entry] {
        if isRefused { return [] }
        let number = status.load(.batch)
        let committed = status.load(.committed)
        guard committed != 0, status.load(.batch) == number else { return [] }
        let copy = pages.copyOfBuffer(bytes: Int(committed & 0xffff_ffff))
        status.fence()
        // The worker may have sent this batch and begun the next while it was copied.
        guard status.load(.batch) == number, status.load(.committed) >= committed else { return [] }
        return (try? reader.readOpenBatch(in: copy, number: number, committedItems: Int(committed >> 32))) ?? []
    }

    // MARK: Its end

    /// Whether it has died and is not buried.
    var hasEnded: Bool { child.hasEnded }

    /// How a worker ended.
    struct Death {
        let status: ExitStatus
        /// What it had finished and not sent.
        let entries: [Entry]
        /// `setup` has been run.
        let wasReady: Bool
        /// `teardown` had begun, and had not come to its end.
        let wasLeaving: Bool
        /// It had done all that it was to do.
        let hadLeft: Bool
    }

    /// Takes what it left behind, and reaps it.
    func bury() -> Death {
        var entries: [Entry] = []
        while true {  // all that is in the pipe
            let more = takeEntries()
            if more.isEmpty { break }
            entries += more
        }
        if isGarbled && !isRefused { entries += takeRest() }
        entries += takeUnsent()
        let end = child.wait()
        return Death(
            status: end, entries: entries, wasReady: isReady, wasLeaving: isInTeardown,
            hadLeft: status.load(.ready) == 3)
    }

    /// Why one that was not ready has died.
    func startFailure(_ death: Death) -> Places.Failure {
        if setupFailure == nil, case .killed = death.status { return .killed }
        return .setup
    }

    /// Items of its oldest chunk that it has begun and not told of. Of a dead one that is the one it was running; there are
    /// more only when what it told is garbled.
    var itemsLost: Int { assignments.lost(current: currentItem) }
    /// Whether it has begun any item at all.
    var hasBegun: Bool { currentItem != 0 }
}
