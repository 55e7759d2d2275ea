// Who has to do with what: a stake is one process's, or one message's, part in one object. The object goes with the last
// one that refers to it.

import Posix

extension ProcessTree {
    @discardableResult
    func addStake(
        _ role: Stake.Role, _ object: Int, _ process: Int, count: Int = 1, _ memory: Memory
    ) throws(TreeError) -> Int {
        let stake = try makeStake(role, object, process, count: count, memory)
        // Handles, of which there may be one for each process, stand behind what is looked for more often.
        if role == .refers {
            memory.append(stake + Stake.inObject.offset, to: object + Shared.stakes.offset)
        } else {
            memory.prepend(stake + Stake.inObject.offset, to: object + Shared.stakes.offset)
        }
        memory.append(stake + Stake.inProcess.offset, to: process + Slot.stakes.offset)
        return stake
    }

    /// The message has a handle of the object.
    func addBringer(_ message: Int, of object: Int, _ memory: Memory) throws(TreeError) {
        let stake = try makeStake(.brings, object, message, count: 1, memory)
        memory.append(stake + Stake.inObject.offset, to: object + Shared.bringers.offset)
        memory.append(stake + Stake.inProcess.offset, to: message + Message.stakes.offset)
    }

    private func makeStake(
        _ role: Stake.Role, _ object: Int, _ owner: Int, count: Int, _ memory: Memory
    ) throws(TreeError) -> Int {
        let stake = try allocate(8 * Stake.words, memory)
        memory[stake, Stake.kind] = Kind.stake.rawValue
        memory[stake, Stake.role] = role.rawValue
        memory[stake, Stake.object] = object
        memory[stake, Stake.process] = owner
        memory[stake, Stake.count] = count
        return stake
    }

    /// The stakes in an object of one role.
    func stakes(_ role: Stake.Role, in object: Int, _ memory: Memory) -> [Int] {
        var found: [Int] = []
        forEachStake(role, in: object, memory) { stake in
            found.append(stake)
            return true
        }
        return found
    }

    func stake(_ role: Stake.Role, _ object: Int, _ process: Int, _ memory: Memory) -> Int? {
        var found: Int?
        forEachStake(role, in: object, memory) { stake in
            if memory[stake, Stake.process] == process { found = stake }
            return found == nil
        }
        return found
    }

    /// Until `body` answers false.
    private func forEachStake(_ role: Stake.Role, in object: Int, _ memory: Memory, _ body: (Int) -> Bool) {
        let list = object + Shared.stakes.offset
        var link = memory.first(of: list)
        while let each = link {
            let stake = each - Stake.inObject.offset, itsRole = memory[stake, Stake.role]
            if itsRole == role.rawValue { if !body(stake) { return } }
            if itsRole == Stake.Role.refers.rawValue, role != .refers { return }
            link = memory.next(after: each, in: list)
        }
    }

    /// Takes the stake away, and the object with it if it was the last.
    func removeStake(_ stake: Int, _ memory: Memory) {
        let object = memory[stake, Stake.object]
        unlink(stake, memory)
        if memory[object, Shared.kind] == Kind.end.rawValue { wakeWaiters(object, memory) }
        freeIfForgotten(object, memory)
    }

    private func unlink(_ stake: Int, _ memory: Memory) {
        memory.remove(stake + Stake.inObject.offset)
        memory.remove(stake + Stake.inProcess.offset)
        blocks.free(stake, memory)
    }

    /// Frees an object that nobody can come to refer to any more.
    func freeIfForgotten(_ object: Int, _ memory: Memory) {
        guard memory[object, Shared.isKept] == 0, let kind = Kind(rawValue: memory[object, Shared.kind]) else {
            return
        }
        if hasReferrer(object, memory) { return }
        if !memory.isEmpty(object + Shared.bringers.offset) { return suspect(object, memory) }
        // Whoever holds it or owes something to it and has dropped it can do nothing about that any more.
        for link in memory.links(of: object + Shared.stakes.offset) { unlink(link - Stake.inObject.offset, memory) }
        for queue in queues(of: object, kind) { dissolve(queue, memory) }
        if kind == .semaphore { forgetLabels(of: object, memory) }
        if kind == .channel { dropMessages(object, memory) }
        if kind == .end { leave(object, memory) }
        if kind == .blob, memory[object, Blob.carrier] != 0 { drop(message: memory[object, Blob.carrier], memory) }
        memory.remove(object + Shared.suspect.offset)
        blocks.free(object, memory)
    }

    /// Whether a process has a handle of it.
    func hasReferrer(_ object: Int, _ memory: Memory) -> Bool {
        var isFound = false
        forEachStake(.refers, in: object, memory) { _ in
            isFound = true
            return false
        }
        return isFound
    }

    /// Where processes may sleep for it.
    private func queues(of object: Int, _ kind: Kind) -> [Int] {
        switch kind {
        case .semaphore: [object + Semaphore.waits.offset]
        case .condition: [object + Condition.waits.offset]
        case .event: [object + Event.waits.offset]
        case .barrier: [object + Barrier.waits.offset]
        case .channel: [Channel.getters, .putters, .joiners].map { object + $0.offset }
        default: []
        }
    }

    /// Whoever sleeps there, as its own callback may have closed what it waits for, looks and finds it gone.
    private func dissolve(_ queue: Int, _ memory: Memory) {
        for link in memory.links(of: queue) {
            wakeOne(link - Wait.inQueue.offset, memory)
            memory.remove(link)
        }
    }
}
