// What a process leaves behind. Anybody who notices a death does this, in changes of bounded size, and it may be cut
// off and gone on with by somebody else at any point.

import Posix

extension ProcessTree {
    /// Takes the dead process's part out of everything it had to do with. `child` is the number of one of this process's
    /// that is known to have ended, or 0 for one that was never forked.
    func bury(_ slot: Int, child: Int? = nil) {
        while change({ memory in buryStep(slot, child: child, memory) }) {}
        reclaim()
    }

    /// Buries everybody who has died.
    func buryAll() {
        let dead = change { memory in everySlot(memory).filter { !isAlive($0, memory) } }
        for slot in dead { bury(slot) }
        reclaim()
    }

    /// Does a part of it; false when nothing is left to be done.
    private func buryStep(_ slot: Int, child: Int?, _ memory: Memory) -> Bool {
        guard memory[slot, Slot.kind] == Kind.process.rawValue else { return false }
        // Since it was found to be dead another may have buried it, and a new process may have its place.
        let isChild = child.map { memory[slot, Slot.pid] == $0 && memory[slot, Slot.parent] == me } ?? false
        guard isChild || memory[slot, Slot.isBuried] != 0 || !isAlive(slot, memory) else { return false }
        memory[slot, Slot.isBuried] = 1
        // Messages before references: while it has a reference to a channel, that one is there to take them.
        let hadSome =
            memory.removeEach(of: slot + Slot.hand.offset) { dispose($0 - Message.next.offset, of: slot, memory) }
            || memory.removeEach(of: slot + Slot.waits.offset) { removeWait($0 - Wait.inProcess.offset, memory) }
            || memory.removeEach(of: slot + Slot.references.offset) {
                endReference($0 - Reference.inProcess.offset, memory)
            }
        if hadSome { return true }
        memory.remove(slot + Slot.next.offset)
        // Another process may get this place: its children are not that one's.
        for each in everySlot(memory) where memory[each, Slot.parent] == slot { memory[each, Slot.parent] = -1 }
        forget(label: memory[slot, Slot.label], memory)
        blocks.free(slot, memory)
        return false
    }

    /// A message in a dead process's hand is freed; the task of a pool goes to whoever supervises the pool, and takes its
    /// results along.
    private func dispose(_ message: Int, of slot: Int, _ memory: Memory) {
        switch Kind(rawValue: memory[message, Message.kind]) {
        case .task:
            let channel = memory[message, Message.channel]
            memory.remove(message + Message.next.offset)
            memory[message, Message.holder] = 0
            memory[message + Message.bytes.offset, TaskWords.worker] = memory[slot, Slot.pid]
            let list =
                kind(channel, memory) == .channel
                ? channel + Channel.fallen.offset
                : Arena.start + Root.garbage.offset
            memory.append(message + Message.next.offset, to: list)
        case .results:
            let task = memory[message, Message.channel]
            if task != 0, memory[task + Message.bytes.offset, TaskWords.results] == message {
                memory.remove(message + Message.next.offset)
                memory[message, Message.holder] = 0
            } else {
                discard(message, memory)
            }
        default: discard(message, memory)
        }
    }

    /// Removes a dead process's reference, with the effect that its end has on the object.
    private func endReference(_ reference: Int, _ memory: Memory) {
        let object = memory[reference, Reference.object], process = memory[reference, Reference.process]
        switch Reference.Role(rawValue: memory[reference, Reference.role]) {
        case .acquisition, .hold:
            let end = Life.wasLeft(process + Slot.life.offset) ? OwnerEnd.left : .lost
            return inherit(reference, end, label: memory[process, Slot.label], memory)
        case .sleeper where memory[reference, Reference.count] > 0: grant(object, memory)
        case .unfinished: settle(object, count: memory[reference, Reference.count], memory)
        case .party: return breakBarrier(object, memory)  // which removes all of its parties
        case .sleeper, .handle, .message, nil: break
        }
        removeReference(reference, memory)
    }

    // MARK: Deaths that others wait for

    /// Descriptors that tell of the deaths of those on whom the wait depends: at most a few, as every second all of
    /// them are looked at anyway.
    func deathsToWatch(_ awaited: Awaited) throws(TreeError) -> WatchedProcesses {
        let pids = try changing { memory in
            var slots = awaited.processes
            for object in awaited.objects { slots += holders(object, memory) }
            return slots.filter { $0 != me }.prefix(8).map { Int32(memory[$0, Slot.pid]) }
        }
        return WatchedProcesses(pids)
    }

    /// Those who have what others wait for in this object.
    private func holders(_ object: Int, _ memory: Memory) -> [Int] {
        switch kind(object, memory) {
        case .semaphore: holdings(object, memory).map { memory[$0, Reference.process] }
        case .barrier: references(.party, in: object, memory).map { memory[$0, Reference.process] }
        case .end where memory[object, End.peer] != 0: processesReaching(memory[object, End.peer], memory)
        case .channel: references(.unfinished, in: object, memory).map { memory[$0, Reference.process] }
        default: []
        }
    }

    /// The processes that have a handle, or may get one by a message.
    private func processesReaching(_ object: Int, _ memory: Memory) -> [Int] {
        var found: [Int] = [], open = [object], known: Set = [object]
        while let each = open.popLast() {
            found += references(.handle, in: each, memory).map { memory[$0, Reference.process] }
            for link in memory.links(of: each + Shared.messageReferences.offset) {
                let message = memory[link - Reference.inObject.offset, Reference.process]
                let (holder, channel) = (memory[message, Message.holder], memory[message, Message.channel])
                if holder != 0 {
                    found.append(holder)
                } else if isShared(channel, memory), known.insert(channel).inserted {
                    open.append(channel)
                }
            }
        }
        return found
    }

    /// Buries those who have died among the ones that this wait has to do with: holders, and sleepers in front. Whether
    /// there were any.
    @discardableResult
    func bury(among awaited: Awaited) throws(TreeError) -> Bool {
        let dead = try changing { memory in
            var slots = awaited.processes
            for object in awaited.objects { slots += holders(object, memory) }
            for queue in awaited.queues {
                slots += memory.links(of: queue, limit: 16).map { memory[$0 - Wait.inQueue.offset, Wait.process] }
            }
            return Set(slots).filter { !isAlive($0, memory) }
        }
        for slot in dead { bury(slot) }
        return !dead.isEmpty
    }
}
