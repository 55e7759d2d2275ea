// A journal that was cut off, changed on the disk, is somebody else's, or is no journal.

import Chance
import Foundation
import Testing
import Wire

@testable import Journal

private let items = 300

/// A journal as the host leaves it that is killed: with a write-ahead log.
private func torn() throws -> (database: Data, log: Data) {
    let shelf = try Shelf()
    let first = try shelf.open()
    for item in 1...100 { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.end("SIGINT")
    let second = try shelf.open()
    for item in 101...items {
        _ = second.add(ok("result \(item)"), keys(item), item: item, source: nil)
        if item % 20 == 0 { second.settle() }
    }
    return try withExtendedLifetime(second) { (try shelf.bytes(), try shelf.bytes(of: "-wal")) }
}

/// How many items the journal has; each is what was written, or missing.
private func survivors(_ shelf: Shelf) throws -> Int {
    let journal = try shelf.open()
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
        let shelf = try Shelf()
        try shelf.write(database)
        try shelf.write(log.prefix(length), to: "-wal")
        let count = try survivors(shelf)
        #expect(count >= 100 && count >= most && count % 20 == 0, "\(length) of \(log.count) bytes: \(count) items")
        most = count
    }
    #expect(most == items)
}

@Test func `a file that is cut off is refused, or has only what was written`() throws {
    let (database, _) = try torn()
    for length in stride(from: 1, to: database.count, by: 487) {
        let shelf = try Shelf()
        try shelf.write(database.prefix(length))
        do {
            #expect(try survivors(shelf) <= 100)
        } catch let error as JournalError {
            #expect(error.description.hasPrefix(shelf.path.text))
            #expect(try shelf.bytes() == database.prefix(length), "a refused file is left as it is")
        }
    }
}

@Test func `a changed byte costs items or the journal, and never changes a result`() throws {
    let (database, log) = try torn()
    var random = Seeded(1)
    for _ in 0..<400 {
        let shelf = try Shelf()
        var (changed, changedLog) = (database, log)
        for _ in 0...random.below(3) {
            if random.once(in: 2) {
                changed[random.below(changed.count)] ^= UInt8(1 << random.below(8))
            } else {
                changedLog[random.below(changedLog.count)] ^= UInt8(1 << random.below(8))
            }
        }
        try shelf.write(changed)
        try shelf.write(changedLog, to: "-wal")
        do { #expect(try survivors(shelf) <= items) } catch is JournalError {}
    }
}

@Test func `a file that is no journal is left as it is`() throws {
    for content in ["one\ntwo\n", String(repeating: "x", count: 10_000), "SQLite format 3\0 and then nothing"] {
        let shelf = try Shelf()
        try shelf.write(Data(content.utf8))
        #expect(throws: JournalError.noJournal(shelf.path)) { try Journal(path: shelf.path) }
        #expect(try shelf.bytes() == Data(content.utf8))
    }
    let shelf = try Shelf()
    try shelf.write(Data())
    let other = try Database(path: shelf.path)
    try other.execute("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)")
    let before = try shelf.bytes()
    #expect(throws: JournalError.noJournal(shelf.path)) { try Journal(path: shelf.path) }
    #expect(try shelf.bytes() == before)
}

@Test func `a journal of another format is named`() throws {
    let shelf = try Shelf()
    let journal = try shelf.open()
    try journal.database.execute("PRAGMA user_version = 7")
    journal.end("completed")
    #expect(throws: JournalError.otherFormat(shelf.path, 7)) { try Journal(path: shelf.path) }
}

@Test func `a row that is not what was written is gone`() throws {
    let shelf = try Shelf()
    let first = try shelf.open()
    for item in 1...9 { _ = first.add(item < 6 ? failed : ok("ok"), keys(item), item: item, source: nil) }
    first.settle()
    let changes = [
        "message = 'x'", "attempts = 2", "traceback = NULL", "input = ''", "outcome = 'error'", "output = 'ok '",
        "traits = 3", "seal = seal + 1",
    ]
    for (place, change) in changes.enumerated() {
        try first.database.execute("UPDATE items SET \(change) WHERE item = \(place + 1)")
    }
    first.end("completed")
    let second = try shelf.open()
    #expect((1...9).map { second.recall(keys($0)) != nil } == (1...9).map { $0 > changes.count })
}

@Test func `a row to which a damaged index leads is not another item's`() throws {
    let shelf = try Shelf()
    let first = try shelf.open()
    for item in 1...2 { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.end("completed")
    let second = try shelf.open()
    let row = try #require(second.claim(keys(1)))
    #expect(second.entry(row, of: keys(2)) == nil)
    #expect(second.entry(row, of: keys(1)) == ok("result 1"), "and it is still there")
}

@Test(arguments: [Int64(1) << 40, -1, .min, .max])
func `a row whose number is anything is read, or run again`(id: Int64) throws {
    let shelf = try Shelf()
    let first = try shelf.open()
    for item in 1...9 { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.settle()
    try first.database.execute("UPDATE items SET id = \(id) WHERE id = 5")
    first.end("completed")
    let second = try shelf.open()
    let found = (1...9).map { second.recall(keys($0)) }
    #expect(zip(1..., found).allSatisfy { $1 == ok("result \($0)") || $0 == 5 && $1 == nil && id < 0 })
    #expect(second.add(ok("5"), keys(5), item: 5, source: nil) && second.failure == nil)
}

@Test func `each byte of a journal, changed, costs items or the journal, and no end of time`() throws {
    let shelf = try Shelf()
    let first = try shelf.open()
    for item in 1...items { _ = first.add(ok("result \(item)"), keys(item), item: item, source: nil) }
    first.settle()
    try first.database.execute("CREATE INDEX items_by_key ON items (key)")
    first.end("completed")
    let bytes = try shelf.bytes()
    for place in stride(from: 100, to: bytes.count, by: 293) {
        var changed = bytes
        changed[place] ^= 0xFF
        let shelf = try Shelf()
        try shelf.write(changed)
        do { #expect(try survivors(shelf) <= items) } catch is JournalError {}
    }
}
