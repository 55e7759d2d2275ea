// Waiting until something can be done. Whoever makes it possible wakes the first waiter of the queue, which tries again;
// nothing is handed over, so a waiter that is killed takes nothing with it.

import Posix

/// How long a call may wait.
package enum Patience: Equatable {
    case none, forever
    case seconds(Double)

    /// A moment of `Clock`, or nil for never.
    var deadline: Int? {
        switch self {
        case .none: 0
        case .forever: nil
        case .seconds(let seconds):
            seconds < 9e9 ? Clock.now() + Int(max(0, seconds) * 1e9) : nil
        }
    }
}

/// What somebody sleeps for.
struct Awaited {
    /// The object, for the report of a deadlock and for whose deaths are looked for.
    var objects: [Int]
    /// The queues in which this process stands meanwhile.
    var queues: [Int]
    /// Processes that end the sleep when they end.
    var processes: [Int] = []
    /// Children whose ends end the sleep: the descriptors that tell of them.
    var children: [Int32] = []
    /// The moment when it ends in vain.
    var deadline: Int?
    /// Whether callbacks may run meanwhile.
    var allowsCallbacks = true
    /// Whether it ends in vain when some have run: they may have taken what is awaited. What is awaited itself brings none.
    var endsAfterCallbacks = false
    /// Whether an error that a signal asks for may end it.
    var mayBeInterrupted = true
}

extension ProcessTree {
    /// Does what `attempt` tries, as soon as it can be done: it answers nil while it cannot, and is called inside a
    /// change, with this process's places in the queues once it stands there. Nil when the patience has ended.
    ///
    /// `enlisting` is part of the change that puts it into the queues.
    func wait<Value>(
        _ awaited: Awaited, enlisting: (Memory) throws(TreeError) -> Void = { _ in },
        attempt: (Memory, [Int]) throws(TreeError) -> Value?
    ) throws(TreeError) -> Value? {
        let before = patienceEnd
        patienceEnd = awaited.deadline
        defer { patienceEnd = before }
        do throws(TreeError) { return try sleep(awaited, enlisting, attempt) } catch {
            if error == .stuck { return nil }
            throw error
        }
    }

    private func sleep<Value>(
        _ awaited: Awaited, _ enlisting: (Memory) throws(TreeError) -> Void,
        _ attempt: (Memory, [Int]) throws(TreeError) -> Value?
    ) throws(TreeError) -> Value? {
        var waits: [Int] = []
        let watched = watched(during: awaited)
        let queues = awaited.queues + watched.map { $0 + Channel.getters.offset }
        let value = try changing { memory throws(TreeError) -> Value? in
            if let value = try attempt(memory, []) { return value }
            if awaited.deadline != 0 {
                waits = try enlist(in: queues.prefix(ProcessTree.atOnce), memory)
                try enlisting(memory)
            }
            return nil
        }
        if value != nil || waits.isEmpty && awaited.deadline == 0 { return value }
        do throws(TreeError) {
            while waits.count < queues.count {
                let some = queues[waits.count...].prefix(ProcessTree.atOnce)
                waits += try changing { memory throws(TreeError) in try enlist(in: some, memory) }
            }
            if spin(waits), let value = try tryAgain(waits, attempt) { return value }
            WakeUp.arm()
            defer { WakeUp.disarm() }
            try park(waits, in: queues, awaited)
            while true {
                try reap(among: awaited)
                let now = Clock.now(), isLast = awaited.deadline.map { now >= $0 } ?? false
                let value = try tryAgain(waits, isLast: isLast, attempt)
                if value != nil || isLast { return value }
                if try hasMessages(watched), try runCallbacks(awaited) {
                    // They may have closed what is waited for: the attempt says so, before anything else is done with it.
                    let isLast = awaited.endsAfterCallbacks
                    if let value = try tryAgain(waits, isLast: isLast, attempt) { return value }
                    if isLast { return nil }
                } else {
                    if awaited.mayBeInterrupted, let interruption = interruption() { throw .raised(interruption) }
                    try sleep(awaited, now: now)
                }
            }
        } catch {
            let some = waits.prefix(ProcessTree.atOnce)
            tidy { [unowned self] memory in delist(some, memory) }
            delistRest(of: waits)
            throw error
        }
    }

    /// How many queues are entered or left in one change.
    private static let atOnce = 256

