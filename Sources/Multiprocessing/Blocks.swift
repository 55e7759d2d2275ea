// Blocks of the arena: a buddy system, whose free lists are changed like everything else in a transaction.
//
// A block is 2^k bytes at a multiple of 2^k, and two words at its start say what it is. What is not touched of a
// block costs no memory, so rounding up costs addresses only.

import Posix

/// Why there is no block.
enum SharedMemoryError: Error, Equatable, CustomStringConvertible {
    case exhausted(bytes: Int, budget: Int)
    case refused(PosixError)

    var description: String {
        switch self {
        case .exhausted(let bytes, let budget):
            "the shared memory is exhausted: \(bytes) bytes more, where \(budget >> 20) MB are all there are; "
                + "take what is in queues, and close what is not needed"
        case .refused(let error): "the shared memory is exhausted: \(error)"
        }
    }
}

struct Blocks {
    let arena: Arena

    /// In front of what a block holds.
    private enum Header: Int, Field {
        /// The order, and whether it is free.
        case order, size
        /// Of a free block.
        case next
    }

    private static let freeMark = 1 << 16, usedMark = 1 << 17
    static let headerBytes = 16
    private static let smallest = 6
    /// Blocks from this size on give their pages back; up to so many bytes of them keep theirs, to be used again.
    private static let large = 1 << 20, keep = 128 << 20

    /// Once, when nobody else is there.
    func prepare(_ memory: Memory, budget: Int) {
        memory[Arena.start, Root.size] = 2 * Arena.start
        memory[Arena.start, Root.budget] = budget
        for order in 0..<64 { memory.makeList(freeList(order)) }
    }

    /// The offset of `bytes` bytes, whatever is in them.
    func allocate(_ bytes: Int, _ memory: Memory) throws(SharedMemoryError) -> Int {
        let budget = memory[Arena.start, Root.budget]
        guard bytes <= budget, memory[Arena.start, Root.used] + bytes <= budget else {
            throw .exhausted(bytes: bytes, budget: budget)
        }
        let order = orderHolding(bytes + Blocks.headerBytes)
        let block = try take(order, memory)
        memory[block, Header.order] = order | Blocks.usedMark
        memory[block, Header.size] = bytes
        memory[Arena.start, Root.used] += bytes
        if 1 << order >= Blocks.large {
            memory[Arena.start, Root.kept] = max(0, memory[Arena.start, Root.kept] - (1 << order))
        }
        return block + Blocks.headerBytes
    }

    /// Nothing in it says afterwards that it was a block, or what was in it.
    func free(_ offset: Int, _ memory: Memory) {
        var block = offset - Blocks.headerBytes
        var order = memory[block, Header.order] ^ Blocks.usedMark
        precondition(order >= Blocks.smallest && order < Int.bitWidth, "a block is freed once")
        assert(block % (1 << order) == 0, "a block is where one of its size can be")
        memory[offset] = 0
        memory[Arena.start, Root.used] -= memory[block, Header.size]
        if 1 << order >= Blocks.large {
            if memory[Arena.start, Root.kept] + 1 << order > Blocks.keep {
                memory.discard(block + 4096..<block + 1 << order)
            } else {
                memory[Arena.start, Root.kept] += 1 << order
            }
        }
        while true {
            let buddy = block ^ (1 << order)
            guard buddy + 1 << order <= memory[Arena.start, Root.size], buddy >= 2 * Arena.start,
                memory[buddy, Header.order] == order | Blocks.freeMark
            else { break }
            memory.remove(buddy + Header.next.offset)
            memory[max(block, buddy), Header.order] = 0
            block = min(block, buddy)
            order += 1
        }
        putFree(block, order, memory)
    }

    private func take(_ order: Int, _ memory: Memory) throws(SharedMemoryError) -> Int {
        var found = order
        while memory.isEmpty(freeList(found)) {
            found += 1
            if 1 << found >= arena.limit {
                try grow(memory)
                found = order
            }
        }
        let block = memory[freeList(found)] - Header.next.offset
        assert(memory[block, Header.order] == found | Blocks.freeMark, "what is in a list of free blocks is one")
        memory.remove(block + Header.next.offset)
        while found > order {
            found -= 1
            putFree(block + 1 << found, found, memory)
        }
        return block
    }

    /// Doubles what is usable: the new half is one free block.
    private func grow(_ memory: Memory) throws(SharedMemoryError) {
        let size = memory[Arena.start, Root.size]
        guard 2 * size <= arena.limit else {
            throw .exhausted(bytes: size, budget: min(arena.limit, memory[Arena.start, Root.budget]))
        }
        do throws(PosixError) { try arena.grow(to: 2 * size) } catch { throw .refused(error) }
        memory[Arena.start, Root.size] = 2 * size
        putFree(size, size.trailingZeroBitCount, memory)
    }

    private func putFree(_ block: Int, _ order: Int, _ memory: Memory) {
        memory[block, Header.order] = order | Blocks.freeMark
        memory.prepend(block + Header.next.offset, to: freeList(order))
    }

    private func freeList(_ order: Int) -> Int { Arena.start + Root.free.offset + 16 * order }

    private func orderHolding(_ bytes: Int) -> Int {
        max(Blocks.smallest, Int.bitWidth - (bytes - 1).leadingZeroBitCount)
    }
}
