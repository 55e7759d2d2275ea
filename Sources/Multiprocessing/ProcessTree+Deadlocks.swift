// Deadlocks: when every process of the tree waits, without a deadline, for something that only the others could do, and
// two snapshots a second apart are the same, nothing will ever happen again, and the tree ends with a report. A cycle
// of processes that wait for each other, while others go on, is reported only: one of those may break it.

import Posix

extension ProcessTree {
    /// Checks after a second of sleep whether there is anything left to wait for, and ends the tree if not.
    func checkForDeadlock(_ target: WaitTarget) {
        for object in target.objects { reportLostHolder(of: object) }
        guard detectsDeadlocks, target.deadline == nil else { return }
        setProgramCount(programs())
        reapAll()  // a process that no other waits for is not noticed elsewhere
        let (snapshot, cycle) = change { memory in
            let snapshot = takeSnapshot(memory)
            return (snapshot, snapshot == nil ? self.cycle(memory) : nil)
        }
        defer { (lastSnapshot, lastCycle) = (snapshot, cycle) }
        if let cycle, cycle == lastCycle, cycle != reportedCycle {
            reportedCycle = cycle
            report("pmap: processes wait for each other in a circle, while others go on", cycle.map(\.process))
        }
        if let snapshot, snapshot == lastSnapshot { endTree() }
    }

    /// The epoch, and what each process waits for and how often it has slept; nil when one of them works, or may be woken
    /// from elsewhere.
    private func takeSnapshot(_ memory: Memory) -> [Int]? {
        // A process that was forked by others, and has not registered, may still use what it has handles of.
        if arena.hasUnregistered { return nil }
        var snapshot = [memory[Arena.start, Root.epoch]]
        for process in liveProcesses(memory) {
            guard isBlocked(process, memory), memory[process, ProcessEntry.programs] == 0 else { return nil }
            snapshot += [process, memory[process, ProcessEntry.waitsFor], memory[process, ProcessEntry.sleeps]]
        }
        return snapshot
    }

    /// Whether it sleeps until another process of the tree wakes it, which none has done yet.
    private func isBlocked(_ process: Int, _ memory: Memory) -> Bool {
        if memory[process, ProcessEntry.isRegistered] == 0 || !isAlive(process, memory) { return false }
        // An object that is gone has woken it, or will.
        return kind(memory[process, ProcessEntry.waitsFor], memory) != nil
            && memory[process, ProcessEntry.hasTimeout] == 0
            && !memory.links(of: process + ProcessEntry.waiters.offset).contains { isWoken($0, memory) }
    }

    private func isWoken(_ link: Int, _ memory: Memory) -> Bool {
        memory[link - Waiter.inProcess.offset, Waiter.isWoken] != 0
    }

    // MARK: Cycles

    /// A process in a cycle, and how often it has slept.
    struct Link: Equatable {
        var process: Int
        var sleeps: Int
    }

    /// The cycle in which this process waits for itself, if it is the one to report it.
    private func cycle(_ memory: Memory) -> [Link]? {
        var path: [Int] = [], next: Int? = current
        while let process = next, isBlocked(process, memory) {
            if process == path.first {
                return path.count > 1 ? path.map { Link(process: $0, sleeps: memory[$0, ProcessEntry.sleeps]) } : nil
            }
            if process < current || path.contains(process) { return nil }
            path.append(process)
            next = blocker(of: process, memory)
        }
        return nil
    }

    /// The process that it waits for: the holder of a lock, or one that is to end.
    private func blocker(of process: Int, _ memory: Memory) -> Int? {
        let object = memory[process, ProcessEntry.waitsFor]
        switch kind(object, memory) {
        case .semaphore where semaphoreType(object, memory).hasOwner:
            return holdings(object, memory).first.map { memory[$0, Reference.process] }
        case .process: return object == process ? nil : object
        default: return nil
        }
    }

    // MARK: Reports

    /// This process has waited a second for a lock whose holder has ended without a release, which others may still do.
    private func reportLostHolder(of object: Int) {
        let who = change { memory -> String? in
            guard kind(object, memory) == .semaphore, memory[object, Semaphore.formerHolder] != 0,
                memory[object, Semaphore.isReported] == 0
            else { return nil }
            memory[object, Semaphore.isReported] = 1
            return text(ofLabel: memory[object, Semaphore.formerHolder], memory)
        }
        if let who { StandardDescriptor.writeError(Array("pmap: \(who) ended while it held the lock\n".utf8)) }
    }

    /// In place of an exit status: a process has found the deadlock, and has not said so yet.
    private static let isBeingReported = -1

    /// Reports the deadlock, and ends the oldest process, with which all others end.
    private func endTree() {
        let isFirst = change { memory in
            if memory[Arena.start, Root.exitStatus] != 0 { return false }
            memory[Arena.start, Root.exitStatus] = ProcessTree.isBeingReported
            return true
        }
        if isFirst {
            let processes = change { memory in liveProcesses(memory).filter { !isIdle($0, memory) } }
            report("pmap: deadlock: every process waits for another one", processes)
        } else if !isDeadlockReported {
            isDeadlockReported = true  // and if that one has been killed, the next check ends the tree
            return
        }
        // Not before: the oldest process may see it at any time, and its end is that of the one that reports.
        let oldest = change { memory in
            memory[Arena.start, Root.exitStatus] = 3
            return liveProcesses(memory).first
        }
        if let oldest, oldest != current {
            WakeUp.send(to: Int32(change { memory in memory[oldest, ProcessEntry.pid] }))
        } else {
            exitIfEnded()
        }
    }

    /// The oldest process ends the tree. It is woken for it, and may be woken more often than it checks for deadlocks.
    func exitIfEnded() {
        guard ArenaBytes.word(Arena.start + Root.exitStatus.offset) > 0 else { return }
        let (exitStatus, oldest) = change { memory in
            (memory[Arena.start, Root.exitStatus], liveProcesses(memory).first)
        }
        if exitStatus > 0, oldest == current { Posix.Process.exit(Int32(exitStatus)) }
    }
}
