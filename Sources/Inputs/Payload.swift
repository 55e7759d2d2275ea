// What a chunk of the main job carries: where its records are, or the records themselves. Written by the source in
// the host, read by the worker and, for the names in messages, by the host again.

import Wire

/// The records of one chunk.
package struct Payload: Equatable {
    package enum Records: Equatable {
        /// In the input file, for the worker to read.
        case range(offset: Int, length: Int)
        /// Here, one after the other, each but perhaps the last with its terminator.
        case bytes([UInt8])
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
        var buffer = WireBuffer(capacity: Payload.headerSize)
        var numbers = [2, input, firstPlace, 0, 0]
        var inline: [UInt8] = []
        switch records {
        case .range(let offset, let length): numbers = [0, input, firstPlace, offset, length]
        case .bytes(let bytes):
            numbers[0] = 1
            inline = bytes
        case .listed: break
        }
        for number in numbers { buffer.append(native: UInt64(number)) }
        buffer.append(inline)
        return buffer.array
    }

    /// Precondition: `bytes` are `encoded` of some payload.
    package init(decoding bytes: [UInt8]) {
        var buffer = WireBuffer(capacity: bytes.count)
        buffer.append(bytes)
        let numbers = (0..<5).map { Int(buffer.load(UInt64.self, at: $0 * 8)) }
        (input, firstPlace) = (numbers[1], numbers[2])
        records =
            switch numbers[0] {
            case 0: .range(offset: numbers[3], length: numbers[4])
            case 1: .bytes(buffer.array(Payload.headerSize..<buffer.count))
            default: .listed
            }
    }
}
