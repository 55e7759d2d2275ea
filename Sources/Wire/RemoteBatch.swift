// What a remote tells the host: batches as a worker's, of entries that say of which item they are.

import Bytes

/// What a remote says first.
package struct Greeting: Equatable, Sendable {
    /// Of its program.
    package let version: String
    /// Processes that work there.
    package let workers: Int
    /// Its clock that does not stop, in nanoseconds.
    package let clock: Int

    package init(version: String, workers: Int, clock: Int) {
        (self.version, self.workers, self.clock) = (version, workers, clock)
    }
}

/// Two numbers u64 and a field.
extension ByteBuffer {
    mutating func append(_ greeting: Greeting) {
        append(native: UInt64(greeting.workers))
        append(native: UInt64(greeting.clock))
        append(field: Array(greeting.version.utf8))
    }

    func greeting(in range: Range<Int>) -> Greeting? {
        var offset = range.lowerBound + 16
        guard range.count >= 16, let version = field(at: &offset, end: range.upperBound) else { return nil }
        let numbers = [0, 8].map { Int(truncatingIfNeeded: load(UInt64.self, at: range.lowerBound + $0)) }
        guard numbers[0] > 0 else { return nil }
        return Greeting(version: String(decoding: version, as: UTF8.self), workers: numbers[0], clock: numbers[1])
    }
}

/// Writes batches, one after the other.
package struct BatchWriter: ~Copyable {
    private var batch = ByteBuffer(capacity: 4096)
    private var number: UInt64 = 1
    /// Of the items of the batch, where they are kept.
    private var times: [ItemTime] = []

    package init() { begin() }

    package var isEmpty: Bool { batch.count == BatchFormat.headerSize }
    package var count: Int { batch.count }

    private mutating func begin() {
        batch.reset()
        for word in [BatchFormat.magic, number, 0] { batch.append(native: word) }
    }

    /// `times` of the items that the entry finishes, where they are kept.
    package mutating func append(_ entry: Entry, times: ArraySlice<ItemTime> = []) {
        self.times += times
        switch entry {
        case .output(let bytes, let items): batch.appendEntry(.output, items: items) { $0.append(bytes) }
        case .item(let bytes, let traits): batch.appendEntry(.item, traits, items: 1) { $0.append(bytes) }
        case .standardError(let bytes): batch.appendEntry(.standardError) { $0.append(bytes) }
        case .failure(let failure): batch.appendEntry(.failure, items: 1) { $0.append(failure) }
        case .setupFailed(let failure): batch.appendEntry(.setupFailed) { $0.append(failure) }
        case .teardownFailed(let failure): batch.appendEntry(.teardownFailed) { $0.append(failure) }
        case .processFailed(let failure): batch.appendEntry(.processFailed) { $0.append(failure) }
        case .inputFailed(let failure): batch.appendEntry(.inputFailed) { $0.append(failure) }
        case .joinFailed(let failure, let items):
            batch.appendEntry(.joinFailed) { $0.append(JoinFailure(failure, of: items)) }
        case .joined(let nanoseconds): batch.appendEntry(.joined) { $0.append(native: UInt64(nanoseconds)) }
        case .chunkEnd(let nanoseconds): batch.appendEntry(.chunkEnd) { $0.append(native: UInt64(nanoseconds)) }
        case .module(let name, let digest):
            batch.appendEntry(.module) {
                $0.append(field: Array(name.utf8))
                $0.append(field: digest)
            }
        case .place(let item, let attempt): batch.append(.place, item, attempt)
        case .chunkDone(let first, let nanoseconds): batch.append(.chunkDone, first, nanoseconds)
        case .greeting(let greeting): batch.appendEntry(.greeting) { $0.append(greeting) }
        case .pulse: batch.appendEntry(.pulse) { _ in }
        case .farewell: batch.appendEntry(.farewell) { _ in }
        }
    }

    /// The bytes of the batch, to be sent; the next one begins.
    package mutating func take() -> [UInt8] {
        if !times.isEmpty {
            let times = times
            batch.appendEntry(.times) { buffer in
                for time in times { time.append(to: &buffer) }
            }
            self.times = []
        }
        batch.store(UInt64(batch.count - BatchFormat.headerSize), at: 16)
        let bytes = batch.array
        number += 1
        begin()
        return bytes
    }
}

extension ByteBuffer {
    fileprivate mutating func append(_ tag: EntryTag, _ first: Int, _ second: Int) {
        appendEntry(tag) { buffer in
            for number in [first, second] { buffer.append(native: UInt64(bitPattern: Int64(number))) }
        }
    }
}
