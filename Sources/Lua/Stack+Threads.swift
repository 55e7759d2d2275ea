// Further threads for values deeper than one Lua stack, and the collector's switch.

import CLua
import CLuaBridge

extension Stack {
    /// Stack: → thread. Its stack is empty, and lives as long as the thread stays on this one.
    func pushThread() -> Stack {
        guard let other = unsafe lua_newthread(thread) else { preconditionFailure("lua_newthread gave no thread") }
        return unsafe Stack(other)
    }

    /// Moves the value on top to the stack of another thread of the same state.
    func move(to other: Stack) { unsafe lua_xmove(thread, other.thread, 1) }

    /// Stops the collector, so that no finalizer runs; returns whether it was running.
    func stopCollector() -> Bool {
        let wasRunning = unsafe pmap_gc_is_running(thread)
        if wasRunning { unsafe pmap_gc_stop(thread) }
        return wasRunning
    }

    package func collectGarbage() { unsafe pmap_gc_collect(thread) }

    /// Bytes of Lua's heap, garbage included.
    var heapSize: Int { unsafe pmap_gc_bytes(thread) }

    func restartCollector() { unsafe pmap_gc_restart(thread) }
}
