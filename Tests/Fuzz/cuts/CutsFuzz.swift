// Feeds blocks to the splitter. Whatever the blocks and limits, the pieces add up to the input, each ends an item, none holds
// more items than were asked for, and the cursor finds in them the items that a slow and simple reader finds.

import Chance
import Fuzzing
import Records
import SlowReading

@main final class CutsFuzz: FuzzTarget {
    init() {}

    func feed(_ bytes: UnsafeRawBufferPointer) {
        guard var input = unsafe SplitInput(bytes) else { return }
        let framing = framing(&input.random)
        let bytes = framing.record == .values ? upToBroken(input.bytes) : input.bytes
        let ends = slowEnds(of: bytes, framing)
        cutOnce(bytes, framing, ends, &input.random)
        cutAll(bytes, framing, ends, &input.random)
        search(bytes, framing, ends, &input.random)
    }

    private func framing(_ random: inout Seeded) -> RecordFraming {
        let record: RecordFraming.Record =
            switch random.below(8) {
            case 0: .ended(by: 0)
            case 1: .ended(by: UInt8(ascii: "\n"))
            case 2: .blocks(bytes: 1 + random.below(random.once(in: 2) ? 8 : 3000))
            case 3: .rows(separator: UInt8(ascii: ";"))
            case 4, 5: .values
            default: .rows(separator: UInt8(ascii: ","))
            }
        return RecordFraming(record, batch: random.once(in: 2) ? 1 : 1 + random.below(5))
    }

