// Joins results in the process that made them, before they are sent.

package import Bytes
import Lua
package import Wire

/// What a worker's results come to, batch by batch.
package final class ResultJoiner: RecordJoiner {
    private var tools: JoinTools
    private var plan: JoinPlan { tools.plan }
    private var stack: Stack { tools.stack }
    /// So many batches are not joined: of the last one too much was left.
    private var batchesToPass = 0

    /// Of keys that seldom come twice nothing is joined here; a batch of fewer bytes does not tell.
    private static let (mostLeft, passed, leastJudged) = (0.7, 7, 256 << 10)

    init(_ plan: JoinPlan, _ stack: Stack) { tools = JoinTools(plan, stack) }

    package func join(
        _ parts: [Range<Int>], of bytes: borrowing ByteBuffer, items: Range<Int>, into buffer: inout ByteBuffer
    ) -> JoinFailure? {
        if parts.isEmpty { return nil }
        if batchesToPass > 0 {
            batchesToPass -= 1
            for part in parts { buffer.append(bytes, part) }
            return nil
        }
        guard stack.reserve(64) else { return JoinFailure(Failure(.error, "the Lua stack is full")) }
        if plan.limit != nil { stack.beginOwnTime() }
        defer { if plan.limit != nil { stack.endOwnTime() } }
        var reduction = Reduction(plan, on: stack)
        reduction.limit(to: items)
        do throws(JoinError) {
            for part in parts { try reduction.add(bytes, part, &tools.decoder) }
            try reduction.joinRest()
        } catch {
            return stack.failure(error, plan)
        }
        do throws(EncodeError) { try reduction.append(to: &buffer, &tools.encoder) } catch {
            return JoinFailure(Failure(.error, error.description))
        }
        let size = parts.reduce(0) { $0 + $1.count }
        if plan.hasKeys, size >= ResultJoiner.leastJudged, Double(buffer.count) > ResultJoiner.mostLeft * Double(size) {
            batchesToPass = ResultJoiner.passed
        }
        return nil
    }

    package func takePrinted() -> [UInt8] { stack.hasCaptured ? stack.readCaptured() : [] }
}

extension Stack {
    /// Also of one that was interrupted.
    func failure(_ error: JoinError, _ plan: JoinPlan) -> JoinFailure {
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
        if let key = error.key { failure.message = "key \(key): \(failure.message)" }
        return JoinFailure(failure, of: error.items)
    }
}
