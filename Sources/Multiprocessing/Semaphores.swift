// Semaphores, of which locks are a kind: a count, its holders, and the processes that wait for it (see
// Ownership.swift). And conditions and events.

import Lua
import Posix

extension ProcessTree {
    package func makeSemaphore(
        count: Int, limit: Int = 0, _ type: SemaphoreType = .semaphore
    ) throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            let semaphore = try make(.semaphore, words: Semaphore.words, memory)
            memory[semaphore, Semaphore.count] = count
            memory[semaphore, Semaphore.limit] = limit
            memory[semaphore, Semaphore.type] = type.rawValue
            memory.makeList(semaphore + Semaphore.waiters.offset)
            return semaphore
        }
    }

    package func makeLock(isRecursive: Bool) throws(TreeError) -> Int {
        try makeSemaphore(count: 1, limit: 1, isRecursive ? .recursiveLock : .lock)
    }

    /// How an acquisition succeeded: `abandoned` when a holder was lost before.
    package enum Acquisition { case acquired, abandoned }

    /// Takes one of the count; nil when the timeout has passed.
    package func acquire(_ semaphore: Int, _ timeout: Timeout) throws(TreeError) -> Acquisition? {
        try acquire(semaphore, .one, timeout)
    }

    /// The same as a hold: its number, which differs from those of this process's other holds and of its ancestors'.
    package func hold(
        _ semaphore: Int, _ timeout: Timeout
    ) throws(TreeError) -> (number: Int, Acquisition)? {
        lastHold += 1
        let number = lastHold
        return try acquire(semaphore, Holding(holds: [number]), timeout).map { (number, $0) }
    }

    private func acquire(
        _ semaphore: Int, _ holding: Holding, _ timeout: Timeout, isRetaken: Bool = false,
        then: (Memory) -> Void = { _ in }
    ) throws(TreeError) -> Acquisition? {
        let target = WaitTarget(
            objects: [semaphore], queues: [semaphore + Semaphore.waiters.offset], deadline: timeout.deadline,
            allowsCallbacks: !isRetaken, isInterruptible: !isRetaken)
        func attempt() throws(TreeError) -> Acquisition? {
            try wait(target) { memory, waiters throws(TreeError) in
                let acquisition = try tryAcquire(semaphore, holding, waiters, memory)
                if acquisition != nil { then(memory) }
                return acquisition
            }
        }
        if let acquisition = try attempt() { return acquisition }
        // A process that does not wait has not checked whether the holder is alive.
        return try within(timeout) { () throws(TreeError) -> Acquisition? in
            if timeout == .none, try reap(among: target) { return try attempt() }
            return nil
        }
    }

    private func tryAcquire(
        _ semaphore: Int, _ holding: Holding, _ waiters: [Int], _ memory: Memory
    ) throws(TreeError) -> Acquisition? {
        try check(semaphore, is: .semaphore, memory)
        if semaphoreType(semaphore, memory) == .recursiveLock, isMine(semaphore, memory) {
            try add(holding, to: semaphore, memory)
            return .acquired
        }
        let queue = semaphore + Semaphore.waiters.offset
        guard memory[semaphore, Semaphore.count] > 0, canBarge(queue, waiters, memory) else { return nil }
        memory[semaphore, Semaphore.count] -= 1
        try add(holding, to: semaphore, memory)
        advanceEpoch(memory)
        if memory[semaphore, Semaphore.count] > 0 { wake(queue, memory) }
        guard memory[semaphore, Semaphore.isAbandoned] != 0 else { return .acquired }
        memory[semaphore, Semaphore.isAbandoned] = 0
        return .abandoned
    }

    /// Releases: of a lock the caller's own acquisition, or else its own hold, or else, where any process may, the
    /// holder's; a semaphore counts up by `count`.
    package func release(_ semaphore: Int, count: Int = 1) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            try check(semaphore, is: .semaphore, memory)
            let type = semaphoreType(semaphore, memory)
            if !type.hasOwner {
                guard hasRoom(semaphore, for: count, memory) else {
                    throw .misuse("the semaphore is released too many times")
                }
                return raise(semaphore, by: count, memory)
            }
            if count > 1 { throw .misuse("a lock is released once a time, not \(count) times") }
            if type.isOwnersOnly, !isMine(semaphore, memory) {
                throw .misuse("release of a lock that this process does not hold")
            }
            guard memory[semaphore, Semaphore.count] == 0 else {
                throw .misuse("release of a lock that is not acquired")
            }
            endHolding(semaphore, memory)
            if !type.isOwnersOnly || !isMine(semaphore, memory) { raise(semaphore, by: 1, memory) }
        }
    }

    private func endHolding(_ semaphore: Int, _ memory: Memory) {
        LocksHeld.add(-1)
        if let own = reference(.acquisition, semaphore, current, memory), memory[own, Reference.count] > 1 {
            memory[own, Reference.count] -= 1
            return
        }
        let all = holdings(semaphore, memory)
        if let reference = all.first(where: { memory[$0, Reference.process] == current }) ?? all.first {
            removeReference(reference, memory)
        }
    }

    /// Ends the hold with this number; does nothing if this process has none, as in a fork of its owner, or after a
    /// release.
    package func release(hold: Int, of semaphore: Int) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            try check(semaphore, is: .semaphore, memory)
            let own = references(.hold, in: semaphore, memory).first {
                memory[$0, Reference.process] == current && memory[$0, Reference.count] == hold
            }
            guard let own else { return }
            LocksHeld.add(-1)
            removeReference(own, memory)
            if semaphoreType(semaphore, memory).isOwnersOnly, isMine(semaphore, memory) { return }
            guard hasRoom(semaphore, for: 1, memory) else {
                throw .misuse("the semaphore is released too many times")
            }
            raise(semaphore, by: 1, memory)
        }
    }

    func hasRoom(_ semaphore: Int, for count: Int, _ memory: Memory) -> Bool {
        let limit = memory[semaphore, Semaphore.limit]
        return count <= (limit > 0 ? limit : .max) - memory[semaphore, Semaphore.count]
    }

    /// Adds to the count, and wakes as many waiters.
    func raise(_ semaphore: Int, by count: Int, _ memory: Memory) {
        if memory[semaphore, Semaphore.formerHolder] != 0 {
            setLabel(.formerHolder, of: semaphore, to: 0, memory)
            memory[semaphore, Semaphore.isReported] = 0
        }
        memory[semaphore, Semaphore.count] += count
        wake(semaphore + Semaphore.waiters.offset, count: count, memory)
    }

    /// How many can be acquired now.
    package func value(_ semaphore: Int) throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            try check(semaphore, is: .semaphore, memory)
            return memory[semaphore, Semaphore.count]
        }
    }

    // MARK: Conditions

    package func makeCondition() throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            let condition = try make(.condition, words: Condition.words, memory)
            memory.makeList(condition + Condition.waiters.offset)
            return condition
        }
    }

    /// Releases the lock, waits to be notified, and acquires the lock again in the way it had it. Answers whether it was
    /// notified before the timeout passed, and whether the lock's holder was lost meanwhile.
    package func wait(
        for condition: Int, lock: Int, _ timeout: Timeout
    ) throws(TreeError) -> (notified: Bool, Acquisition) {
        var held: Holding?
        let target = WaitTarget(
            objects: [condition], queues: [condition + Condition.waiters.offset], deadline: timeout.deadline)
        let notified = Result { () throws(TreeError) -> Bool? in
            try wait(
                target,
                enqueuing: { memory throws(TreeError) in
                    try addReference(.sleeper, condition, current, count: 0, memory)
                    let own = holding(lock, memory)
                    remove(own, of: lock, memory)
                    held = own
                    raise(lock, by: 1, memory)
                },
                attempt: { memory, waiters throws(TreeError) in
                    if let waiter = waiters.first {
                        return memory[waiter, Waiter.notifiedBy] != 0 ? acceptNotification(waiter, memory) : nil
                    }
                    try check(condition, is: .condition, memory)
                    if !isMine(lock, memory) {
                        throw .misuse("wait on a condition whose lock this process does not hold")
                    }
                    return nil
                })
        }
        // The lock is this process's again, also when a callback has failed meanwhile, or a signal has ended the wait.
        guard let held else { return (try notified.get() ?? false, .acquired) }
        let acquisition = try acquire(lock, held, .forever, isRetaken: true) { memory in
            if let own = reference(.sleeper, condition, current, memory) { removeReference(own, memory) }
        }
        return (try notified.get() ?? false, acquisition ?? .acquired)
    }

    /// Accepts the notification, which passes to the next waiter if this process dies before it has the lock.
    private func acceptNotification(_ waiter: Int, _ memory: Memory) -> Bool {
        if let own = reference(.sleeper, memory[waiter, Waiter.notifiedBy], current, memory) {
            memory[own, Reference.count] = 1
        }
        memory[waiter, Waiter.notifiedBy] = 0
        return true
    }

    /// Notifies up to `count` waiters; answers how many.
    package func notify(_ condition: Int, lock: Int, count: Int) throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            try check(condition, is: .condition, memory)
            guard isMine(lock, memory) else {
                throw .misuse("notify on a condition whose lock this process does not hold")
            }
            var notified = 0
            while notified < count, notifyFirst(condition, memory) { notified += 1 }
            advanceEpoch(memory)
            return notified
        }
    }

    /// Notifies the first waiter that is alive and was not notified yet; false when there is none.
    @discardableResult
    func notifyFirst(_ condition: Int, _ memory: Memory) -> Bool {
        guard kind(condition, memory) == .condition else { return false }
        let queue = condition + Condition.waiters.offset
        var link = memory.first(of: queue)
        while let each = link {
            let waiter = each - Waiter.inQueue.offset
            if memory[waiter, Waiter.notifiedBy] == 0, isAlive(memory[waiter, Waiter.process], memory) {
                memory[waiter, Waiter.notifiedBy] = condition
                wakeOne(waiter, memory)
                return true
            }
            link = memory.next(after: each, in: queue)
        }
        return false
    }

    // MARK: Events

    package func makeEvent() throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            let event = try make(.event, words: Event.words, memory)
            memory.makeList(event + Event.waiters.offset)
            return event
        }
    }

    package func isSet(_ event: Int) throws(TreeError) -> Bool {
        try timedChange { memory throws(TreeError) in
            try check(event, is: .event, memory)
            return memory[event, Event.isSet] != 0
        }
    }

    package func set(_ event: Int, _ value: Bool) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            try check(event, is: .event, memory)
            memory[event, Event.isSet] = value ? 1 : 0
            if value { wakeAll(event + Event.waiters.offset, memory) }
        }
    }

    /// Whether it was set before the timeout passed.
    package func wait(forEvent event: Int, _ timeout: Timeout) throws(TreeError) -> Bool {
        let target = WaitTarget(objects: [event], queues: [event + Event.waiters.offset], deadline: timeout.deadline)
        let isSet: Bool? = try wait(target) { memory, _ throws(TreeError) in
            try check(event, is: .event, memory)
            return memory[event, Event.isSet] != 0 ? true : nil
        }
        return isSet ?? false
    }
}
