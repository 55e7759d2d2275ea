// Deadlocks are reported rather than suffered: when every process of the tree waits, without a deadline, for what only
// the others could give, and two looks a second apart have seen the same, nothing will ever happen again. A circle among
// them, while others go on, is only told: one of those may break it.

import Posix

extension ProcessTree {
    /// Looks around after a second of sleep; ends the tree if there is nothing left to wait for.
    func look(_ awaited: Awaited) {
        for object in awaited.objects { tellWhoLeft(with: object) }
        guard detectsDeadlocks, awaited.deadline == nil else { return }
        note(programs: programs())
        buryAll()  // of one that nobody waits for, nobody else takes notice
        let (seen, circle) = change { memory in
            let seen = standing(memory)
            return (seen, seen == nil ? self.circle(memory) : nil)
        }
        defer { (lastLook, lastCircle) = (seen, circle) }
        if let circle, circle == lastCircle, circle != toldCircle {
            toldCircle = circle
            tell("pmap: processes wait for each other in a circle, while others go on", circle.map(\.slot))
        }
        if let seen, seen == lastLook { condemn() }
    }

    /// What each process waits for and how often it has slept, with all deeds done so far; nil when one of them works,
    /// or may be woken from elsewhere.
    private func standing(_ memory: Memory) -> [Int]? {
        // Who has been forked by others, and has not joined the tree, may still do something with what it has handles of.
        if arena.hasStrangers { return nil }
        var seen = [memory[Arena.start, Root.deeds]]
        for slot in everybody(memory) {
            guard isStuck(slot, memory), memory[slot, Slot.programs] == 0 else { return nil }
            seen += [slot, memory[slot, Slot.awaits], memory[slot, Slot.sleeps]]
        }
        return seen
    }

    /// Whether it sleeps until another process of the tree wakes it, which none has done yet.
    private func isStuck(_ slot: Int, _ memory: Memory) -> Bool {
        if memory[slot, Slot.isBorn] == 0 || !isAlive(slot, memory) { return false }
        // What is gone has woken it already, or will.
        return kind(memory[slot, Slot.awaits], memory) != nil && memory[slot, Slot.isBounded] == 0
            && !memory.links(of: slot + Slot.waits.offset).contains { isWoken($0, memory) }
    }

    private func isWoken(_ link: Int, _ memory: Memory) -> Bool {
        memory[link - Wait.inProcess.offset, Wait.isWoken] != 0
    }

    // MARK: Circles

    /// One of a circle, and how often it has slept.
    struct Link: Equatable {
        var slot: Int
        var sleeps: Int
    }

    /// The circle in which this process waits for itself, if it is the one to tell of it.
    private func circle(_ memory: Memory) -> [Link]? {
        var path: [Int] = [], next: Int? = me
        while let slot = next, isStuck(slot, memory) {
            if slot == path.first {
                return path.count > 1 ? path.map { Link(slot: $0, sleeps: memory[$0, Slot.sleeps]) } : nil
            }
            if slot < me || path.contains(slot) { return nil }
            path.append(slot)
            next = blocker(of: slot, memory)
        }
        return nil
    }

    /// Whom it waits for: the holder of a lock, or one that is to end.
    private func blocker(of slot: Int, _ memory: Memory) -> Int? {
        let object = memory[slot, Slot.awaits]
        switch kind(object, memory) {
        case .semaphore where variety(object, memory).hasOwner:
            return holdings(object, memory).first.map { memory[$0, Reference.process] }
        case .process: return object == slot ? nil : object
        default: return nil
        }
    }

    // MARK: What is said

    /// Somebody has waited a second for a lock whose holder has left without giving it back, as another process may do.
    private func tellWhoLeft(with object: Int) {
        let who = change { memory -> String? in
            guard kind(object, memory) == .semaphore, memory[object, Semaphore.leftBy] != 0,
                memory[object, Semaphore.isTold] == 0
            else { return nil }
            memory[object, Semaphore.isTold] = 1
            return text(ofLabel: memory[object, Semaphore.leftBy], memory)
        }
        if let who { StandardDescriptor.writeError(Array("pmap: \(who) ended while it held the lock\n".utf8)) }
    }

    /// The first process says it and ends; all others die with it.
    private func condemn() {
        let isFirst = change { memory in
            if memory[Arena.start, Root.verdict] != 0 { return false }
            memory[Arena.start, Root.verdict] = 3
            return true
        }
        if isFirst {
            let slots = change { memory in everybody(memory).filter { !isIdle($0, memory) } }
            tell("pmap: deadlock: every process waits for another one", slots)
        }
        let oldest = change { memory in everybody(memory).first }
        if let oldest, oldest != me {
            WakeUp.send(to: Int32(change { memory in memory[oldest, Slot.pid] }))
        } else {
            endIfCondemned()
        }
    }

    /// The oldest process ends the tree. It is woken for it, and may be woken more often than it checks for deadlocks.
    func endIfCondemned() {
        guard ArenaBytes.word(Arena.start + Root.verdict.offset) != 0 else { return }
        let (verdict, oldest) = change { memory in (memory[Arena.start, Root.verdict], everybody(memory).first) }
        if verdict != 0, oldest == me { Posix.Process.exit(Int32(verdict)) }
    }
}
