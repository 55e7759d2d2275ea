// The one primitive that the others stand on: a count, who holds it, and who sleeps for it.

import Posix

extension ProcessTree {
    package func makeSemaphore(count: Int, limit: Int = 0, isRecursive: Bool = false) throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            let semaphore = try make(.semaphore, words: Semaphore.words, memory)
            memory[semaphore, Semaphore.count] = count
            memory[semaphore, Semaphore.initial] = count
            memory[semaphore, Semaphore.limit] = limit
            memory[semaphore, Semaphore.isRecursive] = isRecursive ? 1 : 0
            memory.makeRing(semaphore + Semaphore.waits.offset)
            return semaphore
        }
    }

    /// What an acquisition came to.
    package enum Acquisition { case acquired, abandoned }

    /// Takes one of the count; nil when the patience has ended.
    package func acquire(
        _ semaphore: Int, _ patience: Patience, allowsCallbacks: Bool = true
    ) throws(TreeError) -> Acquisition? {
        let awaited = Awaited(
            objects: [semaphore], queues: [semaphore + Semaphore.waits.offset], deadline: patience.deadline,
            allowsCallbacks: allowsCallbacks)
        return try wait(awaited) { memory, waits throws(TreeError) in try take(semaphore, waits, memory) }
    }

    private func take(_ semaphore: Int, _ waits: [Int], _ memory: Memory) throws(TreeError) -> Acquisition? {
        try check(semaphore, is: .semaphore, memory)
        let isRecursive = memory[semaphore, Semaphore.isRecursive] != 0
        if isRecursive, let own = stake(.holds, semaphore, me, memory) {
            memory[own, Stake.count] += 1
            return .acquired
        }
        let queue = semaphore + Semaphore.waits.offset
        guard memory[semaphore, Semaphore.count] > 0, mayPass(queue, waits, memory) else { return nil }
        memory[semaphore, Semaphore.count] -= 1
        if let own = stake(.holds, semaphore, me, memory) {
            memory[own, Stake.count] += 1
        } else {
            try addStake(.holds, semaphore, me, memory)
        }
        noteDeed(memory)
        if memory[semaphore, Semaphore.count] > 0 { ring(queue, memory) }
        guard memory[semaphore, Semaphore.isAbandoned] != 0 else { return .acquired }
        memory[semaphore, Semaphore.isAbandoned] = 0
        return .abandoned
    }

    /// Gives `count` back.
    package func release(_ semaphore: Int, count: Int = 1) throws(TreeError) {
        try changing { memory throws(TreeError) in try giveBack(semaphore, count: count, memory) }
    }

    /// What is given back by a process that holds none is somebody else's, as when one acquires and another releases.
    func giveBack(_ semaphore: Int, count: Int, _ memory: Memory) throws(TreeError) {
        try check(semaphore, is: .semaphore, memory)
        let limit = memory[semaphore, Semaphore.limit]
        if memory[semaphore, Semaphore.isRecursive] != 0 {
            guard let own = stake(.holds, semaphore, me, memory) else {
                throw .misuse("release of a lock that this process does not hold")
            }
            memory[own, Stake.count] -= 1
            if memory[own, Stake.count] > 0 { return }
            removeStake(own, memory)
        } else {
            if limit > 0, memory[semaphore, Semaphore.count] + count > limit {
                throw .misuse(
                    limit == 1 ? "release of a lock that is not acquired" : "the semaphore is released too many times")
            }
            for _ in 0..<count { removeHold(semaphore, memory) }
        }
        memory[semaphore, Semaphore.count] += count
        ring(semaphore + Semaphore.waits.offset, count: count, memory)
    }

    private func removeHold(_ semaphore: Int, _ memory: Memory) {
        guard let hold = stake(.holds, semaphore, me, memory) ?? stakes(.holds, in: semaphore, memory).first else {
            return
        }
        memory[hold, Stake.count] -= 1
        if memory[hold, Stake.count] == 0 { removeStake(hold, memory) }
    }

    /// What is left to be taken, and whether this process holds any.
    package func value(_ semaphore: Int) throws(TreeError) -> (count: Int, isMine: Bool) {
        try changing { memory throws(TreeError) in
            try check(semaphore, is: .semaphore, memory)
            let own = stake(.holds, semaphore, me, memory)
            return (memory[semaphore, Semaphore.count], own != nil)
        }
    }

    // MARK: Conditions

    package func makeCondition() throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            let condition = try make(.condition, words: Condition.words, memory)
            memory.makeRing(condition + Condition.waits.offset)
            return condition
        }
    }

    /// Gives the lock back, sleeps until it is notified, and takes the lock again as often as before. Whether it was
    /// notified before the patience ended, and whether the lock's holder has died meanwhile.
    package func wait(
        for condition: Int, lock: Int, _ patience: Patience
    ) throws(TreeError) -> (notified: Bool, Acquisition) {
        var depth = 0
        let awaited = Awaited(
            objects: [condition], queues: [condition + Condition.waits.offset], deadline: patience.deadline)
        let notified = Result { () throws(TreeError) -> Bool? in
            try wait(
                awaited,
                enlisting: { memory throws(TreeError) in
                    guard let hold = stake(.holds, lock, me, memory) else { throw .misuse("the lock was lost") }
                    depth = memory[hold, Stake.count]
                    memory[hold, Stake.count] = 1
                    try giveBack(lock, count: 1, memory)
                },
                attempt: { memory, waits throws(TreeError) in
                    if let wait = waits.first { return memory[wait, Wait.isGranted] != 0 ? true : nil }
                    try check(condition, is: .condition, memory)
                    if stake(.holds, lock, me, memory) == nil {
                        throw .misuse("wait on a condition whose lock this process does not hold")
                    }
                    return nil
                })
        }
        // The lock is this process's again, also when a callback has failed meanwhile.
        var acquisition: Acquisition?
        if depth > 0 {
            acquisition = try acquire(lock, .forever, allowsCallbacks: false)
            try changing { memory throws(TreeError) in
                if let hold = stake(.holds, lock, me, memory) { memory[hold, Stake.count] = depth }
            }
        }
        return (try notified.get() ?? false, acquisition ?? .acquired)
    }

    /// Wakes up to `count` of those who wait; answers how many.
    package func notify(_ condition: Int, lock: Int, count: Int) throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            try check(condition, is: .condition, memory)
            guard stake(.holds, lock, me, memory) != nil else {
                throw .misuse("notify on a condition whose lock this process does not hold")
            }
            var granted = 0
            for link in memory.links(of: condition + Condition.waits.offset) where granted < count {
                let wait = link - Wait.inQueue.offset
                guard memory[wait, Wait.isGranted] == 0, isAlive(memory[wait, Wait.process], memory) else { continue }
                memory[wait, Wait.isGranted] = 1
                granted += 1
                ringOne(wait, memory)
            }
            noteDeed(memory)
            return granted
        }
    }

    // MARK: Events

    package func makeEvent() throws(TreeError) -> Int {
        try changing { memory throws(TreeError) in
            let event = try make(.event, words: Event.words, memory)
            memory.makeRing(event + Event.waits.offset)
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
            if value { ringAll(event + Event.waits.offset, memory) }
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
