// Where this process stands: its current directory and the mask of new files' modes. A script that is loaded into the
// process may change both, for its tasks.

import Glibc

package struct Standing: ~Copyable {
    /// Where relative paths begin.
    package let directory: Descriptor
    private let mask: mode_t

    /// As it is now.
    package init() throws(PosixError) {
        directory = try Descriptor.currentDirectory()
        mask = umask(0)
        umask(mask)
    }

    /// Goes back to it. A folder that may not be entered is no hindrance to one that has never left it.
    package borrowing func resume() throws(PosixError) {
        umask(mask)
        if fchdir(directory.number) == 0 { return }
        let error = PosixError("chdir", "the folder where pmap was started")
        let here = try Descriptor.currentDirectory()
        if try FileKind(descriptor: here.number) != FileKind(descriptor: directory.number) { throw error }
    }
}
