// Deaths, signals, time limits and full outputs, as stories without a process: what a run is told, and a line for each
// thing it wants done.

import Posix
import Testing
import Wire

@testable import ProcessPool

extension Run.Death {
    init(
        _ status: Posix.ExitStatus, current: Int = 0, wasReady: Bool = true, wasInTeardown: Bool = false,
        isGarbled: Bool = false
    ) {
        self.init(
            status: status, name: "the worker", current: current, wasReady: wasReady, wasInTeardown: wasInTeardown,
            hadLeft: false, isGarbled: isGarbled, memoryWasShort: false)
    }
}

extension Run.Sight {
    init(slot: Int, current: Int, isReady: Bool = true) {
        self.init(
            slot: slot, isReady: isReady, isInTeardown: false, current: current, isSending: false,
            exchange: Deadlines.Exchange(), stop: nil,
            pid: 7)
    }
}

/// A run over so many items, of which each chunk has three, and whoever carries out what it decides.
private struct Story {
    private(set) var run: Run
    private var left: Int
    private var now = 0

    init(items: Int = 6, slots: Int = 1, _ plan: RunPlan = RunPlan()) {
        var plan = plan
        plan.chunkItems = plan.chunkItems ?? 3
        run = Run(plan, slots: slots, .process, isRecorded: false)
        left = items
        _ = tell(.begun)
    }

    /// The lines that `event` leads to, `later` nanoseconds after the last one.
    mutating func tell(_ event: Run.Event, later: Int = 0) -> [String] {
        now += later
        var (events, lines) = ([event], [String]())
        while !events.isEmpty {
            var actions: [Run.Action] = []
            run.handle(events.removeFirst(), now: now, into: &actions)
            for action in actions {
                if case .askSource(let items) = action { events.append(cut(items)) } else { lines += line(action) }
            }
        }
        return lines
    }

    /// The same for a tick that sees a worker on `current`.
    mutating func tick(later: Int = 0, current: Int? = nil, isReady: Bool = true, isFull: Bool = false) -> [String] {
        let sights = current.map { [Run.Sight(slot: 0, current: $0, isReady: isReady)] } ?? []
        return tell(.tick(sights, outputIsFull: isFull, messagesAreFull: false), later: later)
    }

    mutating func signal(_ signal: Int32, current: Int) -> [String] {
        tell(.signal(signal, [Run.Sight(slot: 0, current: current)], outputIsEmpty: true))
    }

    /// As if what slot 0 has were given to another as well, which nothing does on one machine.
    mutating func giveAgain(to slot: Int) {
        for chunk in run.slots[0].chunks.chunks { run.slots[slot].chunks.append(chunk) }
    }

    private mutating func cut(_ items: Int) -> Run.Event {
        let count = min(items, left)
        if count == 0 { return .sourceEnded }
        left -= count
        return .chunk(Chunk(first: run.tally.items + 1, count: count))
    }

    private func line(_ action: Run.Action) -> [String] {
        switch action {
        case .start(let slot): ["start \(slot)"]
        case .send(let chunk, let slot): ["send \(chunk.items.lowerBound)-\(chunk.items.upperBound - 1) to \(slot)"]
        case .dismiss(let slot): ["dismiss \(slot)"]
        case .kill(let slot): ["kill \(slot)"]
        case .limit(let slot, let items): ["limit \(slot): \(items.map { "\($0)" } ?? "none")"]
        case .interrupt(_, let item, let isFinal): ["interrupt \(item)\(isFinal ? " for good" : "")"]
        case .distrust(let slot): ["distrust \(slot)"]
        case .emit(.failed(let item)): ["item \(item.item): \(item.failure.message)"]
        case .emit: ["write"]
        case .keep(_, let id, _): ["keep \(id)"]
        case .notice(.finishing(let unfinished, _)): ["finishing \(unfinished.items)"]
        case .notice(.teardownFailed(let failure)): ["teardown: \(failure.message)"]
        case .notice(.setupFailed(let failure)): ["setup: \(failure.message)"]
        case .notice(.fewerWorkers): ["fewer workers"]
        default: []
        }
    }
}

