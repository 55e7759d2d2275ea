// The results of the task for one item; see item.h.

package import Bytes
import CLua
import CLuaBridge

/// The results of a task, valid until the stack changes.
@safe package struct TaskResult {
    private let result: pmap_result

    init(_ result: pmap_result) { unsafe self.result = result }

    package var failed: Bool { unsafe result.status != LUA_OK }
    fileprivate var status: Int32 { unsafe result.status }
    package var results: Int32 { unsafe result.results }
    /// The type of the first result.
    package var isNothing: Bool { unsafe result.type == LUA_TNIL || result.type == LUA_TNONE }
    /// Something may have been written to standard output.
    package var hasPrinted: Bool { unsafe result.printed }
    /// It drew random numbers that depend on the run's seed.
    package var usesSeed: Bool { unsafe result.uses_seed }

    /// Appends the one result and `terminator`, if that is a string; else nothing, and false.
    package func appendText(to buffer: inout ByteBuffer, terminator: UInt8) -> Bool {
        guard let text = unsafe result.text else { return false }
        let length = unsafe result.length
        unsafe buffer.append(upTo: length + 1) { memory in
            unsafe memory.copyMemory(from: text, byteCount: length)
            unsafe memory.storeBytes(of: terminator, toByteOffset: length, as: UInt8.self)
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
    package func runItem(index: Int, handler: Int32) -> TaskResult {
        unsafe TaskResult(pmap_run_item(thread, handler, Int64(index)))
    }

    /// The running item has records besides the one it returns.
    package func setEmitted() { pmap_set_emitted() }

    /// Stack: message →
    package func popError(of result: TaskResult) -> LuaError { popError(status: result.status) }
}
