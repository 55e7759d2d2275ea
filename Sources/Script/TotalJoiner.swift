// Joins what all results come to, in the script's own process, and makes the output.

package import Bytes
package import Lua
package import Wire

/// What all results come to, in the script's own process.
package final class TotalJoiner {
    private let script: LoadedScript
    private let runner: TaskRunner
    private var tools: JoinTools
    private var plan: JoinPlan { tools.plan }
    private var stack: Stack { tools.stack }
    private var reduction: Reduction
    private var runs: KeyRuns
    private var received = ByteBuffer(capacity: 64 << 10)

    /// What keys and their values take in memory before they go to a file.
    private static let mostBytes = 128 << 20

    /// The output of the last function is written by these options. More keys than fit memory are kept in files.
    package init(
        _ script: LoadedScript, _ plan: JoinPlan, _ options: TaskRunner.Options,
        makeFile: @escaping () -> any KeyRunFile
    ) {
        self.script = script
        runner = TaskRunner(script, options, task: .finish)
        tools = JoinTools(plan, script.stack)
        reduction = Reduction(plan, on: script.stack)
        runs = KeyRuns(makeFile)
        if plan.hasKeys { reduction.limit(toBytes: TotalJoiner.mostBytes) }
    }

    /// Prepares the process, whose Lua heap may grow by so many bytes.
    package func begin(_ output: CapturedOutput, _ outbox: borrowing Outbox, memory: Int) -> JoinFailure? {
        script.state.allowMemory(memory)
        if let failure = runner.prepareTotal(output, outbox.status) { return JoinFailure(failure) }
        script.hooks?.begin()
        return nil
    }

    /// Joins what `read` appends to the buffer.
    package func add(_ outbox: inout Outbox, _ read: (inout ByteBuffer) -> Void) -> JoinFailure? {
        read(&received)
        defer { writePrinted(&outbox) }
        return attempt { () throws(JoinError) in
            while true {
                received.removeFirst(try reduction.add(received, 0..<received.count, &tools.decoder))
                if !reduction.isFull { return }
                try makeRoom()
            }
        }
    }

    /// Moves the keys to a file, unless most of what they take is garbage.
    private func makeRoom() throws(JoinError) {
        if reduction.measure() < TotalJoiner.mostBytes / 2 { return }
        let newest = reduction.newest
        try runs.keep(&reduction, &tools)
        reduction.clear(first: newest + 1)
        stack.collectGarbage()
        reduction.limit(toBytes: TotalJoiner.mostBytes)  // without what the script itself keeps
    }

    /// Makes the output, when all is there.
    package func finish(_ outbox: inout Outbox) -> JoinFailure? {
        let failure = attempt { () throws(JoinError) in
            if !plan.hasKeys {
                try reduction.joinRest()
                writePrinted(&outbox)
                runner.runTotal("finish", &outbox) { reduction.pushTotal() }
            } else if plan.takesGroups {
                try finishGroups(&outbox)
            } else {
                runner.expectRowsWithoutNames()
                try takeKeys { reduction in
                    writePrinted(&outbox)
                    for place in 0..<reduction.keyCount {
                        runner.runTotal("key \(reduction.keyName(place))", &outbox) { push(key: place, of: &reduction) }
                    }
                }
            }
        }
        writePrinted(&outbox)
        if let failure { return failure }
        for message in script.hooks?.finish(plan.limit.map { Double($0.nanoseconds) / 1e9 }) ?? [] {
            outbox.processFailed(Failure(.error, message))
        }
        return nil
    }

    /// Calls the last function with all keys and their values, as two lists.
    private func finishGroups(_ outbox: inout Outbox) throws(JoinError) {
        stack.newTable()
        stack.newTable()
        let (values, keys) = (stack.makeReference(), stack.makeReference())
        var count = 0
        try takeKeys { reduction in
            stack.rawGet(Stack.registry, at: keys)
            stack.rawGet(Stack.registry, at: values)
            for place in 0..<reduction.keyCount {
                count += 1
                reduction.pushKey(place)
                stack.rawSet(-3, at: count)
                reduction.pushValue(place)
                stack.rawSet(-2, at: count)
            }
            stack.pop(2)
        }
        writePrinted(&outbox)
        runner.runTotal("finish", &outbox) {
            stack.newTable(list: 2)
            stack.rawGet(Stack.registry, at: keys)
            stack.rawSet(-2, at: 1)
            stack.rawGet(Stack.registry, at: values)
            stack.rawSet(-2, at: 2)
            stack.releaseReference(keys)
            stack.releaseReference(values)
        }
    }

    /// Calls `body` with all keys in their order, some at a time, and what each has come to.
    private func takeKeys(_ body: (inout Reduction) -> Void) throws(JoinError) {
        if runs.isEmpty {
            try reduction.joinRest()
            reduction.sortKeys()
            return body(&reduction)
        }
        try runs.keep(&reduction, &tools)
        reduction.clear()
        try runs.merge(&tools) { reduction, _ throws(JoinError) in
            try reduction.joinRest()
            body(&reduction)
        }
    }

    /// Stack: → { key, its value }
    private func push(key place: Int, of reduction: inout Reduction) {
        stack.newTable(list: 2)
        reduction.pushKey(place)
        stack.rawSet(-2, at: 1)
        reduction.pushValue(place)
        stack.rawSet(-2, at: 2)
    }

    private func attempt(_ body: () throws(JoinError) -> Void) -> JoinFailure? {
        do throws(JoinError) { try body() } catch { return stack.failure(error, plan) }
        return nil
    }

    private func writePrinted(_ outbox: inout Outbox) {
        if stack.hasCaptured { outbox.unattributedError(stack.readCaptured()) }
    }
}
