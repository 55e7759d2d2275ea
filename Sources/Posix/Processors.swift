// How many processors this process may use: the affinity mask, and the quota of its control groups.

import CPosixBridge

package enum Processors {
    /// At least 1. A quota of one and a half processors counts as two.
    package static func usable() -> Int {
        let quota = ControlGroups.smallest("cpu") { folder, isUnified in
            let words =
                isUnified
                ? ControlGroups.words("\(folder)/cpu.max")
                : ["quota", "period"].flatMap { ControlGroups.words("\(folder)/cpu.cfs_\($0)_us") }
            guard words.count >= 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0
            else { return nil }
            return (quota + period - 1) / period
        }
        return max(1, min(Int(pmap_affinity_count()), quota ?? Int.max))
    }
}
