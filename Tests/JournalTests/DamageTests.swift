// A journal that was truncated or changed on the disk, is another program's file, or is no journal.

import Bytes
import Chance
import Foundation
import Testing

@testable import Journal

private let items = 300

/// A journal as the host leaves it that is killed: with a write-ahead log.
private func torn() throws -> (database: Data, log: Data) {
    let folder = try JournalFolder()
    let first = try folder.open()
    for item in 1...100 { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.end("SIGINT")
    let second = try folder.open()
    for item in 101...items {
        _ = second.add(ok("result \(item)"), keys(item), item: item, source: nil)
        if item % 20 == 0 { second.commit() }
    }
    return try withExtendedLifetime(second) { (try folder.bytes(), try folder.bytes(of: "-wal")) }
}

/// How many items the journal has; each is what was written, or missing.
private func survivors(_ folder: JournalFolder) throws -> Int {
    let journal = try folder.open()
    defer { journal.end("completed") }
    var count = 0
    for item in 1...items {
        guard let entry = journal.recall(keys(item)) else { continue }
        count += 1
        #expect(entry == ok("result \(item)"))
    }
    return count
}

@Test func `a log that is cut off anywhere loses the last transactions and nothing else`() throws {
    let (database, log) = try torn()
    var most = 0
    for length in Array(stride(from: 0, to: log.count, by: 509)) + [log.count] {
        let folder = try JournalFolder()
        try folder.write(database)
        try folder.write(log.prefix(length), to: "-wal")
        let count = try survivors(folder)
        #expect(count >= 100 && count >= most && count % 20 == 0, "\(length) of \(log.count) bytes: \(count) items")
        most = count
    }
    #expect(most == items)
}

@Test func `a file that is cut off is refused, or has only what was written`() throws {
    let (database, _) = try torn()
    for length in stride(from: 1, to: database.count, by: 487) {
        let folder = try JournalFolder()
        try folder.write(database.prefix(length))
        do {
            #expect(try survivors(folder) <= 100)
        } catch let error as JournalError {
            #expect(error.description.hasPrefix(folder.path.text))
            #expect(try folder.bytes() == database.prefix(length), "a refused file is left as it is")
        }
    }
}

@Test func `a changed byte costs items or the journal, and never changes a result`() throws {
    let (database, log) = try torn()
    var random = Seeded(1)
    for _ in 0..<400 {
        let folder = try JournalFolder()
        var (changed, changedLog) = (database, log)
        for _ in 0...random.below(3) {
            if random.once(in: 2) {
                changed[random.below(changed.count)] ^= UInt8(1 << random.below(8))
            } else {
                changedLog[random.below(changedLog.count)] ^= UInt8(1 << random.below(8))
            }
        }
        try folder.write(changed)
        try folder.write(changedLog, to: "-wal")
        do { #expect(try survivors(folder) <= items) } catch is JournalError {}
    }
}

@Test func `a file that is no journal is left as it is`() throws {
    for content in ["one\ntwo\n", String(repeating: "x", count: 10_000), "SQLite format 3\0 and then nothing"] {
        let folder = try JournalFolder()
        try folder.write(Data(content.utf8))
        #expect(throws: JournalError.noJournal(folder.path)) { try Journal(path: folder.path) }
        #expect(try folder.bytes() == Data(content.utf8))
    }
    let folder = try JournalFolder()
    try folder.write(Data())
    let other = try Database(path: folder.path)
    try other.execute("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)")
    let before = try folder.bytes()
    #expect(throws: JournalError.noJournal(folder.path)) { try Journal(path: folder.path) }
    #expect(try folder.bytes() == before)
}

@Test func `a journal of another format is named`() throws {
    let folder = try JournalFolder()
    let journal = try folder.open()
    try journal.database.execute("PRAGMA user_version = 7")
    journal.end("completed")
    #expect(throws: JournalError.otherFormat(folder.path, 7)) { try Journal(path: folder.path) }
}

@Test func `a row that is not what was written is gone`() throws {
    let folder = try JournalFolder()
    let first = try folder.open()
    for item in 1...9 { _ = first.add(item < 6 ? failed : ok("ok"), keys(item), item: item, source: nil) }
    first.commit()
    let changes = [
        "message = 'x'", "attempts = 2", "traceback = NULL", "input = ''", "outcome = 'error'", "output = 'ok '",
        "traits = 3", "seal = seal + 1",
    ]
    for (place, change) in changes.enumerated() {
        try first.database.execute("UPDATE items SET \(change) WHERE item = \(place + 1)")
    }
    first.end("completed")
    let second = try folder.open()
    #expect((1...9).map { second.recall(keys($0)) != nil } == (1...9).map { $0 > changes.count })
}

@Test func `a row to which a damaged index leads is not another item's`() throws {
    let folder = try JournalFolder()
    let first = try folder.open()
    for item in 1...2 { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.end("completed")
    let second = try folder.open()
    let row = try #require(second.claim(keys(1)))
    #expect(second.entry(row, of: keys(2)) == nil)
    #expect(second.entry(row, of: keys(1)) == ok("result 1"), "and it is still there")
}

@Test(arguments: [Int64(1) << 40, -1, .min, .max])
func `a row whose number is anything is read, or run again`(id: Int64) throws {
    let folder = try JournalFolder()
    let first = try folder.open()
    for item in 1...9 { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.commit()
    try first.database.execute("UPDATE items SET id = \(id) WHERE id = 5")
    first.end("completed")
    let second = try folder.open()
    let found = (1...9).map { second.recall(keys($0)) }
    #expect(zip(1..., found).allSatisfy { $1 == ok("result \($0)") || $0 == 5 && $1 == nil && id < 0 })
    #expect(second.add(ok("5"), keys(5), item: 5, source: nil) && second.failure == nil)
}

@Test func `each byte of a journal, changed, costs items or the journal, and no end of time`() throws {
    let folder = try JournalFolder()
    let first = try folder.open()
    for item in 1...items { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.commit()
    try first.database.execute("CREATE INDEX items_by_key ON items (key)")
    first.end("completed")
    let bytes = try folder.bytes()
    for place in stride(from: 100, to: bytes.count, by: 293) {
        var changed = bytes
        changed[place] ^= 0xFF
        let folder = try JournalFolder()
        try folder.write(changed)
        do { #expect(try survivors(folder) <= items) } catch is JournalError {}
    }
}
