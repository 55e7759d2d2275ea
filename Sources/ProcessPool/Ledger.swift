// The books of a run: which item each entry of a worker speaks of, how many ended in which way, and what of that may
// be shown already.

import Posix
import Wire

/// The chunks one worker has, oldest first, without the items that are done.
struct Assignments {
    private(set) var chunks: [Chunk] = []
    /// Items of the oldest one that were done here.
    private(set) var itemsDone = 0
    /// Of each chunk as it was given: its first item, and how many items all earlier ones had.
    private var places: [(first: Int, before: Int)] = []
    /// Items of all chunks that were given.
    private var offered = 0
    /// How many items may be begun of all that were given; nil before anything was taken back.
    private(set) var limit: Int?

    /// A worker that has nothing to do may begin what it is given.
    mutating func liftLimit() { if chunks.isEmpty { limit = nil } }

    /// Limits what may be begun to `keeping` items behind those that were begun; answers the limit. It only ever falls: what
    /// was taken back belongs to others, and the worker has gone on since `keeping` was thought of.
    mutating func lowerLimit(begun: Int, keeping: Int) -> Int {
        let lower = min(limit ?? Int.max, begun + keeping)
        limit = lower
        return lower
    }

    mutating func append(_ chunk: Chunk) {
        places.append((chunk.next, offered))
        chunks.append(chunk)
        offered += chunk.remaining
    }

    /// How many items are done, of all that were given.
    var finished: Int { chunks.first.map { places[0].before + $0.next - places[0].first } ?? offered }

    /// How many items the worker has begun, of all that were given, when it was last seen on `current`.
    func begun(current: Int) -> Int {
        var begun = finished
        for (place, (first, before)) in places.enumerated() {
            let end = place + 1 < places.count ? places[place + 1].before : offered
            if current >= first && current < first + end - before { begun = max(begun, before + current - first + 1) }
        }
        return begun
    }

    /// The same, and the next one when it has begun nothing of its oldest chunk: what is on its way to one worker, which
    /// may take long, is not sent to another.
    func begunOrNext(current: Int) -> Int { max(begun(current: current), finished + 1) }

    /// Items of the oldest chunk that were begun and are not done.
    func lost(current: Int) -> Int { min(begun(current: current) - finished, chunks.first?.remaining ?? 0) }

    /// Items that were given and not begun, when so many were begun in all.
    func left(begun: Int) -> Int { chunks.indices.reduce(0) { $0 + chunks[$1].items.upperBound - boundary($1, begun) } }

    /// Takes back what lies behind so many items; each with the slot that it was part of.
    mutating func takeBack(behind begun: Int) -> [(slot: Int, rest: Chunk)] {
        chunks.indices.compactMap { place in
            let boundary = boundary(place, begun)
            if boundary == chunks[place].items.upperBound { return nil }
            return (chunks[place].slot, chunks[place].cut(at: boundary))
        }
    }

    /// The first item of a chunk that is not among so many of all.
    private func boundary(_ place: Int, _ begun: Int) -> Int {
        let items = chunks[place].items
        return min(max(places[place].first + begun - places[place].before, items.lowerBound), items.upperBound)
    }

    /// Takes the next item of the oldest chunk out, to be run again by itself.
    mutating func takeOutNext() -> Chunk? {
        guard let chunk = chunks.first, chunk.remaining > 0 else { return nil }
        itemsDone += 1
        return chunks[0].takeOutNext()
    }

    /// Notes that items of the oldest chunk are done; answers the chunk as it was, or nil when it does not have so many.
    mutating func finish(items: Int) -> Chunk? {
        guard let chunk = chunks.first, chunk.remaining >= items else { return nil }
        chunks[0] = chunk.advanced(by: items)
        itemsDone += items
        return chunk
    }

    /// Forgets the oldest chunk; answers how many of its items were done here.
    mutating func endChunk() -> Int {
        defer { itemsDone = 0 }
        if !chunks.isEmpty {
            chunks.removeFirst()
            places.removeFirst()
        }
        return itemsDone
    }
}

/// Enters what workers tell, and delivers it. A worker is not believed to have done more than it was given: what else it
/// says is refused as a whole, since bytes of several items cannot be told apart.
struct Ledger: ~Copyable {
    /// What an entry means for the run beyond its item.
    enum Consequence: Equatable {
        /// The item is to be run again, by itself, after so many nanoseconds.
        case retry(Chunk, delay: Int)
        case setupFailed(Failure)
        case teardownFailed(Failure)
        case inputFailed(Failure)
        /// `rest` are items that the worker has not begun and will not.
        case chunkEnded(items: Int, nanoseconds: Int, rest: Chunk?)
        /// It finishes items that the worker does not have; nothing of it was taken.
        case refused
    }

    var delivery: Delivery
    private let retries: RetryPolicy
    private let inputText: RunPlan.InputText?
    private let log: (any OutcomeLog)?
    /// What items that are to be run again, or are, have failed with so far: each by its number, with where it is gathered.
    private var lastFailures: [Int: (item: FailedItem, chunk: Chunk)] = [:]
    /// Items that were cut and have no outcome yet count as skipped.
    private(set) var tally = Tally()

    init(
        _ delivery: consuming Delivery, _ retries: RetryPolicy, inputText: RunPlan.InputText? = nil,
        log: (any OutcomeLog)? = nil
    ) {
        self.delivery = delivery
        self.retries = retries
        self.inputText = inputText
        self.log = log
    }

    /// Writes what is taken at once, and notes what is not.
    mutating func writeLast() { tally.unwrittenBytes = delivery.writeLast() }

