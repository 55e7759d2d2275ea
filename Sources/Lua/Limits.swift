// The limits of one item, time and memory; see timeout.h and heap.h.

import CLua
import CLuaBridge
package import Wire

/// The signal that stops an item which has been condemned in the status words.
package var timeoutSignal: Int32 { pmap_timeout_signal() }

extension Stack {
    /// Tracks running coroutines, so that a timeout stops them too.
    package func watchCoroutines() throws(LuaError) {
        let status = unsafe pmap_watch_coroutines(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// From now on the signal raises "timed out after `seconds` s" in the item that is condemned in `words`, which must
    /// stay where they are.
    package func armTimeout(_ words: StatusWords, seconds: String) {
        let addresses = unsafe [StatusWords.Word.current, .condemned, .pressed].map { word in
            unsafe words.address(of: word).assumingMemoryBound(to: UInt64.self)
        }
        unsafe pmap_arm_timeout(thread, addresses[0], addresses[1], addresses[2], seconds)
    }

    /// From now on a SIGINT raises "interrupted!" in this script.
    package func armInterrupts() { unsafe pmap_arm_interrupts(thread) }

    /// Whether the running item has had its time.
    package var isTimedOut: Bool { pmap_timeout_struck() }

    /// For a wait: what a signal has asked to be raised, which counts as raised from now on.
    package func takeInterruption() -> String? {
        unsafe pmap_take_interruption(thread).map { unsafe String(cString: $0) }
    }

    /// After an item: takes back what was asked for. Where in the script it was raised, if it was, with the traceback.
    package func endInterruption() -> (place: String, traceback: String?)? {
        var place: UnsafePointer<CChar>?
        guard unsafe pmap_end_interruption(thread, &place) else { return nil }
        defer { pop() }
        return unsafe (place.map { unsafe String(cString: $0) } ?? "", string(-1))
    }
}

extension State {
    /// Lets script code hold `bytes` more than now, then raises "not enough memory" in it.
    package func allowMemory(_ bytes: Int) { limitMemory(to: bytesInUse + bytes) }
}
