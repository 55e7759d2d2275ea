// The limits of one item, time and memory; see timeout.h and heap.h.

import CLua
import CLuaBridge
package import Wire

/// The signal that interrupts the item which is overdue in the status words.
package var timeoutSignal: Int32 { pmap_timeout_signal() }

extension Stack {
    /// Tracks running coroutines, so that a timeout stops them too.
    package func watchCoroutines() throws(LuaError) {
        let status = unsafe pmap_watch_coroutines(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// From now on the signal raises "timed out after `seconds` s" in the item that is overdue in `status`.
    package func armTimeout(_ status: StatusWords, seconds: String) {
        unsafe pmap_arm_timeout(thread, status.words, seconds)
    }

    /// Without a host: from now on the same error is raised between `beginTime` and `endTime`, when the time is over.
    /// False when the kernel has no timer.
    package func armTime() -> Bool { unsafe pmap_arm_time(thread) }

    /// From now on what has not ended a second after that ends this process, with a mark in the status words.
    package func killLate(_ status: StatusWords) { unsafe pmap_kill_late(status.words) }

    package func beginTime(nanoseconds: Int, seconds: String) {
        unsafe pmap_begin_time(Int64(nanoseconds), seconds)
    }

    package func endTime() { pmap_end_time() }

    /// The time in between does not count.
    package func pauseTime() { pmap_pause_time() }
    package func resumeTime() { pmap_resume_time() }

    /// With a host: the limits in between are not the host's, but those of `beginTime`.
    package func beginOwnTime() { pmap_begin_own_time() }
    package func endOwnTime() { pmap_end_own_time() }

    /// From now on a SIGINT raises "interrupted!" in this script.
    package func armInterrupts() { unsafe pmap_arm_interrupts(thread) }

    /// Whether the running item has reached its time limit.
    package var isTimedOut: Bool { pmap_has_timed_out() }

    /// For a wait: the message of an interruption that was requested, which counts as raised from now on.
    package func receiveInterruption() -> String? {
        unsafe pmap_receive_interruption(thread).map { unsafe String(cString: $0) }
    }

    /// The way in which a script was interrupted.
    package enum Interruption {
        /// The error was raised, at this line of the script, "" when that is not known.
        case raised(line: String, traceback: String?)
        /// It has called os.exit in a process that is not its own.
        case exited(status: Int32)
        /// It was aborted.
        case aborted
    }

    /// Aborts the running script; for a signal's handler.
    package static let abort: @convention(c) () -> Void = { pmap_abort_script() }

    /// After an item: cancels a request, and returns how the script was interrupted.
    package func endInterruption() -> Interruption? {
        var (line, status): (UnsafePointer<CChar>?, Int32) = (nil, 0)
        let hasExited = unsafe pmap_clear_exit_status(&status)
        switch unsafe pmap_end_interruption(thread, &line) {
        case PMAP_INTERRUPTED:
            defer { pop() }
            return unsafe .raised(line: line.map { unsafe String(cString: $0) } ?? "", traceback: string(-1))
        case PMAP_ABORTED: return hasExited ? .exited(status: status) : .aborted
        default: return nil
        }
    }
}

extension State {
    /// Lets script code allocate `bytes` more than now, then raises "not enough memory" in it.
    package func allowMemory(_ bytes: Int) { limitMemory(to: bytesInUse + bytes) }
}
