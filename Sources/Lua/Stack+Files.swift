// Lua's files as what programs are connected to, and what is captured of the output of programs; see file.h, library.h.

import CLua
import CLuaBridge

/// What a Lua file leads to.
package enum FileTarget: Equatable {
    case descriptor(Int32)
    /// The value is no file.
    case none
    case closed
    /// A stream in memory.
    case memory
}

extension Stack {
    /// The descriptor of the file at `index`; what was written to the file is written to it.
    package func fileTarget(_ index: Int32) -> FileTarget {
        switch unsafe pmap_file_descriptor(thread, index) {
        case Int32(PMAP_NO_FILE): .none
        case Int32(PMAP_CLOSED_FILE): .closed
        case Int32(PMAP_NO_DESCRIPTOR): .memory
        case let number: .descriptor(number)
        }
    }

    /// Whether the file at `index` has read ahead of its reader.
    package func hasBuffered(_ index: Int32) -> Bool { unsafe pmap_file_buffered(thread, index) > 0 }

    /// Stack: → what was read ahead of the file's reader, or nothing and false.
    package func pushBuffered(_ index: Int32) -> Bool {
        if unsafe pmap_push_buffered(thread, index) > 0 { return true }
        pop()
        return false
    }

    /// Stack: → Lua file on the writing end of a pipe, whose writes arrive at once: nobody has to think of flushing.
    package func pushUnbufferedFile(_ descriptor: Int32) {
        pushFile(descriptor, mode: "w")
        unsafe pmap_file_unbuffered(thread, -1)
    }

    /// Writes to a file without a descriptor; false when it cannot.
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

    /// A program, or a fork, is about to write to the standard output of this process.
    package func prepareForProgram() { pmap_before_program() }

    /// One has ended: what it wrote comes before what is printed from now on.
    package func takeProgramOutput() { pmap_after_program() }

    /// In a fork of a worker: its output is a program's.
    package func leaveCapture() throws(LuaError) {
        let status = unsafe pmap_leave_capture(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Standard output is written line by line from now on, each whole.
    package func writeWholeLines() throws(LuaError) {
        let status = unsafe pmap_write_whole_lines(thread)
        if status != LUA_OK { throw popError(status: status) }
    }
}
