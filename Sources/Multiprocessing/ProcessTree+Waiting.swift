// Waiting until something can be done. Whoever makes it possible wakes the first waiter of the queue, which tries again;
// nothing is handed over, so a waiter that is killed takes nothing with it.

import Posix

extension ProcessTree {
    /// Calls `attempt` until it answers something; nil when the timeout has passed. It is called inside a change, with
    /// this process's waiters once they stand in the queues.
    ///
    /// `enqueuing` is part of the change that puts it into the queues.
    func wait<Value>(
        _ target: WaitTarget, enqueuing: (Memory) throws(TreeError) -> Void = { _ in },
        attempt: (Memory, [Int]) throws(TreeError) -> Value?
    ) throws(TreeError) -> Value? {
        let before = lockDeadline
        lockDeadline = target.deadline
        defer { lockDeadline = before }
        do throws(TreeError) { return try sleep(target, enqueuing, attempt) } catch {
            if error == .lockTimedOut { return nil }
            throw error
        }
    }

    private func sleep<Value>(
        _ target: WaitTarget, _ enqueuing: (Memory) throws(TreeError) -> Void,
        _ attempt: (Memory, [Int]) throws(TreeError) -> Value?
    ) throws(TreeError) -> Value? {
        var waiters: [Int] = []
        let watched = watched(during: target)
        let queues = target.queues + watched.map { $0 + Channel.getters.offset }
        let value = try timedChange { memory throws(TreeError) -> Value? in
            if let value = try attempt(memory, []) { return value }
            if target.deadline != 0 {
                waiters = try enqueue(in: queues.prefix(ProcessTree.queuesPerChange), memory)
                try enqueuing(memory)
            }
            return nil
        }
        if value != nil || waiters.isEmpty && target.deadline == 0 { return value }
        do throws(TreeError) {
            while waiters.count < queues.count {
                let some = queues[waiters.count...].prefix(ProcessTree.queuesPerChange)
                waiters += try timedChange { memory throws(TreeError) in try enqueue(in: some, memory) }
            }
            if spin(waiters), let value = try tryAgain(waiters, attempt) { return value }
            WakeUp.arm()
            defer { WakeUp.disarm() }
            try park(waiters, in: queues, target)
            while true {
                try reap(among: target)
                // First: what it waits for may have ended by the same signal.
                if target.isInterruptible, let interruption = interruption() { throw .raised(interruption) }
                let now = Clock.now(), isLast = target.deadline.map { now >= $0 } ?? false
                let value = try tryAgain(waiters, isLast: isLast, attempt)
                if value != nil || isLast { return value }
                if try hasMessages(watched), try runCallbacks(target) {
                    // They may have closed what is waited for: the attempt finds it out, before anything else is done.
                    let isLast = target.endsAfterCallbacks
                    if let value = try tryAgain(waiters, isLast: isLast, attempt) { return value }
                    if isLast { return nil }
                } else {
                    try sleep(target, now: now)
                }
            }
        } catch {
            let some = waiters.prefix(ProcessTree.queuesPerChange)
            cleanUp { [unowned self] memory in dequeue(some, memory) }
            dequeueRest(of: waiters)
            throw error
        }
    }

    /// How many queues are entered or left in one change.
    private static let queuesPerChange = 256

    /// Tries again, and leaves the queues if that has worked, or was the last time.
    private func tryAgain<Value>(
        _ waiters: [Int], isLast: Bool = false, _ attempt: (Memory, [Int]) throws(TreeError) -> Value?
    ) throws(TreeError) -> Value? {
        let value = try timedChange { memory throws(TreeError) -> Value? in
            let value = try attempt(memory, waiters)
            if value != nil { acknowledgeWakeUps(waiters, memory) }
            if value != nil || isLast {
                dequeue(waiters.prefix(ProcessTree.queuesPerChange), memory)
            } else {
                countFailedWakeUps(waiters, memory)
            }
            return value
        }
        if value != nil || isLast { dequeueRest(of: waiters) }
        return value
    }

    /// Nanoseconds that a process polls before it sleeps: falling asleep and being woken takes longer.
    private static let spinning = 50_000

