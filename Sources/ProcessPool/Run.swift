// Everything that a run decides, in one value: events in, actions out. No descriptor, no process, no clock, no Lua.
//
//   source ──chunk──▸ scheduler ──send──▸ slot ──entries──▸ accounting ──▸ output sequencer ──emit──▸ output
//                         ▲                 │
//                         └─── chunk ended, death
//
// The files beside this one: Run+Results accounts for what slots tell, Run+Losses for what is lost with one, Run+Time
// does what is due, Run+Endings ends the run before its time.

import Posix
import Wire

/// A run: which item goes to which slot, what each came to, in which order that is written, and how it all ends.
///
/// Whoever carries out the actions does so in their order, and answers those that ask by an event behind those that are
/// waiting already.
struct Run {
    /// A place for one worker, and what is known of who is there.
    struct Slot {
        let kind: SlotKind
        /// A worker was started, and has not died.
        var isPresent = false
        /// It was told to leave.
        var isLeaving = false
        var chunks = ChunksInFlight()
        /// When it last told something, or got the chunk that it is at.
        var lastNews = 0
        /// Why it cannot work.
        var setupFailure: Failure?
        /// It was killed because it did not begin what it was given.
        var hasStalled = false
        /// Why it may not read from the terminal, if it was killed for wanting that.
        var terminalRefusal: TerminalQueue.Refusal?
        /// The item that has had its time here.
        var overdueItem: Int?
        /// It has told of items that it does not have, and is not listened to any more.
        var isDistrusted = false

        init(_ kind: SlotKind) { self.kind = kind }
    }

    let halt: HaltPolicy?
    let timeLimit: TimeLimit?
    let setupLimit: TimeLimit?
    let retryPolicy: RetryPolicy
    let input: RunPlan.ItemInput?
    let positions: RunPlan.ItemPositions?
    /// Results are joined by the numbers of their items.
    let joins: Bool
    /// Outcomes are kept for a later run.
    let isRecorded: Bool
    /// Somebody listens.
    let isHeard: Bool

    var scheduler: Scheduler
    var slots: [Slot]
    var presentSlots = 0
    var sequencer: OutputSequencer
    /// Items that were cut and have no outcome yet count as skipped.
    var tally = Tally()
    /// How many items there are, once that is known.
    var totalItems: Int?
    var ending: Ending?
    /// No item is to be begun any more, by order of the host whose remote this is.
    var isStopped = false
    /// What comes back may be handed out again.
    var isOpen: Bool { ending == nil && !isStopped }
    /// Workers are being killed, and what they were on is nobody's fault.
    var isKilling = false

    /// The source had nothing; an event will say when it has.
    var isSourceDry = false
    /// The source had items that need no worker, and may be asked for more at once.
    var hasRestored = false
    /// Nothing new is handed out, as nobody takes what there is.
    var isPaused = false
    var (outputIsFull, messagesAreFull) = (false, false)

    /// Items that will be run again.
    var retries = DueList<Chunk>()
    /// What items that are to be run again, or are, have failed with so far, by their numbers, with where that is gathered.
    var lastFailures: [Int: (item: FailedItem, chunk: Chunk)] = [:]
    /// Slots that no process could be had for, and when that is tried again.
    var refills = DueList<Int>()
    var starts = FailedStarts()
    /// Workers that died before they began the item, by its number.
    var deathsBefore: [Int: Int] = [:]
    /// How often a remote could not be had, by its slot.
    var failedStarts: [Int: Int] = [:]
    /// Workers that died in an item; no item has succeeded yet.
    var crashes = 0
    /// A worker could not be had, and that was said.
    var hasFewerWorkers = false
    /// `setup` failed somewhere, and it is not known yet whether it succeeds anywhere.
    var setupFailure: Failure?

    var deadlines: Deadlines
    var terminal = TerminalQueue()
    var rebalancing = Rebalancing()
    /// Somebody is idle while somebody else has more than it can do at once, as far as was seen.
    var mayRebalance = false
    /// Of the event that is handled.
    private var eventTime = 0
    // When things are due next, in nanoseconds of the clock.
    var nextLook = 0
    var nextCheck = 0
    var nextRebalancing = 0
    /// When a run that was asked to end by SIGTERM or SIGHUP is ended by force.
    var killTime: Int?
    /// When the terminal last asked what goes on.
    var lastQuit: Int?

    /// All slots are of one `kind`; `isRecorded` when outcomes are kept for a later run, `isHeard` when somebody listens.
    init(_ plan: RunPlan, slots count: Int, _ kind: SlotKind, isRecorded: Bool, isHeard: Bool = false) {
        halt = plan.halt
        timeLimit = plan.timeLimit
        setupLimit = plan.setupLimit
        retryPolicy = plan.retries
        (input, positions) = (plan.input, plan.positions)
        totalItems = plan.totalItems
        joins = plan.joins
        (self.isRecorded, self.isHeard) = (isRecorded, isHeard)
        deadlines = Deadlines(item: plan.timeLimit?.nanoseconds, setup: plan.setupLimit?.nanoseconds)
        scheduler = Scheduler(
            workers: count, chunkItems: plan.chunkItems, itemsPerWorker: plan.itemsPerWorker,
            chunksAtOnce: kind.chunksAtOnce, isAligned: plan.joins, pace: plan.pace)
        sequencer = OutputSequencer(isOrdered: plan.isOrdered || plan.joins, isRelayed: plan.isRelayed)
        slots = Array(repeating: Slot(kind), count: count)
    }

