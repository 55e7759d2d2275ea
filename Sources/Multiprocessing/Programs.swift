// The programs of a process: those that it has started and not yet seen the end of.

import Posix

/// A fork has none of them: what its parent has started is not its child.
final class Programs {
    private var running: [Int32: StartedProgram] = [:]
    /// Nobody will ask how they end.
    private var abandoned: Set<Int32> = []
    private var owner = Machine.processNumber()
    /// Is told how many there are when that changes.
    var changed: (Int) -> Void = { _ in }

    var count: Int {
        forgetInherited()
        return running.count
    }

    /// Those that have not ended yet, whether or not anybody has asked.
    var unended: Int {
        forgetInherited()
        return running.values.count { !$0.hasEnded }
    }

    func start(_ plan: ProgramPlan) throws(ProgramError) -> StartedProgram {
        forgetInherited()
        for pid in abandoned { _ = ending(of: pid) }
        let program = try StartedProgram.start(plan)
        running[program.pid] = program
        changed(running.count)
        return program
    }

    func program(_ pid: Int32) -> StartedProgram? {
        forgetInherited()
        return running[pid]
    }

    /// How it ended; nil while it runs. It is told once.
    func ending(of pid: Int32) -> ExitStatus? {
        guard let status = program(pid)?.reap() else { return nil }
        running[pid] = nil
        abandoned.remove(pid)
        changed(running.count)
        return status
    }

    /// Nobody has it any more; it goes on.
    func abandon(_ pid: Int32) {
        if program(pid) != nil, ending(of: pid) == nil { abandoned.insert(pid) }
    }

    /// Ends it with its descendants, and those who write to these pipes.
    func killAll(_ pid: Int32, holding pipes: [Int32]) {
        if let program = program(pid) { program.killAll(holding: pipes) } else { StartedProgram.kill(holding: pipes) }
    }

    /// The script has ended.
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
    /// So many programs run for this process: while there are any, it does not wait in vain for others.
    func note(programs count: Int) { arena.change { memory in memory[current, ProcessEntry.programs] = count } }
}
