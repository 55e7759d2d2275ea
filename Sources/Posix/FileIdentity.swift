// Whether two names lead to one file, also to one that is still to be made.

import Glibc
package import Wire

/// What tells a file that can be emptied from all others; there is none of folders, terminals and devices.
package enum FileIdentity: Hashable, Sendable {
    case file(device: UInt64, inode: UInt64)
    /// It is not there yet.
    case name(ByteString, device: UInt64, folder: UInt64)

    package init?(path: ByteString) {
        if let kind = try? FileKind(path: path) {
            if kind.kind != .regular && kind.kind != .pipe { return nil }
            self = .file(device: kind.device, inode: kind.inode)
        } else if let folder = try? FileKind(path: path.folder) {
            self = .name(path.baseName, device: folder.device, folder: folder.inode)
        } else {
            return nil
        }
    }

    /// Of a regular file that is open; a pipe may be shared by whoever likes.
    package init?(open descriptor: Int32) {
        guard let kind = try? FileKind(descriptor: descriptor), kind.kind == .regular else { return nil }
        self = .file(device: kind.device, inode: kind.inode)
    }
}
