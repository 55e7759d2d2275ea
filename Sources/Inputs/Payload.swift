// What a chunk of the main job carries: where its records are, or the records themselves. Written by the source in
// the host, read by the worker and, for the names in messages, by the host again.

/// The records of one chunk.
package struct Payload: Equatable {
    package enum Records: Equatable {
        /// In the input file, for the worker to read.
        case range(offset: Int, length: Int)
        /// Here, one after the other, each but perhaps the last with its terminator.
        case bytes(ArraySlice<UInt8>)
        /// In the script's `inputs` list, at the items' own numbers.
        case listed
    }

    /// Which of the inputs, from 0.
    package let input: Int
    /// The place of the first record in that input: a line number, from 1.
    package let firstPlace: Int
    package let records: Records

    package init(input: Int, firstPlace: Int, records: Records) {
        self.input = input
        self.firstPlace = firstPlace
        self.records = records
    }

    private static let headerSize = 40

    /// kind u64 · input u64 · first place u64 · offset u64 · length u64 · the bytes
    package var encoded: [UInt8] {
        var (kind, offset, length, inline) = (2, 0, 0, ArraySlice<UInt8>())
        switch records {
        case .range(let from, let size): (kind, offset, length) = (0, from, size)
        case .bytes(let bytes): (kind, inline) = (1, bytes)
        case .listed: break
        }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(Payload.headerSize + inline.count)
        for number in [kind, input, firstPlace, offset, length] {
            for place in 0..<8 { encoded.append(UInt8(truncatingIfNeeded: number >> (8 * place))) }
        }
        encoded += inline
        return encoded
    }

    /// Precondition: `bytes` are `encoded` of some payload.
    package init(decoding bytes: [UInt8]) {
        let numbers = (0..<5).map { place in
            bytes[place * 8..<place * 8 + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        (input, firstPlace) = (numbers[1], numbers[2])
        records =
            switch numbers[0] {
            case 0: .range(offset: numbers[3], length: numbers[4])
            case 1: .bytes(bytes[Payload.headerSize...])
            default: .listed
            }
    }
}
