// The attributes of this process that a script may change for its tasks: the current directory and the umask.

import Glibc

package struct ProcessAttributes: ~Copyable {
    /// Where relative paths begin.
    package let directory: Descriptor
    private let mask: mode_t

    /// The attributes as they are now.
    package init() throws(PosixError) {
        directory = try Descriptor.currentDirectory()
        mask = umask(0)
        umask(mask)
    }

    /// Restores them. A folder that may not be entered is no error when this process has never left it.
    package borrowing func restore() throws(PosixError) {
        umask(mask)
        if fchdir(directory.number) == 0 { return }
        let error = PosixError("chdir", "the folder where pmap was started")
        let here = try Descriptor.currentDirectory()
        if try FileKind(descriptor: here.number) != FileKind(descriptor: directory.number) { throw error }
    }
}
