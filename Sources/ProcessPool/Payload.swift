// Where the records of a chunk are, or the records themselves: what the source tells the worker, and what the host knows of
// an item when it names it.

package import Bytes

/// The records of one chunk.
package struct Payload: Equatable, Sendable {
    package enum Records: Equatable, Sendable {
        /// In the input file, for the worker to read; the bytes must have this `checksum`.
        case range(offset: Int, length: Int, checksum: UInt64)
        /// Here, one after the other, each but perhaps the last with its terminator.
        case bytes(FrozenBytes)
        /// In the script's `inputs` list, at the items' own numbers.
        case listed
        /// Omitted: one record, longer than the limit.
        case tooLong
    }

    /// The index of the input, from 0.
    package let input: Int
    /// The position of the first record in that input: a line number, from 1.
    package let firstPosition: Int
    package fileprivate(set) var records: Records

    package init(input: Int, firstPosition: Int, records: Records) {
        self.input = input
        self.firstPosition = firstPosition
        self.records = records
    }

    /// How much of the input the records are; 0 where they are no bytes.
    package var bytes: Int {
        switch records {
        case .range(_, let length, _): length
        case .bytes(let bytes): bytes.count
        case .listed, .tooLong: 0
        }
    }

    /// What is enough to say where the records came from.
    var withoutBytes: Payload {
        guard case .bytes = records else { return self }
        var head = self
        head.records = .bytes(Payload.noBytes)
        return head
    }

    private static let noBytes = FrozenBytes([])
}
