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

    /// Goes back to it.
    package borrowing func resume() {
        _ = fchdir(directory.number)
        umask(mask)
    }
}