    /// Tries again, and leaves the queues if that has worked, or was the last time.
    private func tryAgain<Value>(
        _ waits: [Int], isLast: Bool = false, _ attempt: (Memory, [Int]) throws(TreeError) -> Value?
    ) throws(TreeError) -> Value? {
        let value = try changing { memory throws(TreeError) -> Value? in
            let value = try attempt(memory, waits)
            if value != nil { acknowledgeWakeUps(waits, memory) }
            if value != nil || isLast {
                delist(waits.prefix(ProcessTree.atOnce), memory)
            } else {
                countFailedWakeUps(waits, memory)
            }
            return value
        }
        if value != nil || isLast { delistRest(of: waits) }
        return value
    }

    /// Nanoseconds that somebody stays awake who may get an answer at once: falling asleep and being woken takes longer.
    private static let spinning = 50_000

    /// Whether it was woken in that time. A process that spins stands in front, and is woken without a signal.
    private func spin(_ waits: [Int]) -> Bool {
        if !maySpin || waits.isEmpty { return false }
        let end = Clock.now() + ProcessTree.spinning
        repeat {
            for _ in 0..<32 {
                if waits.contains(where: { ArenaBytes.word($0 + Wait.isWoken.offset) != 0 }) { return true }
                WakeUp.pauseProcessor()
            }
            WakeUp.yield()
        } while Clock.now() < end
        return false
    }

    /// Parks this process: it stands at the end of the queues from now on, and is woken by a signal.
    private func park(_ waits: [Int], in queues: [Int], _ awaited: Awaited) throws(TreeError) {
        setPlace(place())
        for start in stride(from: 0, to: max(1, waits.count), by: ProcessTree.atOnce) {
            try changing { memory in
                let places = start..<min(start + ProcessTree.atOnce, waits.count)
                for (wait, queue) in zip(waits[places], queues[places]) where memory[wait, Wait.isSpinning] != 0 {
                    memory[wait, Wait.isSpinning] = 0
                    memory.remove(wait + Wait.inQueue.offset)
                    memory.append(wait + Wait.inQueue.offset, to: queue)
                }
                if start > 0 { return }
                noteWait(awaited, memory)
                memory[current, ProcessEntry.sleeps] += 1
            }
        }
    }

    /// Where only other processes of the tree can end it, it may be part of a deadlock.
    private func noteWait(_ awaited: Awaited, _ memory: Memory) {
        memory[current, ProcessEntry.waitsFor] = awaited.objects.first ?? -1
        memory[current, ProcessEntry.hasTimeout] = awaited.deadline != nil ? 1 : 0
    }

    // MARK: Callbacks

    /// Whose messages bring callbacks that may run meanwhile.
    private func watched(during awaited: Awaited) -> [Int] {
        if watched.isEmpty || runsCallbacks || !awaited.allowsCallbacks { return [] }
        return awaited.endsAfterCallbacks ? watched.filter { !awaited.objects.contains($0) } : watched
    }

    /// Sleeps so long, or until callbacks have run.
    func pause(_ patience: Patience) throws(TreeError) {
        let awaited = Awaited(objects: [], queues: [], deadline: patience.deadline, endsAfterCallbacks: true)
        let _: Bool? = try wait(awaited) { _, _ in nil }
    }

    private func hasMessages(_ channels: [Int]) throws(TreeError) -> Bool {
        if channels.isEmpty { return false }
        return try changing { memory in
            channels.contains { kind($0, memory) == .channel && memory[$0, Channel.count] > 0 }
        }
    }

    /// The process keeps its places in the queues. False when it runs some already, which go on after this wait.
    private func runCallbacks(_ awaited: Awaited) throws(TreeError) -> Bool {
        try changing { memory in memory[current, ProcessEntry.waitsFor] = 0 }
        let before = patienceEnd
        patienceEnd = nil
        runsCallbacks = true
        WakeUp.disarm()
        defer {
            runsCallbacks = false
            WakeUp.arm()
            patienceEnd = before
            tidy { [unowned self] memory in noteWait(awaited, memory) }
        }
        return try callbacks()
    }

    /// Sleeps until a wake-up or a death, or until a second has passed.
    private func sleep(_ awaited: Awaited, now: Int) throws(TreeError) {
        let watched = try deathsToWatch(awaited)
        let second = 1_000_000_000, rest = min(awaited.deadline.map { $0 - now } ?? second, second)
        let happened = WakeUp.wait(awaited.children, watched, nanoseconds: rest)
        exitIfEnded()
        answerQuestion()
        if !happened, rest == second { checkForDeadlock(awaited) }
    }

