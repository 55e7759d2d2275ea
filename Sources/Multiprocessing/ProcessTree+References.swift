// References of processes and messages to shared objects: an object is freed with the last handle of it.

import Posix

extension ProcessTree {
    @discardableResult
    func addReference(
        _ role: Reference.Role, _ object: Int, _ process: Int, count: Int = 1, _ memory: Memory
    ) throws(TreeError) -> Int {
        let reference = try makeReference(role, object, process, count: count, memory)
        // Handles, of which there may be one for each process, stand behind what is looked for more often.
        if role == .handle {
            memory.append(reference + Reference.inObject.offset, to: object + Shared.references.offset)
        } else {
            memory.prepend(reference + Reference.inObject.offset, to: object + Shared.references.offset)
        }
        memory.append(reference + Reference.inProcess.offset, to: process + ProcessEntry.references.offset)
        return reference
    }

    /// The message has a handle of the object.
    func addReference(from message: Int, to object: Int, _ memory: Memory) throws(TreeError) {
        let reference = try makeReference(.message, object, message, count: 1, memory)
        memory.append(reference + Reference.inObject.offset, to: object + Shared.messageReferences.offset)
        memory.append(reference + Reference.inProcess.offset, to: message + Message.references.offset)
    }

    private func makeReference(
        _ role: Reference.Role, _ object: Int, _ owner: Int, count: Int, _ memory: Memory
    ) throws(TreeError) -> Int {
        let reference = try allocate(8 * Reference.words, memory)
        memory[reference, Reference.kind] = Kind.reference.rawValue
        memory[reference, Reference.role] = role.rawValue
        memory[reference, Reference.object] = object
        memory[reference, Reference.process] = owner
        memory[reference, Reference.count] = count
        return reference
    }

    /// The references of one role to an object.
    func references(_ role: Reference.Role, in object: Int, _ memory: Memory) -> [Int] {
        var found: [Int] = []
        forEachReference(role, in: object, memory) { reference in
            found.append(reference)
            return true
        }
        return found
    }

    func reference(_ role: Reference.Role, _ object: Int, _ process: Int, _ memory: Memory) -> Int? {
        var found: Int?
        forEachReference(role, in: object, memory) { reference in
            if memory[reference, Reference.process] == process { found = reference }
            return found == nil
        }
        return found
    }

    /// Calls `body` for each, until it answers false.
    private func forEachReference(_ role: Reference.Role, in object: Int, _ memory: Memory, _ body: (Int) -> Bool) {
        let list = object + Shared.references.offset
        var link = memory.first(of: list)
        while let each = link {
            let reference = each - Reference.inObject.offset, itsRole = memory[reference, Reference.role]
            if itsRole == role.rawValue { if !body(reference) { return } }
            if itsRole == Reference.Role.handle.rawValue, role != .handle { return }
            link = memory.next(after: each, in: list)
        }
    }

    /// Frees the reference, and the object with it if that was the last one.
    func removeReference(_ reference: Int, _ memory: Memory) {
        let object = memory[reference, Reference.object]
        unlink(reference, memory)
        if memory[object, Shared.kind] == Kind.end.rawValue { wakeWaiters(object, memory) }
        freeIfUnreachable(object, memory)
    }

    private func unlink(_ reference: Int, _ memory: Memory) {
        memory.remove(reference + Reference.inObject.offset)
        memory.remove(reference + Reference.inProcess.offset)
        blocks.free(reference, memory)
    }

    /// Frees an object that no process has a handle of, or can get one of.
    func freeIfUnreachable(_ object: Int, _ memory: Memory) {
        guard memory[object, Shared.isPinned] == 0, let kind = Kind(rawValue: memory[object, Shared.kind]) else {
            return
        }
        if hasHandle(object, memory) { return }
        if !memory.isEmpty(object + Shared.messageReferences.offset) { return addCandidate(object, memory) }
        // A process that holds it or has taken from it, and has dropped its handle, can do nothing about that any more.
        for link in memory.links(of: object + Shared.references.offset) {
            unlink(link - Reference.inObject.offset, memory)
        }
        for queue in queues(of: object, kind) { wakeAndEmpty(queue, memory) }
        if kind == .semaphore { releaseLabels(of: object, memory) }
        if kind == .channel { dropMessages(object, memory) }
        if kind == .end { detach(object, memory) }
        if kind == .sharedFunction, memory[object, SharedFunction.handles] != 0 {
            drop(message: memory[object, SharedFunction.handles], memory)
        }
        memory.remove(object + Shared.candidate.offset)
        blocks.free(object, memory)
    }

    /// Whether a process has a handle of it.
    func hasHandle(_ object: Int, _ memory: Memory) -> Bool {
        var isFound = false
        forEachReference(.handle, in: object, memory) { _ in
            isFound = true
            return false
        }
        return isFound
    }

    /// The queues in which processes may wait for it.
    private func queues(of object: Int, _ kind: Kind) -> [Int] {
        switch kind {
        case .semaphore: [object + Semaphore.waiters.offset]
        case .condition: [object + Condition.waiters.offset]
        case .event: [object + Event.waiters.offset]
        case .barrier: [object + Barrier.waiters.offset]
        case .channel: [Channel.getters, .putters, .joiners].map { object + $0.offset }
        default: []
        }
    }

    /// A process that waits there, as its own callback may have closed what it waits for, wakes up and finds it gone.
    private func wakeAndEmpty(_ queue: Int, _ memory: Memory) {
        for link in memory.links(of: queue) {
            wakeOne(link - Waiter.inQueue.offset, memory)
            memory.remove(link)
        }
    }
}
