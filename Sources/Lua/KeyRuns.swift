// Partials of more keys than fit memory: runs that are sorted by key, each in a file, and merged when all are there. Knuth, The
// Art of Computer Programming, volume 3, 5.4: external sorting.

package import Bytes

/// Where one run is kept: written to its end, then read once from its beginning.
package protocol KeyRunFile: AnyObject {
    /// False when there is no room.
    func append(_ bytes: [UInt8]) -> Bool
    /// Appends the bytes that come next; none at the end. False where they cannot be read.
    func read(into buffer: inout ByteBuffer) -> Bool
}

/// The runs, in the order of their items.
package struct KeyRuns {
    private var runs: [any KeyRunFile] = []
    private let makeFile: () -> any KeyRunFile

    /// With so many they are made into one, so that few files are open and read at once.
    private static let most = 64
    private static let pieceSize = 256 << 10

    /// There is a file at each call.
    package init(_ makeFile: @escaping () -> any KeyRunFile) { self.makeFile = makeFile }

    package var isEmpty: Bool { runs.isEmpty }

    /// Keeps all that a reduction has.
    package mutating func keep(_ reduction: inout Reduction, _ tools: inout JoinTools) throws(JoinError) {
        if runs.count == KeyRuns.most {
            let file = makeFile()
            try merge(&tools) { reduction, tools throws(JoinError) in try write(&reduction, to: file, &tools) }
            runs = [file]
        }
        let file = makeFile()
        reduction.sortKeys()
        try write(&reduction, to: file, &tools)
        runs.append(file)
    }

    private func write(
        _ reduction: inout Reduction, to file: any KeyRunFile, _ tools: inout JoinTools
    ) throws(JoinError) {
        var buffer = ByteBuffer(capacity: KeyRuns.pieceSize)
        for place in 0..<reduction.keyCount {
            do throws(EncodeError) { try reduction.append(key: place, to: &buffer, &tools.encoder) } catch {
                throw JoinError(message: error.description)
            }
            if buffer.count < KeyRuns.pieceSize && place < reduction.keyCount - 1 { continue }
            if !file.append(buffer.array) {
                throw JoinError(
                    message: "there are more keys than fit memory, and no room for them on disk; see --spill and TMPDIR"
                )
            }
            buffer.reset()
        }
    }

    /// Calls `body` with all keys in their order, some at a time; what is joined of them is that of all runs.
    package func merge(
        _ tools: inout JoinTools, _ body: (inout Reduction, inout JoinTools) throws(JoinError) -> Void
    ) throws(JoinError) {
        var heads = try RunHeads(runs)
        var reduction = Reduction(tools.plan, on: tools.stack)
        var piece = ByteBuffer(capacity: 2 * KeyRuns.pieceSize)
        var key = ByteBuffer()
        var added = 0
        while let head = heads.first {
            let isEnough = added + piece.count > KeyRuns.pieceSize && !head.hasKey(key)
            if isEnough || piece.count > KeyRuns.pieceSize {
                added += try reduction.add(piece, 0..<piece.count, &tools.decoder)
                piece.reset()
            }
            if isEnough {
                try body(&reduction, &tools)
                reduction.clear()
                added = 0
            }
            piece.append(head.buffer, head.partial)
            key.reset()
            key.append(head.buffer, head.key)
            try heads.advance()
        }
        try reduction.add(piece, 0..<piece.count, &tools.decoder)
        try body(&reduction, &tools)
    }
}

/// What joins values in one state.
package struct JoinTools: ~Copyable {
    package let plan: JoinPlan
    package let stack: Stack
    package var encoder: Encoder
    package var decoder: Decoder

    package init(_ plan: JoinPlan, _ stack: Stack) {
        (self.plan, self.stack) = (plan, stack)
        (encoder, decoder) = (Encoder(stack), Decoder(stack))
    }
}

/// The next partial of one run.
private final class RunHead {
    private let file: any KeyRunFile
    /// The place of the run among others.
    private let number: Int
    private(set) var buffer = ByteBuffer(capacity: 128 << 10)
    private(set) var partial = 0..<0
    private(set) var key = 0..<0

    init(_ file: any KeyRunFile, _ number: Int) { (self.file, self.number) = (file, number) }

    /// Goes to the next one; false behind the last.
    func advance() throws(JoinError) -> Bool {
        var start = partial.upperBound
        while true {
            if let end = Partial.end(in: buffer, at: start) {
                partial = start..<end
                key = Partial.key(in: buffer, at: start)
                return true
            }
            buffer.removeFirst(start)
            start = 0
            let count = buffer.count
            guard file.read(into: &buffer), buffer.count > count || count == 0 else {
                throw JoinError(message: "the keys on disk cannot be read again")
            }
            if buffer.count == 0 { return false }
        }
    }

    func hasKey(_ other: borrowing ByteBuffer) -> Bool {
        Partial.order(buffer, key, other, 0..<other.count) == 0
    }

    static func < (left: RunHead, right: RunHead) -> Bool {
        let order = Partial.order(left.buffer, left.key, right.buffer, right.key)
        return order == 0 ? left.number < right.number : order < 0
    }
}

/// The runs in a heap, that with the first key on top; of the same key that with the first items.
private struct RunHeads {
    private var heads: [RunHead] = []

    init(_ runs: [any KeyRunFile]) throws(JoinError) {
        for (number, run) in runs.enumerated() {
            let head = RunHead(run, number)
            if try head.advance() { heads.append(head) }
        }
        heads.sort { $0 < $1 }
    }

    var first: RunHead? { heads.first }

    mutating func advance() throws(JoinError) {
        if try !heads[0].advance() { heads[0] = heads[heads.count - 1]; heads.removeLast() }
        var place = 0
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2 where child < heads.count && heads[child] < heads[least] {
                least = child
            }
            if least == place { return }
            heads.swapAt(place, least)
            place = least
        }
    }
}
