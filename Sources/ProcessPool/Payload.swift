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
    /// Positions of an item; nil where only its bytes tell.
    package let positionsPerItem: Int?
    /// Of all items together, where an item has several.
    package let positions: Int
    /// The row that names the columns of all rows.
    package let header: FrozenBytes?

    package init(
        input: Int, firstPosition: Int, records: Records, positions: Int = 0, perItem: Int? = 1,
        header: FrozenBytes? = nil
    ) {
        (self.input, self.firstPosition, self.records) = (input, firstPosition, records)
        (self.positions, positionsPerItem, self.header) = (positions, perItem, header)
    }

    /// How much of the input the records are; 0 where they are no bytes.
    package var bytes: Int {
        switch records {
        case .range(_, let length, _): length
        case .bytes(let bytes): bytes.count
        case .listed, .tooLong: 0
        }
    }

    /// With the positions of the record at `index`, from 0, as if all records had as many.
    func locating(_ index: Int, at known: ClosedRange<Int>) -> Payload {
        Payload(
            input: input, firstPosition: known.lowerBound - index * known.count, records: records,
            positions: (index + 1) * known.count, perItem: known.count, header: header)
    }

    /// Some of the records, which have these of its positions, counted from 0.
    package func part(_ records: Records, _ part: Range<Int>) -> Payload {
        Payload(
            input: input, firstPosition: firstPosition + part.lowerBound, records: records, positions: part.count,
            perItem: positionsPerItem, header: header)
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

extension ClosedRange<Int> {
    /// Positions of an input: `17`, `17-19`
    package var shown: String { count == 1 ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }
}
