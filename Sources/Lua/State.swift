// Owns one Lua state and its heap: creation, loading, freezing before a fork. The work on values is `Stack`'s.

import CLua
import CLuaBridge

/// One Lua 5.4 state with the standard libraries, closed when it goes out of scope.
@safe package struct State: ~Copyable {
    private let heap: OpaquePointer
    package let stack: Stack

    package init() throws(LuaError) {
        let outOfMemory = LuaError(message: "the machine has no memory for a Lua state")
        guard let heap = unsafe pmap_heap_create() else { throw outOfMemory }
        guard let thread = unsafe pmap_new_state(heap) else {
            unsafe pmap_heap_destroy(heap)
            throw outOfMemory
        }
        unsafe self.heap = heap
        unsafe stack = Stack(thread)
    }

    deinit {
        unsafe lua_close(stack.thread)
        unsafe pmap_heap_destroy(heap)
    }

    /// Bytes allocated and not freed since the state was made, or frozen.
    package var bytesInUse: Int { unsafe pmap_heap_used(heap) }

    /// How many allocations the limit has refused.
    package var refusedAllocations: Int { unsafe pmap_heap_refusals(heap) }

    /// Lets script code allocate `bytes` beyond what is frozen, then raises "not enough memory" in it; nil lifts it.
    package func limitMemory(to bytes: Int?) { unsafe pmap_heap_set_limit(heap, bytes ?? 0) }

    /// Prepares the heap for being shared by forked workers: collects once, makes every object old, and allocates in new
    /// pages from now on.
    ///
    /// The nursery of the generational collector is as large as the heap, up to near 1 MB: its size is a percentage of the
    /// heap, and at most 100. A heap that has doubled is marked as a whole: tables that a task has built and left, which are
    /// old by then, would take twice the memory otherwise, and a word count a tenth more time.
    package func freeze() {
        keepStrings(min(max(unsafe pmap_gc_bytes(stack.thread) / 128, 512), 8192))
        growStringTable()
        unsafe pmap_gc_collect(stack.thread)
        let heapBytes = max(unsafe pmap_gc_bytes(stack.thread), 1)
        let percent = min(max((100 << 20) / Int(heapBytes), 1), 100)
        unsafe pmap_gc_generational(stack.thread, Int32(percent), 100)
        unsafe pmap_heap_freeze(heap)
    }

    /// Makes strings that stay. After a collection Lua halves its string table when less than a quarter of it is in use, and
    /// the next strings double it again: a tenth of what many short strings take. So the strings of a nursery are to be
    /// less than thrice those that stay.
    private func keepStrings(_ count: Int) {
        stack.newTable(list: Int32(count))
        for serial in 1...count {
            pushShortString(serial, isKept: true)
            stack.rawSet(-2, at: serial)
        }
        _ = stack.makeReference()
    }

    /// Stack: → a string of eight bytes
    private func pushShortString(_ serial: Int, isKept: Bool) {
        let word = UInt64(serial) | (isKept ? 3 : 1) << 62
        unsafe withUnsafeBytes(of: word) { unsafe stack.push(bytes: $0) }
    }

    /// Strings that a worker may have besides the shared ones before Lua's string table must grow in it.
    private static let newStrings = 1 << 16

    /// Grows Lua's string table for a worker's strings, so that the worker does not write a larger one of its own. The
    /// table is doubled only where it is nearly full: new strings dirty it everywhere, so a large one costs each worker
    /// its size. Creating short strings resizes no other block, so a resize shows that it has grown.
    private func growStringTable() {
        unsafe pmap_gc_stop(stack.thread)
        let resizes = unsafe pmap_heap_resizes(heap)
        var serial = 0
        while serial < State.newStrings, unsafe pmap_heap_resizes(heap) == resizes {
            pushShortString(serial, isKept: false)
            stack.pop()
            serial += 1
        }
        unsafe pmap_gc_restart(stack.thread)
    }
}
