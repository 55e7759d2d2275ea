// The input of a run that keeps a journal: what an earlier run has done already is taken from there, the rest goes to the
// workers, and what becomes of it is noted.

import Inputs
import Journal
import Posix
import ProcessPool
import Records
import Wire

/// Stands between the input and the host's loop, and hears of each outcome.
final class JournaledInput: ChunkSource, OutcomeLog {
    private let source: InputSequence
    private let journal: Journal
    private let digests: ItemDigests
    private let keys: KeyMaker
    /// The keys of items that are being run.
    private var running: [Int: ItemKeys] = [:]
    /// What was cut and not passed on yet.
    private var block: Block?
    private(set) var tally = JournalTally()
    private let secrets: Secrets
    /// Is told of modules from nowhere that is known.
    private let strangeModule: (String) -> Void

    /// Items that are looked up at once.
    private static let blockItems = 512
    /// Bytes of results that are taken from the journal at once.
    private static let bytesAtOnce = 4 << 20

    /// What the keys of all items have in common.
    struct KeyMaker {
        let program: Digest
        let seed: UInt64
        let tellsPlace: Bool
    }

    private struct Block {
        let chunk: Chunk
        let items: DigestedItems
        /// Nil for what is run in any case.
        let keys: [ItemKeys?]
        /// The rows of an earlier run.
        var rows: [ClaimedRow?]
        /// The first item that was not passed on.
        var next = 0
    }

    init(
        _ source: InputSequence, _ journal: Journal, _ keys: KeyMaker, _ digests: ItemDigests, _ secrets: Secrets,
        strangeModule: @escaping (String) -> Void
    ) {
        self.secrets = secrets
        self.strangeModule = strangeModule
        self.source = source
        self.journal = journal
        self.keys = keys
        self.digests = digests
    }

    // MARK: Input

    var waitsOn: Int32? { source.waitsOn }
    var isLookedAt: Bool { source.isLookedAt }
    var descriptors: [Int32] { source.descriptors + journal.descriptors }
    func countRest(within nanoseconds: Int) -> Int? {
        source.countRest(within: nanoseconds).map { $0 + (block.map { $0.chunk.count - $0.next } ?? 0) }
    }

    func cut(items: Int) throws(Failure) -> Cut {
        while true {
            if let cut = cutBlock(items) { return cut }
            // A journal without items has nothing to look up, and chunks stay as they are.
            let cut = try source.cut(items: journal.isNew ? items : max(items, JournaledInput.blockItems))
            guard case .chunk(let chunk) = cut else { return cut }
            guard let items = try digests.digest(chunk) else { return .chunk(chunk) }
            let itemKeys = items.digests.enumerated().map { place, digest in
                digest.map {
                    ItemKeys(
                        fingerprint: keys.program, bytes: $0, index: chunk.first + place, seed: keys.seed,
                        takesIndex: keys.tellsPlace)
                }
            }
            tally.unknown += items.digests.count { $0 == nil }
            let rows = itemKeys.map { $0.flatMap(journal.claim) }
            block = Block(chunk: chunk, items: items, keys: itemKeys, rows: rows)
        }
    }

    /// The next items of the block: those the journal has, or at most `limit` that it has not.
    private func cutBlock(_ limit: Int) -> Cut? {
        guard var block, block.next < block.chunk.count else { return nil }
        defer { self.block = block }
        let start = block.next
        var (outcomes, bytes): ([Outcome], Int) = ([], 0)
        while bytes < JournaledInput.bytesAtOnce, block.next < block.chunk.count, let row = block.rows[block.next] {
            guard let keys = block.keys[block.next], let outcome = recall(row, of: keys) else {
                block.rows[block.next] = nil
                break
            }
            if case .success(let output, _) = outcome { bytes += output.count }
            outcomes.append(outcome)
            block.next += 1
        }
        if !outcomes.isEmpty { return .recalled(block.items.part(start..<block.next, of: block.chunk), outcomes) }
        while block.next < min(block.chunk.count, start + limit), block.rows[block.next] == nil {
            running[block.chunk.first + block.next] = block.keys[block.next]
            block.next += 1
        }
        return .chunk(block.items.part(start..<block.next, of: block.chunk))
    }

    private func recall(_ row: ClaimedRow, of keys: ItemKeys) -> Outcome? {
        guard let entry = journal.entry(row, of: keys) else {
            tally.damaged += 1
            return nil
        }
        tally.recalled += 1
        switch entry.result {
        case .ok(let output): return .success(output, entry.traits)
        case .failed(let failure, let attempts, let worker):
            tally.recalledFailures += 1
            return .failure(failure, attempts: attempts, worker: worker)
        }
    }

    // MARK: Outcomes

    func note(_ outcome: Outcome, item: Int, of chunk: Chunk) {
        guard let keys = running.removeValue(forKey: item) else { return }
        let isKept: Bool
        switch outcome {
        case .success(let output, let traits):
            isKept = journal.add(JournalEntry(.ok(output: output), traits), keys, item: item, source: nil)
        case .failure(let failure, _, _) where failure.isPassing: return
        case .failure(var failure, let attempts, let worker):
            failure.message = secrets.hidden(in: failure.message)
            failure.traceback = failure.traceback.map(secrets.hidden)
            let entry = JournalEntry(
                .failed(failure, attempts: attempts, worker: worker),
                ItemTraits(drewRandomNumbers: failure.drewRandomNumbers))
            let payload = Payload(of: chunk)
            let name = source.inputs[payload.input].name(ofPlace: payload.firstPlace + item - chunk.first)
            isKept = journal.add(entry, keys, item: item, source: name)
        }
        if isKept { tally.added += 1 } else { tally.tooLarge += 1 }
    }

    func noteModule(_ name: String, digest: [UInt8]?) {
        if let digest = digest.flatMap({ Digest(stored: $0) }) {
            journal.record(workerModule: name, digest)
        } else {
            strangeModule(name)
        }
    }

    /// The run is over; answers how, now that all is kept or cannot be.
    func end(_ ending: Ending) -> Ending {
        journal.end(ending.name)
        guard let failure else { return ending }
        switch ending {
        case .completed, .halted: return .logFailed(failure)
        default: return ending
        }
    }

    func settle(now: Int) { journal.commit(now: now) }
    var hasUnsettled: Bool { journal.hasUncommitted }
    var failure: Failure? { journal.failure.map { Failure(.error, $0.description) } }
}

/// What a run had from its journal, and gave to it.
struct JournalTally {
    var recalled = 0
    var recalledFailures = 0
    /// Rows that were not what had been written.
    var damaged = 0
    var added = 0
    /// Items of the script's that hold what cannot be compared with an earlier run.
    var unknown = 0
    /// Results that SQLite does not take.
    var tooLarge = 0
}

extension Ending {
    /// As a journal has it.
    fileprivate var name: String {
        switch self {
        case .completed: "completed"
        case .halted: "halted"
        case .signal(let signal): Signal.name(signal)
        case .crashLoop: "every worker died"
        case .outputClosed: "nobody read the output"
        case .outputFailed(let error): "output: \(error.reason)"
        case .inputFailed(let failure): "input: \(failure.message)"
        case .logFailed: "journal"
        case .noWorkers: "no workers"
        }
    }
}