/// What a worker is at when something happens to it.
private enum State: CaseIterable {
    /// It was forked, and runs `setup`; it has three items.
    case starting
    /// It is in the second of three items, or between the second and the third.
    case inItem, betweenItems
    /// It has nothing to do, and others may follow; or it was told to leave.
    case idle, leaving

    /// A run with a worker in this state.
    func story(_ plan: RunPlan = RunPlan()) -> Story {
        switch self {
        case .starting: return Story(items: 6, plan)
        case .inItem, .betweenItems:
            var story = Story(items: 6, plan)
            let done = self == .inItem ? 1 : 2
            _ = story.tell(.told(slot: 0, [.output([1], items: done)], isReady: true))
            return story
        case .idle, .leaving:
            var story = Story(items: 3, plan)
            let entries = [Entry.output([1], items: 3), .chunkEnd(nanoseconds: 1)]
            if self == .idle { _ = story.tick(isFull: true) }
            _ = story.tell(.told(slot: 0, entries, isReady: true))
            return story
        }
    }

    /// The last item it has begun.
    var current: Int {
        switch self {
        case .starting: 0
        case .inItem, .betweenItems: 2
        case .idle, .leaving: 3
        }
    }

    func death(_ status: Posix.ExitStatus, isGarbled: Bool = false) -> Run.Death {
        Run.Death(status, current: current, wasReady: self != .starting, isGarbled: isGarbled)
    }
}

private let killed = Posix.ExitStatus.killed(signal: 9), left = Posix.ExitStatus.exited(0),
    failed = Posix.ExitStatus.exited(3)
private let rest = ["start 0", "send 3-3 to 0"]

private let inItem = "while it ran this item; the others went on"

private let deaths: [(State, Posix.ExitStatus, [String])] = [
    (.starting, left, []), (.starting, failed, []), (.starting, killed, ["start 0", "send 1-3 to 0"]),
    (.inItem, left, ["item 2: the worker exited (0) before returning a result; the others went on"] + rest),
    (.inItem, failed, ["item 2: the worker exited (3) before returning a result; the others went on"] + rest),
    (.inItem, killed, ["item 2: the worker was killed by SIGKILL \(inItem)"] + rest),
    (.betweenItems, left, rest), (.betweenItems, failed, rest), (.betweenItems, killed, rest),
    (.idle, left, []), (.idle, failed, []), (.idle, killed, []),
    (.leaving, left, []), (.leaving, failed, []), (.leaving, killed, []),
]

@Test(arguments: deaths)
private func `a death costs the item that was running, and the rest is run elsewhere`(
    state: State, status: Posix.ExitStatus, lines: [String]
) {
    var story = state.story()
    #expect(story.tell(.died(slot: 0, state.death(status))) == lines)
    if state == .starting, status != killed {
        #expect(story.run.ending == .noWorkers(Failure(.crash, "the worker \(status), as by os.exit"), inSetup: true))
    }
}

@Test(arguments: [State.inItem, .betweenItems])
private func `garbage in a worker's pipe is said of the death it led to`(state: State) {
    var story = state.story()
    let message =
        "item 2: the worker was killed by SIGKILL while it ran this item, after something had written into pmap's own pipes; the others went on"
    let lines = story.tell(.died(slot: 0, state.death(killed, isGarbled: true)))
    #expect(lines == (state == .inItem ? [message] : []) + rest)
}

@Test func `items of which a garbled worker told nothing are run again in halves`() {
    var story = Story(items: 3, RunPlan())
    let death = Run.Death(killed, current: 3, isGarbled: true)
    #expect(story.tell(.died(slot: 0, death)) == ["start 0", "send 1-1 to 0"])
    #expect(story.run.rest(of: 0)?.items == 1..<2)
}

