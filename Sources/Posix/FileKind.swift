// What a path or a descriptor leads to.

import CPosixBridge
import Glibc
package import Wire

/// What the kernel knows of a file without reading it.
package struct FileKind: Equatable, Sendable {
    package enum Kind: Sendable { case regular, directory, pipe, socket, terminal, other }

    package let kind: Kind
    /// Bytes; 0 for what has no size, such as files in /proc.
    package let size: Int
    package let device: UInt64
    package let inode: UInt64

    package init(path: ByteString) throws(PosixError) {
        var status = stat()
        if unsafe stat(path.terminated, &status) != 0 { throw PosixError("open", "\(path)") }
        self.init(status, isTerminal: false)
    }

    package init(descriptor: Int32) throws(PosixError) {
        var status = stat()
        if unsafe fstat(descriptor, &status) != 0 { throw PosixError("fstat") }
        self.init(status, isTerminal: isatty(descriptor) != 0)
    }

    private init(_ status: stat, isTerminal: Bool) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            default: isTerminal ? .terminal : .other
            }
        size = kind == .regular ? status.st_size : 0
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// Whether the file may be read, by this process's effective rights.
    package static func isReadable(_ path: ByteString) -> Result<Void, PosixError> {
        unsafe faccessat(AT_FDCWD, path.terminated, R_OK, AT_EACCESS) == 0
            ? .success(()) : .failure(PosixError("open", "\(path)"))
    }
}

extension ByteString {
    /// The path without links, from the root; nil when there is no such file.
    package var resolved: ByteString? {
        guard let path = unsafe realpath(terminated, nil) else { return nil }
        defer { unsafe free(path) }
        return unsafe ByteString(cString: path)
    }

    /// Whether execvp(3) would find a program of this name.
    package var isProgram: Bool {
        ProgramPlan(words: [bytes]).paths.contains { path in
            let path = ByteString(path)
            return unsafe (try? FileKind(path: path).kind) == .regular && access(path.terminated, X_OK) == 0
        }
    }
}

/// The three descriptors a process is started with.
package enum StandardDescriptor {
    package static let input: Int32 = 0
    package static let output: Int32 = 1
    package static let error: Int32 = 2

    /// Opens /dev/null for each one that was closed, so that no file of ours lands on its number; the wrong way round,
    /// so that its use still fails as it should.
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

    /// Writes all of `bytes` to one of them, waiting where somebody who shares it does not want to.
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

    /// Writes to standard error; when that is not possible there is nobody to tell.
    package static func writeError(_ bytes: [UInt8]) { try? write(bytes, to: error) }

    /// Writes what C's stream still has for standard output; says why, when that or something before it did not arrive.
    package static func flushOutput() -> String? {
        switch pmap_flush_output() {
        case 0: nil
        case -1: "not all of it has arrived"
        case let code: PosixError("write", code: code).reason
        }
    }

    /// Takes what C's stream has read ahead and nobody has asked for. A file goes back by as much instead, and is read
    /// from there.
    package static func takeReadAhead() -> [UInt8] {
        let count = pmap_input_read_ahead()
        if count == 0 { return [] }
        if lseek(input, -count, SEEK_CUR) >= 0 {
            pmap_forget_input()
            return []
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = unsafe bytes.withUnsafeMutableBytes { unsafe pmap_take_input($0.baseAddress, count) }
        return Array(bytes.prefix(taken))
    }

    /// Standard input is empty from now on, also what C's stream has read ahead of it.
    package static func leaveInput() {
        redirectToNull(input)
        pmap_forget_input()
    }

    package static func redirectToNull(_ number: Int32) {
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        dup2(null, number)
        close(null)
    }
}