    /// Whether it was woken in that time. A process that spins stands in front, and is woken without a signal.
    private func spin(_ waiters: [Int]) -> Bool {
        if !maySpin || waiters.isEmpty { return false }
        let end = Clock.now() + ProcessTree.spinning
        repeat {
            for _ in 0..<32 {
                if waiters.contains(where: { ArenaBytes.word($0 + Waiter.isWoken.offset) != 0 }) { return true }
                WakeUp.pauseProcessor()
            }
            WakeUp.yield()
        } while Clock.now() < end
        return false
    }

    /// Parks this process: it stands at the end of the queues from now on, and is woken by a signal.
    private func park(_ waiters: [Int], in queues: [Int], _ target: WaitTarget) throws(TreeError) {
        setPosition(position())
        for start in stride(from: 0, to: max(1, waiters.count), by: ProcessTree.queuesPerChange) {
            try timedChange { memory in
                let range = start..<min(start + ProcessTree.queuesPerChange, waiters.count)
                for (waiter, queue) in zip(waiters[range], queues[range]) where memory[waiter, Waiter.isSpinning] != 0 {
                    memory[waiter, Waiter.isSpinning] = 0
                    memory.remove(waiter + Waiter.inQueue.offset)
                    memory.append(waiter + Waiter.inQueue.offset, to: queue)
                }
                if start > 0 { return }
                recordWait(target, memory)
                memory[current, ProcessEntry.sleeps] += 1
            }
        }
    }

    /// Records what this process waits for; without a deadline it may be part of a deadlock.
    private func recordWait(_ target: WaitTarget, _ memory: Memory) {
        memory[current, ProcessEntry.waitsFor] = target.objects.first ?? -1
        memory[current, ProcessEntry.hasTimeout] = target.deadline != nil ? 1 : 0
    }

    // MARK: Callbacks

    /// The channels whose messages bring callbacks that may run during this wait.
    private func watched(during target: WaitTarget) -> [Int] {
        if watched.isEmpty || runsCallbacks || !target.allowsCallbacks { return [] }
        return target.endsAfterCallbacks ? watched.filter { !target.objects.contains($0) } : watched
    }

    /// Sleeps so long, or until callbacks have run.
    func pause(_ timeout: Timeout) throws(TreeError) {
        let target = WaitTarget(objects: [], queues: [], deadline: timeout.deadline, endsAfterCallbacks: true)
        let _: Bool? = try wait(target) { _, _ in nil }
    }

    private func hasMessages(_ channels: [Int]) throws(TreeError) -> Bool {
        if channels.isEmpty { return false }
        return try timedChange { memory in
            channels.contains { kind($0, memory) == .channel && memory[$0, Channel.count] > 0 }
        }
    }

    /// Runs callbacks, while the process stays in the queues. False when it runs some already, which go on after this
    /// wait.
    private func runCallbacks(_ target: WaitTarget) throws(TreeError) -> Bool {
        try timedChange { memory in memory[current, ProcessEntry.waitsFor] = 0 }
        let before = lockDeadline
        lockDeadline = nil
        runsCallbacks = true
        WakeUp.disarm()
        defer {
            runsCallbacks = false
            WakeUp.arm()
            lockDeadline = before
            cleanUp { [unowned self] memory in recordWait(target, memory) }
        }
        return try callbacks()
    }

    /// Sleeps until a wake-up or a death, or until a second has passed.
    private func sleep(_ target: WaitTarget, now: Int) throws(TreeError) {
        let watched = try openPidfds(target)
        let second = 1_000_000_000, rest = min(target.deadline.map { $0 - now } ?? second, second)
        let happened = WakeUp.wait(target.children, watched, nanoseconds: rest)
        exitIfEnded()
        answerQuestion()
        if !happened, rest == second { checkForDeadlock(target) }
    }

    private func enqueue(in queues: ArraySlice<Int>, _ memory: Memory) throws(TreeError) -> [Int] {
        var waiters: [Int] = []
        for queue in queues {
            let waiter = try allocate(8 * Waiter.words, memory)
            for word in 0..<Waiter.words { memory[waiter + 8 * word] = 0 }
            memory[waiter, Waiter.kind] = Kind.waiter.rawValue
            memory[waiter, Waiter.process] = current
            if maySpin, canBarge(queue, [], memory) {
                memory[waiter, Waiter.isSpinning] = 1
                memory.prepend(waiter + Waiter.inQueue.offset, to: queue)
            } else {
                memory.append(waiter + Waiter.inQueue.offset, to: queue)
            }
            memory.append(waiter + Waiter.inProcess.offset, to: current + ProcessEntry.waiters.offset)
            waiters.append(waiter)
        }
        return waiters
    }

