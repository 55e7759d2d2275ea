// Who waits where, in words.

import Posix

extension ProcessTree {
    /// Who waits where, for somebody who has asked; a run's host says itself what it does.
    func answer(isHost: Bool) {
        let slots = change { memory in
            everybody(memory).filter {
                memory[$0, Slot.isBorn] != 0 && isAlive($0, memory) && !isSupervisor($0, memory)
            }
        }
        let others = isHost ? slots.filter { $0 != me } : slots
        if !others.isEmpty { tell("pmap: who waits where", others) }
    }

    /// Writes a line for each of these under the title.
    func tell(_ title: String, _ slots: [Int]) {
        // Where it runs is known of this process alone.
        let here = place()
        let lines = change { memory in slots.map { line($0, here: here, memory) } }
        StandardDescriptor.writeError(Array(([title] + lines).joined(separator: "\n").utf8) + [10])
    }

    private func line(_ slot: Int, here: String, _ memory: Memory) -> String {
        var line = "pmap:   \(name(slot, memory)) (pid \(memory[slot, Slot.pid])) "
        var place = place(of: slot)
        if memory[slot, Slot.awaits] != 0 {
            line += "waits " + describe(memory[slot, Slot.awaits], slot, memory)
            // Where an idle one has been forked says nothing.
            if isIdle(slot, memory) { place = "" }
        } else {
            line += "runs"
            place = slot == me ? here : ""
        }
        return line + (place.isEmpty ? "" : " at \(place)")
    }

    /// Whether it has nothing to do with the script's own code: a pool's supervisor, or one that waits for something to
    /// do for others.
    func isIdle(_ slot: Int, _ memory: Memory) -> Bool {
        let object = memory[slot, Slot.awaits]
        if isSupervisor(slot, memory) { return true }
        guard kind(object, memory) == .channel, let use = Channel.Use(rawValue: memory[object, Channel.use]) else {
            return false
        }
        return (use == .tasks || use == .requests) && waits(slot, in: object + Channel.getters.offset, memory)
    }

    /// It waits for any of its children.
    private func isSupervisor(_ slot: Int, _ memory: Memory) -> Bool { memory[slot, Slot.awaits] == slot }

    private func describe(_ object: Int, _ slot: Int, _ memory: Memory) -> String {
        let description = description(of: object, slot, memory)
        let isTimed = memory[slot, Slot.isBounded] != 0 && kind(object, memory) != nil
        return description + (isTimed ? ", with a timeout," : "")
    }

    private func description(of object: Int, _ slot: Int, _ memory: Memory) -> String {
        switch kind(object, memory) {
        case .semaphore: return "for a " + describe(semaphore: object, memory)
        case .condition: return "for a condition to be notified"
        case .event: return "for an event to be set"
        case .barrier:
            return "at a barrier, \(memory[object, Barrier.arrived]) of \(memory[object, Barrier.parties]) there"
        case .channel: return describe(channel: object, slot, memory)
        case .end: return "for a pipe"
        case .process where isSupervisor(object, memory): return "for a pool's workers to end"
        case .process: return "for \(name(object, memory)) to end"
        default: return memory[slot, Slot.isBounded] == 0 ? "for a process to end" : "for a program"
        }
    }

    private func describe(semaphore: Int, _ memory: Memory) -> String {
        let holders = holdings(semaphore, memory).map { name(memory[$0, Reference.process], memory) }
        let leftBy = memory[semaphore, Semaphore.leftBy], takers = takers(of: semaphore, memory)
        var parts: [String] = []
        if !holders.isEmpty { parts.append(" that \(holders.joined(separator: ", ")) holds") }
        if leftBy != 0 { parts.append(" that \(text(ofLabel: leftBy, memory)) held when it ended") }
        if !takers.isEmpty { parts.append(" that was acquired last by \(takers.joined(separator: ", "))") }
        return (variety(semaphore, memory).hasOwner ? "lock" : "semaphore") + parts.joined(separator: ", and")
    }

    private func describe(channel: Int, _ slot: Int, _ memory: Memory) -> String {
        if waits(slot, in: channel + Channel.joiners.offset, memory) { return "for a queue's items to be done" }
        if !waits(slot, in: channel + Channel.getters.offset, memory) {
            return "for room in a queue of \(memory[channel, Channel.count])"
        }
        switch Channel.Use(rawValue: memory[channel, Channel.use]) {
        case .tasks: return "for a task of its pool"
        case .results: return "for results of a pool"
        case .requests: return "for a request"
        case .replies: return "for a manager"
        case .values, nil: return "for an empty queue"
        }
    }

    private func waits(_ slot: Int, in queue: Int, _ memory: Memory) -> Bool {
        memory.links(of: queue).contains { memory[$0 - Wait.inQueue.offset, Wait.process] == slot }
    }
}
