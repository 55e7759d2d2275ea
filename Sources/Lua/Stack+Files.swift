// Lua's files as descriptors for programs, and the capture of programs' output; see file.h, library.h.

import CLua
import CLuaBridge

/// The target of a Lua file.
package enum FileTarget: Equatable {
    case descriptor(Int32)
    /// The value is no file.
    case none
    case closed
    /// A stream in memory.
    case memory
}

extension Stack {
    /// The descriptor of the file at `index`, to which the file's buffer was written.
    package func fileTarget(_ index: Int32) -> FileTarget {
        switch unsafe pmap_file_descriptor(thread, index) {
        case Int32(PMAP_NO_FILE): .none
        case Int32(PMAP_CLOSED_FILE): .closed
        case Int32(PMAP_NO_DESCRIPTOR): .memory
        case let number: .descriptor(number)
        }
    }

    /// Whether the file at `index` has buffered bytes that its reader has not read.
    package func hasBuffered(_ index: Int32) -> Bool { unsafe pmap_file_buffered(thread, index) > 0 }

    /// Stack: → these bytes, or nothing and false
    package func pushBuffered(_ index: Int32) -> Bool {
        if unsafe pmap_push_buffered(thread, index) > 0 { return true }
        pop()
        return false
    }

    /// Stack: → Lua file on the writing end of a pipe, unbuffered: its writes need no flushing.
    package func pushUnbufferedFile(_ descriptor: Int32) {
        pushFile(descriptor, mode: "w")
        unsafe pmap_file_unbuffered(thread, -1)
    }

    /// Writes to a file without a descriptor; false when that fails.
    package func write(_ bytes: [UInt8], toFile index: Int32) -> Bool {
        unsafe bytes.withUnsafeBytes {
            unsafe pmap_file_write(thread, index, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
    }

    /// Up to `limit` bytes of the string at `index` from `start` on, or nil if it is none.
    package func byteArray(_ index: Int32, from start: Int = 0, limit: Int = .max) -> [UInt8]? {
        guard type(index) == .string, let bytes = unsafe bytes(index) else { return nil }
        let rest = unsafe bytes.dropFirst(start).prefix(limit)
        return unsafe Array(rest)
    }

    // MARK: Programs and captured output

    /// Before a program or a fork writes to the standard output of this process.
    package func prepareForProgram() throws(LuaError) {
        guard let reason = unsafe pmap_before_program() else { return }
        let text = unsafe String(cString: reason)
        throw LuaError(message: "cannot start a thread for the output of programs: \(text)")
    }

    /// After one has ended: its output precedes later output.
    package func readProgramOutput() { pmap_after_program() }

    /// Ends the input of programs that the script has left open with io.popen, and waits for them.
    package func endOpenPrograms() { pmap_end_open_programs() }

    /// In a fork of a worker: its output is captured like a program's.
    package func endCapture() { pmap_end_capture() }

    /// From now on a failure to write to standard output is known to the script's main process, which is this one.
    package func beginOutput() throws(LuaError) {
        let status = unsafe pmap_begin_output(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// From now on each line of standard output is written whole.
    package static func writeWholeLines() { pmap_write_whole_lines() }
}
