// The identity of a file: whether two names lead to one file, also to one that is still to be made.

package import Bytes
import Glibc

/// The identity of a file that can be emptied; folders, terminals and devices have none.
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

    /// The identity of a regular file that is open; an open pipe may be shared, and has none.
    package init?(open descriptor: Int32) {
        guard let kind = try? FileKind(descriptor: descriptor), kind.kind == .regular else { return nil }
        self = .file(device: kind.device, inode: kind.inode)
    }
}
