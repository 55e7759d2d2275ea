// Failures by message: the first messages have a group each, with an example, and the others are counted. Messages that
// differ in numbers alone are one.

import Bytes
import ProcessPool
import Wire

struct FailureGroups {
    struct Group: Equatable {
        let kind: Failure.Kind
        let message: String
        /// Of the first failure.
        let traceback: String?
        /// The first item, what it is of, and what it was, where that is known.
        let item: Int
        let chunk: Chunk
        let text: String?
        /// Nanoseconds since the run's start.
        let first: Int
        var last: Int
        var count = 1
        /// Others have other numbers in the message.
        var isVaried = false
    }

    private(set) var groups: [Group] = []
    /// Failures with other messages.
    private(set) var others = 0
    private var places: [Key: Int] = [:]
    private let capacity: Int

    private struct Key: Hashable {
        let kind: Failure.Kind
        let message: [UInt8]
    }

    /// Bytes: messages that are the same so far are the same, and of a traceback no more is kept.
    private static let (messageLimit, tracebackLimit) = (1000, 4000)

    init(capacity: Int) { self.capacity = capacity }

    /// The group of a failure of the item, at a time.
    mutating func add(_ failure: Failure, item: Int, of chunk: Chunk, text: String?, at time: Int) -> Int? {
        let message = failure.message.truncated(toBytes: FailureGroups.messageLimit)
        let key = Key(kind: failure.kind, message: FailureGroups.pattern(of: message))
        if let place = places[key] {
            groups[place].count += 1
            if !groups[place].isVaried, groups[place].message != message { groups[place].isVaried = true }
            groups[place].last = max(groups[place].last, time)
            return place
        }
        guard groups.count < capacity else {
            others += 1
            return nil
        }
        places[key] = groups.count
        groups.append(
            Group(
                kind: failure.kind, message: message,
                traceback: failure.traceback?.truncated(toBytes: FailureGroups.tracebackLimit), item: item,
                chunk: chunk,
                text: (text ?? failure.input?.escapedLine(keepingBackslashes: false))?.truncated(
                    toBytes: FailureGroups.messageLimit),
                first: time, last: time))
        return groups.count - 1
    }

    /// The message without its numbers, which are of one item, process or address; that of a line stays: `t.lua:3:`.
    static func pattern(of message: String) -> [UInt8] {
        var pattern: [UInt8] = []
        var (start, isHexadecimal) = (nil as Int?, false)
        for byte in message.utf8 {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            if isDigit || isHexadecimal && (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) {
                start = start ?? pattern.count
            } else if byte == UInt8(ascii: "x"), let number = start, pattern[number...] == [UInt8(ascii: "0")] {
                isHexadecimal = true
            } else {
                shorten(&pattern, from: start, before: byte)
                (start, isHexadecimal) = (nil, false)
            }
            pattern.append(byte)
        }
        shorten(&pattern, from: start, before: 0)
        return pattern
    }

    /// Puts a mark in place of the number that begins at `start`, unless colons enclose it.
    private static func shorten(_ pattern: inout [UInt8], from start: Int?, before next: UInt8) {
        guard let start else { return }
        let colon = UInt8(ascii: ":")
        if start > 0, pattern[start - 1] == colon, next == colon { return }
        pattern.removeSubrange(start...)
        pattern.append(UInt8(ascii: "#"))
    }
}