    /// Appends to `actions` what follows from `event`; `now` is the clock's, in nanoseconds.
    mutating func handle(_ event: Event, now: Int, into actions: inout [Action]) {
        eventTime = now
        switch event {
        case .begun: schedule(.sourceReady, &actions)
        case .chunk(let chunk):
            tally.skipped += chunk.count
            sequencer.open(chunk)
            tell(.cut(chunk), &actions)
            schedule(.chunk(chunk), &actions)
        case .restored(let chunk, let outcomes):
            tell(.restored(chunk, outcomes), &actions)
            restore(outcomes, of: chunk, &actions)
            checkHalt(&actions)
            hasRestored = true
            schedule(.sourceDry, &actions)
        case .sourceDry:
            isSourceDry = true
            schedule(.sourceDry, &actions)
        case .sourceReady:
            isSourceDry = false
            schedule(.sourceReady, &actions)
        case .sourceEnded:
            totalItems = totalItems ?? tally.items + tally.blank
            checkHalt(&actions)
            schedule(.sourceEnded, &actions)
        case .sourceFailed(let failure):
            if ending == nil { ending = .inputFailed(failure) }
            schedule(.sourceEnded, &actions)
        case .told(let slot, let entries, let times, let isReady):
            account(for: entries, times, of: slot, isReady, now, &actions)
        case .limited(let revocation, let current): revoke(revocation, current, &actions)
        case .notSpilled(let id, let bytes): sequencer.noteNotSpilled(id, bytes: bytes)
        case .died(let slot, let death): loseWorker(of: slot, death, now, &actions)
        case .lost(let slot, let loss): loseRemote(of: slot, loss, now, &actions)
        case .stopped:
            isStopped = true
            stop(&actions)
        case .cannotStart(let slot, let error): loseStart(of: slot, error, now, &actions)
        case .signal(let signal, let sights, let isEmpty): end(bySignal: signal, sights, isEmpty, now, &actions)
        case .asked(let quits, let isAsked, let sights, let bytesWaiting):
            answer(quits, isAsked, sights, bytesWaiting: bytesWaiting, now, &actions)
        case .suspended:
            perform(terminal.handle(.suspended), &actions)
            for slot in presentNumbers { actions.append(.suspend(slot, true)) }
        case .continued(let nanoseconds):
            for slot in presentNumbers { actions.append(.suspend(slot, false)) }
            deadlines.shift(by: nanoseconds)
        case .terminalRefused(let slot, let why):
            slots[slot].terminalRefusal = why
            actions.append(.kill(slot))
            perform(terminal.handle(.refused(worker: slot)), &actions)
        case .look(let sights): look(sights, now: now, &actions)
        case .tick(let sights, let outputIsFull, let messagesAreFull):
            (self.outputIsFull, self.messagesAreFull) = (outputIsFull, messagesAreFull)
            tick(sights, now, &actions)
        case .over:
            for slot in presentNumbers { actions.append(.kill(slot)) }
            perform(terminal.handle(.ended), &actions)
        case .outputFailed(let error): end(error.isBrokenPipe ? .outputClosed : .outputFailed(error), &actions)
        case .outputClosed: end(.outputClosed, &actions)
        case .placed(let item, let refusal): account(forPlaced: item, refusal, &actions)
        case .recordFailed(let failure): if ending == nil { end(.logFailed(failure), &actions) }
        }
    }

    /// Nothing is left to do, once the output is written.
    func isOver(outputIsEmpty: Bool) -> Bool {
        switch ending {
        case .outputClosed, .outputFailed: true
        // Told twice: whoever does not read what is left will not get it.
        case .signal where isKilling: presentSlots == 0
        default: isIdle && sequencer.isDone && outputIsEmpty
        }
    }

    /// Every chunk is done, and nobody is there any more.
    var isIdle: Bool { scheduler.isDone && presentSlots == 0 }
    var presentNumbers: [Int] { slots.indices.filter { slots[$0].isPresent } }

    /// What is left of the chunk that a slot is at.
    func rest(of slot: Int) -> Chunk? { slots[slot].chunks.chunks.first }

    // MARK: What the scheduler wants

    mutating func schedule(_ event: Scheduler.Event, _ actions: inout [Action]) {
        for action in scheduler.handle(event) {
            switch action {
            case .askSource(_, let items):
                actions.append(.askSource(items: joins ? aligned(items) : items))
            case .send(let chunk, let slot): send(chunk, to: slot, &actions)
            case .dismiss(let slot):
                slots[slot].isLeaving = true
                tell(.dismissed(worker: slot + 1), &actions)
                actions.append(.dismiss(slot))
            }
        }
    }

    /// So many items that the chunk ends at a multiple of a power of two: it leaves one result, or few.
    private func aligned(_ items: Int) -> Int {
        let block = 1 << (Int.bitWidth - 1 - items.leadingZeroBitCount)
        return block - (tally.items + tally.blank) % block
    }

    private mutating func send(_ chunk: Chunk, to slot: Int, _ actions: inout [Action]) {
        if !slots[slot].isPresent {
            slots[slot].isPresent = true
            presentSlots += 1
            actions.append(.start(slot))
        }
        if slots[slot].chunks.liftLimit() { actions.append(.limit(slot, items: nil)) }
        // An item that is tried again has its whole time.
        if let item = slots[slot].overdueItem, chunk.items.contains(item) { slots[slot].overdueItem = nil }
        if slots[slot].chunks.chunks.isEmpty { slots[slot].lastNews = eventTime }
        slots[slot].chunks.append(chunk)
        actions.append(.send(chunk, slot))
        tell(.sent(chunk, worker: slot + 1), &actions)
    }

    func tell(_ news: @autoclosure () -> RunNews, _ actions: inout [Action]) {
        if isHeard { actions.append(.tell(news())) }
    }

    /// Who was there is gone.
    mutating func clear(_ slot: Int) {
        if slots[slot].isPresent { presentSlots -= 1 }
        slots[slot] = Slot(slots[slot].kind)
    }
}
