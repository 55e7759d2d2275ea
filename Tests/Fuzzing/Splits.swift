// Bytes in pieces of any size, as from a pipe. The first bytes of the input determine the sizes.

package import Chance

/// An input whose first eight bytes are the seed of random numbers.
package struct SplitInput {
    package var random: Seeded
    package let bytes: [UInt8]

    /// Nil when the input is shorter.
    package init?(_ input: UnsafeRawBufferPointer) {
        guard input.count >= 8 else { return nil }
        random = Seeded(Int(unsafe input.loadUnaligned(as: UInt64.self) >> 1))
        bytes = unsafe Array(input[8...])
    }

    package static func seed(_ bytes: [UInt8], chance: Int = 0) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: (chance << 1) >> (8 * $0)) } + bytes
    }
}

extension Array where Element == UInt8 {
    /// The bytes in pieces, at most about a hundred, as each takes time.
    package func pieces(_ random: inout Seeded) -> [[UInt8]] {
        let largest = Swift.max([1, 4, 30, 300, count + 1].randomElement(using: &random) ?? 1, count / 50)
        var (pieces, at) = ([[UInt8]](), 0)
        while at < count {
            let end = Swift.min(count, at + 1 + random.below(largest))
            pieces.append([UInt8](self[at..<end]))
            at = end
        }
        return pieces
    }
}
