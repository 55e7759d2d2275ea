import Testing

@testable import Records

private let newline = UInt8(ascii: "\n")

@Test(arguments: [0, 1, 63, 64, 65, 4095, 4096, 4097, 64 * 255, 64 * 255 + 1, 64 * 511 + 7])
func `occurrences are counted in any length`(length: Int) {
    let all = Array(repeating: newline, count: length)
    #expect(withRecordBytes(all) { $0.occurrences(of: newline) } == length)
    #expect(withRecordBytes(all) { $0.occurrences(of: 0) } == 0)
    let some = (0..<length).map { $0 % 7 == 3 ? newline : 0xFF }
    #expect(withRecordBytes(some) { $0.occurrences(of: newline) } == some.count { $0 == newline })
}

/// What a cut should be, the slow way.
private func expectedCut(_ block: [UInt8], records: Int, limit: Int) -> RecordSplitter.Block? {
    let ends = block.indices.filter { block[$0] == newline }.map { $0 + 1 }
    let within = ends.prefix(records).filter { $0 <= limit }
    if let end = within.last { return RecordSplitter.Block(bytes: end, records: within.count) }
    return ends.first.map { RecordSplitter.Block(bytes: $0, records: 1) }
}

@Test func `a block is cut after a whole record at every boundary`() {
    let splitter = RecordSplitter(.lines)
    for text in ["", "a", "\n", "\n\n\n", "ab\ncd", "ab\ncd\n", "\nab\n\ncd\n\n", "abc\n"] {
        let block = Array(text.utf8)
        for records in 1...5 {
            for limit in -1...block.count + 1 {
                let cut = withRecordBytes(block) { splitter.split($0, records: records, limit: limit) }
                #expect(
                    cut == expectedCut(block, records: records, limit: limit),
                    "\(text.debugDescription) \(records) \(limit)")
            }
        }
    }
}

@Test func `records around the stretches of the search are cut like others`() {
    let splitter = RecordSplitter(.lines)
    for end in [4094, 4095, 4096, 4097, 8191, 8192] {
        var block = Array(repeating: UInt8(ascii: "x"), count: 9000)
        block[end] = newline
        block[end + 2] = newline
        for records in 1...3 {
            for limit in [0, end, end + 1, end + 2, end + 3, 9000, .max] {
                let cut = withRecordBytes(block) { splitter.split($0, records: records, limit: limit) }
                #expect(cut == expectedCut(block, records: records, limit: limit), "\(end) \(records) \(limit)")
            }
        }
    }
}

@Test func `a record that spans many blocks is found without looking at one twice`() {
    let splitter = RecordSplitter(.lines)
    let record = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
    #expect(withRecordBytes(record) { splitter.split($0, records: 10) } == nil)
    let rest = Array("xx\nnext\n".utf8)
    #expect(
        withRecordBytes(rest) { splitter.split($0, records: 10, limit: 1 - (1 << 20)) } == .init(bytes: 3, records: 1))
}

@Test(arguments: [
    ("", []), ("a", ["a"]), ("a\n", ["a"]), ("\n", [""]), ("\n\n", ["", ""]), ("a\n\nb", ["a", "", "b"]),
    ("a\r\nb\r\n", ["a\r", "b\r"]),
])
func `a cursor gives each record once, the last with or without its end`(text: String, records: [String]) {
    withRecordBytes(Array(text.utf8)) { chunk in
        var cursor = RecordCursor(chunk, .lines)
        var found: [String] = []
        while let record = cursor.next() { found.append(record.text) }
        #expect(found == records)
        #expect(cursor.offset == text.utf8.count)
        for skipped in 0...records.count + 1 {
            var cursor = RecordCursor(chunk, .lines)
            #expect(cursor.skip(skipped) == min(skipped, records.count))
            #expect(cursor.next()?.text == records.dropFirst(skipped).first)
        }
    }
}

@Test func `what cuts lead to is what the cursor sees`() {
    let splitter = RecordSplitter(.lines)
    var text: [UInt8] = []
    var seed: UInt64 = 7
    for line in 0..<3000 {
        seed = seed &* 6364136223846793005 &+ 1442695040888963407
        text += Array(repeating: UInt8(ascii: "a") + UInt8(line % 26), count: Int(seed >> 58)) + [newline]
    }
    for limit in [1, 100, 5000, 100_000] {
        var at = 0, records = 0
        while at < text.count {
            let block = Array(text[at..<min(at + 10_000, text.count)])
            guard let cut = withRecordBytes(block, { splitter.split($0, records: 300, limit: limit) }) else { break }
            let seen = withRecordBytes(Array(block.prefix(cut.bytes))) { chunk in
                var cursor = RecordCursor(chunk, .lines)
                return cursor.skip(.max)
            }
            #expect(seen == cut.records)
            at += cut.bytes
            records += cut.records
        }
        #expect(at == text.count)
        #expect(records == 3000)
    }
}

@Test(arguments: 0...20)
func `the first byte to escape is found at every place`(place: Int) {
    for special in [UInt8(0), 0x1F, 0x22, 0x5C, 0x0A] {
        var text = (0..<21).map { UInt8(ascii: "a") + UInt8($0) }
        text[place] = special
        text[20] = special
        withRecordBytes(text) {
            #expect($0.firstToEscape(from: 0, orHigh: false) == place)
            #expect($0.firstToEscape(from: min(place + 1, 20), orHigh: true) == 20)
        }
    }
    var high = Array(repeating: UInt8(0x7F), count: 21)
    high[place] = 0x80
    withRecordBytes(high) {
        #expect($0.firstToEscape(from: 0, orHigh: true) == place)
        #expect($0.firstToEscape(from: 0, orHigh: false) == 21)
    }
}
