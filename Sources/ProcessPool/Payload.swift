// The payload of a chunk: where its records are, or the records themselves. Written by the source in the host, read by the
// worker and, for names in messages, by the host.

package import ProcessPool
package import Wire

/// The records of one chunk.
package struct Payload: Equatable {
    package enum Records: Equatable {
        /// In the input file, for the worker to read; the bytes must have this `checksum`.
        case range(offset: Int, length: Int, checksum: UInt64)
        /// Here, one after the other, each but perhaps the last with its terminator.
        case bytes(FrozenBytes)
        /// In the script's `inputs` list, at the items' own numbers.
        case listed
        /// Omitted: one record, longer than the limit.
        case tooLong
    }

    /// Bytes of one step of a checksum: the size of the host's window.
    static let checkedBytes = 1 << 20

    /// The index of the input, from 0.
    package let input: Int
    /// The position of the first record in that input: a line number, from 1.
    package let firstPosition: Int
    package let records: Records

    package init(input: Int, firstPosition: Int, records: Records) {
        self.input = input
        self.firstPosition = firstPosition
        self.records = records
    }

    /// A chunk of the items from `first` on; `count` is how many records there are.
    package func chunk(first: Int, count: Int) -> Chunk {
        if case .bytes(let bytes) = records { return Chunk(first: first, count: count, payload: encoded, body: bytes) }
        return Chunk(first: first, count: count, payload: encoded)
    }

    /// kind u64 · input u64 · first position u64 · offset u64 · length u64 · checksum u64
    private var encoded: [UInt8] {
        let (kind, offset, length, checksum): (Int, Int, Int, UInt64) =
            switch records {
            case .range(let from, let size, let checksum): (0, from, size, checksum)
            case .bytes(let bytes): (1, 0, bytes.count, 0)
            case .listed: (2, 0, 0, 0)
            case .tooLong: (3, 0, 0, 0)
            }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(48)
        for number in [kind, input, firstPosition, offset, length, Int(bitPattern: UInt(checksum))] {
            for byte in 0..<8 { encoded.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
        }
        return encoded
    }

    /// Precondition: `chunk` was made of a payload. If only its head is left, its bytes are omitted.
    package init(of chunk: Chunk) {
        let numbers = (0..<6).map { field in
            chunk.payload[field * 8..<field * 8 + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        (input, firstPosition) = (numbers[1], numbers[2])
        records =
            switch numbers[0] {
            case 0: .range(offset: numbers[3], length: numbers[4], checksum: UInt64(UInt(bitPattern: numbers[5])))
            case 1: .bytes(chunk.body ?? FrozenBytes([]))
            case 2: .listed
            default: .tooLong
            }
    }
}
