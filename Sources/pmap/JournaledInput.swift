// The input of a run with a journal: outcomes of an earlier run are restored from there, the other items go to the workers,
// and their outcomes are added.

import Inputs
import Journal
import Lua
import Posix
import ProcessPool
import Records
import Wire

/// A source between the input and the host's loop, which records each outcome.
final class JournaledInput: ChunkSource, OutcomeLog {
    private let source: InputSequence
    private let journal: Journal
    private let digests: ItemDigests
    private let texts: ItemTexts
    private let keys: KeyFields
    /// The keys of items that are being run.
    private var running: [Int: ItemKeys] = [:]
    /// The items that were read and not passed on yet.
    private var block: Block?
    private(set) var tally = JournalTally()
    private let secrets: Secrets
    /// What is kept of an item has its number in it.
    private let isNumbered: Bool
    /// Called with a module whose file is unknown.
    private let reportUntraceable: (String) -> Void

    /// Items that are looked up at once.
    private static let blockItems = 512
    /// Bytes of results that are restored from the journal at once.
    private static let bytesAtOnce = 4 << 20

    /// The fields that are the same in the keys of all items.
    struct KeyFields {
        let fingerprint: Digest
        let seed: UInt64
        let takesIndex: Bool
    }

    private struct Block {
        let chunk: Chunk
        let items: DigestedItems
        /// Nil for an item that is run in any case.
        let keys: [ItemKeys?]
        /// The rows of an earlier run.
        var rows: [ClaimedRow?]
        /// The first item that was not passed on.
        var next = 0
    }

    init(
        _ source: InputSequence, _ journal: Journal, _ keys: KeyFields, _ digests: ItemDigests, _ texts: ItemTexts,
        _ secrets: Secrets, isNumbered: Bool,
        reportUntraceable: @escaping (String) -> Void
    ) {
        (self.secrets, self.isNumbered) = (secrets, isNumbered)
        self.reportUntraceable = reportUntraceable
        self.source = source
        self.journal = journal
        self.keys = keys
        (self.digests, self.texts) = (digests, texts)
    }

    // MARK: Input

    var rest: SourceRest? {
        source.rest.map { $0 + SourceRest(items: block.map { $0.chunk.count - $0.next } ?? 0) }
    }
    var waitsOn: Int32? { source.waitsOn }
    var isLookedAt: Bool { source.isLookedAt }
    var descriptors: [Int32] { source.descriptors + journal.descriptors }
    func countRest(within nanoseconds: Int) -> Int? {
        source.countRest(within: nanoseconds).map { $0 + (block.map { $0.chunk.count - $0.next } ?? 0) }
    }

    func nextChunk(items: Int) throws(Failure) -> NextChunk {
        while true {
            if let next = nextOfBlock(items) { return next }
            // A journal without items has nothing to look up, and chunks stay as they are.
            let next = try source.nextChunk(items: journal.isNew ? items : max(items, JournaledInput.blockItems))
            guard case .chunk(let chunk) = next else { return next }
            guard let items = try digests.digest(chunk) else { return .chunk(chunk) }
            let itemKeys = items.digests.enumerated().map { index, digest in
                digest.map {
                    ItemKeys(
                        fingerprint: keys.fingerprint, bytes: $0, index: chunk.first + index, seed: keys.seed,
                        takesIndex: keys.takesIndex)
                }
            }
            tally.unknown += items.digests.count { $0 == nil }
            let rows = itemKeys.map { $0.flatMap(journal.claim) }
            block = Block(chunk: chunk, items: items, keys: itemKeys, rows: rows)
        }
    }