    mutating func open(_ chunk: Chunk) {
        tally.skipped += chunk.count
        delivery.open(chunk)
    }

    mutating func enter(_ entry: Entry, of assignments: inout Assignments, worker: Int) -> Consequence? {
        switch entry {
        case .output(let bytes, items: 0) where assignments.chunks.isEmpty:
            tally.bytes += bytes.count
            if !bytes.isEmpty { delivery.accept(.output(.memory(bytes)), items: 0, chunk: nil) }
            return nil
        case .output(let bytes, let items):
            guard let chunk = assignments.finish(items: items) else { return .refused }
            succeed(bytes, items: items, of: chunk)
            return nil
        case .item(let bytes, let traits):
            guard let chunk = assignments.finish(items: 1) else { return .refused }
            log?.note(.success(bytes, traits), item: chunk.next, of: chunk)
            succeed(bytes, items: 1, traits.hasRecord ? 1 : 0, of: chunk)
            return nil
        case .standardError(let bytes):
            tally.bytes += bytes.count
            delivery.accept(.text(bytes), items: 0, chunk: assignments.chunks.first)
            return nil
        case .failure(let failure):
            return fail(failure, of: &assignments, worker: worker)
        case .module(let name, let digest):
            log?.noteModule(name, digest: digest)
            return nil
        case .setupFailed(let failure): return .setupFailed(failure)
        case .teardownFailed(let failure): return .teardownFailed(failure)
        case .inputFailed(let failure): return .inputFailed(failure)
        case .chunkEnd(let nanoseconds):
            guard let chunk = assignments.chunks.first else { return nil }
            let rest = chunk.remaining > 0 ? chunk : nil
            return .chunkEnded(items: assignments.endChunk(), nanoseconds: nanoseconds, rest: rest)
        }
    }

    /// The next item of the worker's oldest chunk has failed.
    mutating func fail(_ failure: Failure, of assignments: inout Assignments, worker: Int) -> Consequence? {
        guard let chunk = assignments.chunks.first, chunk.remaining > 0 else { return .refused }
        var failure = failure
        // Who has died could not tell it.
        if failure.input == nil { failure.input = inputText?(chunk.next, chunk) }
        if !failure.isFinal, let delay = retries.delay(item: chunk.next, attempt: chunk.attempt),
            let again = assignments.takeOutNext()
        {
            delivery.split(chunk)
            note(FailedItem(failure, of: chunk, worker: worker), until: again)
            return .retry(again, delay: delay)
        }
        _ = assignments.finish(items: 1)
        log?.note(.failure(failure, attempts: chunk.attempt, worker: worker + 1), item: chunk.next, of: chunk)
        giveUp(FailedItem(failure, of: chunk, worker: worker), of: chunk)
        return nil
    }

    private mutating func note(_ item: FailedItem, until again: Chunk) {
        forgetFailure(of: again)
        lastFailures[item.item] = (item, again)
        delivery.keep(item)
    }

    /// The next item of `chunk` has another outcome.
    private mutating func forgetFailure(of chunk: Chunk) {
        if let last = lastFailures.removeValue(forKey: chunk.next) { delivery.letGo(last.item) }
    }

    /// Nothing more is run: what waited for another try, or was killed in one, has failed as it did before. A run that goes
    /// on from a journal tries it again.
    mutating func giveUpRetries() {
        for (_, (item, chunk)) in lastFailures.sorted(by: { $0.key < $1.key }) {
            forgetFailure(of: chunk)
            giveUp(item, of: chunk)
        }
    }

    /// Items of a slot will be done in these parts, perhaps at the same time.
    mutating func part(_ slot: Int, into parts: [Chunk]) {
        var slot = slot
        for part in parts where part.slot != slot {
            delivery.cut(slot, at: part.slot)
            slot = part.slot
        }
    }

    /// Delivers what the items of a chunk came to in an earlier run.
    mutating func recall(_ outcomes: [Outcome], of chunk: Chunk) {
        open(chunk)
        var (start, records, bytes): (Int, Int, [UInt8]) = (0, 0, [])
        for (place, outcome) in outcomes.enumerated() {
            switch outcome {
            case .success(let output, let traits):
                bytes += output
                if traits.hasRecord { records += 1 }
            case .failure(let failure, let attempts, let worker):
                if place > start { succeed(bytes, items: place - start, records, of: chunk.advanced(by: start)) }
                let failed = chunk.advanced(by: place)
                giveUp(FailedItem(failure, of: failed, attempts: attempts, worker: worker - 1), of: failed)
                (start, records, bytes) = (place + 1, 0, [])
            }
        }
        if outcomes.count > start {
            succeed(bytes, items: outcomes.count - start, records, of: chunk.advanced(by: start))
        }
    }

    private mutating func succeed(_ bytes: [UInt8], items: Int, _ records: Int = 0, of chunk: Chunk) {
        if chunk.attempt > 1 { forgetFailure(of: chunk) }
        tally.succeeded += items
        tally.bytes += bytes.count
        tally.skipped -= items
        tally.records += records
        delivery.accept(.output(.memory(bytes)), items: items, chunk: chunk)
    }

    /// The next item of `chunk` has failed for good.
    private mutating func giveUp(_ item: FailedItem, of chunk: Chunk) {
        forgetFailure(of: chunk)
        tally.failed[item.failure.kind, default: 0] += 1
        tally.skipped -= 1
        delivery.accept(.failed(item), items: 1, chunk: chunk)
    }
}
