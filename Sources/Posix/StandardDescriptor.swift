// Standard input, output and error.

import CPosixBridge
import Glibc

/// The three descriptors that a process is started with.
package enum StandardDescriptor {
    package static let input: Int32 = 0
    package static let output: Int32 = 1
    package static let error: Int32 = 2

    /// What is written to standard error goes there from now on.
    package static func replaceError(by number: Int32) { dup2(number, error) }

    /// Opens /dev/null for each one that was closed, so that no file of ours gets its number; for the other direction, so
    /// that its use still fails.
    package static func fillGaps() {
        for number in input...error where fcntl(number, F_GETFD) < 0 {
            let null = unsafe open("/dev/null", number == input ? O_WRONLY : O_RDONLY)
            if null >= 0 && null != number {
                dup2(null, number)
                close(null)
            }
        }
    }

    package static func isReadable(_ number: Int32) -> Bool { fcntl(number, F_GETFL) & O_ACCMODE != O_WRONLY }

    package static func isAppending(_ number: Int32) -> Bool { fcntl(number, F_GETFL) & O_APPEND != 0 }

    package static func isTerminal(_ number: Int32) -> Bool { isatty(number) != 0 }

    /// Writes all of `bytes` to one of them, and waits also where a process that shares it has made it non-blocking.
    package static func write(_ bytes: [UInt8], to number: Int32) throws(PosixError) {
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { memory in
                let from = unsafe memory.baseAddress.map { unsafe $0 + start }
                return retrying { unsafe Glibc.write(number, from, bytes.count - start) }
            }
            if count < 0 && errno == EAGAIN {
                var poller = Poller<Void>()
                poller.watchWritable(number, ())
                _ = poller.wait(milliseconds: nil)
                continue
            }
            if count <= 0 { throw PosixError("write") }
            start += count
        }
    }

    /// Writes to standard error; a failure is ignored, as it cannot be reported.
    package static func writeError(_ bytes: [UInt8]) { try? write(bytes, to: error) }

    /// Why the script, or a process of it, has failed to write to standard output; told once, to its main process. This
    /// process ends by SIGPIPE if one of those processes has.
    package static func takeOutputFailure() -> PosixError? {
        let code = pmap_take_output_failure()
        return code == 0 ? nil : PosixError("write", code: code)
    }

    /// Takes the bytes that C's stream has read ahead and no reader has asked for. A file is moved back by as much instead.
    package static func takeReadAhead() -> [UInt8] {
        let count = pmap_input_read_ahead()
        if count == 0 { return [] }
        if lseek(input, -count, SEEK_CUR) >= 0 {
            pmap_purge_input()
            return []
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = unsafe bytes.withUnsafeMutableBytes { unsafe pmap_take_input($0.baseAddress, count) }
        return Array(bytes.prefix(taken))
    }

    /// Makes standard input empty, and drops what C's stream has read ahead of it.
    package static func leaveInput() {
        redirectToNull(input)
        pmap_purge_input()
    }

    package static func redirectToNull(_ number: Int32) {
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        dup2(null, number)
        close(null)
    }
}
