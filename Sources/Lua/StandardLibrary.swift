// The changes of Lua's standard library, and the capture of standard output; see library.h.

package import Bytes
import CLua
import CLuaBridge

/// Where a task runs.
package enum LibraryMode: Sendable {
    case inWorker
    /// The task runs in the host, without a worker.
    case withoutWorker
}

extension Stack {
    /// Makes the changes, before a script is loaded.
    package func changeLibrary(script: ByteString) throws(LuaError) {
        let status = unsafe pmap_change_library(thread, "\(script)")
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Captures standard output from now on; programs write to the pipe from `writing` to `reading`. With `allOfItems` an item
    /// that ends looks for what programs of earlier ones have written.
    package func beginCapture(reading: Int32, writing: Int32, allOfItems: Bool, mode: LibraryMode) throws(LuaError) {
        let status = unsafe pmap_begin_capture(
            thread, reading, writing, allOfItems, mode == .inWorker ? PMAP_IN_WORKER : PMAP_WITHOUT_WORKER)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// This process produces items: its output must not come between the records.
    package func beginProducing() throws(LuaError) {
        let status = unsafe pmap_begin_producing(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Whether this process runs the items, and is no fork that a task has made.
    package var runsItems: Bool { pmap_runs_items() }

    /// Whether anything was ever written to standard output.
    package var hasPrinted: Bool { pmap_has_printed() }

    /// Writes what C's buffer of standard error still has.
    package func flushErrors() { pmap_flush_errors() }

    /// The output since the last call; `all` reads also that of programs which were not known to run.
    package func readCaptured(all: Bool = false) -> [UInt8] {
        var count = 0
        let start = unsafe pmap_read_captured(&count, all)
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
