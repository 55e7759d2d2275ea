// Items are taken back from a worker that goes on meanwhile: its steps and the host's, interleaved in every order.
//
// The host's decisions are those of `ChunksInFlight`. The worker's steps are those of `may_begin` in CLuaBridge/item.c and of
// Wire/Outbox.swift, one load or store at a time; a store may be seen late, as on x86, but for the host's order to all
// processors.

import Testing

@testable import ProcessPool

/// What the model leaves out, to show that it would find it.
enum Omission { case nothing, limitsOnlyFall, orderOfMemory }

/// One worker, its pipe, the words it shares with the host, and the host as far as this worker concerns it.
struct RevocationModel {
    private enum Phase: Int {
        case idle, atItem, hasStored, refused, running, atEnd, dead
    }

    /// What the host is at: anything, or between two steps of taking back.
    private enum HostPhase: Int { case free, hasOrder, hasLook, hasLimited }

    private struct Message { var items: Int, endsChunk: Bool }

    // The host
    private var chunks = ChunksInFlight()
    private var hostPhase = HostPhase.free
    private var keeping = 0
    private var lookedAt = 0
    private var ordersLeft: Int
    private var unsent: [Chunk]
    /// What belongs to others now.
    private(set) var others: [Int] = []
    private(set) var lost: [Int] = []

    // The words, and what the worker has stored and nobody else sees yet
    private var current = 0
    private var limitWord = 0
    private var buffered: Int?

    // The pipes
    private var commands: [Chunk] = []
    private var messages: [Message] = []

    // The worker
    private var phase = Phase.idle
    private var begun = 0
    private var offered = 0
    private var before = 0
    private var items = 0..<0
    private var committed = 0
    /// Of the committed ones: those that the host has taken already.
    private var taken = 0
    private(set) var ran: [Int] = []
    private var mayDie: Bool

    private let omission: Omission
    /// What is wrong, if anything is.
    private(set) var fault: String?

    init(_ chunks: [Chunk], orders: Int, mayDie: Bool = false, without omission: Omission = .nothing) {
        unsent = chunks
        ordersLeft = orders
        self.mayDie = mayDie
        self.omission = omission
    }

    // MARK: Steps

    /// All states that may follow.
    var successors: [RevocationModel] {
        var all: [RevocationModel] = []
        func add(_ step: (inout RevocationModel) -> Void) {
            var next = self
            step(&next)
            all.append(next)
        }
        if buffered != nil { add { $0.makeVisible() } }
        if phase != .dead {
            if phase != .idle || !commands.isEmpty { add { $0.work() } }
            if mayDie { add { $0.die() } }
        }
        switch hostPhase {
        case .free:
            if !messages.isEmpty { add { $0.receive() } }
            if phase != .dead, messages.isEmpty, committed > taken { add { $0.lookAtCommitted() } }
            if phase != .dead, maySend { add { $0.send() } }
            if phase == .dead, messages.isEmpty, !chunks.chunks.isEmpty || !unsent.isEmpty { add { $0.bury() } }
            let left = chunks.left(begun: seen)
            if phase != .dead, ordersLeft > 0, left > 0 {
                for keeping in Set([0, left / 2]) { add { $0.order(keeping) } }
            }
        case .hasOrder: add { $0.look() }
        case .hasLook: add { $0.limit() }
        case .hasLimited: add { $0.takeBack() }
        }
        return all
    }

    /// As `mayBegin`, and what follows.
    private mutating func work() {
        switch phase {
        case .idle:
            items = commands.removeFirst().items
            begun = offered
            offered += items.count
            phase = items.isEmpty ? .atEnd : .atItem
        case .atItem:
            makeVisible()
            before = current
            buffered = items.lowerBound
            phase = .hasStored
        case .hasStored:
            let isLimited = limitWord != 0 && begun + 1 >= limitWord
            if !isLimited { begun += 1 }
            phase = isLimited ? .refused : .running
        case .refused:
            makeVisible()
            buffered = before
            phase = .atEnd
        case .running:
            makeVisible()  // what is stored before the commit is seen before it
            let item = items.removeFirst()
            if ran.contains(item) || others.contains(item) { fault = "item \(item) is run twice" }
            ran.append(item)
            committed += 1
            phase = items.isEmpty ? .atEnd : .atItem
        case .atEnd:
            makeVisible()
            messages.append(Message(items: committed, endsChunk: true))
            committed = 0
            phase = .idle
        case .dead: break
        }
    }

    private mutating func makeVisible() {
        if let buffered { current = buffered }
        buffered = nil
    }

    private mutating func die() {
        makeVisible()
        mayDie = false
        phase = .dead
    }

