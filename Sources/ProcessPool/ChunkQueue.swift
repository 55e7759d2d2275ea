// Chunks that wait for a worker. No descriptors, no clock.

/// A queue that also takes chunks in front; whatever its length, a chunk costs the same.
struct ChunkQueue {
    /// The first ones, the last of them first; then those of `back`.
    private var front: [Chunk] = []
    private var back: [Chunk] = []

    var isEmpty: Bool { front.isEmpty && back.isEmpty }

    mutating func append(_ chunk: Chunk) { back.append(chunk) }
    mutating func prepend(_ chunks: [Chunk]) { front += chunks.reversed() }
    mutating func removeAll() { (front, back) = ([], []) }

    mutating func popFirst() -> Chunk? {
        if front.isEmpty { (front, back) = (back.reversed(), []) }
        return front.popLast()
    }
}
