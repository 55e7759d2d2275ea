// Barriers: a number of processes wait for each other; none of them does when one has died.

import Posix

extension ProcessTree {
    package func makeBarrier(parties: Int) throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            let barrier = try make(.barrier, words: Barrier.words, memory)
            memory[barrier, Barrier.parties] = parties
            memory[barrier, Barrier.round] = 1
            memory.makeList(barrier + Barrier.waiters.offset)
            return barrier
        }
    }

    /// This process has arrived: its index, from 0, and the round; nil when the barrier is broken. The last one to arrive
    /// opens it.
    package func arrive(_ barrier: Int, _ timeout: Timeout) throws(TreeError) -> (index: Int, round: Int)? {
        try within(timeout) { () throws(TreeError) in try arrive(barrier) }
    }

    private func arrive(_ barrier: Int) throws(TreeError) -> (index: Int, round: Int)? {
        try reapParties(of: barrier)
        return try timedChange { memory throws(TreeError) in
            try check(barrier, is: .barrier, memory)
            guard memory[barrier, Barrier.isBroken] == 0,
                memory[barrier, Barrier.arrived] < memory[barrier, Barrier.parties]
            else { return nil }
            let index = memory[barrier, Barrier.arrived]
            memory[barrier, Barrier.arrived] = index + 1
            if let own = reference(.party, barrier, current, memory) {
                memory[own, Reference.count] += 1
            } else {
                try addReference(.party, barrier, current, memory)
            }
            return (index, memory[barrier, Barrier.round])
        }
    }

    /// All have arrived; false when the round has been broken since, or the barrier reset.
    package func open(_ barrier: Int, round: Int) throws(TreeError) -> Bool {
        try timedChange { memory throws(TreeError) in
            try check(barrier, is: .barrier, memory)
            if let passed = outcome(of: round, at: barrier, memory) { return passed }
            begin(barrier, broken: false, memory)
            return true
        }
    }

    /// Waits for the round to be opened; false when it was broken instead, as by this process's timeout.
    package func pass(_ barrier: Int, round: Int, _ timeout: Timeout) throws(TreeError) -> Bool {
        let target = WaitTarget(
            objects: [barrier], queues: [barrier + Barrier.waiters.offset], deadline: timeout.deadline)
        let passed: Bool?
        do throws(TreeError) {
            passed = try wait(target) { memory, _ throws(TreeError) in
                try check(barrier, is: .barrier, memory)
                return outcome(of: round, at: barrier, memory)
            }
        } catch {
            _ = leave(barrier, round: round, timeout)
            throw error
        }
        return passed ?? leave(barrier, round: round, timeout)
    }

    /// The others do not wait for a process that has failed, in a callback or by its timeout; but the round may have been
    /// opened in the last moment.
    private func leave(_ barrier: Int, round: Int, _ timeout: Timeout) -> Bool {
        var passed = false
        lockDeadline = timeout.deadline
        cleanUp { [unowned self] memory in
            guard kind(barrier, memory) == .barrier else { return }
            if let outcome = outcome(of: round, at: barrier, memory) {
                passed = outcome
            } else {
                breakBarrier(barrier, memory)
            }
        }
        lockDeadline = nil
        return passed
    }

    /// Whether the round was opened, and not broken; nil while it is neither.
    private func outcome(of round: Int, at barrier: Int, _ memory: Memory) -> Bool? {
        let age = memory[barrier, Barrier.round] - round
        if age == 0 { return nil }
        return age <= Int.bitWidth && memory[barrier, Barrier.brokenRounds] & 1 << (age - 1) == 0
    }

    /// Breaks it until it is reset.
    package func abort(_ barrier: Int) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            try check(barrier, is: .barrier, memory)
            breakBarrier(barrier, memory)
        }
    }

    /// Makes it as new; those that wait return as from a broken one.
    package func reset(_ barrier: Int) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            try check(barrier, is: .barrier, memory)
            breakBarrier(barrier, memory)
            memory[barrier, Barrier.isBroken] = 0
        }
    }

    /// How many processes it is for, how many of them wait, and whether it is broken.
    package func state(_ barrier: Int) throws(TreeError) -> (parties: Int, waiting: Int, isBroken: Bool) {
        try timedChange { memory throws(TreeError) in
            try check(barrier, is: .barrier, memory)
            return (
                memory[barrier, Barrier.parties], memory[barrier, Barrier.arrived],
                memory[barrier, Barrier.isBroken] != 0
            )
        }
    }

    func breakBarrier(_ barrier: Int, _ memory: Memory) {
        begin(barrier, broken: true, memory)
    }

    /// Begins a new round, and wakes all that wait for the old one.
    private func begin(_ barrier: Int, broken: Bool, _ memory: Memory) {
        memory[barrier, Barrier.isBroken] = broken ? 1 : 0
        memory[barrier, Barrier.arrived] = 0
        memory[barrier, Barrier.round] += 1
        memory[barrier, Barrier.brokenRounds] = memory[barrier, Barrier.brokenRounds] << 1 | (broken ? 1 : 0)
        for reference in references(.party, in: barrier, memory) { removeReference(reference, memory) }
        wakeAll(barrier + Barrier.waiters.offset, memory)
    }

    private func reapParties(of barrier: Int) throws(TreeError) {
        let dead = try timedChange { memory -> [Int] in
            guard kind(barrier, memory) == .barrier else { return [] }
            return references(.party, in: barrier, memory).map { memory[$0, Reference.process] }.filter {
                !isAlive($0, memory)
            }
        }
        for process in dead { reap(process) }
    }
}
