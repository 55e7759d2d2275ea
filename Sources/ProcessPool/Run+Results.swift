// What slots tell: which item it is of, what that came to, and what follows. A worker is not believed to have done more
// than it was given: what else it says is refused as a whole, since bytes of several items cannot be told apart.

import Posix
import Wire

extension Run {
    mutating func account(
        for entries: [Entry], _ times: [ItemTime], of slot: Int, _ isReady: Bool, _ now: Int,
        _ actions: inout [Action]
    ) {
        if let failure = setupFailure, isReady {
            actions.append(.notice(.setupFailed(failure)))
            setupFailure = nil
        }
        if !entries.isEmpty { slots[slot].lastNews = now }
        var times = times[...]
        for (place, entry) in entries.enumerated() where !isSatisfied && !slots[slot].isDistrusted {
            account(for: entry, at: place, times.prefix(entry.items), of: slot, now, &actions)
            times = times.dropFirst(entry.items)
            checkHalt(&actions)
        }
    }

    private mutating func account(
        for entry: Entry, at place: Int, _ times: ArraySlice<ItemTime>, of slot: Int, _ now: Int,
        _ actions: inout [Action]
    ) {
        switch entry {
        case .output(let bytes, items: 0):  // no item's, and so no outcome
            tally.bytes += bytes.count
            let chunk = slots[slot].chunks.chunks.first
            sequencer.accept(.records(place..<place + 1, bytes: bytes.count), items: 0, of: chunk, &actions)
        case .output(let bytes, let items):
            guard let chunk = slots[slot].chunks.finish(items: items) else { return distrust(slot, &actions) }
            if isRepeated(chunk, items: items) { return }
            tell(.succeeded(chunk, items: items, worker: slot + 1, times: times), &actions)
            succeed(place..<place + 1, bytes: bytes.count, items: items, of: chunk, &actions)
        case .item(let bytes, let traits):
            guard let chunk = slots[slot].chunks.finish(items: 1) else { return distrust(slot, &actions) }
            if isRepeated(chunk, items: 1) { return }
            if !traits.isBlank && !traits.isDescribed {
                tell(.succeeded(chunk, items: 1, worker: slot + 1, times: times), &actions)
            }
            if isRecorded { actions.append(.record(entry: place, item: chunk.next, of: chunk)) }
            tally.records += traits.hasRecord ? 1 : 0
            let described = traits.isDescribed ? described(chunk, slot, times.first) : nil
            succeed(
                place..<place + 1, bytes: bytes.count, items: 1, blank: traits.isBlank ? 1 : 0, of: chunk,
                described: described,
                &actions)
        case .standardError(let bytes):
            tally.bytes += bytes.count
            let chunk = slots[slot].chunks.chunks.first
            sequencer.accept(.standardError(place, bytes: bytes.count), items: 0, of: chunk, &actions)
        case .failure(let failure):
            fail(failure, in: slot, ran: times.first, now, &actions)
            if slots[slot].kind.isRemote && failure.kind == .crash { noteCrash(&actions) }
        case .module: if isRecorded { actions.append(.recordModule(entry: place)) }
        case .setupFailed(let failure): slots[slot].setupFailure = failure
        case .teardownFailed(let failure): actions.append(.notice(.teardownFailed(failure)))
        case .processFailed(let failure): actions.append(.notice(.processFailed(failure)))
        case .joined(let nanoseconds): tell(.joinedHere(worker: slot + 1, nanoseconds: nanoseconds), &actions)
        case .joinFailed(let failure, let items):
            if ending == nil { end(.joinFailed(JoinFailure(failure, of: items)), &actions) }
        case .inputFailed(let failure):
            if ending == nil { ending = .inputFailed(failure) }
            stop(&actions)
        case .chunkEnd(let nanoseconds): endChunk(of: slot, nanoseconds, &actions)
        case .place(let item, let attempt): expect(item, attempt, from: slot, &actions)
        case .chunkDone(let first, let nanoseconds): endChunk(given: first, of: slot, nanoseconds, &actions)
        case .greeting(let greeting): schedule(.lanes(worker: slot, greeting.workers), &actions)
        case .pulse, .farewell: break  // of the connection
        }
    }

    /// An outcome is known by its item and the attempt, and the first one counts: another is dropped, and counted.
    private mutating func isRepeated(_ chunk: Chunk, items: Int) -> Bool {
        let isEarlier = lastFailures[chunk.next].map { $0.chunk.attempt > chunk.attempt } ?? false
        if !isEarlier && sequencer.awaits(chunk, items: items) { return false }
        tally.repeated += items
        return true
    }

    mutating func distrust(_ slot: Int, _ actions: inout [Action]) {
        slots[slot].isDistrusted = true
        actions.append(.distrust(slot))
    }

    private mutating func endChunk(of slot: Int, _ nanoseconds: Int, _ actions: inout [Action]) {
        guard let chunk = slots[slot].chunks.chunks.first else { return }
        let items = slots[slot].chunks.endChunk()
        tell(.chunkEnded(worker: slot + 1, items: items, nanoseconds: nanoseconds), &actions)
        // What is left of it the worker has not begun and will not.
        if chunk.remaining > 0 && isOpen { schedule(.revoked(worker: slot, [chunk]), &actions) }
        schedule(.ended(worker: slot, items: items, nanoseconds: nanoseconds), &actions)
    }

