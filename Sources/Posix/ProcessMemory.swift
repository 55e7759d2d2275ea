// The memory of a process, as the kernel counts it.
//
// https://docs.kernel.org/filesystems/proc.html, smaps_rollup

import Bytes

/// Bytes of a process that are in memory.
package struct ProcessMemory: Equatable, Sendable {
    /// Shared with others, as with the process that forked it.
    package var shared = 0
    package var `private` = 0

    package init(shared: Int, private: Int) { (self.shared, self.private) = (shared, `private`) }

    /// Nil when that cannot be read: the process is gone, or another user's.
    package init?(of pid: Int32) {
        guard let file = try? Descriptor(reading: ByteString("/proc/\(pid)/smaps_rollup")),
            let bytes = try? file.readAll()
        else { return nil }
        self.init(String(decoding: bytes, as: UTF8.self))
    }

    /// When processes are to be looked at again whose memory was read from `start` to `end`, in nanoseconds: after half a
    /// second, or a hundred times what that took.
    package static func nextLook(after start: Int, _ end: Int) -> Int { end + max(500_000_000, 100 * (end - start)) }

    /// Reads the lines of such a file: `Private_Dirty:      1234 kB`.
    package init?(_ text: String) {
        var isKnown = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[2] == "kB", let size = Int(words[1]) else { continue }
            switch words[0] {
            case "Shared_Clean:", "Shared_Dirty:": shared += 1024 * size
            case "Private_Clean:", "Private_Dirty:": `private` += 1024 * size
            default: continue
            }
            isKnown = true
        }
        if !isKnown { return nil }
    }
}
