// What a chunk of the main job carries: where its records are, or the records themselves. Written by the source in
// the host, read by the worker and, for the names in messages, by the host again.

package import ProcessPool
package import Wire

/// The records of one chunk.
package struct Payload: Equatable {
    package enum Records: Equatable {
        /// In the input file, for the worker to read.
        case range(offset: Int, length: Int)
        /// Here, one after the other, each but perhaps the last with its terminator.
        case bytes(FrozenBytes)
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

    /// A chunk of the items from `first` on; `count` is how many records there are.
    package func chunk(first: Int, count: Int) -> Chunk {
        if case .bytes(let bytes) = records { return Chunk(first: first, count: count, payload: encoded, body: bytes) }
        return Chunk(first: first, count: count, payload: encoded)
    }

    /// kind u64 · input u64 · first place u64 · offset u64 · length u64
    private var encoded: [UInt8] {
        let (kind, offset, length) =
            switch records {
            case .range(let from, let size): (0, from, size)
            case .bytes(let bytes): (1, 0, bytes.count)
            case .listed: (2, 0, 0)
            }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(40)
        for number in [kind, input, firstPlace, offset, length] {
            for place in 0..<8 { encoded.append(UInt8(truncatingIfNeeded: number >> (8 * place))) }
        }
        return encoded
    }

    /// Precondition: `chunk` was made of some payload. Where only its head is left its bytes are not there.
    package init(of chunk: Chunk) {
        let numbers = (0..<5).map { place in
            chunk.payload[place * 8..<place * 8 + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        (input, firstPlace) = (numbers[1], numbers[2])
        records =
            switch numbers[0] {
            case 0: .range(offset: numbers[3], length: numbers[4])
            case 1: .bytes(chunk.body ?? FrozenBytes([]))
            default: .listed
            }
    }
}