    private var maySend: Bool {
        !unsent.isEmpty && (chunks.chunks.isEmpty || chunks.limit == nil && chunks.chunks.count < 2)
    }

    private mutating func send() {
        if chunks.chunks.isEmpty && chunks.limit != nil {
            _ = chunks.liftLimit()
            limitWord = 0
        }
        let chunk = unsent.removeFirst()
        chunks.append(chunk)
        commands.append(chunk)
    }

    private mutating func finish(_ items: Int) {
        if items > 0 && chunks.finish(items: items) == nil { fault = "it tells of \(items) items and has fewer" }
    }

    private mutating func receive() {
        let message = messages.removeFirst()
        finish(message.items - taken)
        taken = 0
        guard message.endsChunk, let chunk = chunks.chunks.first else { return }
        giveAway(chunk.items)
        _ = chunks.endChunk()
    }

    private mutating func lookAtCommitted() {
        finish(committed - taken)
        taken = committed
    }

    private mutating func giveAway(_ items: Range<Int>) {
        for item in items {
            if ran.contains(item) || others.contains(item) { fault = "item \(item) is given away although it was run" }
            others.append(item)
        }
    }

    private var seen: Int { chunks.begunOrNext(current: current) }

    private mutating func order(_ keeping: Int) {
        ordersLeft -= 1
        self.keeping = keeping
        hostPhase = .hasOrder
    }

    private mutating func look() {
        lookedAt = seen
        hostPhase = .hasLook
    }

    private mutating func limit() {
        let limit = chunks.lowerLimit(begun: lookedAt, keeping: keeping)
        limitWord = (omission == .limitsOnlyFall ? lookedAt + keeping : limit) + 1
        hostPhase = .hasLimited
    }

    private mutating func takeBack() {
        if omission != .orderOfMemory { makeVisible() }
        for (_, rest) in chunks.revoke(behind: max(limitWord - 1, seen)) { giveAway(rest.items) }
        hostPhase = .free
    }

    /// The worker is dead, and what it has sent was read.
    private mutating func bury() {
        finish(committed - taken)
        (committed, taken) = (0, 0)
        let count = chunks.lost(current: current)
        if count > 1 { fault = "\(count) items are lost with one worker" }
        if count == 1, let chunk = chunks.finish(items: 1) { lost.append(chunk.next) }
        while let chunk = chunks.chunks.first {
            giveAway(chunk.items)
            _ = chunks.endChunk()
        }
        for chunk in unsent { giveAway(chunk.items) }
        (unsent, commands) = ([], [])
    }

    // MARK: What it came to

    /// Nothing more will happen.
    var outcomes: [Int] { (ran + others + lost).sorted() }

    /// What two states that are alike have in common.
    var key: [Int] {
        var key = [hostPhase.rawValue, keeping, lookedAt, ordersLeft, unsent.count, current, limitWord, buffered ?? -1]
        key += [phase.rawValue, begun, offered, before, items.lowerBound, items.upperBound, committed, taken]
        key += [mayDie ? 1 : 0, chunks.limit ?? -1, commands.count, messages.count, -1]
        key += messages.map(\.items) + [-1] + chunks.chunks.flatMap { [$0.items.lowerBound, $0.items.upperBound] }
        return key + [-1] + ran + [-1] + others + [-1] + lost
    }
}

/// Walks through every state; answers the first fault, or nil.
private func firstFault(of model: RevocationModel, items: ClosedRange<Int>) -> String? {
    var (left, known): ([RevocationModel], Set<[Int]>) = ([model], [model.key])
    while let state = left.popLast() {
        if let fault = state.fault { return fault }
        let successors = state.successors
        if successors.isEmpty && state.outcomes != Array(items) { return "it ends with \(state.outcomes)" }
        for next in successors where known.insert(next.key).inserted { left.append(next) }
    }
    return nil
}

private let two = [Chunk(first: 1, count: 3), Chunk(first: 4, count: 2)]
private let one = [Chunk(first: 1, count: 5)]

@Test(arguments: [one, two])
func `however a worker's steps and the host's interleave, each item is run once`(chunks: [Chunk]) {
    #expect(firstFault(of: RevocationModel(chunks, orders: 3), items: 1...5) == nil)
}

@Test func `a worker that dies while items are taken back costs one item at most`() {
    #expect(firstFault(of: RevocationModel(two, orders: 2, mayDie: true), items: 1...5) == nil)
}

@Test(arguments: [Omission.limitsOnlyFall, .orderOfMemory])
func `items would be run twice if limits rose, or if memory had no order`(omission: Omission) {
    #expect(firstFault(of: RevocationModel(one, orders: 2, without: omission), items: 1...5) != nil)
}
