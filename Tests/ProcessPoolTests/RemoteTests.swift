// Remotes as values: they tell of items in any order, are lost at any moment, and may not be had at all; each item comes out
// once, in its place.

import Chance
import Testing
import Wire

@testable import ProcessPool

/// What is done elsewhere with a chunk: its items in parts, each by a worker of its own.
private struct FarChunk {
    let chunk: Chunk
    /// Items that are not told.
    var parts: [Range<Int>]
}

/// A run, and remotes that are as unreliable as chance wants it.
private struct Simulation {
    var run: Run
    var random: Seeded
    private let items: Int
    private var cut = 0
    private var now = 0
    private var far: [[FarChunk]?]
    private var wantsLeave: Set<Int> = []
    /// What left the run: items that succeeded, and minus the number of those that failed.
    private(set) var emitted: [Int] = []
    private var kept: [Int: [Int]] = [:]
    /// How often each item was done.
    private(set) var tries: [Int: Int] = [:]
    private(set) var notices: [Notice] = []
    /// Items that take their remote with them.
    let killers: Set<Int>

    init(items: Int, remotes: Int, seed: Int, killers: Set<Int> = [], _ plan: RunPlan = RunPlan()) {
        (self.items, self.killers) = (items, killers)
        random = Seeded(seed)
        far = Array(repeating: nil, count: remotes)
        var plan = plan
        plan.pace = .far
        run = Run(plan, slots: remotes, .remote, isRecorded: false)
        tell(.begun)
    }

    mutating func tell(_ event: Run.Event) {
        var events = [event]
        while !events.isEmpty {
            let event = events.removeFirst()
            var actions: [Run.Action] = []
            run.handle(event, now: now, into: &actions)
            for action in actions { perform(action, of: event, &events) }
        }
    }

    private mutating func perform(_ action: Run.Action, of event: Run.Event, _ events: inout [Run.Event]) {
        switch action {
        case .askSource(let wanted):
            let count = min(wanted, items - cut)
            if count == 0 { return events.append(.sourceEnded) }
            events.append(.chunk(Chunk(first: cut + 1, count: count)))
            cut += count
        case .start(let slot): far[slot] = []
        case .send(let chunk, let slot):
            let parts = chunk.parts(1 + random.below(3)).map(\.items)
            far[slot]?.append(FarChunk(chunk: chunk, parts: parts.filter { !$0.isEmpty }))
        case .dismiss(let slot): wantsLeave.insert(slot)
        case .kill(let slot): lose(slot, &events)
        case .emit(.records(.entries(let places))): emitted += numbers(of: places, in: event)
        case .emit(.records(.kept(let id))): emitted += kept.removeValue(forKey: id) ?? []
        case .emit(.failed(let item)): emitted.append(-item.item)
        case .keep(let places, let id, _): kept[id] = numbers(of: places, in: event)
        case .notice(let notice): notices.append(notice)
        case .distrust(let slot): Issue.record("slot \(slot) is distrusted")
        default: break
        }
    }

    /// The bytes of an entry are the number of its first item; what it finishes follows.
    private func numbers(of places: Range<Int>, in event: Run.Event) -> [Int] {
        guard case .told(_, let entries, _, _) = event else { return [] }
        return entries[places].flatMap { entry -> [Int] in
            guard case .output(let bytes, let items) = entry else { return [] }
            let first = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
            return Array(first..<first + items)
        }
    }

    private mutating func lose(_ slot: Int, _ events: inout [Run.Event]) {
        let wasThere = far[slot] != nil
        far[slot] = nil
        wantsLeave.remove(slot)
        if wasThere {
            events.append(.lost(slot: slot, Run.Loss(host: "h\(slot)", reason: "gone", wasReady: true, hadLeft: false)))
        }
    }

    /// One thing happens somewhere.
    mutating func step(losses: Int) {
        now += 50_000_000
        let slot = random.below(far.count)
        var events: [Run.Event] = []
        if far[slot] != nil {
            if losses > 0 && random.once(in: losses) {
                lose(slot, &events)
            } else {
                work(slot, &events)
            }
        }
        for event in events { tell(event) }
        tell(.tick([], outputIsFull: false, messagesAreFull: false))
    }