    /// The next items of the block: those that the journal has, or at most `limit` that it has not.
    private func nextOfBlock(_ limit: Int) -> NextChunk? {
        guard var block, block.next < block.chunk.count else { return nil }
        defer { self.block = block }
        let start = block.next
        var (outcomes, bytes): ([Outcome], Int) = ([], 0)
        while bytes < JournaledInput.bytesAtOnce, block.next < block.chunk.count, let row = block.rows[block.next] {
            guard let keys = block.keys[block.next], let outcome = restore(row, of: keys) else {
                block.rows[block.next] = nil
                break
            }
            if case .success(let output, let traits) = outcome {
                bytes += output.count
                outcomes.append(.success(renumber(output, to: block.chunk.first + block.next), traits))
            } else {
                outcomes.append(outcome)
            }
            block.next += 1
        }
        if !outcomes.isEmpty { return .restored(block.items.part(start..<block.next, of: block.chunk), outcomes) }
        while block.next < min(block.chunk.count, start + limit), block.rows[block.next] == nil {
            running[block.chunk.first + block.next] = block.keys[block.next]
            block.next += 1
        }
        return .chunk(block.items.part(start..<block.next, of: block.chunk))
    }

    private func renumber(_ output: [UInt8], to item: Int) -> [UInt8] {
        isNumbered ? Partial.renumber(output, item: item) : output
    }

    private func restore(_ row: ClaimedRow, of keys: ItemKeys) -> Outcome? {
        guard let entry = journal.entry(row, of: keys) else {
            tally.damaged += 1
            return nil
        }
        tally.restored += 1
        switch entry.result {
        case .ok(let output): return .success(output, entry.traits)
        case .failed(let failure, let attempts, let worker):
            tally.restoredFailures += 1
            return .failure(failure, attempts: attempts, worker: worker)
        }
    }

    // MARK: Outcomes

    func record(_ outcome: Outcome, item: Int, of chunk: Chunk) {
        guard let keys = running.removeValue(forKey: item) else { return }
        let isKept: Bool
        switch outcome {
        case .success(_, let traits) where traits.isBlank: return
        case .success(_, let traits) where traits.hasCode:
            tally.withCode += 1
            return
        case .success(let output, let traits):
            isKept = journal.add(JournalEntry(.ok(output: output), traits), keys, item: item, source: nil)
        case .failure(let failure, _, _) where failure.isTransient: return
        case .failure(var failure, let attempts, let worker):
            failure.message = secrets.hidden(in: failure.message)
            failure.traceback = failure.traceback.map(secrets.hidden)
            let entry = JournalEntry(
                .failed(failure, attempts: attempts, worker: worker),
                ItemTraits(drewRandomNumbers: failure.drewRandomNumbers))
            let name = texts.name(of: item, in: chunk)
            isKept = journal.add(entry, keys, item: item, source: name)
        }
        if isKept { tally.added += 1 } else { tally.tooLarge += 1 }
    }

    func recordModule(_ name: String, digest: [UInt8]?) {
        if let digest = digest.flatMap({ Digest(stored: $0) }) {
            journal.record(workerModule: name, digest)
        } else {
            reportUntraceable(name)
        }
    }

    /// Ends the run; returns its ending, which is another one if the journal cannot be written.
    func end(_ ending: Ending) -> Ending {
        journal.end(ending.name)
        guard let failure else { return ending }
        switch ending {
        case .completed, .halted: return .logFailed(failure)
        default: return ending
        }
    }

    func commit(now: Int) { journal.commit(now: now) }
    var hasUncommitted: Bool { journal.hasUncommitted }
    var failure: Failure? { journal.failure.map { Failure(.error, $0.description) } }
}

/// Counts of the items that a run has restored from its journal and added to it.
struct JournalTally {
    var restored = 0
    var restoredFailures = 0
    /// Rows that were damaged.
    var damaged = 0
    var added = 0
    /// Items of the script's own process that cannot be compared with those of an earlier run.
    var unknown = 0
    /// Results that SQLite does not take.
    var tooLarge = 0
    /// Results with functions, which another run does not take.
    var withCode = 0
}

extension Ending {
    /// Its name in a journal.
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
        case .joinFailed: "results not joined"
        case .noWorkers: "no workers"
        }
    }
}
