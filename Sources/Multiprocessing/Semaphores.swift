// The one primitive that the others stand on: a count, who holds it, and who sleeps for it. See Ownership.swift.

import Lua
import Posix

extension ProcessTree {
    package func makeSemaphore(
        count: Int, limit: Int = 0, _ variety: Variety = .semaphore
    ) throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            let semaphore = try make(.semaphore, words: Semaphore.words, memory)
            memory[semaphore, Semaphore.count] = count
            memory[semaphore, Semaphore.limit] = limit
            memory[semaphore, Semaphore.variety] = variety.rawValue
            memory.makeList(semaphore + Semaphore.waits.offset)
            return semaphore
        }
    }

    package func makeLock(isRecursive: Bool) throws(TreeError) -> Int {
        try makeSemaphore(count: 1, limit: 1, isRecursive ? .recursiveLock : .lock)
    }

    /// What an acquisition came to.
    package enum Acquisition { case acquired, abandoned }

    /// Takes one of the count; nil when the patience has ended.
    package func acquire(_ semaphore: Int, _ patience: Patience) throws(TreeError) -> Acquisition? {
        try acquire(semaphore, .one, patience)
    }

    /// The same as a hold: its number, which no other one of this process, or of those it has been forked from, has.
    package func hold(
        _ semaphore: Int, _ patience: Patience
    ) throws(TreeError) -> (number: Int, Acquisition)? {
        lastHold += 1
        let number = lastHold
        return try acquire(semaphore, Holding(holds: [number]), patience).map { (number, $0) }
    }

    private func acquire(
        _ semaphore: Int, _ holding: Holding, _ patience: Patience, isRetaken: Bool = false,
        then: (Memory) -> Void = { _ in }
    ) throws(TreeError) -> Acquisition? {
        let awaited = Awaited(
            objects: [semaphore], queues: [semaphore + Semaphore.waits.offset], deadline: patience.deadline,
            allowsCallbacks: !isRetaken, mayBeInterrupted: !isRetaken)
        func attempt() throws(TreeError) -> Acquisition? {
            try wait(awaited) { memory, waits throws(TreeError) in
                let acquisition = try take(semaphore, holding, waits, memory)
                if acquisition != nil { then(memory) }
                return acquisition
            }
        }
        if let acquisition = try attempt() { return acquisition }
        // Who does not wait has not looked whether the holder is alive.
        return try within(patience) { () throws(TreeError) -> Acquisition? in
            if patience == .none, try reap(among: awaited) { return try attempt() }
            return nil
        }
    }

    private func take(
        _ semaphore: Int, _ holding: Holding, _ waits: [Int], _ memory: Memory
    ) throws(TreeError) -> Acquisition? {
        try check(semaphore, is: .semaphore, memory)
        if variety(semaphore, memory) == .recursiveLock, isMine(semaphore, memory) {
            try add(holding, to: semaphore, memory)
            return .acquired
        }
        let queue = semaphore + Semaphore.waits.offset
        guard memory[semaphore, Semaphore.count] > 0, canBarge(queue, waits, memory) else { return nil }
        memory[semaphore, Semaphore.count] -= 1
        try add(holding, to: semaphore, memory)
        advanceEpoch(memory)
        if memory[semaphore, Semaphore.count] > 0 { wake(queue, memory) }
        guard memory[semaphore, Semaphore.isAbandoned] != 0 else { return .acquired }
        memory[semaphore, Semaphore.isAbandoned] = 0
        return .abandoned
    }

    /// Gives `count` back: of a lock the caller's own acquisition, or else its own hold, or else, where anybody may, its
    /// holder's; a semaphore counts up.
    package func release(_ semaphore: Int, count: Int = 1) throws(TreeError) {
        try changing { memory throws(TreeError) in
            try check(semaphore, is: .semaphore, memory)
            let variety = variety(semaphore, memory)
            if !variety.hasOwner {
                guard hasRoom(semaphore, for: count, memory) else {
                    throw .misuse("the semaphore is released too many times")
                }
                return raise(semaphore, by: count, memory)
            }
            if count > 1 { throw .misuse("a lock is released once a time, not \(count) times") }
            if variety.isOwnersOnly, !isMine(semaphore, memory) {
                throw .misuse("release of a lock that this process does not hold")
            }
            guard memory[semaphore, Semaphore.count] == 0 else {
                throw .misuse("release of a lock that is not acquired")
            }
            endHolding(semaphore, memory)
            if !variety.isOwnersOnly || !isMine(semaphore, memory) { raise(semaphore, by: 1, memory) }
        }
    }

    private func endHolding(_ semaphore: Int, _ memory: Memory) {
        TaskHoldings.note(-1)
        if let own = reference(.acquisition, semaphore, current, memory), memory[own, Reference.count] > 1 {
            memory[own, Reference.count] -= 1
            return
        }
        let all = holdings(semaphore, memory)
        if let reference = all.first(where: { memory[$0, Reference.process] == current }) ?? all.first {
            removeReference(reference, memory)
        }
    }

    /// Ends the hold with this number; nothing if this process has none, as in a fork of its owner, or after a release.
    package func release(hold: Int, of semaphore: Int) throws(TreeError) {
        try changing { memory throws(TreeError) in
            try check(semaphore, is: .semaphore, memory)
            let own = references(.hold, in: semaphore, memory).first {
                memory[$0, Reference.process] == current && memory[$0, Reference.count] == hold
            }
            guard let own else { return }
            TaskHoldings.note(-1)
            removeReference(own, memory)
            if variety(semaphore, memory).isOwnersOnly, isMine(semaphore, memory) { return }
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

    /// So many can be taken more.
    func raise(_ semaphore: Int, by count: Int, _ memory: Memory) {
        if memory[semaphore, Semaphore.formerHolder] != 0 {
            setLabel(.formerHolder, of: semaphore, to: 0, memory)
            memory[semaphore, Semaphore.isReported] = 0
        }
        memory[semaphore, Semaphore.count] += count
        wake(semaphore + Semaphore.waits.offset, count: count, memory)
    }

    /// What is left to be taken.
    package func value(_ semaphore: Int) throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            try check(semaphore, is: .semaphore, memory)
            return memory[semaphore, Semaphore.count]
        }
    }

    // MARK: Conditions

    package func makeCondition() throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            let condition = try make(.condition, words: Condition.words, memory)
            memory.makeList(condition + Condition.waits.offset)
            return condition
        }
    }

    /// Gives the lock back, sleeps until it is notified, and takes the lock again in the way it had it. Whether it was
    /// notified before the patience ended, and whether the lock's holder was lost meanwhile.
    package func wait(
        for condition: Int, lock: Int, _ patience: Patience
    ) throws(TreeError) -> (notified: Bool, Acquisition) {
        var held: Holding?
        let awaited = Awaited(
            objects: [condition], queues: [condition + Condition.waits.offset], deadline: patience.deadline)
        let notified = Result { () throws(TreeError) -> Bool? in
            try wait(
                awaited,
                enlisting: { memory throws(TreeError) in
                    try addReference(.sleeper, condition, current, count: 0, memory)
                    let own = holding(lock, memory)
                    remove(own, of: lock, memory)
                    held = own
                    raise(lock, by: 1, memory)
                },
                attempt: { memory, waits throws(TreeError) in
                    if let wait = waits.first {
                        return memory[wait, Wait.grantedBy] != 0 ? hear(wait, memory) : nil
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

    /// The notification is this process's, and passes on if it is lost before it has the lock.
    private func hear(_ wait: Int, _ memory: Memory) -> Bool {
        if let own = reference(.sleeper, memory[wait, Wait.grantedBy], current, memory) {
            memory[own, Reference.count] = 1
        }
        memory[wait, Wait.grantedBy] = 0
        return true
    }

    /// Wakes up to `count` of those who wait; answers how many.
    package func notify(_ condition: Int, lock: Int, count: Int) throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            try check(condition, is: .condition, memory)
            guard isMine(lock, memory) else {
                throw .misuse("notify on a condition whose lock this process does not hold")
            }
            var granted = 0
            while granted < count, grant(condition, memory) { granted += 1 }
            advanceEpoch(memory)
            return granted
        }
    }

    /// Notifies the first sleeper that is alive and was not notified yet; false when there is none.
    @discardableResult
    func grant(_ condition: Int, _ memory: Memory) -> Bool {
        guard kind(condition, memory) == .condition else { return false }
        let queue = condition + Condition.waits.offset
        var link = memory.first(of: queue)
        while let each = link {
            let wait = each - Wait.inQueue.offset
            if memory[wait, Wait.grantedBy] == 0, isAlive(memory[wait, Wait.process], memory) {
                memory[wait, Wait.grantedBy] = condition
                wakeOne(wait, memory)
                return true
            }
            link = memory.next(after: each, in: queue)
        }
        return false
    }

    // MARK: Events

    package func makeEvent() throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            let event = try make(.event, words: Event.words, memory)
            memory.makeList(event + Event.waits.offset)
            return event
        }
    }

    package func isSet(_ event: Int) throws(TreeError) -> Bool {
        try changing { memory throws(TreeError) in
            try check(event, is: .event, memory)
            return memory[event, Event.isSet] != 0
        }
    }

    package func set(_ event: Int, _ value: Bool) throws(TreeError) {
        try changing { memory throws(TreeError) in
            try check(event, is: .event, memory)
            memory[event, Event.isSet] = value ? 1 : 0
            if value { wakeAll(event + Event.waits.offset, memory) }
        }
    }

    /// Whether it was set before the patience ended.
    package func wait(forEvent event: Int, _ patience: Patience) throws(TreeError) -> Bool {
        let awaited = Awaited(objects: [event], queues: [event + Event.waits.offset], deadline: patience.deadline)
        let isSet: Bool? = try wait(awaited) { memory, _ throws(TreeError) in
            try check(event, is: .event, memory)
            return memory[event, Event.isSet] != 0 ? true : nil
        }
        return isSet ?? false
    }
}
