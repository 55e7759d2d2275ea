// Kinds of files: what a path or a descriptor leads to.

package import Bytes
import Glibc

/// The metadata of a file, which is not read for it.
package struct FileKind: Equatable, Sendable {
    package enum Kind: Sendable { case regular, directory, pipe, socket, terminal, other }

    package let kind: Kind
    /// Bytes; 0 for files without a size, such as those in /proc.
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
