// The outcome of an item, and the columns of its row.

import Bytes
package import Wire

/// The outcome of an item.
package struct JournalEntry: Equatable {
    /// `ok`, or the kind of its failure.
    package enum Result: Equatable {
        case ok(output: [UInt8])
        case failed(Failure, attempts: Int, worker: Int)
    }

    package let result: Result
    package let traits: ItemTraits

    package init(_ result: Result, _ traits: ItemTraits) {
        self.result = result
        self.traits = traits
    }
}

// MARK: Columns

extension Value {
    /// Bytes that are not UTF-8 are a blob in the column of text.
    fileprivate init(input: ByteString?) {
        self = input.map { String(validating: $0.bytes, as: UTF8.self).map(Value.text) ?? .blob($0.bytes) } ?? .null
    }

    fileprivate var input: ByteString? {
        switch self {
        case .text(let text): ByteString(text)
        case .blob(let bytes): ByteString(bytes)
        case .null, .integer: nil
        }
    }
}

extension JournalEntry {
    /// outcome, traits, output, message, traceback, input, attempts, worker
    var columns: [Value] {
        let traits = Value.integer(Int64(self.traits.rawValue))
        switch result {
        case .ok(let output): return [.text("ok"), traits, .blob(output), .null, .null, .null, .null, .null]
        case .failed(let failure, let attempts, let worker):
            return [
                .text(failure.kind.rawValue), traits, .null, .text(failure.message), Value(failure.traceback),
                Value(input: failure.input), .integer(Int64(attempts)), .integer(Int64(worker)),
            ]
        }
    }

    /// Reads key, the columns, checksum; nil when they were not written together.
    init?(row: [Value]) {
        guard row.count == 10, case .blob(let bytes) = row[0], let key = Digest(stored: bytes),
            case .text(let outcome) = row[1],
            case .integer(let traits) = row[2], case .integer(let checksum) = row[9]
        else { return nil }
        self.traits = ItemTraits(rawValue: UInt32(truncatingIfNeeded: traits))
        if outcome == "ok", case .blob(let output) = row[3] {
            result = .ok(output: output)
        } else if let kind = Failure.Kind(rawValue: outcome), case .text(let message) = row[4],
            case .integer(let attempts) = row[7], case .integer(let worker) = row[8]
        {
            let failure = Failure(kind, message, traceback: row[5].text, input: row[6].input)
            result = .failed(failure, attempts: Int(attempts), worker: Int(worker))
        } else {
            return nil
        }
        if self.checksum(key: key) != checksum { return nil }
    }

    /// Reads id, key, whether it is ok, traits, checksum, output; nil when one is missing, or they were not written
    /// together.
    init?(ok row: Columns) {
        guard row.integer(2) == 1, let key = row.digest(1), let traits = row.integer(3), let checksum = row.integer(4),
            let output = row.blob(5)
        else { return nil }
        self.traits = ItemTraits(rawValue: UInt32(truncatingIfNeeded: traits))
        result = .ok(output: output)
        if Int64(self.traits.rawValue) != traits || self.checksum(key: key) != checksum { return nil }
    }

    /// Half of a digest of all that is read back, in the column `seal`: a row that has changed on the disk is run again.
    func checksum(key: Digest) -> Int64 {
        let parts: [Digest]
        if case .ok(let output) = result {
            let traits = Digest(joining: [], numbers: [UInt64(self.traits.rawValue)])
            let none = JournalEntry.none
            parts = [Digest(joining: [key]), JournalEntry.ok, traits, Digest(of: output), none, none, none, none, none]
        } else {
            parts = [Digest(joining: [key])] + columns.map { JournalEntry.digest(of: $0) }
        }
        return Int64(bitPattern: Digest(joining: parts).low)
    }

    private static let ok = Digest(of: "ok")
    private static let none = Digest(of: [])

    private static func digest(of value: Value) -> Digest {
        switch value {
        case .null: none
        case .integer(let number): Digest(joining: [], numbers: [UInt64(bitPattern: number)])
        case .text(let text): Digest(of: text)
        case .blob(let bytes): Digest(of: bytes)
        }
    }
}