    private func enlist(in queues: ArraySlice<Int>, _ memory: Memory) throws(TreeError) -> [Int] {
        var waits: [Int] = []
        for queue in queues {
            let wait = try allocate(8 * Wait.words, memory)
            for word in 0..<Wait.words { memory[wait + 8 * word] = 0 }
            memory[wait, Wait.kind] = Kind.wait.rawValue
            memory[wait, Wait.process] = current
            if maySpin, canBarge(queue, [], memory) {
                memory[wait, Wait.isSpinning] = 1
                memory.prepend(wait + Wait.inQueue.offset, to: queue)
            } else {
                memory.append(wait + Wait.inQueue.offset, to: queue)
            }
            memory.append(wait + Wait.inProcess.offset, to: current + ProcessEntry.waits.offset)
            waits.append(wait)
        }
        return waits
    }

    private func delistRest(of waits: [Int]) {
        for start in stride(from: ProcessTree.atOnce, to: waits.count, by: ProcessTree.atOnce) {
            tidy { [unowned self] memory in delist(waits[start...].prefix(ProcessTree.atOnce), memory) }
        }
    }

    private func delist(_ waits: ArraySlice<Int>, _ memory: Memory) {
        for wait in waits { removeWait(wait, memory) }
        if memory[current, ProcessEntry.waitsFor] != 0 { memory[current, ProcessEntry.waitsFor] = 0 }
    }

    /// Leaves a queue; a wake-up that was not acknowledged passes to the next waiter, and so does a notification.
    func removeWait(_ wait: Int, _ memory: Memory) {
        let next = memory[wait, Wait.inQueue], wasWoken = memory[wait, Wait.isWoken] != 0
        let condition = memory[wait, Wait.grantedBy]
        memory.remove(wait + Wait.inQueue.offset)
        memory.remove(wait + Wait.inProcess.offset)
        if wasWoken, next != wait + Wait.inQueue.offset { wake(at: next, memory) }
        if condition != 0 { grant(condition, memory) }
        blocks.free(wait, memory)
    }

    /// The attempt has worked: the next release sends another wake-up.
    private func acknowledgeWakeUps(_ waits: [Int], _ memory: Memory) {
        for wait in waits where memory[wait, Wait.isWoken] != 0 { memory[wait, Wait.isWoken] = 0 }
    }

    private func countFailedWakeUps(_ waits: [Int], _ memory: Memory) {
        for wait in waits where memory[wait, Wait.isWoken] != 0 {
            memory[wait, Wait.isWoken] = 0
            memory[wait, Wait.failedWakeUps] += 1
        }
    }

    // MARK: Wake-ups

    /// Wakes the first `count` waiters of a queue that were not woken yet.
    func wake(_ queue: Int, count: Int = 1, _ memory: Memory) {
        advanceEpoch(memory)
        var link = memory.first(of: queue), left = count
        while let each = link, left > 0 {
            if wakeOne(each - Wait.inQueue.offset, memory) { left -= 1 }
            link = memory.next(after: each, in: queue)
        }
    }

    /// The same for one that may be anywhere in its queue: the link may be the queue's head, which is no waiter.
    private func wake(at link: Int, _ memory: Memory) {
        let wait = link - Wait.inQueue.offset
        if memory[wait, Wait.kind] == Kind.wait.rawValue { wakeOne(wait, memory) }
    }

    /// False when it was woken before.
    @discardableResult
    func wakeOne(_ wait: Int, _ memory: Memory) -> Bool {
        if memory[wait, Wait.isWoken] != 0 { return false }
        memory[wait, Wait.isWoken] = 1
        if memory[wait, Wait.isSpinning] == 0 {
            wakeUps.append(Int32(memory[memory[wait, Wait.process], ProcessEntry.pid]))
        }
        return true
    }

    func wakeAll(_ queue: Int, _ memory: Memory) { wake(queue, count: .max, memory) }

    /// Whether this process may take something before those that wait for it: not when the first of them was woken
    /// before and found it taken again; but when it was woken itself, in one of its own `waits`, as no other was then.
    func canBarge(_ queue: Int, _ waits: [Int], _ memory: Memory) -> Bool {
        if waits.contains(where: { memory[$0, Wait.isWoken] != 0 }) { return true }
        guard let link = memory.first(of: queue) else { return true }
        let first = link - Wait.inQueue.offset
        return memory[first, Wait.process] == current || memory[first, Wait.failedWakeUps] == 0
    }
}
