// From a worker's entries to the reader: through the gather, past the spill file, to standard output and the observer.

import Posix
import Wire

/// What an item, or a run of items, has to show.
enum Piece {
    case output(OutputBytes)
    case text([UInt8])
    case failed(FailedItem)

    /// Bytes it takes in memory, roughly.
    var cost: Int {
        let own = 128
        switch self {
        case .output(.memory(let bytes)), .text(let bytes): return own + bytes.count
        case .output(.spilled): return own
        case .failed(let item):
            let failure = item.failure
            let texts = [failure.message, failure.traceback ?? "", failure.input ?? ""]
            return texts.reduce(own + item.chunk.payload.count + failure.printed.count) { $0 + $1.utf8.count }
        }
    }
}

/// Puts pieces in order and lets them leave.
struct Delivery: ~Copyable {
    private var gather: Gather<Piece>
    private var output: OutputQueue
    private let observer: any RunObserver
    /// Bytes in memory that wait for an earlier item.
    private(set) var bytesHeld = 0

    /// What may wait for an earlier item in memory; the rest waits in the spill file.
    private static let heldInMemory = 32 << 20
    /// What a chunk takes that is done and waits.
    private static let chunkCost = 200

    init(_ output: consuming OutputQueue, isOrdered: Bool, observer: any RunObserver) {
        gather = Gather(isOrdered: isOrdered)
        self.output = output
        self.observer = observer
    }

    var number: Int32 { output.number }
    var descriptors: [Int32] { output.descriptors }
    var isWaiting: Bool { !output.isEmpty }
    /// The reader is slow.
    var isFull: Bool { output.isFull }
    /// Nothing more should be handed out for now: the reader is slow, or memory and the spill file are full.
    var isOverfull: Bool {
        output.isFull || bytesHeld + gather.openChunks * Delivery.chunkCost > Delivery.heldInMemory
    }
    var isDone: Bool { output.isEmpty && gather.openChunks == 0 }

    mutating func open(_ chunk: Chunk) { gather.open(first: chunk.first, count: chunk.count) }

    /// The next item of `chunk` will be done later, by itself.
    mutating func split(_ chunk: Chunk) { gather.split(chunk: chunk.slot) }

    /// The items of a slot from `item` on become a slot of their own.
    mutating func cut(_ slot: Int, at item: Int) { gather.cut(chunk: slot, at: item) }

    /// Takes a piece that finishes `items` items of `chunk`.
    mutating func accept(_ piece: Piece, items: Int, chunk: Chunk?) {
        guard let chunk else { return leave(piece) }
        let mustWait = gather.holds(chunk: chunk.slot)
        let leaving = gather.accept(mustWait ? hold(piece) : piece, items: items, chunk: chunk.slot)
        for (place, piece) in leaving.enumerated() {
            if mustWait || place > 0 { release(piece) }
            leave(piece)
        }
    }

    /// Lets go what was held for items that will never be done.
    mutating func drain() {
        for piece in gather.drain() {
            release(piece)
            leave(piece)
        }
    }

    mutating func write() throws(PosixError) { try output.write() }

    /// Writes what is taken at once, and no more; answers how many bytes are not.
    mutating func writeLast() -> Int {
        var left = Int.max
        while output.bytesWaiting < left {
            left = output.bytesWaiting
            try? output.write()
        }
        return left
    }

    /// What has to wait goes to the spill file when memory holds enough.
    private mutating func hold(_ piece: Piece) -> Piece? {
        var held = piece
        if case .output(.memory(let bytes)) = piece {
            if bytes.isEmpty { return nil }
            if bytesHeld + bytes.count > Delivery.heldInMemory { held = .output(output.spill(bytes)) }
        }
        bytesHeld += held.cost
        return held
    }

    private mutating func release(_ piece: Piece) { bytesHeld -= piece.cost }

    /// Somebody else keeps a failure in memory, and then lets it go.
    mutating func keep(_ item: FailedItem) { bytesHeld += Piece.failed(item).cost }
    mutating func letGo(_ item: FailedItem) { bytesHeld -= Piece.failed(item).cost }

    private mutating func leave(_ piece: Piece) {
        switch piece {
        case .output(let bytes):
            output.append(bytes)
        case .text(let bytes):
            try? output.write()  // on a terminal, what came before should stand before
            observer.text(bytes)
        case .failed(let item):
            try? output.write()
            output.append(.memory(observer.failed(item)))
        }
    }
}
