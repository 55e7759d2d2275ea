// In which order things are written, and what waits for it. No bytes, no descriptors: whoever has the bytes is told what to
// do with them.

import Bytes
import Wire

/// Puts what items give in the order of the items.
struct OutputSequencer {
    /// What waits for an earlier item.
    private enum Piece {
        case records(id: Int)
        case described(id: Int, FailedItem)
        case standardError(id: Int)
        case failed(FailedItem)
    }

    /// What an item, or some of a chunk, has to show: entries of an event, and their bytes.
    enum Result: Equatable {
        case records(Range<Int>, bytes: Int)
        /// Rows of an item, which has failed if they have no place in the run's columns.
        case described(Int, bytes: Int, FailedItem)
        case standardError(Int, bytes: Int)
        case failed(FailedItem)
    }

    private var gather: Gather<Piece>
    /// Somebody else puts in order what is told.
    let isRelayed: Bool
    /// Bytes in memory of each piece that waits.
    private var kept: [Int: Int] = [:]
    /// Pieces that wait for an earlier item.
    var piecesKept: Int { kept.count }
    private var lastID = 0
    /// Bytes in memory that wait for an earlier item, roughly.
    private(set) var bytesKept = 0

    /// What may wait in memory; the rest waits in the spill file.
    private static let keptInMemory = 32 << 20
    /// What a piece takes, and a chunk that is done and waits.
    private static let (pieceCost, chunkCost) = (128, 200)

    init(isOrdered: Bool, isRelayed: Bool = false) {
        gather = Gather(isOrdered: isOrdered && !isRelayed)
        self.isRelayed = isRelayed
    }

    /// Memory and the spill file are full.
    var isOverfull: Bool {
        bytesKept + gather.openChunks * OutputSequencer.chunkCost > OutputSequencer.keptInMemory
    }
    /// Nothing waits.
    var isDone: Bool { gather.openChunks == 0 }

    mutating func open(_ chunk: Chunk) { gather.open(first: chunk.first, count: chunk.count) }

    /// The next item of `chunk` will be done later, by itself.
    mutating func split(_ chunk: Chunk) { gather.splitNext(of: chunk.segment) }

    /// The items of a segment will be done in these parts, perhaps at the same time.
    mutating func split(_ segment: Int, into parts: [Chunk]) {
        var segment = segment
        for part in parts where part.segment != segment {
            gather.split(segment: segment, at: part.segment)
            segment = part.segment
        }
    }

    /// None of the next items of `chunk` has its outcome.
    func awaits(_ chunk: Chunk, items: Int) -> Bool { gather.awaits(chunk.next, items: items, chunk: chunk.segment) }

    /// Takes what finishes `items` items of `chunk`; without a chunk it belongs to no item.
    mutating func accept(_ result: Result, items: Int, of chunk: Chunk?, _ actions: inout [Run.Action]) {
        if isRelayed {
            actions.append(.relay(result, items: items, of: chunk))
            if let chunk { _ = gather.accept(nil, items: items, chunk: chunk.segment) }
            return
        }
        guard let chunk else { return emit(result, &actions) }
        var piece: Piece?
        if gather.holds(chunk: chunk.segment) { piece = keep(result, &actions) } else { emit(result, &actions) }
        for piece in gather.accept(piece, items: items, chunk: chunk.segment) { emit(piece, &actions) }
    }

    /// Lets go what waits for items that will never be done.
    mutating func drain(_ actions: inout [Run.Action]) {
        for piece in gather.drain() { emit(piece, &actions) }
    }

    /// The spill file did not take what it was given.
    mutating func noteNotSpilled(_ id: Int, bytes: Int) {
        guard kept[id] != nil else { return }
        kept[id] = bytes
        bytesKept += bytes
    }

    /// A failure is kept in memory elsewhere, and then no more.
    mutating func reserve(_ item: FailedItem) { bytesKept += cost(of: item) }
    mutating func release(_ item: FailedItem) { bytesKept -= cost(of: item) }

    private func emit(_ result: Result, _ actions: inout [Run.Action]) {
        switch result {
        case .records(_, bytes: 0): break
        case .records(let entries, _): actions.append(.emit(.records(.entries(entries))))
        case .described(let entry, _, let item):
            actions.append(.emit(.described(.entries(entry..<entry + 1), item)))
        case .standardError(let entry, _): actions.append(.emit(.standardError(.entries(entry..<entry + 1))))
        case .failed(let item): actions.append(.emit(.failed(item)))
        }
    }

    private mutating func keep(_ result: Result, _ actions: inout [Run.Action]) -> Piece? {
        switch result {
        case .records(_, bytes: 0): return nil
        case .records(let entries, let bytes):
            let spills = bytesKept + bytes > OutputSequencer.keptInMemory
            return .records(id: keep(entries, spills ? 0 : bytes, spills: spills, &actions))
        case .described(let entry, let bytes, let item):
            reserve(item)
            return .described(id: keep(entry..<entry + 1, bytes, spills: false, &actions), item)
        case .standardError(let entry, let bytes):
            return .standardError(id: keep(entry..<entry + 1, bytes, spills: false, &actions))
        case .failed(let item):
            reserve(item)
            return .failed(item)
        }
    }

    private mutating func keep(
        _ entries: Range<Int>, _ bytesInMemory: Int, spills: Bool, _ actions: inout [Run.Action]
    ) -> Int {
        lastID += 1
        kept[lastID] = bytesInMemory
        bytesKept += bytesInMemory + OutputSequencer.pieceCost
        actions.append(.keep(entries, id: lastID, spills: spills))
        return lastID
    }

    private mutating func emit(_ piece: Piece, _ actions: inout [Run.Action]) {
        switch piece {
        case .records(let id):
            release(id)
            actions.append(.emit(.records(.kept(id: id))))
        case .described(let id, let item):
            release(id)
            release(item)
            actions.append(.emit(.described(.kept(id: id), item)))
        case .standardError(let id):
            release(id)
            actions.append(.emit(.standardError(.kept(id: id))))
        case .failed(let item):
            release(item)
            actions.append(.emit(.failed(item)))
        }
    }

    private mutating func release(_ id: Int) {
        bytesKept -= (kept.removeValue(forKey: id) ?? 0) + OutputSequencer.pieceCost
    }

    private func cost(of item: FailedItem) -> Int {
        let failure = item.failure
        let texts = failure.message.utf8.count + (failure.traceback?.utf8.count ?? 0)
        let bytes = failure.printed.count + (failure.input?.bytes.count ?? 0)
        return OutputSequencer.pieceCost + texts + bytes
    }
}
