// Forks: the child is a copy of the script as it is, with an entry and handles of its own; and how children end.

package import Posix

/// The result of a fork.
package enum Forked {
    case child
    case parent(pid: Int32)
}

extension ProcessTree {
    /// Forks the script. The child dies with this process.
    package func fork(name: String) throws(TreeError) -> Forked {
        reapAll()
        let process = try timedChange { memory throws(TreeError) in try makeEntry(parent: current, name: name, memory) }
        do throws(TreeError) {
            try copyHandles(to: process)
            let parent = current
            let child: ScriptChild?
            do throws(PosixError) { child = try ScriptChild.fork() } catch { throw .system(error) }
            guard let child else {
                register(process, parent: parent)
                return .child
            }
            children[child.pid] = child
            change { memory in
                // It may have ended by now, and another parent's child may have its entry.
                if memory[process, ProcessEntry.kind] == Kind.process.rawValue,
                    memory[process, ProcessEntry.parent] == parent
                {
                    memory[process, ProcessEntry.pid] = Int(child.pid)
                }
            }
            return .parent(pid: child.pid)
        } catch {
            reap(process, child: 0)
            throw error
        }
    }

    /// Registers a process that something else than `fork` has made, when it first uses what the tree shares.
    func registerIfNeeded() throws(TreeError) {
        guard Arena.isUnregistered else { return }
        let parent = current
        let process = try timedChange { memory throws(TreeError) in
            try makeEntry(parent: parent, name: "Process \(pid)", memory)
        }
        try copyHandles(to: process)
        register(process, parent: parent)
    }

    /// Gives the child the handles that this process has; some at a time, so that no change is long.
    private func copyHandles(to process: Int) throws(TreeError) {
        let objects = change { memory in
            memory.links(of: current + ProcessEntry.references.offset).map { $0 - Reference.inProcess.offset }
                .filter { memory[$0, Reference.role] == Reference.Role.handle.rawValue }.map {
                    memory[$0, Reference.object]
                }
        }
        for start in stride(from: 0, to: objects.count, by: 64) {
            try timedChange { memory throws(TreeError) in
                for object in objects[start..<min(start + 64, objects.count)] {
                    try addReference(.handle, object, process, memory)
                }
            }
        }
    }

    // MARK: How children end

    /// How the child has ended, or nil while it runs.
    package func exitStatus(of pid: Int32) -> ExitStatus? {
        guard let child = children[pid] else { return nil }
        if let status = child.status { return status }
        guard let status = child.reap() else { return nil }
        reapChild(pid)
        return status
    }

    /// Waits for the child's end.
    package func join(_ pid: Int32, _ timeout: Timeout) throws(TreeError) -> ExitStatus? {
        let before = lockDeadline
        lockDeadline = timeout.deadline
        defer { lockDeadline = before }
        if let status = exitStatus(of: pid) { return status }
        guard children[pid] != nil else { throw .misuse("process \(pid) is not a child of this process") }
        if timeout == .none { return nil }
        let found = try within(timeout) { () throws(TreeError) -> Int?? in
            .some(try timedChange { memory in self.process(pid: pid, memory) })
        }
        guard let process = found else { return nil }
        let target = WaitTarget(
            objects: process.map { [$0] } ?? [], queues: [], processes: process.map { [$0] } ?? [],
            children: children[pid].map { [$0.pidfdNumber] } ?? [],
            deadline: timeout.deadline)
        let hasEnded = try wait(target) { (_: Memory, _: [Int]) throws(TreeError) -> Bool? in
            children[pid]?.hasEnded == true ? true : nil
        }
        return hasEnded == true ? exitStatus(of: pid) : nil
    }

    /// Waits for any child's end; nil when there is none.
    package func joinAny() throws(TreeError) -> (pid: Int32, status: ExitStatus)? {
        if children.isEmpty { return nil }
        let target = WaitTarget(objects: [current], queues: [], children: children.values.map(\.pidfdNumber))
        let pid = try wait(target) { (_: Memory, _: [Int]) throws(TreeError) -> Int32? in
            children.first { $0.value.hasEnded }?.key
        }
        guard let pid, let status = exitStatus(of: pid) else { return nil }
        children[pid] = nil
        return (pid, status)
    }

    /// Forgets a child that has ended.
    package func forget(_ pid: Int32) { children[pid] = nil }

    /// Reaps a child that has ended; where the memory is not to be had in time, another process does it.
    private func reapChild(_ pid: Int32) {
        let process = try? timedChange { memory in
            liveProcesses(memory).first {
                memory[$0, ProcessEntry.pid] == Int(pid) && memory[$0, ProcessEntry.parent] == current
            }
        }
        if let process = process ?? nil { reap(process, child: Int(pid)) }
    }

    /// Sends a signal to a child, or to another process of the tree.
    package func kill(_ pid: Int32, signal: Int32) {
        if let child = children[pid] { return child.send(signal) }
        if change({ memory in process(pid: pid, memory) != nil }) { ScriptChild.send(signal, to: pid) }
    }

    /// The children of a process of the tree, oldest first: their numbers and names.
    package func children(of pid: Int32) -> [(pid: Int32, name: String)] {
        change { memory in
            guard let parent = process(pid: pid, memory) else { return [] }
            return liveProcesses(memory)
                .filter {
                    memory[$0, ProcessEntry.parent] == parent && memory[$0, ProcessEntry.pid] != 0
                        && isAlive($0, memory)
                }
                .map { (Int32(memory[$0, ProcessEntry.pid]), name($0, memory)) }
        }
    }

    /// Bytes of shared memory in use, and how many processes there are, once the dead are reaped.
    package var usage: (bytes: Int, processes: Int) {
        reapAll()
        return change { memory in (memory[Arena.start, Root.used], liveProcesses(memory).count) }
    }

    /// This process's number as the script sees it.
    package var pid: Int32 { Machine.processNumber() }
}