    /// The next item of the slot's oldest chunk has failed.
    mutating func fail(
        _ failure: Failure, in slot: Int, ran time: ItemTime?, ended status: ExitStatus? = nil, _ now: Int,
        _ actions: inout [Action]
    ) {
        guard let chunk = slots[slot].chunks.chunks.first, chunk.remaining > 0 else { return distrust(slot, &actions) }
        if isRepeated(chunk, items: 1) {
            _ = slots[slot].chunks.finish(items: 1)
            return
        }
        var failure = failure
        // Who has died could not tell it.
        if failure.input == nil { failure.input = input?(chunk.next, chunk) }
        let item = FailedItem(failure, of: located(chunk), worker: slot, time: time, status: status)
        if !failure.isFinal, let delay = retryPolicy.delay(item: chunk.next, attempt: chunk.attempt),
            let again = slots[slot].chunks.takeOutNext()
        {
            sequencer.split(chunk)
            forgetFailure(of: again)
            lastFailures[item.item] = (item, again)
            sequencer.reserve(item)
            tell(.failed(item, of: chunk, retryDelay: delay), &actions)
            if !isOpen { return }
            retries.append(again, due: now + delay)
            return schedule(.awaited, &actions)
        }
        _ = slots[slot].chunks.finish(items: 1)
        if isRecorded {
            actions.append(
                .recordFailure(failure, attempts: chunk.attempt, slot: slot, item: chunk.next, of: chunk))
        }
        tell(.failed(item, of: chunk, retryDelay: nil), &actions)
        failForGood(item, of: chunk, &actions)
    }

    /// The chunk, from which the position of its next item can be told when its bytes are gone.
    private func located(_ chunk: Chunk) -> Chunk {
        guard chunk.positions(of: chunk.next) == nil, let positions = positions?(chunk.next, chunk) else {
            return chunk
        }
        return chunk.locating(chunk.next, at: positions)
    }

    /// The next item of `chunk` has another outcome.
    private mutating func forgetFailure(of chunk: Chunk) {
        if let last = lastFailures.removeValue(forKey: chunk.next) { sequencer.release(last.item) }
    }

    /// Nothing more is run: what waited for another try, or was killed in one, has failed as it did before. A run that goes
    /// on from a journal tries it again.
    mutating func giveUpRetries(_ actions: inout [Action]) {
        for (_, (item, chunk)) in lastFailures.sorted(by: { $0.key < $1.key }) {
            tell(.failed(item, of: chunk, retryDelay: nil), &actions)
            failForGood(item, of: chunk, &actions)
        }
    }

    /// Accounts for what the items of a chunk came to in an earlier run.
    mutating func restore(_ outcomes: [Outcome], of chunk: Chunk, _ actions: inout [Action]) {
        tally.skipped += chunk.count
        sequencer.open(chunk)
        var (start, bytes) = (0, 0)
        for (place, outcome) in outcomes.enumerated() {
            switch outcome {
            case .success(let output, let traits):
                tally.records += traits.hasRecord ? 1 : 0
                if traits.isDescribed {
                    succeed(start..<place, bytes: bytes, items: place - start, of: chunk.advanced(by: start), &actions)
                    let item = chunk.advanced(by: place)
                    succeed(
                        place..<place + 1, bytes: output.count, items: 1, of: item, described: described(item, -1, nil),
                        &actions)
                    (start, bytes) = (place + 1, 0)
                } else {
                    bytes += output.count
                }
            case .failure(let failure, let attempts, let worker):
                succeed(start..<place, bytes: bytes, items: place - start, of: chunk.advanced(by: start), &actions)
                let failed = chunk.advanced(by: place)
                failForGood(
                    FailedItem(failure, of: located(failed), attempts: attempts, worker: worker - 1), of: failed,
                    &actions)
                (start, bytes) = (place + 1, 0)
            }
        }
        let items = outcomes.count - start
        succeed(start..<outcomes.count, bytes: bytes, items: items, of: chunk.advanced(by: start), &actions)
    }

    /// What the next item of the chunk is called if its rows have no place in the run's columns.
    private func described(_ chunk: Chunk, _ slot: Int, _ time: ItemTime?) -> FailedItem {
        FailedItem(Failure(.error, ""), of: located(chunk), worker: slot, time: time, keepsRecords: isHeard)
    }

    /// An item that was described has left. It was accounted for as succeeded, and told to nobody; if it is refused, the
    /// user has been told.
    mutating func account(forPlaced item: FailedItem, _ refusal: Failure?, _ actions: inout [Action]) {
        if let refusal {
            tally.succeeded -= 1
            tally.records -= 1
            tally.failed[refusal.kind, default: 0] += 1
        }
        if item.worker > 0 {  // not of an earlier run
            tell(
                refusal.map { .failed(item.failing($0), of: item.chunk, retryDelay: nil) }
                    ?? .succeeded(
                        item.chunk, items: 1, worker: item.worker, times: item.time.map { [$0] } ?? []), &actions)
        }
        if refusal != nil { checkHalt(&actions) }
    }

    private mutating func succeed(
        _ entries: Range<Int>, bytes: Int, items: Int, blank: Int = 0, of chunk: Chunk,
        described: FailedItem? = nil,
        _ actions: inout [Action]
    ) {
        if entries.isEmpty { return }
        if chunk.attempt > 1 { forgetFailure(of: chunk) }
        tally.succeeded += items - blank
        tally.blank += blank
        tally.bytes += bytes
        tally.skipped -= items
        let result: OutputSequencer.Result =
            if let described, bytes > 0 {
                .described(entries.lowerBound, bytes: bytes, described)
            } else {
                .records(entries, bytes: bytes)
            }
        sequencer.accept(result, items: items, of: chunk, &actions)
    }

    /// The next item of `chunk` has failed for good.
    private mutating func failForGood(_ item: FailedItem, of chunk: Chunk, _ actions: inout [Action]) {
        forgetFailure(of: chunk)
        tally.failed[item.failure.kind, default: 0] += 1
        tally.skipped -= 1
        sequencer.accept(.failed(item), items: 1, of: chunk, &actions)
    }
}
