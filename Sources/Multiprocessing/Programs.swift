// The programs that a process has started and not yet waited for.

import Posix

/// A fork has none of them: they are children of its parent.
final class Programs {
    private var running: [Int32: StartedProgram] = [:]
    /// Programs whose exit statuses nobody will ask for.
    private var abandoned: Set<Int32> = []
    private var owner = Machine.processNumber()
    /// Called with how many there are when that changes.
    var changed: (Int) -> Void = { _ in }

    var count: Int {
        forgetInherited()
        return running.count
    }

    /// How many of them have not ended yet, whether or not anybody has asked.
    var unended: Int {
        forgetInherited()
        return running.values.count { !$0.hasEnded }
    }

    func start(_ plan: ProgramPlan) throws(ProgramError) -> StartedProgram {
        forgetInherited()
        for pid in abandoned { _ = exitStatus(of: pid) }
        let program = try StartedProgram.start(plan)
        running[program.pid] = program
        changed(running.count)
        return program
    }

    func program(_ pid: Int32) -> StartedProgram? {
        forgetInherited()
        return running[pid]
    }

    /// How it ended; nil while it runs. It is answered once.
    func exitStatus(of pid: Int32) -> ExitStatus? {
        guard let status = program(pid)?.reap() else { return nil }
        running[pid] = nil
        abandoned.remove(pid)
        changed(running.count)
        return status
    }

    /// Lets a program go on that nobody will ask for any more.
    func abandon(_ pid: Int32) {
        if program(pid) != nil, exitStatus(of: pid) == nil { abandoned.insert(pid) }
    }

    /// Kills it with its descendants, and the processes that write to these pipes.
    func killAll(_ pid: Int32, holding pipes: [Int32]) {
        if let program = program(pid) { program.killAll(holding: pipes) } else { StartedProgram.kill(holding: pipes) }
    }

    /// Kills all programs, when the script has ended.
    func killEverything() {
        forgetInherited()
        for program in running.values { program.killAll(holding: []) }
    }

    private func forgetInherited() {
        let here = Machine.processNumber()
        if here == owner { return }
        (running, abandoned, owner) = ([:], [], here)
    }
}

extension ProcessTree {
    /// Records how many programs this process has: while there are any, its waiting is no deadlock.
    func setProgramCount(_ count: Int) { arena.change { memory in memory[current, ProcessEntry.programs] = count } }
}
