// What differs where a slot is a pmap on another machine: it tells of items in any order, and may be lost with what it has
// not told.

import Posix
import Wire

extension Run {
    /// An item that was alone when so many remotes were lost with it has failed.
    private static let mostLosses = 3
    /// Seconds before each further try to reach a host that was not reached.
    private static let startDelays = [1, 2, 4, 8]

    /// What a remote tells next is of `item`. One that another has by now is dropped where that is told.
    mutating func expect(_ item: Int, _ attempt: Int, from slot: Int, _ actions: inout [Action]) {
        guard slots[slot].kind.isRemote, let (segment, rest) = slots[slot].chunks.bringForward(item),
            rest.attempt == attempt
        else { return distrust(slot, &actions) }
        sequencer.split(segment, into: [rest])
    }

    /// A remote is done with a chunk.
    mutating func endChunk(given first: Int, of slot: Int, _ nanoseconds: Int, _ actions: inout [Action]) {
        guard slots[slot].kind.isRemote, let (items, rest) = slots[slot].chunks.end(given: first) else {
            return distrust(slot, &actions)
        }
        tell(.chunkEnded(worker: slot + 1, items: items, nanoseconds: nanoseconds), &actions)
        if !rest.isEmpty && ending == nil { schedule(.revoked(worker: slot, rest), &actions) }
        schedule(.ended(worker: slot, items: items, nanoseconds: nanoseconds), &actions)
    }

    /// The connection of a slot has ended.
    mutating func loseRemote(of slot: Int, _ loss: Loss, _ now: Int, _ actions: inout [Action]) {
        if loss.wasReady { failedStarts[slot] = nil }
        let unfinished = slots[slot].chunks.chunks.filter { $0.remaining > 0 }
        if isKilling || ending != nil || loss.hadLeft && slots[slot].setupFailure == nil {
            clear(slot)
            return schedule(.gone(worker: slot, unfinished: ending == nil ? unfinished : []), &actions)
        }
        if let failure = slots[slot].setupFailure, loss.wasReady {
            return giveUp(slot, why: .setup(failure), &actions)
        }
        if !loss.wasReady { return loseStart(of: slot, loss, now, &actions) }
        actions.append(
            .notice(
                .lostRemote(host: loss.host, reason: loss.reason, items: unfinished.reduce(0) { $0 + $1.remaining })))
        let again = unfinished.flatMap {
            afterLoss($0, on: loss.host, slot, isAlone: unfinished.count == 1, now, &actions)
        }
        clear(slot)
        schedule(.gone(worker: slot, unfinished: again), &actions)
        checkHalt(&actions)
    }

    /// What of a chunk is run again that was lost with a remote.
    private mutating func afterLoss(
        _ chunk: Chunk, on host: String, _ slot: Int, isAlone: Bool, _ now: Int, _ actions: inout [Action]
    ) -> [Chunk] {
        tally.chunksLost += 1
        let parts = chunk.lost(on: host)
        guard isAlone, chunk.isSuspect, let hosts = parts.first?.lostOn, hosts.count >= Run.mostLosses else {
            sequencer.split(chunk.segment, into: parts)
            return parts
        }
        let why = "its worker was lost \(hosts.count) times (\(hosts.joined(separator: ", ")))"
        var failure = Failure(.crash, why)
        failure.isFinal = true  // --retries does not count machines
        slots[slot].chunks = ChunksInFlight()
        slots[slot].chunks.append(chunk)
        fail(failure, in: slot, ran: nil, now, &actions)
        return []
    }

    /// A host that was not reached is tried again some times, and then left out; at once if the job was refused there.
    private mutating func loseStart(of slot: Int, _ loss: Loss, _ now: Int, _ actions: inout [Action]) {
        let refusal = slots[slot].setupFailure
        let tries = failedStarts[slot, default: 0]
        failedStarts[slot] = tries + 1
        let isLast = tries == Run.startDelays.count || refusal != nil
        let unfinished = slots[slot].chunks.chunks
        clear(slot)
        if !isLast { refills.append(slot, due: now + Run.startDelays[tries] * 1_000_000_000) }
        schedule(.unusable(worker: slot, unfinished: unfinished), &actions)
        let reason = refusal?.message ?? loss.reason
        if scheduler.isHelpless && refills.isEmpty {
            return end(
                .noWorkers(
                    Failure(.error, "\(loss.host): \(reason)", traceback: refusal?.traceback), inSetup: false),
                &actions)
        }
        if isLast || tries == 0 {
            actions.append(.notice(.unreachable(host: loss.host, reason: reason, isLast: isLast)))
        }
    }
}
