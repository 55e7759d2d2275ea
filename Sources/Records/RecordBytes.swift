// A view of bytes in borrowed memory: a record in a chunk, a string on the Lua stack, text in a buffer. Unsafe because it
// reads that memory.

package import Bytes
import CHashBridge
import Glibc
package import Lua

/// A view of bytes. It owns nothing and is valid as long as the memory it was made from; every access is
/// checked against its bounds.
@safe package struct RecordBytes {
    let memory: UnsafeRawBufferPointer

    package init(_ memory: UnsafeRawBufferPointer) {
        unsafe self.memory = memory
    }

    /// The bytes of `buffer`, valid until its next change.
    package init(_ buffer: borrowing ByteBuffer) {
        unsafe memory = buffer.bytes
    }

    package var count: Int { unsafe memory.count }
    package var isEmpty: Bool { count == 0 }
    package var last: UInt8? { isEmpty ? nil : self[count - 1] }
    package var array: [UInt8] { unsafe Array(memory) }

    package subscript(_ index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "outside the bytes")
        return unsafe memory[index]
    }

    package subscript(_ range: Range<Int>) -> RecordBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the bytes")
        guard let base = unsafe memory.baseAddress else { return self }
        return unsafe RecordBytes(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    package func from(_ offset: Int) -> RecordBytes { self[offset..<count] }

    /// Without a byte order mark in front.
    package var unmarked: RecordBytes { count >= 3 && self[0..<3].array == [0xEF, 0xBB, 0xBF] ? from(3) : self }

    /// They begin in memory where `other` does.
    package func begin(where other: RecordBytes) -> Bool { unsafe memory.baseAddress == other.memory.baseAddress }

    /// As text; what is not UTF-8 is repaired.
    package var text: String { unsafe String(decoding: memory, as: UTF8.self) }

    /// A checksum of these bytes that continues the checksum `before`.
    package func checksum(after before: UInt64 = 0) -> UInt64 {
        unsafe pmap_hash_more(memory.baseAddress, count, before)
    }

    // MARK: Search

    /// The index of the next `byte` from `start` on.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        precondition(start >= 0 && start <= count, "outside the bytes")
        guard let base = unsafe memory.baseAddress,
            let hit = unsafe memchr(base + start, Int32(byte), count - start)
        else { return nil }
        return unsafe UnsafeRawPointer(hit) - base
    }

    /// The number of times that `byte` occurs: ranges so short that a byte can count them become vector instructions.
    package func occurrences(of byte: UInt8) -> Int {
        guard let base = unsafe memory.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        var total = 0, start = 0
        while start < count {
            let length = min(count - start, 240)
            let range = unsafe base + start
            var hits: UInt8 = 0
            var index = 0
            while index < length {
                hits &+= unsafe range[index] == byte ? 1 : 0
                index &+= 1
            }
            total &+= Int(hits)
            start &+= length
        }
        return total
    }

    /// There is nothing but printable ASCII, and no backslash: nothing that has an escape.
    private var isPlain: Bool {
        var others: UInt8 = 0
        for index in 0..<count {
            let byte = unsafe memory[index]
            others |= byte &- 0x20 < 0x5F && byte != 0x5C ? 0 : 1
        }
        return others == 0
    }

    /// Appends the text on one line, from which the bytes can be told; at most `most` of them, and `…` if that is not all.
    package func appendLine(to buffer: inout ByteBuffer, isJSON: Bool, most: Int = .max) {
        if count <= most && isPlain { return buffer.append(self) }
        var end = min(count, most)
        while end > 0, end < count, unsafe memory[end] & 0xC0 == 0x80 { end -= 1 }
        buffer.append(ByteString(self[0..<end].array).escapedLine(keepingBackslashes: isJSON))
        if end < count { buffer.append("…") }
    }

    /// The index of the first control character, quote or backslash from `start` on, or `count`; with `orHigh` also of
    /// bytes from 0x80.
    func firstToEscape(from start: Int, orHigh: Bool) -> Int {
        var at = start
        while count - at >= 8 {
            let word = unsafe UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let found = toEscape(in: word, orHigh: orHigh)
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < count {
            if unsafe toEscape(in: UInt64(memory[at]) | 0x2020_2020_2020_2000, orHigh: orHigh) != 0 { return at }
            at += 1
        }
        return count
    }

    /// Copies the bytes unless there is one to escape, or from 0x80; then returns false. `out` has space for as many
    /// bytes. The last word overlaps the one before.
    fileprivate func copyPlain(to out: UnsafeMutableRawPointer) -> Bool {
        var at = 0
        if count >= 8 {
            while at < count {
                at = min(at, count &- 8)
                let word = unsafe memory.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                if toEscape(in: word, orHigh: true) != 0 { return false }
                unsafe out.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
                at &+= 8
            }
        } else {
            while at < count {
                let byte = unsafe memory[at]
                if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { return false }
                unsafe out.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
                at &+= 1
            }
        }
        return true
    }

    // MARK: Order

    /// The first eight bytes as a number that sorts as they do; missing ones count as zero.
    var prefix: UInt64 {
        if count >= 8 { return unsafe UInt64(bigEndian: memory.loadUnaligned(as: UInt64.self)) }
        var word: UInt64 = 0
        for index in 0..<count { word = word &<< 8 | UInt64(unsafe memory[index]) }
        return word << UInt64(64 - 8 * count)
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

extension RecordCursor {
    /// A loop over the records that are left, for `items`.
    package func loop(over items: Range<Int>, outputTerminator: UInt8?) -> ItemLoop {
        unsafe ItemLoop(
            chunk.from(offset).memory, terminator: framing.terminator, outputTerminator: outputTerminator, items: items)
    }

    /// Advances past the records of the loop.
    package mutating func skip(_ loop: ItemLoop) { offset = unsafe chunk.count - loop.rest.count }
}

extension ItemLoop.Record {
    package var bytes: RecordBytes { unsafe RecordBytes(memory) }
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

extension ByteBuffer {
    package mutating func append(_ bytes: RecordBytes) { unsafe append(bytes.memory) }

    /// Appends `text` in quotes if nothing in it needs an escape and all of it is ASCII; else nothing, and false.
    mutating func append(plain text: RecordBytes) -> Bool {
        let start = count
        unsafe append(upTo: text.count + 2) { out in
            guard unsafe text.copyPlain(to: out + 1) else { return 0 }
            unsafe out.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            unsafe out.storeBytes(of: UInt8(ascii: "\""), toByteOffset: text.count + 1, as: UInt8.self)
            return text.count + 2
        }
        return count > start
    }
}

/// A set top bit tags each control character, quote and backslash among eight bytes, and if `orHigh` each byte from
/// 0x80. Above the lowest mark there may be false ones.
private func toEscape(in word: UInt64, orHigh: Bool) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101, tops = ones << 7
    let quote = word ^ (ones &* 0x22), backslash = word ^ (ones &* 0x5C)
    let below = (word &- ones &* 0x20) & ~word
    let hits = below | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
    return (hits | (orHigh ? word : 0)) & tops
}

/// Any float, for C that writes; at most 24 bytes.
func writeFloat(_ value: Double, to out: UnsafeMutablePointer<CChar>?) -> Int32 {
    guard let out = unsafe out else { return 0 }
    var text = value.description
    return text.withUTF8 { utf8 in
        unsafe UnsafeMutableRawBufferPointer(start: out, count: utf8.count).copyBytes(from: utf8)
        return Int32(utf8.count)
    }
}
