// Where items end, the slow and simple way: byte by byte, with all of the input at hand, for tests that compare.

package import Records

/// The ends of the items of an input.
package func slowEnds(of bytes: [UInt8], _ framing: RecordFraming) -> [Int] {
    var (ends, start) = ([Int](), 0)
    while start < bytes.count {
        for _ in 0..<framing.batch where start < bytes.count {
            start = slowEnd(of: framing.record, in: bytes, from: start) ?? lineEnd(in: bytes, from: start)
        }
        ends.append(start)
    }
    return ends
}

/// Nil for a row that nothing closes.
package func slowEnd(of record: RecordFraming.Record, in bytes: [UInt8], from start: Int) -> Int? {
    switch record {
    case .ended(let terminator): lineEnd(in: bytes, from: start, terminator)
    case .blocks(let size): lineEnd(in: bytes, from: max(start, start + size - 1))
    case .rows(let separator): rowEnd(in: bytes, from: start, separator)
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
