// Deadlocks are reported rather than suffered: when every process of the tree waits, without a deadline, for what only
// the others could give, and two looks a second apart have seen the same, nothing will ever happen again.

import Posix

extension ProcessTree {
    /// Looks around after a second of sleep; ends the tree if there is nothing left to wait for.
    func look(_ awaited: Awaited) {
        guard detectsDeadlocks, awaited.deadline == nil else { return }
        note(programs: programs())
        buryAll()  // of one that nobody waits for, nobody else takes notice
        let (seen, report) = change { memory in (standing(memory), lastLook.map { _ in self.report(memory) }) }
        defer { lastLook = seen }
        guard let seen, seen == lastLook, let report else { return }
        condemn(report)
    }

    /// What each process waits for and how often it has slept, with all deeds done so far; nil when one of them works,
    /// or may be woken from elsewhere.
    private func standing(_ memory: Memory) -> [Int]? {
        var seen = [memory[Arena.start, Root.deeds]]
        for slot in everybody(memory) {
            if memory[slot, Slot.isBorn] == 0 || !isAlive(slot, memory) { return nil }
            // What is gone has woken it already, or will.
            guard kind(memory[slot, Slot.awaits], memory) != nil, memory[slot, Slot.programs] == 0 else { return nil }
            if memory.links(of: slot + Slot.waits.offset).contains(where: { isRung($0, memory) }) { return nil }
            seen += [slot, memory[slot, Slot.awaits], memory[slot, Slot.sleeps]]
        }
        return seen
    }

    private func isRung(_ link: Int, _ memory: Memory) -> Bool {
        memory[link - Wait.inProcess.offset, Wait.isRung] != 0
    }

    private func report(_ memory: Memory) -> String {
        var lines = ["pmap: deadlock: every process waits for another one"]
        for slot in everybody(memory) {
            let object = memory[slot, Slot.awaits]
            lines.append(
                "pmap:   \(name(slot)) (pid \(memory[slot, Slot.pid])) waits \(describe(object, slot, memory))"
                    + " at \(text(slot, length: .placeLength, at: .place))")
        }
        return lines.joined(separator: "\n")
    }

    private func describe(_ object: Int, _ slot: Int, _ memory: Memory) -> String {
        switch kind(object, memory) {
        case .semaphore:
            let holders = stakes(.holds, in: object, memory).map { name(memory[$0, Stake.process]) }
            let thing = memory[object, Semaphore.limit] == 1 ? "lock" : "semaphore"
            return "for a \(thing)" + (holders.isEmpty ? "" : " that \(holders.joined(separator: ", ")) holds")
        case .condition: return "for a condition to be notified"
        case .event: return "for an event to be set"
        case .barrier:
            return "at a barrier, \(memory[object, Barrier.arrived]) of \(memory[object, Barrier.parties]) there"
        case .channel:
            if waits(slot, in: object + Channel.joiners.offset, memory) { return "for a queue's items to be done" }
            if waits(slot, in: object + Channel.getters.offset, memory) { return "for an empty queue" }
            return "for room in a queue of \(memory[object, Channel.count])"
        case .end: return "for a pipe"
        case .process: return object == slot ? "for one of its workers to end" : "for \(name(object)) to end"
        default: return "for a process to end"
        }
    }

    private func waits(_ slot: Int, in queue: Int, _ memory: Memory) -> Bool {
        memory.links(of: queue).contains { memory[$0 - Wait.inQueue.offset, Wait.process] == slot }
    }

    /// The first process says it and ends; all others die with it.
    private func condemn(_ report: String) {
        let isFirst = change { memory in
            if memory[Arena.start, Root.verdict] != 0 { return false }
            memory[Arena.start, Root.verdict] = 3
            return true
        }
        if isFirst { StandardDescriptor.writeError(Array((report + "\n").utf8)) }
        let oldest = change { memory in everybody(memory).first }
        if let oldest, oldest != me {
            Rings.ring(Int32(change { memory in memory[oldest, Slot.pid] }))
        } else {
            endIfCondemned()
        }
    }

    /// The oldest process ends the tree. It is told by rings, which may come more often than it looks around.
    func endIfCondemned() {
        guard ArenaBytes.word(Arena.start + Root.verdict.offset) != 0 else { return }
        let (verdict, oldest) = change { memory in (memory[Arena.start, Root.verdict], everybody(memory).first) }
        if verdict != 0, oldest == me { Posix.Process.exit(Int32(verdict)) }
    }
}
