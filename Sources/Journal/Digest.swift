// What stands for bytes: equal digests mean equal bytes. Unsafe because C reads the bytes where they lie.

import CHashBridge

/// 128 bits of XXH3. Nobody is expected to make two items alike on purpose: this is no cryptographic hash.
package struct Digest: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    package init(of bytes: [UInt8]) {
        let hash = unsafe bytes.withUnsafeBytes { unsafe pmap_hash_bytes($0.baseAddress, $0.count) }
        (high, low) = (hash.high, hash.low)
    }

    package init(of text: String) { self.init(of: Array(text.utf8)) }

    /// Of digests and numbers in a row.
    package init(joining digests: [Digest], numbers: [UInt64] = []) {
        var words: [UInt64] = []
        words.reserveCapacity(2 * digests.count + numbers.count)
        for digest in digests {
            words.append(digest.high)
            words.append(digest.low)
        }
        words += numbers
        let hash = unsafe words.withUnsafeBytes { unsafe pmap_hash_bytes($0.baseAddress, $0.count) }
        (high, low) = (hash.high, hash.low)
    }

    /// As it is kept: 16 bytes, the high half first, each from its lowest byte on.
    package var bytes: [UInt8] { Digest.bytes(high) + Digest.bytes(low) }

    /// Nil when these are not 16 bytes.
    package init?(stored bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        let words = [bytes[..<8], bytes[8...]].map { $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        (high, low) = (words[0], words[1])
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
}
