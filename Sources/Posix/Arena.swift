// The arena: memory that all processes of a tree share, as words and bytes at offsets, changed in transactions (see
// arena.h).

package import Bytes
import CPosixBridge
import Glibc

/// The one arena of a tree of processes. It is mapped before anything forks and goes with the last process.
package struct Arena: Sendable {
    /// Bytes of address space, a power of two.
    package let limit: Int
    /// Where the words begin, behind the arena's own header.
    package static let start = Int(pmap_arena_start)

    package init(limit: Int) throws(PosixError) {
        self.limit = Int(pmap_arena_open(UInt64(limit)))
        if self.limit == 0 { throw PosixError("mmap", "shared memory") }
    }

    /// Whether this process is a fork that has not registered.
    package static var isUnregistered: Bool {
        get { pmap_arena_is_unregistered() }
        set { pmap_arena_set_unregistered(newValue) }
    }

    /// Whether there are processes that were forked by others than the tree, and have not registered.
    package var hasUnregistered: Bool { pmap_arena_has_unregistered() }

    /// Runs `body` with the memory to itself: all of its changes happen, or none if it throws or the process is killed.
    /// It must be short and must not begin another change.
    package func change<Value, Failure: Error>(
        _ body: (Memory) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        _ = pmap_arena_begin(.max)
        return try finish(body)
    }

    /// The same, but nil if another process is stopped in the middle of a change, and that moment of `Clock` has come.
    package func change<Value, Failure: Error>(
        before deadline: Int, _ body: (Memory) throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        pmap_arena_begin(Int64(deadline)) ? try finish(body) : nil
    }

    private func finish<Value, Failure: Error>(_ body: (Memory) throws(Failure) -> Value) throws(Failure) -> Value {
        let value: Value
        do throws(Failure) {
            value = try body(Memory())
        } catch {
            pmap_arena_undo()
            throw error
        }
        pmap_arena_commit()
        return value
    }

    /// Makes the first `size` bytes usable.
    package func grow(to size: Int) throws(PosixError) {
        if !pmap_arena_grow(UInt64(size)) { throw PosixError("ftruncate", "shared memory") }
    }
}

/// The words of the arena while a change is made; it may not be kept longer.
package struct Memory {
    fileprivate init() {}

    /// The word at an offset that is a multiple of 8.
    @inline(__always)
    package subscript(_ offset: Int) -> Int {
        get { Int(bitPattern: UInt(pmap_arena_load(UInt64(offset)))) }
        nonmutating set { pmap_arena_store(UInt64(offset), UInt64(UInt(bitPattern: newValue))) }
    }

    /// Gives the pages of a range back; its bytes are zero afterwards, even if the change is undone.
    package func discard(_ range: Range<Int>) { pmap_arena_discard(UInt64(range.lowerBound), UInt64(range.count)) }
}

/// The bytes of the arena without a transaction: words with one writer, and blocks that only one process knows of.
@safe package enum ArenaBytes {
    package static func word(_ offset: Int) -> Int { Int(bitPattern: UInt(pmap_arena_load(UInt64(offset)))) }

    /// The address of the word, in this process and in all others of the tree.
    package static func address(_ offset: Int) -> UInt {
        unsafe UInt(bitPattern: pmap_arena_bytes(UInt64(offset)))
    }

    /// Sets a word with release semantics: everything that was written before is visible to a process that sees it.
    package static func setWord(_ offset: Int, _ value: Int) {
        pmap_arena_set(UInt64(offset), UInt64(UInt(bitPattern: value)))
    }

    package static func copy(_ buffer: borrowing ByteBuffer, to offset: Int) {
        let bytes = unsafe buffer.bytes
        guard let start = bytes.baseAddress else { return }
        unsafe memcpy(pmap_arena_bytes(UInt64(offset)), start, bytes.count)
    }

    /// Up to `limit` bytes of a text; answers how many.
    package static func copy(_ text: String, to offset: Int, limit: Int) -> Int {
        var text = text
        return text.withUTF8 {
            let count = min($0.count, limit)
            unsafe memcpy(pmap_arena_bytes(UInt64(offset)), $0.baseAddress ?? UnsafePointer(pmap_arena_bytes(0)), count)
            return count
        }
    }

    package static func text(_ offset: Int, count: Int) -> String {
        unsafe String(
            decoding: UnsafeRawBufferPointer(start: pmap_arena_bytes(UInt64(offset)), count: count), as: UTF8.self)
    }

    package static func zero(_ offset: Int, count: Int) {
        unsafe memset(pmap_arena_bytes(UInt64(offset)), 0, count)
    }

    /// The bytes of a block, to be read in place while this process owns the block. Nothing may be appended.
    package static func view(_ offset: Int, count: Int) -> ByteBuffer {
        let memory = unsafe UnsafeMutableRawBufferPointer(start: pmap_arena_bytes(UInt64(offset)), count: max(count, 1))
        var view = unsafe ByteBuffer(borrowing: memory)
        view.count = count
        return view
    }

    /// A buffer whose bytes go to a block; it moves to memory of its own when they are more than `capacity`.
    package static func buffer(_ offset: Int, capacity: Int) -> ByteBuffer {
        unsafe ByteBuffer(
            borrowing: UnsafeMutableRawBufferPointer(start: pmap_arena_bytes(UInt64(offset)), count: max(capacity, 1)))
    }

    package static func load<Number: FixedWidthInteger>(_ offset: Int, as: Number.Type) -> Number {
        unsafe UnsafeRawPointer(pmap_arena_bytes(UInt64(offset))).loadUnaligned(as: Number.self)
    }

    package static func store<Number: FixedWidthInteger>(_ value: Number, at offset: Int) {
        unsafe UnsafeMutableRawPointer(pmap_arena_bytes(UInt64(offset))).storeBytes(of: value, as: Number.self)
    }
}

/// The liveness lock of a process: a robust mutex that it holds until it ends, in whatever way.
package enum LivenessLock {
    package static let words = Int(pmap_liveness_words)

    package static func prepare(_ offset: Int) { pmap_liveness_prepare(UInt64(offset)) }
    /// In the process itself.
    package static func acquire(_ offset: Int) { pmap_liveness_acquire(UInt64(offset)) }
    /// Whether its process has ended; the caller must know that it was acquired.
    package static func isReleased(_ offset: Int) -> Bool { pmap_liveness_is_released(UInt64(offset)) }
    /// Whether the process ended with status 0.
    package static func exitedCleanly(_ offset: Int) -> Bool { pmap_liveness_exited_cleanly(UInt64(offset)) }
}
