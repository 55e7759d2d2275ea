// Feeds blocks to the splitter. Whatever the blocks and limits, the pieces add up to the input, each ends a record, none
// holds more records than were asked for, and the cursor finds in them the records of the input.

import Chance
import Fuzzing
import Records

@main final class CutsFuzz: FuzzTarget {
    init() {}

    func feed(_ bytes: UnsafeRawBufferPointer) {
        guard var input = unsafe SplitInput(bytes) else { return }
        let splitter = RecordSplitter(terminator: input.random.once(in: 4) ? 0 : UInt8(ascii: "\n"))
        let ends = input.bytes.indices.filter { input.bytes[$0] == splitter.terminator }.map { $0 + 1 }
        cutOnce(input.bytes, splitter, ends, &input.random)
        cutAll(input.bytes, splitter, ends, &input.random)
    }

    /// One cut, against what it should be.
    private func cutOnce(_ block: [UInt8], _ splitter: RecordSplitter, _ ends: [Int], _ random: inout Seeded) {
        let records = 1 + random.below(random.once(in: 2) ? 4 : 5000)
        let limit = [random.below(block.count + 2), .max, -random.below(100)].randomElement(using: &random) ?? 0
        let within = ends.prefix(records).filter { $0 <= limit }
        let expected =
            within.last.map { RecordSplitter.Block(bytes: $0, records: within.count) }
            ?? ends.first.map { RecordSplitter.Block(bytes: $0, records: 1) }
        precondition(cut(block, splitter, records, limit) == expected, "a cut is not where it must be")
    }

    /// Block by block, as a stream is cut.
    private func cutAll(_ bytes: [UInt8], _ splitter: RecordSplitter, _ ends: [Int], _ random: inout Seeded) {
        var (open, found, recordsCut) = ([UInt8](), [[UInt8]](), 0)
        for var block in bytes.pieces(&random) {
            let records = 1 + random.below(5)
            while let cut = cut(block, splitter, records, random.below(200)) {
                precondition(cut.bytes > 0 && cut.bytes <= block.count, "a cut is outside of its block")
                precondition((1...records).contains(cut.records), "a cut has more records than were asked for")
                let piece = open + block.prefix(cut.bytes)
                let inPiece = self.records(of: piece, splitter)
                precondition(inPiece.count == cut.records, "a cut has other records than it says")
                found += inPiece
                recordsCut += cut.records
                (open, block) = ([], Array(block.dropFirst(cut.bytes)))
            }
            open += block
        }
        precondition(recordsCut == ends.count, "a record was cut twice, or never")
        precondition(
            found + records(of: open, splitter) == expectedRecords(bytes, splitter, ends), "records were changed")
    }

    private func expectedRecords(_ bytes: [UInt8], _ splitter: RecordSplitter, _ ends: [Int]) -> [[UInt8]] {
        var (records, start) = ([[UInt8]](), 0)
        for end in ends {
            records.append(Array(bytes[start..<end - 1]))
            start = end
        }
        return start < bytes.count ? records + [Array(bytes[start...])] : records
    }

    private func cut(_ block: [UInt8], _ splitter: RecordSplitter, _ records: Int, _ limit: Int) -> RecordSplitter
        .Block?
    {
        unsafe block.withUnsafeBytes { splitter.split(unsafe RecordBytes($0), records: records, limit: limit) }
    }

    private func records(of piece: [UInt8], _ splitter: RecordSplitter) -> [[UInt8]] {
        unsafe piece.withUnsafeBytes { bytes in
            var cursor = RecordCursor(unsafe RecordBytes(bytes), terminator: splitter.terminator)
            var records: [[UInt8]] = []
            while let record = cursor.next() { records.append(record.array) }
            precondition(cursor.offset == piece.count, "the cursor stops before the end")
            return records
        }
    }

    var seeds: [[UInt8]] {
        let lines = (0..<400).map { String(repeating: "x", count: $0 * 7 % 31) }.joined(separator: "\n")
        return (0..<4).map { SplitInput.seed(Array(lines.utf8), chance: $0) }
    }
}
