// Where items end, the slow and simple way: byte by byte, with all of the input at hand, for tests that compare.

package import Records

/// The ends of the items of an input.
package func slowEnds(of bytes: [UInt8], _ framing: RecordFraming) -> [Int] {
    var (ends, start) = ([Int](), 0)
    while start < bytes.count {
        for _ in 0..<framing.batch where start < bytes.count {
            start =
                slowEnd(of: framing.record, in: bytes, from: start)
                ?? (framing.record == .values ? bytes.count : lineEnd(in: bytes, from: start))
        }
        ends.append(start)
    }
    return ends
}

/// Nil for a row that nothing closes, and for a value that is cut off.
package func slowEnd(of record: RecordFraming.Record, in bytes: [UInt8], from start: Int) -> Int? {
    switch record {
    case .ended(let terminator): lineEnd(in: bytes, from: start, terminator)
    case .blocks(let size): lineEnd(in: bytes, from: max(start, start + size - 1))
    case .rows(let separator): rowEnd(in: bytes, from: start, separator)
    case .values: valueEnd(in: bytes, from: start)?.end
    }
}

private let (newline, quote) = (UInt8(ascii: "\n"), UInt8(ascii: "\""))

/// Of the line that this is in.
package func lineEnd(in bytes: [UInt8], from start: Int, _ terminator: UInt8 = newline) -> Int {
    var at = start
    while at < bytes.count {
        at += 1
        if bytes[at - 1] == terminator { return at }
    }
    return bytes.count
}

private func rowEnd(in bytes: [UInt8], from start: Int, _ separator: UInt8) -> Int? {
    var at = bytes[start...].starts(with: [0xEF, 0xBB, 0xBF]) ? start + 3 : start
    var (isFieldStart, isQuoted) = (true, false)
    while at < bytes.count {
        let byte = bytes[at]
        at += 1
        if isQuoted {
            if byte != quote { continue }
            if at < bytes.count && bytes[at] == quote { at += 1 } else { isQuoted = false }
        } else if byte == newline {
            return at
        } else if byte == quote && isFieldStart {
            (isQuoted, isFieldStart) = (true, false)
        } else {
            isFieldStart = byte == separator
        }
    }
    return isQuoted ? nil : bytes.count
}

/// Of a value of MessagePack, as its specification describes it; or behind a byte that begins none. Nil where bytes are missing.
package func valueEnd(in bytes: [UInt8], from start: Int) -> (end: Int, isBroken: Bool)? {
    guard start < bytes.count else { return nil }
    let tag = bytes[start]
    /// The number in so many bytes behind the tag.
    func count(_ size: Int) -> Int {
        bytes[min(start + 1, bytes.count)...].prefix(size).reduce(0) { $0 << 8 | Int($1) }
    }
    /// What has so many bytes behind the tag.
    func scalar(_ size: Int) -> (Int, Bool)? { start + 1 + size <= bytes.count ? (start + 1 + size, false) : nil }
    /// What has a count in so many bytes, and then what it counts.
    func counted(_ size: Int, more: Int = 0) -> (Int, Bool)? {
        scalar(size).flatMap { _ in scalar(size + more + count(size)) }
    }
    /// So many values behind a count in `size` bytes.
    func values(_ number: Int, behind size: Int) -> (Int, Bool)? {
        guard var at = scalar(size)?.0 else { return nil }
        for _ in 0..<number {
            guard let next = valueEnd(in: bytes, from: at) else { return nil }
            if next.isBroken { return next }
            at = next.end
        }
        return (at, false)
    }
    switch tag {
    case 0x00...0x7F, 0xE0...0xFF, 0xC0, 0xC2, 0xC3: return scalar(0)
    case 0x80...0x8F: return values(2 * Int(tag & 15), behind: 0)
    case 0x90...0x9F: return values(Int(tag & 15), behind: 0)
    case 0xA0...0xBF: return scalar(Int(tag & 31))
    case 0xC4, 0xD9: return counted(1)
    case 0xC5, 0xDA: return counted(2)
    case 0xC6, 0xDB: return counted(4)
    case 0xC7: return counted(1, more: 1)
    case 0xC8: return counted(2, more: 1)
    case 0xC9: return counted(4, more: 1)
    case 0xCC, 0xD0: return scalar(1)
    case 0xCD, 0xD1: return scalar(2)
    case 0xCA, 0xCE, 0xD2: return scalar(4)
    case 0xCB, 0xCF, 0xD3: return scalar(8)
    case 0xD4...0xD8: return scalar(1 + (1 << Int(tag - 0xD4)))
    case 0xDC: return values(count(2), behind: 2)
    case 0xDD: return values(count(4), behind: 4)
    case 0xDE: return values(2 * count(2), behind: 2)
    case 0xDF: return values(2 * count(4), behind: 4)
    default: return (start + 1, true)
    }
}