    private func dequeueRest(of waiters: [Int]) {
        for start in stride(from: ProcessTree.queuesPerChange, to: waiters.count, by: ProcessTree.queuesPerChange) {
            cleanUp { [unowned self] memory in dequeue(waiters[start...].prefix(ProcessTree.queuesPerChange), memory) }
        }
    }

    private func dequeue(_ waiters: ArraySlice<Int>, _ memory: Memory) {
        for waiter in waiters { removeWaiter(waiter, memory) }
        if memory[current, ProcessEntry.waitsFor] != 0 { memory[current, ProcessEntry.waitsFor] = 0 }
    }

    /// Leaves a queue; a wake-up that was not acknowledged passes to the next waiter, and so does a notification.
    func removeWaiter(_ waiter: Int, _ memory: Memory) {
        let next = memory[waiter, Waiter.inQueue], wasWoken = memory[waiter, Waiter.isWoken] != 0
        let condition = memory[waiter, Waiter.notifiedBy]
        memory.remove(waiter + Waiter.inQueue.offset)
        memory.remove(waiter + Waiter.inProcess.offset)
        if wasWoken, next != waiter + Waiter.inQueue.offset { wake(at: next, memory) }
        if condition != 0 { notifyFirst(condition, memory) }
        blocks.free(waiter, memory)
    }

    /// The attempt has worked: the next release sends another wake-up.
    private func acknowledgeWakeUps(_ waiters: [Int], _ memory: Memory) {
        for waiter in waiters where memory[waiter, Waiter.isWoken] != 0 { memory[waiter, Waiter.isWoken] = 0 }
    }

    private func countFailedWakeUps(_ waiters: [Int], _ memory: Memory) {
        for waiter in waiters where memory[waiter, Waiter.isWoken] != 0 {
            memory[waiter, Waiter.isWoken] = 0
            memory[waiter, Waiter.failedWakeUps] += 1
        }
    }

    // MARK: Wake-ups

    /// Wakes the first `count` waiters of a queue that were not woken yet.
    func wake(_ queue: Int, count: Int = 1, _ memory: Memory) {
        advanceEpoch(memory)
        var link = memory.first(of: queue), left = count
        while let each = link, left > 0 {
            if wakeOne(each - Waiter.inQueue.offset, memory) { left -= 1 }
            link = memory.next(after: each, in: queue)
        }
    }

    /// The same for one that may be anywhere in its queue: the link may be the queue's head, which is no waiter.
    private func wake(at link: Int, _ memory: Memory) {
        let waiter = link - Waiter.inQueue.offset
        if memory[waiter, Waiter.kind] == Kind.waiter.rawValue { wakeOne(waiter, memory) }
    }

    /// False when it was woken before.
    @discardableResult
    func wakeOne(_ waiter: Int, _ memory: Memory) -> Bool {
        if memory[waiter, Waiter.isWoken] != 0 { return false }
        memory[waiter, Waiter.isWoken] = 1
        if memory[waiter, Waiter.isSpinning] == 0 {
            wakeUps.append(Int32(memory[memory[waiter, Waiter.process], ProcessEntry.pid]))
        }
        return true
    }

    func wakeAll(_ queue: Int, _ memory: Memory) { wake(queue, count: .max, memory) }

    /// Whether this process may take something before those that wait for it: not when the first of them was woken
    /// before and found it taken again; but when it was woken itself, in one of its own `waiters`, as no other was then.
    func canBarge(_ queue: Int, _ waiters: [Int], _ memory: Memory) -> Bool {
        if waiters.contains(where: { memory[$0, Waiter.isWoken] != 0 }) { return true }
        guard let link = memory.first(of: queue) else { return true }
        let first = link - Waiter.inQueue.offset
        return memory[first, Waiter.process] == current || memory[first, Waiter.failedWakeUps] == 0
    }
}
