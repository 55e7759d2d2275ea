// The descendants of a program. They are in the process group of the program's parent; the kernel lists those whose own
// parents live (see guard.c), and the others are found by a pipe that only the program's descendants can have open.

import Bytes
import CPosixBridge
import Glibc

package enum Descendants {
    /// Kills `pid`, if there is one, and the processes that have the other end of one of these pipes, with their
    /// descendants.
    static func kill(of pid: Int32?, holding pipes: [Int32]) {
        var roots = holders(of: pipes)
        if let pid { roots.insert(pid) }
        roots.remove(getpid())
        let numbers = Array(roots)
        unsafe pmap_kill_trees(numbers, numbers.count)
    }

    private static func allProcesses() -> [Int32] { names(in: "/proc").compactMap { Int32($0) } }

    private static func names(in path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            names.append(
                unsafe withUnsafePointer(to: entry.pointee.d_name) {
                    unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                })
        }
        return names
    }

    // MARK: Pipes

    /// The processes that can write to the pipes with these reading ends.
    private static func holders(of pipes: [Int32]) -> Set<Int32> {
        let wanted = Set(pipes.compactMap { target("/proc/self/fd/\($0)") })
        if wanted.isEmpty { return [] }
        return Set(allProcesses().filter { $0 != getpid() && holds(wanted, $0) })
    }

    private static func holds(_ wanted: Set<String>, _ pid: Int32) -> Bool {
        names(in: "/proc/\(pid)/fd").contains { name in
            guard let target = target("/proc/\(pid)/fd/\(name)"), wanted.contains(target) else { return false }
            return isWriting(pid, name)
        }
    }

    private static func target(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = unsafe readlink(path, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.hasPrefix("pipe:") ? text : nil
    }

    /// Whether the descriptor is open for writing: the line `flags:` of its `fdinfo`, in octal.
    private static func isWriting(_ pid: Int32, _ name: String) -> Bool {
        guard let text = try? Descriptor(reading: ByteString("/proc/\(pid)/fdinfo/\(name)")).readAll() else {
            return false
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("flags:") }),
            let flags = Int32(line.dropFirst(6).filter { !$0.isWhitespace }, radix: 8)
        else { return false }
        return flags & O_ACCMODE != O_RDONLY
    }
}
