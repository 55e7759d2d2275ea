// Kills by the kernel when memory has run out.

import Bytes

package enum OutOfMemory {
    /// How many processes of this machine the kernel has killed because memory, or that of a control group, had run out;
    /// each is counted before it is killed. 0 when the kernel does not say.
    package static func kills() -> Int {
        var text = ByteBuffer(capacity: 1 << 14)
        guard let file = try? Descriptor(reading: "/proc/vmstat") else { return 0 }
        while case .bytes(let count)? = try? file.read(appendingTo: &text, limit: 1 << 14), count > 0 {}
        let lines = text.array.split(separator: UInt8(ascii: "\n"))
        let name = Array("oom_kill ".utf8)
        guard let line = lines.first(where: { $0.starts(with: name) }) else { return 0 }
        return Int(String(decoding: line.dropFirst(name.count), as: UTF8.self)) ?? 0
    }
}
