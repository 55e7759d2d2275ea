// The rows of a journal: kept, claimed once each, refused when they are not what was written.

import Bytes
import Chance
import Foundation
import Testing
import Wire

@testable import Journal

/// A folder with a journal in it.
final class JournalFolder {
    let folder: URL
    private var file: String { folder.appending(path: "j").path() }
    var path: ByteString { ByteString(file) }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "pmap-journal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Opens it and begins a run.
    func open(_ fingerprint: Fingerprint = Fingerprint(), seed: UInt64 = 1, retriesFailures: Bool = false) throws
        -> Journal
    {
        let journal = try Journal(path: path)
        _ = try journal.begin(fingerprint, command: "", seed: seed, retriesFailures: retriesFailures)
        return journal
    }

    func bytes(of suffix: String = "") throws -> Data { try Data(contentsOf: URL(filePath: file + suffix)) }
    func write(_ bytes: Data, to suffix: String = "") throws { try bytes.write(to: URL(filePath: file + suffix)) }
}

func keys(_ item: Int, index: Int = 0, seed: UInt64 = 1, takesIndex: Bool = false) -> ItemKeys {
    ItemKeys(
        fingerprint: Fingerprint().digest, bytes: Digest(of: "item \(item)"), index: index, seed: seed,
        takesIndex: takesIndex)
}

func ok(_ text: String, _ traits: ItemTraits = ItemTraits(hasRecord: true)) -> JournalEntry {
    JournalEntry(.ok(output: Array(text.utf8)), traits)
}

let failed = JournalEntry(
    .failed(Failure(.crash, "gone\0\u{1F600}", traceback: "stack", input: "item"), attempts: 3, worker: 2), ItemTraits()
)

extension Journal {
    func recall(_ keys: ItemKeys) -> JournalEntry? { claim(keys).flatMap { entry($0, of: keys) } }
}

@Test func `what was kept comes back as it was, once for each item that is equal`() throws {
    let folder = try JournalFolder()
    let first = try folder.open()
    #expect(first.isNew && first.claim(keys(1)) == nil)
    for (index, entry) in [ok("a\n"), failed, ok(""), ok("again\n")].enumerated() {
        #expect(first.add(entry, keys(index % 3), item: index + 1, source: "in:\(index)"))
    }
    first.end("completed")
    let second = try folder.open()
    #expect(!second.isNew)
    #expect(second.recall(keys(1)) == failed)
    #expect(
        [second.recall(keys(0)), second.recall(keys(0)), second.recall(keys(0))] == [ok("a\n"), ok("again\n"), nil])
    #expect(second.recall(keys(2)) == ok("") && second.recall(keys(3)) == nil)
    #expect(second.failure == nil)
    second.end("completed")
    #expect(try folder.open().recall(keys(0)) == ok("a\n"), "each run takes each row once")
}

@Test func `failed items that are to be run again are forgotten`() throws {
    let folder = try JournalFolder()
    let first = try folder.open()
    _ = first.add(failed, keys(1), item: 1, source: nil)
    _ = first.add(ok("x"), keys(2), item: 2, source: nil)
    first.end("completed")
    let second = try folder.open(retriesFailures: true)
    #expect(second.claim(keys(1)) == nil && second.recall(keys(2)) == ok("x"))
    second.end("SIGKILL")
    #expect(try folder.open().claim(keys(1)) == nil)
}

@Test func `a result that depends on chance is found for the same index and seed only`() throws {
    let folder = try JournalFolder()
    let first = try folder.open(seed: 5)
    _ = first.add(ok("random", ItemTraits(drewRandomNumbers: true)), keys(1, index: 7, seed: 5), item: 7, source: nil)
    first.end("completed")
    let second = try folder.open()
    #expect(second.seed == 5)
    #expect(second.claim(keys(1, index: 8, seed: 5)) == nil && second.claim(keys(1, index: 7, seed: 6)) == nil)
    #expect(second.claim(keys(1, index: 7, seed: 5)) != nil)
}

@Test func `an item of a task that is told its index has another key at another index`() {
    #expect(keys(1, index: 1, takesIndex: true).usual != keys(1, index: 2, takesIndex: true).usual)
    #expect(keys(1, index: 1).usual == keys(1, index: 2).usual)
}

