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

/// What captures standard output: a pipe from `writing` to `reading` for programs, and the memory that is shared with whoever
/// has it when this process dies.
@safe package struct CapturedOutput {
    fileprivate let reading, writing: Int32
    fileprivate let printed: UnsafeMutablePointer<pmap_printed>?

    package init(_ reading: Int32, _ writing: Int32) {
        (self.reading, self.writing) = (reading, writing)
        unsafe printed = nil
    }

    /// `memory` has room for `pmap_printed`, and outlives the process.
    package init(_ reading: Int32, _ writing: Int32, in memory: borrowing ByteBuffer) {
        (self.reading, self.writing) = (reading, writing)
        unsafe printed = memory.base.bindMemory(to: pmap_printed.self, capacity: 1)
    }
}

extension Stack {
    /// Makes the changes, before a script is loaded.
    package func changeLibrary(script: ByteString) throws(LuaError) {
        let status = unsafe pmap_change_library(thread, "\(script)")
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Captures standard output from now on. With `allOfItems` an item that ends looks for what programs of earlier ones have
    /// written.
    package func beginCapture(in output: CapturedOutput, allOfItems: Bool, mode: LibraryMode) throws(LuaError) {
        let status = unsafe pmap_begin_capture(
            thread, output.reading, output.writing, output.printed, allOfItems,
            mode == .inWorker ? PMAP_IN_WORKER : PMAP_WITHOUT_WORKER)
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

    /// Something may have been written to standard output and not read.
    package var hasCaptured: Bool { pmap_has_captured() }

    /// The output since the last call; `all` reads also that of programs which were not known to run.
    package func readCaptured(all: Bool = false) -> [UInt8] {
        var count = 0
        let start = unsafe pmap_read_captured(&count, all)
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Calls `body`; whenever 256 KB are captured meanwhile, `take` gets them.
    package func draining<Result>(to take: @escaping ([UInt8]) -> Void, _ body: () -> Result) -> Result {
        let drain = Drain(take)
        unsafe pmap_drain_captured(
            { context in
                guard let context = unsafe context else { return }
                var count = 0
                let start = unsafe pmap_take_captured(&count)
                let bytes = unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
                unsafe Unmanaged<Drain>.fromOpaque(context).takeUnretainedValue().take(bytes)
            }, Unmanaged.passUnretained(drain).toOpaque())
        defer { pmap_drain_captured(nil, nil) }
        return withExtendedLifetime(drain, body)
    }

    /// Whether programs have written some of what was read last.
    package var capturedPrograms: Bool { pmap_captured_programs() }
}

/// What a stream's function in C calls.
private final class Drain {
    let take: ([UInt8]) -> Void

    init(_ take: @escaping ([UInt8]) -> Void) { self.take = take }
}