    private mutating func work(_ slot: Int, _ events: inout [Run.Event]) {
        guard var chunks = far[slot] else { return }
        if chunks.isEmpty {
            if wantsLeave.remove(slot) != nil {
                far[slot] = nil
                let loss = Run.Loss(host: "h\(slot)", reason: "", wasReady: true, hadLeft: true)
                events.append(.lost(slot: slot, loss))
            }
            return
        }
        let place = random.below(chunks.count)
        let part = random.below(chunks[place].parts.count)
        let range = chunks[place].parts[part]
        let count = 1 + random.below(range.count)
        let told = range.lowerBound..<range.lowerBound + count
        if let killer = told.first(where: killers.contains) {
            if killer == told.lowerBound { return lose(slot, &events) }
        }
        let safe = told.lowerBound..<(told.first(where: killers.contains) ?? told.upperBound)
        for item in safe { tries[item, default: 0] += 1 }
        chunks[place].parts[part] = safe.upperBound..<range.upperBound
        if chunks[place].parts[part].isEmpty { chunks[place].parts.remove(at: part) }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: safe.lowerBound >> (8 * $0)) }
        var entries: [Entry] = [
            .place(item: safe.lowerBound, attempt: chunks[place].chunk.attempt), .output(bytes, items: safe.count),
        ]
        if chunks[place].parts.isEmpty {
            let chunk = chunks.remove(at: place).chunk
            entries.append(.chunkDone(first: chunk.next, nanoseconds: chunk.remaining * 1_000_000))
        }
        far[slot] = chunks
        events.append(.told(slot: slot, entries, isReady: true))
    }

    mutating func finish(steps: Int, losses: Int) {
        for _ in 0..<steps {
            if isOver { return }
            step(losses: losses)
        }
    }

    var isOver: Bool { run.isOver(outputIsEmpty: true) }
}

@Test(arguments: 0..<60)
func `each item comes out once and in its place, whatever the order in which remotes tell of it`(seed: Int) {
    var simulation = Simulation(items: 1 + seed * 37, remotes: 1 + seed % 4, seed: seed)
    simulation.finish(steps: 200_000, losses: 0)
    #expect(simulation.isOver)
    #expect(simulation.emitted == Array(1...(1 + seed * 37)))
    #expect(simulation.tries.values.allSatisfy { $0 == 1 })
}

@Test(arguments: 0..<60)
func `remotes that are lost at any moment lose and double nothing`(seed: Int) {
    var simulation = Simulation(items: 200, remotes: 2 + seed % 3, seed: seed)
    simulation.finish(steps: 400_000, losses: 12 + seed)
    #expect(simulation.isOver)
    #expect(simulation.emitted.map(abs) == Array(1...200))
    let losses = simulation.notices.count { if case .lostRemote = $0 { true } else { false } }
    #expect(losses > 0 || seed > 5)
}

@Test(arguments: 0..<20)
func `an item that takes its machine with it is alone in the end, and has failed, and no other has`(seed: Int) {
    var simulation = Simulation(items: 300, remotes: 2, seed: seed, killers: [77, 200])
    simulation.finish(steps: 400_000, losses: 0)
    #expect(simulation.isOver)
    #expect(simulation.emitted == (1...300).map { [77, 200].contains($0) ? -$0 : $0 })
}

@Test func `a host that is not reached is tried again for a while, and then left out`() {
    var run = Run(RunPlan(), slots: 1, .remote, isRecorded: false)
    var (actions, now, waits) = ([Run.Action](), 0, [Int]())
    run.handle(.begun, now: now, into: &actions)
    run.handle(.chunk(Chunk(first: 1, count: 1)), now: now, into: &actions)
    let loss = Run.Loss(host: "h", reason: "no", wasReady: false, hadLeft: false)
    while run.ending == nil {
        actions = []
        run.handle(.lost(slot: 0, loss), now: now, into: &actions)
        guard let next = run.nextTick(now, isAsked: false), run.ending == nil else { break }
        waits.append((next - now) / 1_000_000_000)
        now = next
        run.handle(.tick([], outputIsFull: false, messagesAreFull: false), now: now, into: &actions)
    }
    #expect(waits == [1, 2, 4, 8])
    #expect(run.ending == .noWorkers(Failure(.error, "h: no"), inSetup: false))
}

@Test func `a remote that tells of what it does not have is not believed`() {
    for entries: [Entry] in [
        [.place(item: 9, attempt: 1)], [.place(item: 1, attempt: 2)], [.chunkDone(first: 2, nanoseconds: 0)],
        [.place(item: 1, attempt: 1), .output([1], items: 4)],
    ] {
        var run = Run(RunPlan(), slots: 1, .remote, isRecorded: false)
        var actions: [Run.Action] = []
        run.handle(.begun, now: 0, into: &actions)
        run.handle(.chunk(Chunk(first: 1, count: 3)), now: 0, into: &actions)
        actions = []
        run.handle(.told(slot: 0, entries, isReady: true), now: 0, into: &actions)
        #expect(actions.contains(.distrust(0)))
    }
}
