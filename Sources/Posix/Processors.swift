// How many processors this process may use: the affinity mask, and the quota of its control groups.

import CPosixBridge
import Wire

package enum Processors {
    /// At least 1. A quota of one and a half processors counts as two.
    package static func usable() -> Int {
        max(1, min(Int(pmap_affinity_count()), quota(ofGroup: readText("/proc/self/cgroup")) ?? Int.max))
    }

    /// The smallest `cpu.max` (cgroup v2) from this group up to the root, or `cpu.cfs_quota_us` (v1), rounded up.
    private static func quota(ofGroup membership: String) -> Int? {
        var smallest: Int?
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            var path = String(parts[2])
            if parts[1].isEmpty {
                while true {
                    note(readText("/sys/fs/cgroup\(path)/cpu.max").split { " \n".contains($0) }, &smallest)
                    guard let slash = path.lastIndex(of: "/"), path != "/" else { break }
                    path = String(path[..<slash])
                }
            } else if parts[1].split(separator: ",").contains("cpu") {
                let folder = "/sys/fs/cgroup/cpu\(path)"
                let words = ["quota", "period"].map {
                    readText("\(folder)/cpu.cfs_\($0)_us").split(separator: "\n").first ?? ""
                }
                note(words, &smallest)
            }
        }
        return smallest
    }

    private static func note(_ words: [Substring], _ smallest: inout Int?) {
        guard words.count >= 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
            return
        }
        smallest = min(smallest ?? Int.max, (quota + period - 1) / period)
    }

    /// A small file as text; empty when it cannot be read.
    private static func readText(_ path: String) -> String {
        guard let file = try? Descriptor(reading: path) else { return "" }
        var bytes = WireBuffer()
        while case .bytes(let count)? = try? file.read(appendingTo: &bytes, limit: 4096), count > 0 {}
        return String(decoding: bytes.array, as: UTF8.self)
    }
}
