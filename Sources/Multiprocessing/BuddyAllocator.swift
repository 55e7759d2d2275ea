// The allocator of the arena's blocks: a buddy system, whose free lists are changed in transactions like everything else.
//
// A block is 2^k bytes at a multiple of 2^k, and begins with a header of two words. Pages that are not touched cost no
// memory, so rounding up costs addresses only.

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

struct BuddyAllocator {
    let arena: Arena

    /// The header in front of a block's content.
    private enum Header: Int, Field {
        /// The order, and whether it is free.
        case order, size
        /// Of a free block, its link in the free list.
        case next
    }

    private static let freeMark = 1 << 16, usedMark = 1 << 17
    static let headerBytes = 16
    private static let smallest = 6
    /// Blocks from `large` bytes on give their pages back when they are freed; `maximumKept` bytes of them keep theirs, to
    /// be used again.
    private static let large = 1 << 20, maximumKept = 128 << 20

    /// Called once, before there are other processes.
    func prepare(_ memory: Memory, budget: Int) {
        memory[Arena.start, Root.size] = 2 * Arena.start
        memory[Arena.start, Root.budget] = budget
        for order in 0..<64 { memory.makeList(freeList(order)) }
    }

    /// The offset of `bytes` bytes, which are not cleared.
    func allocate(_ bytes: Int, _ memory: Memory) throws(SharedMemoryError) -> Int {
        let budget = memory[Arena.start, Root.budget]
        guard bytes <= budget, memory[Arena.start, Root.used] + bytes <= budget else {
            throw .exhausted(bytes: bytes, budget: budget)
        }
        let order = orderHolding(bytes + BuddyAllocator.headerBytes)
        let block = try allocateBlock(order, memory)
        memory[block, Header.order] = order | BuddyAllocator.usedMark
        memory[block, Header.size] = bytes
        memory[Arena.start, Root.used] += bytes
        if 1 << order >= BuddyAllocator.large {
            memory[Arena.start, Root.kept] = max(0, memory[Arena.start, Root.kept] - (1 << order))
        }
        return block + BuddyAllocator.headerBytes
    }

    /// Frees the block at an offset, and clears its first word, which is its kind.
    func free(_ offset: Int, _ memory: Memory) {
        var block = offset - BuddyAllocator.headerBytes
        var order = memory[block, Header.order] ^ BuddyAllocator.usedMark
        precondition(order >= BuddyAllocator.smallest && order < Int.bitWidth, "a block is freed once")
        assert(block % (1 << order) == 0, "a block is where one of its size can be")
        memory[offset] = 0
        memory[Arena.start, Root.used] -= memory[block, Header.size]
        if 1 << order >= BuddyAllocator.large {
            if memory[Arena.start, Root.kept] + 1 << order > BuddyAllocator.maximumKept {
                memory.discard(block + 4096..<block + 1 << order)
            } else {
                memory[Arena.start, Root.kept] += 1 << order
            }
        }
        while true {
            let buddy = block ^ (1 << order)
            guard buddy + 1 << order <= memory[Arena.start, Root.size], buddy >= 2 * Arena.start,
                memory[buddy, Header.order] == order | BuddyAllocator.freeMark
            else { break }
            memory.remove(buddy + Header.next.offset)
            memory[max(block, buddy), Header.order] = 0
            block = min(block, buddy)
            order += 1
        }
        addFree(block, order, memory)
    }

    private func allocateBlock(_ order: Int, _ memory: Memory) throws(SharedMemoryError) -> Int {
        var found = order
        while memory.isEmpty(freeList(found)) {
            found += 1
            if 1 << found >= arena.limit {
                try grow(memory)
                found = order
            }
        }
        let block = memory[freeList(found)] - Header.next.offset
        assert(
            memory[block, Header.order] == found | BuddyAllocator.freeMark, "what is in a list of free blocks is one")
        memory.remove(block + Header.next.offset)
        while found > order {
            found -= 1
            addFree(block + 1 << found, found, memory)
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
        addFree(size, size.trailingZeroBitCount, memory)
    }

    private func addFree(_ block: Int, _ order: Int, _ memory: Memory) {
        memory[block, Header.order] = order | BuddyAllocator.freeMark
        memory.prepend(block + Header.next.offset, to: freeList(order))
    }

    private func freeList(_ order: Int) -> Int { Arena.start + Root.free.offset + 16 * order }

    private func orderHolding(_ bytes: Int) -> Int {
        max(BuddyAllocator.smallest, Int.bitWidth - (bytes - 1).leadingZeroBitCount)
    }
}
