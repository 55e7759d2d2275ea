// Reports of who waits where.

import Posix

extension ProcessTree {
    /// Reports who waits where, as was asked for; the host of a run reports itself what it does.
    func answer(isHost: Bool) {
        let processes = change { memory in
            liveProcesses(memory).filter {
                memory[$0, ProcessEntry.isRegistered] != 0 && isAlive($0, memory) && !isSupervisor($0, memory)
            }
        }
        let others = isHost ? processes.filter { $0 != current } : processes
        if !others.isEmpty { report("pmap: who waits where", others) }
    }

    /// Writes the title and a line for each of these processes.
    func report(_ title: String, _ processes: [Int]) {
        // A process knows of itself alone where it runs.
        let ownPosition = position()
        let lines = change { memory in processes.map { line($0, ownPosition: ownPosition, memory) } }
        StandardDescriptor.writeError(Array(([title] + lines).joined(separator: "\n").utf8) + [10])
    }

    private func line(_ process: Int, ownPosition: String, _ memory: Memory) -> String {
        var line = "pmap:   \(name(process, memory)) (pid \(memory[process, ProcessEntry.pid])) "
        var position = position(of: process)
        if memory[process, ProcessEntry.waitsFor] != 0 {
            line += "waits " + describe(memory[process, ProcessEntry.waitsFor], process, memory)
            // The position of an idle process is where it was forked, and says nothing.
            if isIdle(process, memory) { position = "" }
        } else {
            line += "runs"
            position = process == current ? ownPosition : ""
        }
        return line + (position.isEmpty ? "" : " at \(position)")
    }

    /// Whether it is in no code of the script's own: a pool's supervisor, or a worker or manager without a request.
    func isIdle(_ process: Int, _ memory: Memory) -> Bool {
        let object = memory[process, ProcessEntry.waitsFor]
        if isSupervisor(process, memory) { return true }
        guard kind(object, memory) == .channel, let use = Channel.Use(rawValue: memory[object, Channel.use]) else {
            return false
        }
        return (use == .tasks || use == .requests) && isWaiting(process, in: object + Channel.getters.offset, memory)
    }

    /// Whether it waits for any of its children.
    private func isSupervisor(_ process: Int, _ memory: Memory) -> Bool {
        memory[process, ProcessEntry.waitsFor] == process
    }

    private func describe(_ object: Int, _ process: Int, _ memory: Memory) -> String {
        let description = description(of: object, process, memory)
        let isTimed = memory[process, ProcessEntry.hasTimeout] != 0 && kind(object, memory) != nil
        return description + (isTimed ? ", with a timeout," : "")
    }

    private func description(of object: Int, _ process: Int, _ memory: Memory) -> String {
        switch kind(object, memory) {
        case .semaphore: return "for a " + describe(semaphore: object, memory)
        case .condition: return "for a condition to be notified"
        case .event: return "for an event to be set"
        case .barrier:
            return "at a barrier, \(memory[object, Barrier.arrived]) of \(memory[object, Barrier.parties]) there"
        case .channel: return describe(channel: object, process, memory)
        case .end: return "for a pipe"
        case .process where isSupervisor(object, memory): return "for a pool's workers to end"
        case .process: return "for \(name(object, memory)) to end"
        default: return memory[process, ProcessEntry.hasTimeout] == 0 ? "for a process to end" : "for a program"
        }
    }

    private func describe(semaphore: Int, _ memory: Memory) -> String {
        let holders = holdings(semaphore, memory).map { name(memory[$0, Reference.process], memory) }
        let formerHolder = memory[semaphore, Semaphore.formerHolder], acquirers = acquirers(of: semaphore, memory)
        var parts: [String] = []
        if !holders.isEmpty { parts.append(" that \(holders.joined(separator: ", ")) holds") }
        if formerHolder != 0 { parts.append(" that \(text(ofLabel: formerHolder, memory)) held when it ended") }
        if !acquirers.isEmpty { parts.append(" that was acquired last by \(acquirers.joined(separator: ", "))") }
        return (semaphoreType(semaphore, memory).hasOwner ? "lock" : "semaphore") + parts.joined(separator: ", and")
    }

    private func describe(channel: Int, _ process: Int, _ memory: Memory) -> String {
        if isWaiting(process, in: channel + Channel.joiners.offset, memory) { return "for a queue's items to be done" }
        if !isWaiting(process, in: channel + Channel.getters.offset, memory) {
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

    private func isWaiting(_ process: Int, in queue: Int, _ memory: Memory) -> Bool {
        memory.links(of: queue).contains { memory[$0 - Waiter.inQueue.offset, Waiter.process] == process }
    }
}
