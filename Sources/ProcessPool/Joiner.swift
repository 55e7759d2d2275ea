// The script's own process while it joins results: forked from the loaded state and supervised like a worker. What the run
// gives in its order goes to this process instead of the output; when the run has ended, what all of it comes to is the
// output.

import Bytes
package import Posix
package import Wire

/// What runs in that process.
package protocol JoinerBody: AnyObject {
    /// Joins what comes, until nothing more will.
    func collect(capture: consuming Capture?, outbox: inout Outbox) -> JoinFailure?
    /// Makes the output.
    func finish(outbox: inout Outbox) -> JoinFailure?
}

/// The host's end of it.
package final class Joiner {
    private let handle: WorkerHandle
    private var ending: Run.Death?
    private var failure: JoinFailure?

    private enum Key { case results, death, output, reader, messages }

    /// To it; nil once it was taken.
    private var pipe: PipeEnds?

    /// Forks; `body` gets the descriptor from which results come.
    package init(
        closing inherited: [Int32], _ body: @escaping (consuming Descriptor) -> any JoinerBody
    ) throws(PosixError) {
        let pipe = try Descriptor.pipe()
        let (reading, writing) = (pipe.readingNumber, pipe.writingNumber)
        handle = try WorkerHandle(number: 0, closing: inherited + [writing]) { loop in
            loop.join(body(Descriptor(owning: reading)))
        }
        self.pipe = consume pipe
    }

    /// Where the run's results go; once.
    package func takeInput() throws(PosixError) -> OutputDescriptor {
        guard let pipe = pipe.take() else { throw PosixError("write", code: PosixError.isBroken) }
        return try OutputDescriptor(copying: pipe.writingNumber)
    }

    /// What workers close that are forked later.
    package var descriptors: [Int32] { handle.descriptors }

    /// Why it has ended before the run, if it has.
    package func earlyFailure() -> JoinFailure {
        var poller = Poller<Void>()
        poller.watchReadable(handle.deathNumber, ())
        _ = poller.wait(milliseconds: nil)
        bury { _ in }
        return failure ?? unexplained
    }

    private var unexplained: JoinFailure {
        let end = ending.map { "\($0.status)" } ?? "has ended"
        return JoinFailure(Failure(.crash, "the script's process (pid \(handle.pid)) that joins results \(end)"))
    }

    /// Lets it make the output, and writes that; `table` has the columns, where the output is rows.
    package func finish(
        into queue: consuming OutputQueue, _ observer: any RunObserver, _ table: (any ResultTable)?
    ) -> Ending {
        var output = RunOutput(queue, observer, nil, table)
        try? handle.dismiss()
        var poller = Poller<Key>()
        while true {
            Signal.deliver()
            if let signal = Signal.takeArrived() {
                handle.kill()
                return .signal(signal)
            }
            if let failed = write(&output) { return failed }
            if isOver(&output) { return result }
            poller.removeAll()
            if !output.queue.isFull && ending == nil {
                poller.watchReadable(handle.resultsNumber, .results)
                poller.watchReadable(handle.deathNumber, .death)
            }
            for number in observer.unwritten { poller.watchWritable(number, .messages) }
            if output.queue.isEmpty {
                poller.watchBroken(output.queue.number, .reader)
            } else {
                poller.watchWritable(output.queue.number, .output)
            }
            for key in poller.wait(milliseconds: Signal.isWaiting() ? 0 : nil) {
                switch key {
                case .results: for entry in handle.takeEntries() { output.append(entry, observer, &failure) }
                case .death: bury { output.append($0, observer, &self.failure) }
                case .messages: observer.write()
                case .reader: return .outputClosed
                case .output: break
                }
            }
        }
    }

    private func bury(_ take: (Entry) -> Void) {
        if ending != nil { return }
        let (entries, death) = handle.bury()
        for entry in entries {
            if case .joinFailed(let why, let items) = entry { failure = failure ?? JoinFailure(why, of: items) }
            take(entry)
        }
        ending = death
    }

    private var result: Ending {
        if let failure { return .joinFailed(failure) }
        return ending?.hadLeft == true ? .completed : .joinFailed(unexplained)
    }

    /// All is written, or there will be no output.
    private func isOver(_ output: inout RunOutput) -> Bool {
        if ending == nil { return false }
        if failure != nil || ending?.hadLeft == false { return true }
        return output.queue.isEmpty && !output.endTable()
    }

    /// Writes what is taken now, or says why nothing is.
    private func write(_ output: inout RunOutput) -> Ending? {
        do throws(PosixError) { try output.queue.write() } catch {
            return error.isBrokenPipe ? .outputClosed : .outputFailed(error)
        }
        return nil
    }
}

extension RunOutput {
    /// What the process tells.
    fileprivate mutating func append(_ entry: Entry, _ observer: any RunObserver, _ failure: inout JoinFailure?) {
        switch entry {
        case .output(let bytes, _): append(rows: bytes)
        case .item(let bytes, let traits):
            do throws(Failure) {
                append(rows: traits.isDescribed ? try table?.rows(of: bytes) ?? [] : bytes)
            } catch {
                failure = failure ?? JoinFailure(error)
            }
        case .standardError(let bytes): observer.text(bytes)
        case .failure(let why):
            if !why.printed.isEmpty { observer.text(why.printed) }
            failure = failure ?? JoinFailure(why)
        case .joinFailed(let why, let items): failure = failure ?? JoinFailure(why, of: items)
        default: break
        }
    }
}
