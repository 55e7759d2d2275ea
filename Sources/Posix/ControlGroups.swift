// The limits of this process's control groups, and of the groups around them.

import Bytes

enum ControlGroups {
    /// The smallest limit that `read` finds in the folders of this process's groups, from its own up to the root, where
    /// a container sees its own limit; `isUnified` is true in version 2's tree, and false in that of version 1's
    /// `controller`.
    static func smallest(_ controller: String, _ read: (_ folder: String, _ isUnified: Bool) -> Int?) -> Int? {
        var smallest: Int?
        for line in readText("/proc/self/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isUnified = parts[1].isEmpty
            guard isUnified || parts[1].split(separator: ",").contains(controller[...]) else { continue }
            var path = parts[2] == "/" ? "" : parts[2]
            while true {
                if let limit = read("/sys/fs/cgroup" + (isUnified ? "" : "/\(controller)") + path, isUnified) {
                    smallest = min(smallest ?? .max, limit)
                }
                guard let slash = path.lastIndex(of: "/") else { break }
                path = path[..<slash]
            }
        }
        return smallest
    }

    /// The words of a small file; none when it cannot be read.
    static func words(_ path: String) -> [Substring] { readText(path).split { " \n".contains($0) } }

    private static func readText(_ path: String) -> String {
        guard let file = try? Descriptor(reading: ByteString(path)) else { return "" }
        var bytes = ByteBuffer()
        while case .bytes(let count)? = try? file.read(appendingTo: &bytes, limit: 4096), count > 0 {}
        return String(decoding: bytes.array, as: UTF8.self)
    }
}
