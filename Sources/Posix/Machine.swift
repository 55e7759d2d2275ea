// The machine and this process: memory and numbers.

import Glibc

package enum Machine {
    /// Bytes of memory that this process may use: the machine's, or those that its control groups allow.
    package static func memory() -> Int {
        let limit = ControlGroups.smallest("memory") { folder, isUnified in
            ControlGroups.words("\(folder)/\(isUnified ? "memory.max" : "memory.limit_in_bytes")").first.flatMap {
                Int($0)
            }
        }
        return min(sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)), limit ?? .max)
    }

    package static func processNumber() -> Int32 { getpid() }
    package static func parentNumber() -> Int32 { getppid() }

    /// `Linux x86_64`
    package static func kind() -> String {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return "an unknown machine" }
        return "\(text(&names.sysname)) \(text(&names.machine))"
    }

    private static func text<Name>(_ name: inout Name) -> String {
        unsafe withUnsafeBytes(of: &name) { bytes in
            String(decoding: unsafe Array(bytes).prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
