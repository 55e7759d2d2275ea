// Bytes that lie in somebody else's memory: a record in a chunk, a string on the Lua stack, text in a buffer.
// Together with JSONParser.swift the fence of this module: the rest of it sees no pointer.

import Glibc
import Lua
package import Wire

/// A view of bytes. It owns nothing and is valid as long as the memory it was made from; every access is
/// checked against its bounds.
@safe package struct RecordBytes {
    let memory: UnsafeRawBufferPointer

    package init(_ memory: UnsafeRawBufferPointer) {
        unsafe self.memory = memory
    }

    /// What was written to `buffer`, until its next change.
    package init(_ buffer: borrowing WireBuffer) {
        unsafe memory = buffer.bytes
    }

    package var count: Int { unsafe memory.count }
    package var isEmpty: Bool { count == 0 }
    package var array: [UInt8] { unsafe Array(memory) }

    package subscript(_ place: Int) -> UInt8 {
        precondition(place >= 0 && place < count, "outside the bytes")
        return unsafe memory[place]
    }

    package subscript(_ range: Range<Int>) -> RecordBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the bytes")
        return unsafe RecordBytes(UnsafeRawBufferPointer(rebasing: memory[range]))
    }

    package func from(_ place: Int) -> RecordBytes { self[place..<count] }

    /// As text; what is not UTF-8 is repaired.
    package var text: String { unsafe String(decoding: memory, as: UTF8.self) }

    // MARK: Search

    /// Where `byte` comes next, from `start` on.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        let rest = from(start)
        guard let base = unsafe rest.memory.baseAddress,
            let hit = unsafe memchr(base, Int32(byte), rest.count)
        else { return nil }
        return unsafe start + (UnsafeRawPointer(hit) - base)
    }

    /// How often `byte` is in here, at the speed of memory: one count a lane, added up before a lane overflows.
    package func occurrences(of byte: UInt8) -> Int {
        typealias Lanes = SIMD64<UInt8>
        let wanted = Lanes(repeating: byte), one = Lanes(repeating: 1)
        var total = 0, at = 0
        while count - at >= Lanes.scalarCount {
            let vectors = min((count - at) / Lanes.scalarCount, Int(UInt8.max))
            var lanes = Lanes(repeating: 0)
            for _ in 0..<vectors {
                let vector = unsafe memory.loadUnaligned(fromByteOffset: at, as: Lanes.self)
                lanes &+= one.replacing(with: 0, where: vector .!= wanted)
                at += Lanes.scalarCount
            }
            total += Int(SIMD64<UInt16>(truncatingIfNeeded: lanes).wrappedSum())
        }
        while at < count {
            total += unsafe memory[at] == byte ? 1 : 0
            at += 1
        }
        return total
    }

    /// Where the first control character, quote or backslash is, from `start` on, or `count`; `orHigh` also
    /// stops at bytes from 0x80.
    func firstToEscape(from start: Int, orHigh: Bool) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101, tops = ones << 7
        let high = orHigh ? tops : 0
        var at = start
        while count - at >= 8 {
            let word = unsafe UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let quote = word ^ (ones &* 0x22), backslash = word ^ (ones &* 0x5C)
            let below = (word &- ones &* 0x20) & ~word
            let hits = below | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
            let found = hits & tops | word & high
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < count {
            let byte = unsafe memory[at]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || orHigh && byte >= 0x80 { return at }
            at += 1
        }
        return count
    }

    // MARK: Order

    /// The first eight bytes as a number that sorts as they do; missing ones count as zero.
    var prefix: UInt64 {
        if count >= 8 { return unsafe UInt64(bigEndian: memory.loadUnaligned(as: UInt64.self)) }
        var word: UInt64 = 0
        for place in 0..<count { word |= unsafe UInt64(memory[place]) << UInt64(56 - 8 * place) }
        return word
    }

    /// Negative, zero or positive, as the bytes sort before, with or after `other`'s.
    func order(_ other: RecordBytes) -> Int {
        let common = min(count, other.count)
        if common > 0, let left = unsafe memory.baseAddress, let right = unsafe other.memory.baseAddress {
            let order = unsafe memcmp(left, right, common)
            if order != 0 { return Int(order) }
        }
        return count - other.count
    }
}

extension Stack {
    /// Stack: → string
    func push(_ bytes: RecordBytes) { unsafe push(bytes: bytes.memory) }

    /// The string at `index`, valid while it stays on the stack. A number there becomes a string.
    func recordBytes(_ index: Int32) -> RecordBytes? {
        guard let bytes = unsafe bytes(index) else { return nil }
        return unsafe RecordBytes(bytes)
    }
}

extension WireBuffer {
    package mutating func append(_ bytes: RecordBytes) { unsafe append(bytes.memory) }
}