@Test func `a death in teardown is said, and of a worker that has no teardown to run it costs nothing`() {
    var story = State.leaving.story()
    let death = Run.Death(killed, current: 3, wasInTeardown: true)
    #expect(story.tell(.died(slot: 0, death)) == ["teardown: the worker was killed by SIGKILL"])
    #expect(story.run.isOver(outputIsEmpty: true) && story.run.ending == nil)
}

@Test func `an item that has had its time is interrupted, interrupted for good, and killed, and that was its time-out`()
{
    var plan = RunPlan()
    plan.timeLimit = TimeLimit(nanoseconds: 200_000_000, seconds: "0.2")
    var story = State.inItem.story(plan)
    let lines = (0..<150).flatMap { _ in story.tick(later: 10_000_000, current: 2) }
    #expect(lines.prefix(3) == ["interrupt 2", "interrupt 2 for good", "kill 0"])
    #expect(
        story.tell(.died(slot: 0, Run.Death(killed, current: 2)))
            == ["item 2: timed out after 0.2 s; the worker did not stop and was killed"] + rest)
    #expect(story.run.tally.failed == [.timeout: 1])
}

@Test func `while nobody takes the output no item's time counts, and nothing is handed out`() {
    var plan = RunPlan()
    plan.timeLimit = TimeLimit(nanoseconds: 200_000_000, seconds: "0.2")
    var story = State.inItem.story(plan)
    #expect((0..<50).flatMap { _ in story.tick(later: 10_000_000, current: 2, isFull: true) } == [])
    let end = [Entry.output([], items: 2), .chunkEnd(nanoseconds: 1)]
    #expect(story.tell(.told(slot: 0, end, isReady: true)) == [])
    #expect(story.tick() == ["send 4-6 to 0"])
}

@Test(arguments: [(Int?.none, "none"), (1, "1")])
private func `a setup that fails costs the slot, and the last one the run`(ready: Int?, name: String) {
    var story = Story(items: 6, slots: 2)
    if ready != nil { _ = story.tell(.told(slot: 1, [], isReady: true)) }
    _ = story.tell(.told(slot: 0, [.setupFailed(Failure(.error, "no"))], isReady: false))
    #expect(story.tell(.died(slot: 0, Run.Death(left, wasReady: false))) == [])
    if ready != nil {
        let done = [Entry.output([], items: 3), .chunkEnd(nanoseconds: 5_000_000)]
        #expect(story.tell(.told(slot: 1, done, isReady: true)) == ["setup: no", "send 1-3 to 1"])
        #expect(story.run.ending == nil)
    } else {
        _ = story.tell(.told(slot: 1, [.setupFailed(Failure(.error, "no"))], isReady: false))
        _ = story.tell(.died(slot: 1, Run.Death(left, wasReady: false)))
        #expect(story.run.ending == .noWorkers(Failure(.error, "no"), inSetup: true))
        _ = story.tick()
        #expect(story.run.isOver(outputIsEmpty: true) && story.run.tally.skipped == 6)
    }
}

@Test func `where no process can be had the items go to others, and it is tried again`() {
    var story = Story(items: 6, slots: 2)
    let error = PosixError("fork", code: 11)
    #expect(story.tell(.cannotStart(slot: 0, error)) == ["fewer workers"])
    let done = [Entry.output([], items: 3), .chunkEnd(nanoseconds: 5_000_000)]
    #expect(story.tell(.told(slot: 1, done, isReady: true)) == ["send 1-3 to 1"])
}

@Test func `a signal lets running items end, and the second one kills`() {
    var story = State.inItem.story()
    #expect(story.signal(2, current: 2) == ["limit 0: 0", "finishing 1"])
    #expect(story.signal(2, current: 2) == ["kill 0"])
    #expect(story.tell(.died(slot: 0, Run.Death(killed, current: 2))) == [], "it is nobody's fault")
    #expect(story.run.isOver(outputIsEmpty: false) && story.run.ending == .signal(2))
    #expect((story.run.tally.succeeded, story.run.tally.skipped) == (1, 2))
}