@Test func `many equal items are found as fast as others`() throws {
    let folder = try JournalFolder()
    let first = try folder.open()
    for item in 1...20_000 { _ = first.add(ok("\(item)"), keys(1), item: item, source: nil) }
    first.end("completed")
    let second = try folder.open()
    var claimed = ClaimedRows()
    for item in 1...20_000 { #expect(second.recall(keys(1)) == ok("\(item)")) }
    #expect(second.claim(keys(1)) == nil)
    for id: Int64 in [64, 64_000, .max, -1, .min] {
        #expect(claimed.claim(id) && !claimed.claim(id) && claimed.claim(id ^ 1))
    }
}

@Test func `what has changed in a fingerprint is named`() throws {
    var earlier = Fingerprint()
    for (name, text) in [("t.lua", "1"), ("--to", "lines"), ("module m", "x")] { earlier.add(name, Array(text.utf8)) }
    var later = Fingerprint()
    for (name, text) in [("t.lua", "2"), ("--to", "lines"), ("module n", "x")] { later.add(name, Array(text.utf8)) }
    #expect(later.changes(since: earlier).names == ["module m", "module n", "t.lua"])
    #expect(later.digest != earlier.digest && later.changes(since: later) == Fingerprint.Changes())
    let folder = try JournalFolder()
    for (fingerprint, changes) in [(earlier, []), (later, ["module m", "module n", "t.lua"]), (later, [])] {
        let journal = try Journal(path: folder.path)
        #expect(try journal.begin(fingerprint, command: "", seed: 1, retriesFailures: false).names == changes)
        journal.end("completed")
    }
}

@Test func `results are found as long as modules that workers loaded are what they were`() throws {
    let folder = try JournalFolder()
    var fingerprint = Fingerprint()
    fingerprint.add("t.lua", [1])
    let versions = ["one", "two"].map { Digest(of: $0) }
    /// Begins a run in which the module is as it is now.
    func run(_ module: Digest?, _ act: (Journal, Digest) throws -> Void) throws -> [String] {
        let journal = try Journal(path: folder.path)
        let changes = try journal.begin(fingerprint, command: "", seed: 1, retriesFailures: false) { _ in module }
        try act(journal, journal.fingerprint)
        journal.end("completed")
        return changes.names
    }
    func key(_ fingerprint: Digest) -> ItemKeys {
        ItemKeys(fingerprint: fingerprint, bytes: Digest(of: "item"), index: 1, seed: 1, takesIndex: false)
    }
    for (index, version) in versions.enumerated() {
        let changes = try run(version) { journal, fingerprint in
            #expect(journal.claim(key(fingerprint)) == nil)
            _ = journal.add(ok("\(index)"), key(fingerprint), item: 1, source: nil)
            journal.record(workerModule: "m", version)
        }
        #expect(changes == (index == 0 ? [] : ["module m"]))
    }
    for index in [1, 0, 0, 1] {
        _ = try run(versions[index]) { journal, fingerprint in
            #expect(journal.recall(key(fingerprint)) == ok("\(index)"))
        }
    }
    // Gone, and two things in one run.
    let changes = try run(nil) { journal, fingerprint in #expect(journal.claim(key(fingerprint)) == nil) }
    #expect(changes == ["module m"])
    _ = try run(versions[0]) { journal, _ in journal.record(workerModule: "m", versions[1]) }
    _ = try run(versions[0]) { journal, fingerprint in #expect(journal.claim(key(fingerprint)) == nil) }
    _ = try run(versions[1]) { journal, fingerprint in #expect(journal.recall(key(fingerprint)) == ok("1")) }
}

@Test func `SHA-256 is that of FIPS 180-4`() {
    func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
    #expect(hex(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
        hex(SHA256.hash(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let million = Array(repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(hex(SHA256.hash(million)) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
}

@Test(arguments: [0, 1, 2])
func `rows are found in whatever order they are asked for`(order: Int) throws {
    let folder = try JournalFolder()
    let count = 5000
    let first = try folder.open()
    for item in 1...count { _ = first.add(item % 7 == 0 ? failed : ok("\(item)"), keys(item), item: item, source: nil) }
    first.end("completed")
    let second = try folder.open()
    var asked = Array(1...count + 500)  // the last ones are new
    var random = Seeded(1)
    if order == 1 { asked.reverse() }
    if order == 2 { for index in asked.indices { asked.swapAt(index, random.below(asked.count)) } }
    for item in asked {
        #expect(second.recall(keys(item)) == (item > count ? nil : item % 7 == 0 ? failed : ok("\(item)")))
    }
    #expect(asked.allSatisfy { second.claim(keys($0)) == nil })
}

@Test func `a digest comes back from its bytes`() {
    let digest = Digest(of: "text")
    #expect(Digest(stored: digest.bytes) == digest && Digest(stored: []) == nil)
}
