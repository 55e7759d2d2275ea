// Forks: the child is the script as it stands, with a slot and handles of its own; and how children end.

package import Posix

/// What a fork answers.
package enum Forked {
    case child
    case parent(pid: Int32)
}

extension ProcessTree {
    /// Forks the script. The child dies with this process.
    package func fork(name: String) throws(TreeError) -> Forked {
        buryAll()
        let slot = try changing { memory throws(TreeError) in try makeSlot(parent: me, name: name, memory) }
        do throws(TreeError) {
            try shareHandles(with: slot)
            let parent = me
            let child: ScriptChild?
            do throws(PosixError) { child = try ScriptChild.fork() } catch { throw .system(error) }
            guard let child else {
                adopt(slot, parent: parent)
                return .child
            }
            children[child.pid] = child
            change { memory in
                // It may have ended by now, and another parent's child have got its slot.
                if memory[slot, Slot.kind] == Kind.process.rawValue, memory[slot, Slot.parent] == parent {
                    memory[slot, Slot.pid] = Int(child.pid)
                }
            }
            return .parent(pid: child.pid)
        } catch {
            bury(slot, child: 0)
            throw error
        }
    }

    /// A process that something else than `fork` has made joins the tree when it first has to do with it.
    func join() throws(TreeError) {
        guard Arena.isStranger else { return }
        let parent = me
        let slot = try changing { memory throws(TreeError) in
            try makeSlot(parent: parent, name: "Process \(pid)", memory)
        }
        try shareHandles(with: slot)
        adopt(slot, parent: parent)
    }

    /// The child will have what this process has handles of; some at a time, so that no change is long.
    private func shareHandles(with slot: Int) throws(TreeError) {
        let objects = change { memory in
            memory.links(of: me + Slot.references.offset).map { $0 - Reference.inProcess.offset }
                .filter { memory[$0, Reference.role] == Reference.Role.handle.rawValue }.map {
                    memory[$0, Reference.object]
                }
        }
        for start in stride(from: 0, to: objects.count, by: 64) {
            try changing { memory throws(TreeError) in
                for object in objects[start..<min(start + 64, objects.count)] {
                    try addReference(.handle, object, slot, memory)
                }
            }
        }
    }

    // MARK: How children end

    /// How the child has ended, or nil while it runs.
    package func ending(of pid: Int32) -> ExitStatus? {
        guard let child = children[pid] else { return nil }
        if let status = child.status { return status }
        guard let status = child.reap() else { return nil }
        retire(pid)
        return status
    }

    /// Waits for the child's end.
    package func join(_ pid: Int32, _ patience: Patience) throws(TreeError) -> ExitStatus? {
        let before = patienceEnd
        patienceEnd = patience.deadline
        defer { patienceEnd = before }
        if let status = ending(of: pid) { return status }
        guard children[pid] != nil else { throw .misuse("process \(pid) is not a child of this process") }
        if patience == .none { return nil }
        let found = try within(patience) { () throws(TreeError) -> Int?? in
            .some(try changing { memory in self.slot(pid: pid, memory) })
        }
        guard let slot = found else { return nil }
        let awaited = Awaited(
            objects: slot.map { [$0] } ?? [], queues: [], processes: slot.map { [$0] } ?? [],
            children: children[pid].map { [$0.death] } ?? [],
            deadline: patience.deadline)
        let hasEnded = try wait(awaited) { (_: Memory, _: [Int]) throws(TreeError) -> Bool? in
            children[pid]?.hasEnded == true ? true : nil
        }
        return hasEnded == true ? ending(of: pid) : nil
    }

    /// Waits for any child's end; nil when there is none.
    package func joinAny() throws(TreeError) -> (pid: Int32, status: ExitStatus)? {
        if children.isEmpty { return nil }
        let awaited = Awaited(objects: [me], queues: [], children: children.values.map(\.death))
        let pid = try wait(awaited) { (_: Memory, _: [Int]) throws(TreeError) -> Int32? in
            children.first { $0.value.hasEnded }?.key
        }
        guard let pid, let status = ending(of: pid) else { return nil }
        children[pid] = nil
        return (pid, status)
    }

    /// Forgets a child that has ended.
    package func forget(_ pid: Int32) { children[pid] = nil }

    /// Where the memory is not to be had in time, somebody else does it.
    private func retire(_ pid: Int32) {
        let slot = try? changing { memory in
            everybody(memory).first { memory[$0, Slot.pid] == Int(pid) && memory[$0, Slot.parent] == me }
        }
        if let slot = slot ?? nil { bury(slot, child: Int(pid)) }
    }

    /// Sends a signal to a child, or to another process of the tree.
    package func kill(_ pid: Int32, signal: Int32) {
        if let child = children[pid] { return child.send(signal) }
        if change({ memory in slot(pid: pid, memory) != nil }) { ScriptChild.send(signal, to: pid) }
    }

    /// The children of a process of the tree, oldest first: what they are called and their numbers.
    package func children(of pid: Int32) -> [(pid: Int32, name: String)] {
        change { memory in
            guard let parent = slot(pid: pid, memory) else { return [] }
            return everybody(memory)
                .filter { memory[$0, Slot.parent] == parent && memory[$0, Slot.pid] != 0 && isAlive($0, memory) }
                .map { (Int32(memory[$0, Slot.pid]), name($0, memory)) }
        }
    }

    /// Bytes of shared memory in use, and how many processes there are, when nothing is left of the dead.
    package var usage: (bytes: Int, processes: Int) {
        buryAll()
        return change { memory in (memory[Arena.start, Root.used], everybody(memory).count) }
    }

    /// This process's number as the script sees it.
    package var pid: Int32 { Machine.processNumber() }
}
