// Digests of bytes: equal digests mean equal bytes. Unsafe because C reads the bytes where they are.

import CHashBridge

/// 128 bits of XXH3. It is no cryptographic hash: nobody is expected to construct two items with equal digests.
package struct Digest: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    package init(of bytes: [UInt8]) { self = unsafe bytes.withUnsafeBytes { unsafe Digest(of: $0) } }

    package init(of text: String) { self.init(of: Array(text.utf8)) }

    init(of memory: UnsafeRawBufferPointer) {
        let hash = unsafe pmap_hash_bytes(memory.baseAddress, memory.count)
        (high, low) = (hash.high, hash.low)
    }

    /// Of digests and numbers in a row.
    package init(joining digests: [Digest], numbers: [UInt64] = []) {
        var words: [UInt64] = []
        words.reserveCapacity(2 * digests.count + numbers.count)
        for digest in digests {
            words.append(digest.high)
            words.append(digest.low)
        }
        words += numbers
        self = unsafe words.withUnsafeBytes { unsafe Digest(of: $0) }
    }

    /// The 16 bytes in the file: the high half first, each half little-endian.
    package var bytes: [UInt8] {
        let words = [high.littleEndian, low.littleEndian]
        return unsafe words.withUnsafeBytes { unsafe Array($0) }
    }

    package var hexadecimal: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Nil when these are not 16 bytes.
    package init?(stored bytes: [UInt8]) {
        guard let digest = unsafe bytes.withUnsafeBytes({ unsafe Digest(stored: $0) }) else { return nil }
        self = digest
    }

    init?(stored memory: UnsafeRawBufferPointer) {
        guard memory.count == 16 else { return nil }
        high = UInt64(littleEndian: unsafe memory.loadUnaligned(as: UInt64.self))
        low = UInt64(littleEndian: unsafe memory.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
}