    /// Behind a byte that begins no value nothing is read.
    private func upToBroken(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix(brokenEnd(of: bytes) ?? bytes.count)) }

    private func isBroken(_ bytes: [UInt8]) -> Bool { brokenEnd(of: bytes) != nil }

    private func brokenEnd(of bytes: [UInt8]) -> Int? {
        var start = 0
        while let value = valueEnd(in: bytes, from: start) {
            if value.isBroken { return value.end }
            start = value.end
        }
        return nil
    }

    /// The ends that are known before the input's end; behind them there may be what is an item only there.
    private func wholeEnds(_ ends: [Int], _ bytes: [UInt8], _ framing: RecordFraming) -> [Int] {
        var start = 0
        return Array(
            ends.prefix { end in
                defer { start = end }
                return isWhole(bytes, start, end, framing)
            })
    }

    /// Whether more bytes behind `end` would leave the item that begins at `start` as it is.
    private func isWhole(_ bytes: [UInt8], _ start: Int, _ end: Int, _ framing: RecordFraming) -> Bool {
        var at = start
        for _ in 0..<framing.batch {
            guard at < bytes.count, let next = slowEnd(of: framing.record, in: bytes, from: at) else { return false }
            if framing.record == .values, valueEnd(in: bytes, from: at)?.isBroken == true { return next == end }
            if next == bytes.count && !isEnded(bytes, at, next, framing.record) { return false }
            at = next
        }
        return at == end
    }

    private func isEnded(_ bytes: [UInt8], _ start: Int, _ end: Int, _ record: RecordFraming.Record) -> Bool {
        if record == .values { return true }
        let terminator = RecordFraming(record).terminator
        guard bytes[end - 1] == terminator else { return false }
        // A block is not over before it has its size.
        if case .blocks(let size) = record { return end - start >= size }
        return true
    }

    /// One cut, against what it should be.
    private func cutOnce(_ block: [UInt8], _ framing: RecordFraming, _ ends: [Int], _ random: inout Seeded) {
        let whole = wholeEnds(ends, block, framing)
        let items = 1 + random.below(random.once(in: 2) ? 4 : 5000)
        let limit = [random.below(block.count + 2), .max, -random.below(100)].randomElement(using: &random) ?? 0
        let within = whole.prefix(items).prefix { $0 <= limit }
        var expected =
            within.last.map { RecordSplitter.Block(bytes: $0, records: within.count) }
            ?? whole.first.map { RecordSplitter.Block(bytes: $0, records: 1) }
        let isBroken = framing.record == .values && expected?.bytes == block.count && isBroken(block)
        expected?.isBroken = isBroken
        precondition(cut(block, framing, items, limit) == expected, "a cut is not where it must be")
    }

    /// Block by block, as a stream is cut.
    private func cutAll(_ bytes: [UInt8], _ framing: RecordFraming, _ ends: [Int], _ random: inout Seeded) {
        var (open, found, itemsCut) = ([UInt8](), [Int](), 0)
        var start = 0
        for block in bytes.pieces(&random) {
            open += block
            let items = 1 + random.below(5)
            while let cut = cut(open, framing, items, random.below(200)) {
                precondition(cut.bytes > 0 && cut.bytes <= open.count, "a cut is outside of its block")
                precondition((1...items).contains(cut.records), "a cut has more items than were asked for")
                let inPiece = self.ends(of: Array(open.prefix(cut.bytes)), framing)
                precondition(inPiece.count == cut.records, "a cut has other items than it says")
                found += inPiece.map { start + $0 }
                itemsCut += cut.records
                start += cut.bytes
                open.removeFirst(cut.bytes)
            }
        }
        precondition(itemsCut == wholeEnds(ends, bytes, framing).count, "an item was cut twice, or never")
        precondition(found + self.ends(of: open, framing).map { start + $0 } == ends, "items were changed")
    }

    /// An item's end in pieces of any size.
    private func search(_ bytes: [UInt8], _ framing: RecordFraming, _ ends: [Int], _ random: inout Seeded) {
        var (search, start, found) = (ItemSearch(framing), 0, [Int]())
        for var piece in bytes.pieces(&random) {
            while let end = unsafe piece.withUnsafeBytes({ search.end(in: unsafe RecordBytes($0)) }) {
                found.append(start + end)
                start += end
                piece.removeFirst(end)
                search = ItemSearch(framing)
            }
            start += piece.count
        }
        precondition(found == wholeEnds(ends, bytes, framing), "an item's end depends on the pieces")
    }

    private func cut(_ block: [UInt8], _ framing: RecordFraming, _ items: Int, _ limit: Int) -> RecordSplitter.Block? {
        unsafe block.withUnsafeBytes {
            RecordSplitter(framing).split(unsafe RecordBytes($0), records: items, limit: limit)
        }
    }

    /// The ends of the items that the cursor finds, whose bytes are those of the piece.
    private func ends(of piece: [UInt8], _ framing: RecordFraming) -> [Int] {
        unsafe piece.withUnsafeBytes { bytes in
            var cursor = RecordCursor(unsafe RecordBytes(bytes), framing)
            var (ends, start) = ([Int](), 0)
            while let record = cursor.next() {
                let item = piece[start..<cursor.offset]
                let hasEnd = item.last == framing.terminator && !framing.keepsEnd
                precondition(record.array == Array(hasEnd ? item.dropLast() : item), "a record is not its item")
                start = cursor.offset
                ends.append(start)
            }
            precondition(cursor.offset == piece.count, "the cursor stops before the end")
            return ends
        }
    }

    var seeds: [[UInt8]] {
        let lines = (0..<400).map { String(repeating: "x", count: $0 * 7 % 31) }.joined(separator: "\n")
        let rows = (0..<200).map {
            $0 % 7 == 0 ? "\u{FEFF}\"a\n\",\"\"\"b\"" : $0 % 5 == 0 ? "5\",x;\"\n\"" : "a,\"b\";c"
        }
        .joined(separator: "\n")
        let values = (0..<300).flatMap { index -> [UInt8] in
            let piece: [UInt8] = [0x82, 0xA1, 0x61, 0xCD, 1, UInt8(index % 256), 0xC4, 2, 0xC1, 0xC1, 0x93, 0xC0, 0xCB]
            return piece + Array(repeating: 0, count: 8) + [0xDC, 0, 1, 0xDE, 0, 1, 1, 0xC7, 1, 5, 0xC1]
        }
        return (0..<16).map { SplitInput.seed(Array(($0 < 8 ? rows : lines).utf8), chance: $0) }
            + (0..<32).map { SplitInput.seed(values, chance: $0) }
    }
}
