// Reaping: a process that notices a death frees what the dead one has left, in changes of bounded size. It may be
// killed at any point, and another one goes on.

import Posix

extension ProcessTree {
    /// Removes the messages, waits and references of a dead process. `child` is the number of a child of this process that
    /// is known to have ended, or 0 for one that was never forked.
    func reap(_ process: Int, child: Int? = nil) {
        while change({ memory in reapStep(process, child: child, memory) }) {}
        reclaim()
    }

    /// Reaps all processes that have died.
    func reapAll() {
        let dead = change { memory in allProcesses(memory).filter { !isAlive($0, memory) } }
        for process in dead { reap(process) }
        reclaim()
    }

    /// Does a part of it; false when nothing is left to be done.
    private func reapStep(_ process: Int, child: Int?, _ memory: Memory) -> Bool {
        guard memory[process, ProcessEntry.kind] == Kind.process.rawValue else { return false }
        // Since it was found to be dead another may have reaped it, and a new process may have its entry.
        let isChild =
            child.map { memory[process, ProcessEntry.pid] == $0 && memory[process, ProcessEntry.parent] == current }
            ?? false
        guard isChild || memory[process, ProcessEntry.isBeingReaped] != 0 || !isAlive(process, memory) else {
            return false
        }
        memory[process, ProcessEntry.isBeingReaped] = 1
        // Messages before references: while it has a reference to a channel, that one is there to take them.
        let hadSome =
            memory.removeEach(of: process + ProcessEntry.messages.offset) {
                reapMessage($0 - Message.next.offset, of: process, memory)
            }
            || memory.removeEach(of: process + ProcessEntry.waiters.offset) {
                removeWaiter($0 - Waiter.inProcess.offset, memory)
            }
            || memory.removeEach(of: process + ProcessEntry.references.offset) {
                endReference($0 - Reference.inProcess.offset, memory)
            }
        if hadSome { return true }
        memory.remove(process + ProcessEntry.next.offset)
        // Another process may get this entry: its children are not that one's.
        for each in allProcesses(memory) where memory[each, ProcessEntry.parent] == process {
            memory[each, ProcessEntry.parent] = -1
        }
        release(label: memory[process, ProcessEntry.label], memory)
        blocks.free(process, memory)
        return false
    }

    /// Frees a message that a dead process owned; the task of a pool goes to the supervisor of the pool, with its results.
    private func reapMessage(_ message: Int, of process: Int, _ memory: Memory) {
        switch Kind(rawValue: memory[message, Message.kind]) {
        case .task:
            let channel = memory[message, Message.channel]
            memory.remove(message + Message.next.offset)
            memory[message, Message.owner] = 0
            memory[message + Message.bytes.offset, TaskWords.worker] = memory[process, ProcessEntry.pid]
            let list =
                kind(channel, memory) == .channel
                ? channel + Channel.orphans.offset
                : Arena.start + Root.garbage.offset
            memory.append(message + Message.next.offset, to: list)
        case .results:
            let task = memory[message, Message.channel]
            if task != 0, memory[task + Message.bytes.offset, TaskWords.results] == message {
                memory.remove(message + Message.next.offset)
                memory[message, Message.owner] = 0
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
            let end =
                LivenessLock.exitedCleanly(process + ProcessEntry.livenessLock.offset) ? OwnerEnd.completed : .failed
            return applyDisposition(reference, end, label: memory[process, ProcessEntry.label], memory)
        case .sleeper where memory[reference, Reference.count] > 0: notifyFirst(object, memory)
        case .unfinished: countDown(object, count: memory[reference, Reference.count], memory)
        case .party: return breakBarrier(object, memory)  // which removes all of its parties
        case .sleeper, .handle, .message, nil: break
        }
        removeReference(reference, memory)
    }

    // MARK: Deaths that others wait for

    /// Descriptors that become readable when a process dies on which the wait depends: at most a few, as every second all
    /// of them are checked anyway.
    func openPidfds(_ target: WaitTarget) throws(TreeError) -> Pidfds {
        let pids = try timedChange { memory in
            var processes = target.processes
            for object in target.objects { processes += holders(object, memory) }
            return processes.filter { $0 != current }.prefix(8).map { Int32(memory[$0, ProcessEntry.pid]) }
        }
        return Pidfds(pids)
    }

    /// The processes that have what others wait for in this object.
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
                let (owner, channel) = (memory[message, Message.owner], memory[message, Message.channel])
                if owner != 0 {
                    found.append(owner)
                } else if isShared(channel, memory), known.insert(channel).inserted {
                    open.append(channel)
                }
            }
        }
        return found
    }

    /// Reaps the dead among the processes on which this wait depends: holders, and waiters in front. Whether there were
    /// any.
    @discardableResult
    func reap(among target: WaitTarget) throws(TreeError) -> Bool {
        let dead = try timedChange { memory in
            var processes = target.processes
            for object in target.objects { processes += holders(object, memory) }
            for queue in target.queues {
                processes += memory.links(of: queue, limit: 16).map {
                    memory[$0 - Waiter.inQueue.offset, Waiter.process]
                }
            }
            return Set(processes).filter { !isAlive($0, memory) }
        }
        for process in dead { reap(process) }
        return !dead.isEmpty
    }
}
