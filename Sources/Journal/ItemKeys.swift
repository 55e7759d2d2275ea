// The keys by which a journal finds an item.

/// The key of an item's row, and the key it has if the item drew random numbers.
package struct ItemKeys: Equatable {
    package let usual: Digest
    private let (fingerprint, bytes): (Digest, Digest)
    private let (index, seed): (UInt64, UInt64)

    package var random: Digest { Digest(joining: [fingerprint, bytes], numbers: [index, seed]) }

    /// `index` belongs to the usual key when the task takes it.
    package init(fingerprint: Digest, bytes: Digest, index: Int, seed: UInt64, takesIndex: Bool) {
        usual = Digest(joining: [fingerprint, bytes], numbers: takesIndex ? [UInt64(index)] : [])
        (self.fingerprint, self.bytes, self.index, self.seed) = (fingerprint, bytes, UInt64(index), seed)
    }
}
