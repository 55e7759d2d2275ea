// What one item may take: time, and memory; see timeout.h and heap.h.

import CLua
import CLuaBridge
package import Wire

/// The signal that stops an item which has been condemned in the status words.
package var timeoutSignal: Int32 { pmap_timeout_signal() }

extension Stack {
    /// Keeps note of running coroutines, so that a timeout stops them too.
    package func watchCoroutines() throws(LuaError) {
        let status = unsafe pmap_watch_coroutines(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// From now on the signal raises "timed out after `seconds` s" in the item that is condemned in `words`, which must
    /// stay where they are.
    package func armTimeout(_ words: StatusWords, seconds: String) {
        let (current, condemned) = unsafe (words.address(of: .current), words.address(of: .condemned))
        unsafe pmap_arm_timeout(
            thread, current.assumingMemoryBound(to: UInt64.self), condemned.assumingMemoryBound(to: UInt64.self),
            seconds)
    }

    /// After an item: takes away what a timeout has left.
    package func disarmTimeout() { unsafe pmap_disarm_timeout(thread) }
}

extension State {
    /// Lets script code hold `bytes` more than now, then raises "not enough memory" in it.
    package func allowMemory(_ bytes: Int) { limitMemory(to: bytesInUse + bytes) }
}
