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

    /// Without a host: from now on the same error is raised between `beginTime` and `endTime`, when the time is over.
    /// False when there is no timer to be had.
    package func armTime() -> Bool { unsafe pmap_arm_time(thread) }

    package func beginTime(nanoseconds: Int, seconds: String) {
        unsafe pmap_begin_time(Int64(nanoseconds), seconds)
    }

    package func endTime() { pmap_end_time() }

    /// From now on a SIGINT raises "interrupted!" in this script.
    package func armInterrupts() { unsafe pmap_arm_interrupts(thread) }

    /// Whether the running item has had its time.
    package var isTimedOut: Bool { pmap_timeout_struck() }

    /// For a wait: what a signal has asked to be raised, which counts as raised from now on.
    package func takeInterruption() -> String? {
        unsafe pmap_take_interruption(thread).map { unsafe String(cString: $0) }
    }

    /// What has stopped a script before its end.
    package enum Interruption {
        /// What was asked for was raised at this place of the script, "" when that is not known.
        case raised(place: String, traceback: String?)
        /// It has called os.exit where there is no process of its own.
        case left(status: Int32)
        /// It was given up.
        case givenUp
    }

    /// Makes the running script give up; for a signal's handler.
    package static let giveUp: @convention(c) () -> Void = { pmap_give_up() }

    /// After an item: takes back what was asked for, and answers what has come of it.
    package func endInterruption() -> Interruption? {
        var (place, status): (UnsafePointer<CChar>?, Int32) = (nil, 0)
        let hasLeft = unsafe pmap_take_exit(&status)
        switch unsafe pmap_end_interruption(thread, &place) {
        case PMAP_WAS_RAISED:
            defer { pop() }
            return unsafe .raised(place: place.map { unsafe String(cString: $0) } ?? "", traceback: string(-1))
        case PMAP_WAS_GIVEN_UP: return hasLeft ? .left(status: status) : .givenUp
        default: return nil
        }
    }
}

extension State {
    /// Lets script code hold `bytes` more than now, then raises "not enough memory" in it.
    package func allowMemory(_ bytes: Int) { limitMemory(to: bytesInUse + bytes) }
}
