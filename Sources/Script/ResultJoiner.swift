// Joins results in the process that made them, before they are sent.

package import Bytes
package import Lua
package import Wire

/// What a worker's results come to, batch by batch.
package final class ResultJoiner: RecordJoiner {
    private let plan: JoinPlan
    private let stack: Stack
    private var encoder: Encoder
    private var decoder: Decoder
    /// So many batches are not joined: of the last one too much was left.
    private var batchesToPass = 0

    /// Of keys that seldom come twice nothing is joined here.
    private static let (mostLeft, passed) = (0.7, 7)

    init(_ plan: JoinPlan, _ stack: Stack) {
        (self.plan, self.stack) = (plan, stack)
        (encoder, decoder) = (Encoder(stack), Decoder(stack))
    }

    package func join(
        _ parts: [Range<Int>], of bytes: borrowing ByteBuffer, items: Range<Int>, into buffer: inout ByteBuffer
    ) -> JoinFailure? {
        if parts.isEmpty { return nil }
        if batchesToPass > 0 {
            batchesToPass -= 1
            for part in parts { buffer.append(bytes, part) }
            return nil
        }
        let height = stack.top
        defer { stack.top = height }
        guard stack.reserve(64) else { return JoinFailure(Failure(.error, "the Lua stack is full")) }
        if plan.limit != nil { stack.beginOwnTime() }
        defer { if plan.limit != nil { stack.endOwnTime() } }
        var reduction = Reduction(plan, on: stack)
        reduction.limit(to: items)
        do throws(JoinError) {
            for part in parts { try reduction.add(bytes, part, &decoder) }
            try reduction.joinRest()
        } catch {
            return stack.failure(error, plan)
        }
        do throws(EncodeError) { try reduction.append(to: &buffer, &encoder) } catch {
            return JoinFailure(Failure(.error, error.description))
        }
        let size = parts.reduce(0) { $0 + $1.count }
        if plan.hasKeys, Double(buffer.count) > ResultJoiner.mostLeft * Double(size) {
            batchesToPass = ResultJoiner.passed
        }
        return nil
    }

    package func takePrinted() -> [UInt8] { stack.hasCaptured ? stack.readCaptured() : [] }
}

/// What all results come to, in the script's own process.
package final class TotalJoiner {
    private let runner: TaskRunner
    private let hooks: ModuleHooks?
    private let stack: Stack
    private let plan: JoinPlan
    private var reduction: Reduction
    private var decoder: Decoder
    private var received = ByteBuffer(capacity: 64 << 10)

    /// The output of the last function is written by these options.
    package init(_ script: LoadedScript, _ plan: JoinPlan, _ options: TaskRunner.Options) {
        self.plan = plan
        hooks = script.hooks
        runner = TaskRunner(script, options, task: .finish)
        stack = script.stack
        decoder = Decoder(stack)
        reduction = Reduction(plan, on: stack)
    }

    /// Prepares the process.
    package func begin(_ output: CapturedOutput, _ outbox: borrowing Outbox) -> JoinFailure? {
        if let failure = runner.prepareTotal(output, outbox.status) { return JoinFailure(failure) }
        hooks?.begin()
        return nil
    }

    /// Joins what `read` appends to the buffer.
    package func add(
        _ outbox: inout Outbox, _ read: (inout ByteBuffer) -> Void
    ) -> JoinFailure? {
        read(&received)
        var failure: JoinFailure?
        do throws(JoinError) {
            received.removeFirst(try reduction.add(received, 0..<received.count, &decoder))
        } catch {
            failure = stack.failure(error, plan)
        }
        writePrinted(&outbox)
        return failure
    }

    /// Makes the output, when all is there.
    package func finish(_ outbox: inout Outbox) -> JoinFailure? {
        do throws(JoinError) { try reduction.joinRest() } catch {
            writePrinted(&outbox)
            return stack.failure(error, plan)
        }
        writePrinted(&outbox)
        reduction.detach()
        if !plan.hasKeys {
            runner.runTotal("finish", &outbox) { reduction.pushTotal() }
        } else if plan.takesGroups {
            runner.runTotal("finish", &outbox) { reduction.pushGroups() }
        } else {
            runner.expectRowsWithoutNames()
            for place in 0..<reduction.keyCount {
                runner.runTotal("key \(reduction.keyName(place))", &outbox) { reduction.pushGroup(place) }
            }
        }
        for message in hooks?.finish(plan.limit.map { Double($0.nanoseconds) / 1e9 }) ?? [] {
            outbox.processFailed(Failure(.error, message))
        }
        return nil
    }

    private func writePrinted(_ outbox: inout Outbox) {
        if stack.hasCaptured { outbox.unattributedError(stack.readCaptured()) }
    }
}

extension Stack {
    /// Also of one that was interrupted.
    fileprivate func failure(_ error: JoinError, _ plan: JoinPlan) -> JoinFailure {
        var failure = Failure(.error, error.error.message, traceback: error.error.traceback)
        // None of the script's lines was running.
        if failure.traceback?.contains("\n") == false { failure.traceback = nil }
        switch endInterruption() {
        case .raised(let line, let traceback)?:
            let place = line.isEmpty ? "" : " at \(line)"
            failure = Failure(.timeout, "timed out after \(plan.limit?.seconds ?? "") s\(place)", traceback: traceback)
        case .exited(let status)?: failure = Failure(.crash, "it called os.exit(\(status))")
        case .aborted?, nil: break
        }
        return JoinFailure(failure, of: error.items)
    }
}
