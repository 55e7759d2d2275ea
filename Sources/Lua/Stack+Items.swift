// One item through the task; see item.h.

import CLua
import CLuaBridge
package import Wire

/// What a task has answered, until the stack changes.
@safe package struct Answer {
    private let answer: pmap_answer

    init(_ answer: pmap_answer) { unsafe self.answer = answer }

    package var failed: Bool { unsafe answer.status != LUA_OK }
    fileprivate var status: Int32 { unsafe answer.status }
    package var results: Int32 { unsafe answer.results }
    /// The type of the first result.
    package var isNothing: Bool { unsafe answer.type == LUA_TNIL || answer.type == LUA_TNONE }
    /// Something may have been written to standard output.
    package var hasPrinted: Bool { unsafe answer.printed }
    /// It drew random numbers that depend on the run's seed.
    package var usesSeed: Bool { unsafe answer.uses_seed }

    /// Appends the one result and `terminator`, if that is a string; else nothing, and false.
    package func appendText(to buffer: inout WireBuffer, terminator: UInt8) -> Bool {
        guard let text = unsafe answer.text else { return false }
        let length = unsafe answer.length
        unsafe buffer.append(upTo: length + 1) { room in
            unsafe room.copyMemory(from: text, byteCount: length)
            unsafe room.storeBytes(of: terminator, toByteOffset: length, as: UInt8.self)
            return length + 1
        }
        return true
    }
}

extension Stack {
    /// Stack: `base` values, others… → `base` values, task; the task is at the index `task`.
    package func beginItem(_ number: Int, base: Int32, task: Int32) {
        unsafe pmap_begin_item(thread, base, task, UInt64(number))
    }

    /// Stack: …, task, item → …, results… or message; calls the task with the item and `index`. The message handler is
    /// at `handler`.
    package func runItem(index: Int, handler: Int32) -> Answer {
        unsafe Answer(pmap_run_item(thread, handler, Int64(index)))
    }

    /// The running item has records besides the one it will answer.
    package func noteEmitted() { pmap_set_emitted() }

    /// Stack: message →
    package func popError(of answer: Answer) -> LuaError { popError(status: answer.status) }
}