@Test func `SIGTERM gives running items five seconds`() {
    var story = State.inItem.story()
    #expect(story.signal(15, current: 2) == ["limit 0: 0", "finishing 1"])
    #expect(story.tick(later: 4_900_000_000) == [])
    #expect(story.tick(later: 200_000_000) == ["kill 0"])
}

@Test(arguments: [HaltPolicy.When.now, .soon])
func `a run that has had enough failures stops, now or when the running items have ended`(when: HaltPolicy.When) {
    var plan = RunPlan()
    plan.halt = HaltPolicy(when, .fail, .items(1))
    var story = State.inItem.story(plan)
    let lines = story.tell(.told(slot: 0, [.failure(Failure(.error, "no"))], isReady: true))
    let killing = when == .now ? ["kill 0"] : []
    #expect(lines == ["item 2: no", "limit 0: 0"] + killing)
    #expect((story.run.tally.failures, story.run.tally.skipped) == (1, 1))
}

@Test func `a failed item is run again by itself, behind what is there already`() {
    var plan = RunPlan()
    plan.retries = RetryPolicy(retries: 1)
    var story = State.inItem.story(plan)
    #expect(story.tell(.told(slot: 0, [.failure(Failure(.error, "no"))], isReady: true)) == [])
    #expect(story.tick(later: 1) == [])
    let end = [Entry.output([1], items: 1), .chunkEnd(nanoseconds: 5_000_000)]
    #expect(story.tell(.told(slot: 0, end, isReady: true)) == ["keep 1", "send 2-2 to 0"])
    let again = [Entry.failure(Failure(.error, "again")), .chunkEnd(nanoseconds: 5_000_000)]
    #expect(story.tell(.told(slot: 0, again, isReady: true)) == ["item 2: again", "write", "send 4-6 to 0"])
}

@Test func `an item's first outcome stands, and a second one is dropped and counted`() {
    var plan = RunPlan()
    plan.isOrdered = false
    plan.retries = RetryPolicy(retries: 1)
    var story = Story(items: 6, slots: 2, plan)
    story.giveAgain(to: 1)
    let told = [Entry.output([1], items: 1), .failure(Failure(.error, "first")), .output([1], items: 1)]
    #expect(story.tell(.told(slot: 0, told, isReady: true)) == ["write", "write"])
    #expect(
        story.tell(.told(slot: 1, [.output([1], items: 3), .chunkEnd(nanoseconds: 1)], isReady: true)) == ["write"])
    #expect(story.tell(.told(slot: 1, [.output([1], items: 1)], isReady: true)) == [])
    #expect(story.tell(.told(slot: 1, [.failure(Failure(.error, "late"))], isReady: true)) == [])
    #expect(story.tell(.told(slot: 1, [.item([1], ItemTraits())], isReady: true)) == [])
    #expect((story.run.tally.succeeded, story.run.tally.skipped, story.run.tally.repeated) == (5, 1, 3))
    #expect(story.run.lastFailures.count == 1, "item 2 will be tried again")
}

@Test(arguments: [PosixError("write", code: 32), PosixError("write", code: 28)])
func `an output that takes nothing more ends the run at once`(error: PosixError) {
    var story = State.inItem.story()
    #expect(story.tell(.outputFailed(error)) == ["limit 0: 0", "kill 0"])
    #expect(story.run.ending == (error.isBrokenPipe ? .outputClosed : .outputFailed(error)))
    #expect(story.run.isOver(outputIsEmpty: false))
}

@Test func `a hundred deaths without an item that succeeds end the run`() {
    var story = Story(items: 300, RunPlan())
    var deaths = 0
    while story.run.ending == nil && deaths < 1000 {
        let next = story.run.rest(of: 0)?.next ?? 0
        _ = story.tell(.died(slot: 0, Run.Death(killed, current: next)))
        deaths += 1
    }
    #expect(deaths == 100 && story.run.ending == .crashLoop(deaths: 100))
}
