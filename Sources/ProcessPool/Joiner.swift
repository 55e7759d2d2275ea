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
    private let timeLimit: TimeLimit?
    private var ending: Run.Death?
    /// Why there is no output.
    private var failure: JoinFailure?
    /// Why some of it is missing: the first reason, and how many there are.
    private var unwritten: (first: Failure, count: Int)?
    /// For those who listen: when it began, when all items were done, and when it was buried; and what it had done then.
    private let start = Clock.now()
    private var (itemsEnd, end): (Int?, Int?)
    private var (processorTime, bytes) = (0, 0)
    /// When the terminal last asked what goes on.
    private var lastQuit: Int?
    /// Ctrl-\ twice: called before this process ends.
    package var quitting: () -> Void = {}

    private enum Key { case results, death, output, reader, messages }

    /// To it; nil once it was taken.
    private var pipe: PipeEnds?

    /// Forks; `body` gets the descriptor from which results come.
    package init(
        closing inherited: [Int32], _ timeLimit: TimeLimit?, _ body: @escaping (consuming Descriptor) -> any JoinerBody
    ) throws(PosixError) {
        self.timeLimit = timeLimit
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

    package var pid: Int32 { handle.pid }

    /// What it has done.
    package var work: JoinWork {
        let processor = end == nil ? ProcessorTime.of(pid) ?? 0 : processorTime
        let end = end ?? Clock.now()
        return JoinWork(processor: processor, wall: end - start, last: end - (itemsEnd ?? end), bytes: bytes)
    }

    /// What workers close that are forked later.
    package var descriptors: [Int32] { handle.descriptors }

    /// Why it has ended before the run.
    package func earlyFailure(_ observer: any RunObserver) -> JoinFailure {
        var poller = Poller<Void>()
        poller.watchReadable(handle.deathNumber, ())
        _ = poller.wait(milliseconds: nil)
        for entry in bury() { if case .standardError(let bytes) = entry { observer.text(bytes) } }
        return failure ?? unexplained
    }

    private var unexplained: JoinFailure {
        let name = "the script's process (pid \(handle.pid)) that joins results"
        if let timeLimit, handle.isOverdue {
            return JoinFailure(
                Failure(.timeout, "timed out after \(timeLimit.seconds) s; \(name) did not stop and was killed"))
        }
        return JoinFailure(Failure(.crash, "\(name) \(ending.map { "\($0.status)" } ?? "has ended")"))
    }

    /// Lets it make the output, and writes that; `table` has the columns, where the output is rows.
    package func finish(
        into queue: consuming OutputQueue, _ observer: any RunObserver, _ table: (any ResultTable)?
    ) -> Ending {
        itemsEnd = Clock.now()
        var output = RunOutput(queue, observer, nil, table)
        try? handle.dismiss()
        var poller = Poller<Key>()
        while true {
            Signal.deliver()
            if let signal = Signal.takeArrived() {
                handle.kill()
                return .signal(signal)
            }
            if Signal.takeStop() { stopUntilContinued() }
            answer(observer)
            do throws(PosixError) { try output.queue.write() } catch {
                return error.isBrokenPipe ? .outputClosed : .outputFailed(error)
            }
            if isOver(&output) { return result }
            watch(&poller, output, observer)
            for key in poller.wait(milliseconds: nil) {
                switch key {
                case .results: for entry in handle.takeEntries() { take(entry, &output, observer) }
                case .death: for entry in bury() { take(entry, &output, observer) }
                case .messages: observer.write()
                case .reader: return .outputClosed
                case .output: break  // it is written in front of every wait
                }
            }
        }
    }

    private func watch(_ poller: inout Poller<Key>, _ output: borrowing RunOutput, _ observer: any RunObserver) {
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
    }

    /// Ctrl-Z: the process is in a group of its own, which the terminal does not stop.
    private func stopUntilContinued() {
        handle.suspend(true)
        Signal.stopHere()
        handle.suspend(false)
    }

    private func answer(_ observer: any RunObserver) {
        let (quits, isAsked) = Signal.takeQuestions()
        let now = Clock.now()
        if quits > 1 || quits > 0 && lastQuit.map({ now - $0 < Run.quitInterval }) == true {
            handle.kill()
            quitting()
            Signal.die(by: Signal.quit)
        }
        if quits > 0 { lastQuit = now }
        if isAsked { observer.notice(.joining(pid: handle.pid)) }
    }

    private func bury() -> [Entry] {
        if ending != nil { return [] }
        processorTime = ProcessorTime.of(handle.pid) ?? 0
        let (entries, death) = handle.bury()
        for case .joinFailed(let why, let items) in entries { failure = failure ?? JoinFailure(why, of: items) }
        ending = death
        end = Clock.now()
        return entries
    }

    private var result: Ending {
        if let failure { return .joinFailed(failure) }
        if ending?.hadLeft != true { return .joinFailed(unexplained) }
        guard let unwritten else { return .completed }
        var first = unwritten.first
        if unwritten.count > 1 { first.message += " (and \(unwritten.count - 1) more like this)" }
        return .joinFailed(JoinFailure(first))
    }

    /// All is written, or there will be no output.
    private func isOver(_ output: inout RunOutput) -> Bool {
        if ending == nil { return false }
        if failure != nil || ending?.hadLeft == false { return true }
        return output.queue.isEmpty && !output.endTable()
    }

    /// What the process tells.
    private func take(_ entry: Entry, _ output: inout RunOutput, _ observer: any RunObserver) {
        switch entry {
        case .output(let bytes, _): write(bytes, &output)
        case .item(let bytes, let traits):
            do throws(Failure) {
                write(traits.isDescribed ? try output.table?.rows(of: bytes) ?? [] : bytes, &output)
            } catch {
                note(error)
            }
        case .standardError(let bytes): observer.text(bytes)
        case .failure(let why):
            if !why.printed.isEmpty { observer.text(why.printed) }
            note(why)
        case .processFailed(let why): observer.notice(.processFailed(why))
        case .joinFailed(let why, let items): failure = failure ?? JoinFailure(why, of: items)
        default: break
        }
    }

    private func write(_ rows: [UInt8], _ output: inout RunOutput) {
        bytes += rows.count
        output.append(rows: rows)
    }

    private func note(_ why: Failure) { unwritten = (unwritten?.first ?? why, (unwritten?.count ?? 0) + 1) }
}
