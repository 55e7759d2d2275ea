// Changes a journal on the disk and its write-ahead log, and resumes from it: it is refused, or the entries read are those
// that were written, and new items can be added.

import Bytes
import Foundation
import Fuzzing
import Wire

@testable import Journal

@main final class JournalFuzz: FuzzTarget {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private var path: String { folder.appending(path: "j").path() }
    private let database: [UInt8]
    private let log: [UInt8]

    private static let items = 40

    /// Makes a journal as a killed host leaves it: 20 items in the file, 20 in the log.
    init() {
        try? FileManager.default.removeItem(at: folder)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let path = folder.appending(path: "j").path()
            let ended = try JournalFuzz.open(path)
            for item in 1...20 { JournalFuzz.add(item, to: ended) }
            ended.end("completed")
            let killed = try JournalFuzz.open(path)
            for item in 21...JournalFuzz.items { JournalFuzz.add(item, to: killed) }
            killed.commit()
            (database, log) = try withExtendedLifetime(killed) {
                (
                    Array(try Data(contentsOf: URL(filePath: path))),
                    Array(try Data(contentsOf: URL(filePath: path + "-wal")))
                )
            }
        } catch {
            preconditionFailure("no journal could be made: \(error)")
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Each four bytes are a change: offset (three), value. An offset behind the file is one in the log, or, far behind, a
    /// length to truncate it to.
    func feed(_ bytes: UnsafeRawBufferPointer) {
        var (database, log) = (database, log)
        for start in stride(from: 0, through: bytes.count - 4, by: 4) {
            let (high, middle, low, value) = unsafe (
                Int(bytes[start]), Int(bytes[start + 1]), Int(bytes[start + 2]), bytes[start + 3]
            )
            let offset = high << 16 | middle << 8 | low
            if offset < database.count {
                database[offset] = value
            } else if log.indices.contains(offset - self.database.count) {
                log[offset - self.database.count] = value
            } else if value < 128 {
                log.removeLast(min(log.count, offset & 0xffff))
            } else if value == 255 {
                database.removeLast(min(database.count, offset & 0xffff))
            }
        }
        resume(from: database, log)
    }

    private func resume(from database: [UInt8], _ log: [UInt8]) {
        for suffix in ["-shm", "-journal"] { _ = unsafe unlink(path + suffix) }
        write(database, to: path)
        write(log, to: path + "-wal")
        guard let journal = try? JournalFuzz.open(path) else { return }
        for item in 1...JournalFuzz.items {
            let keys = JournalFuzz.keys(item)
            guard let row = journal.claim(keys), let entry = journal.entry(row, of: keys) else { continue }
            precondition(entry == JournalFuzz.entry(item), "a result has changed")
        }
        JournalFuzz.add(JournalFuzz.items + 1, to: journal)
        journal.end("completed")
    }

    private func write(_ bytes: [UInt8], to path: String) {
        guard let file = unsafe fopen(path, "w") else { preconditionFailure("\(path) is not writable") }
        unsafe bytes.withUnsafeBytes { _ = unsafe fwrite($0.baseAddress, 1, $0.count, file) }
        unsafe fclose(file)
    }

    private static func open(_ path: String) throws -> Journal {
        let journal = try Journal(path: ByteString(path))
        _ = try journal.begin(Fingerprint(), command: "", seed: 1, retriesFailures: false)
        return journal
    }

    private static func add(_ item: Int, to journal: Journal) {
        _ = journal.add(entry(item), keys(item), item: item, source: "in:\(item)")
    }

    private static func keys(_ item: Int) -> ItemKeys {
        ItemKeys(
            fingerprint: Fingerprint().digest, bytes: Digest(of: "\(item)"), index: item, seed: 1,
            takesIndex: item % 2 == 0)
    }

    private static func entry(_ item: Int) -> JournalEntry {
        if item % 5 == 0 {
            let failure = Failure(
                .error, "no \(item)", traceback: item % 2 == 0 ? "stack" : nil, input: ByteString("\(item)"))
            return JournalEntry(.failed(failure, attempts: item, worker: 1), ItemTraits())
        }
        let output = Array(repeating: UInt8(item), count: item * 20)
        return JournalEntry(.ok(output: output), ItemTraits(hasRecord: true, drewRandomNumbers: item % 7 == 0))
    }

    var seeds: [[UInt8]] {
        (0..<64).map { [0, UInt8($0 * 2), 100, 1] } + [[], [0xff, 1, 0, 0], [0xff, 1, 0, 0xff], [0, 0x60, 40, 7]]
    }
}
