// A JSON text → a Lua value. simdjson parses, and its tape is walked straight onto the stack, without recursion.

import Lua
import Wire

/// Reads JSON texts.
struct JSONReader: ~Copyable {
    private let marks: TableMarks
    private var parser = JSONParser()
    private var repaired = WireBuffer(capacity: 16)
    /// Where the values of the tables around the current one go.
    private var outer: [Place] = []

    /// Where the next value goes.
    private enum Place {
        case root
        case list(at: Int)
        case object
    }

    init(marks: TableMarks) {
        self.marks = marks
    }

    /// Stack: → value, or nothing when there is only space. 64 bytes after `record` must be readable.
    mutating func read(_ record: RecordBytes, onto stack: Stack) throws(RecordError) -> RecordReader.Outcome {
        let text = withoutByteOrderMark(record)
        if isBlank(text) { return .blank }
        switch parser.parse(text) {
        case nil: break
        case .number?: try parseRepaired(text)
        case let fault?: throw .notJSON(fault)
        }
        push(parser.tape, onto: stack)
        return .value
    }

    /// simdjson refuses integers outside 64 bits; as floats it takes them.
    private mutating func parseRepaired(_ text: RecordBytes) throws(RecordError) {
        repaired.reset()
        try JSONNumbers.repair(text, into: &repaired)
        let count = repaired.count
        repaired.insert(zeros: JSONParser.padding, at: count)
        if let fault = parser.parse(RecordBytes(repaired)[0..<count]) { throw .notJSON(fault) }
    }

    // MARK: The tape

    /// Stack: → value
    private mutating func push(_ tape: JSONTape, onto stack: Stack) {
        var place = Place.root
        var at = 1
        makeRoom(on: stack)
        while true {
            if case .object = place, tag(tape[at]) == UInt8(ascii: "\"") {
                stack.push(tape.string(at: payload(tape[at])))
                at += 1
            }
            let word = tape[at]
            at += 1
            switch tag(word) {
            case UInt8(ascii: "{"):
                makeRoom(on: stack)
                stack.newTable(keys: values(word))
                marks.mark(-1, as: .object, in: stack)
                outer.append(place)
                place = .object
                continue
            case UInt8(ascii: "["):
                makeRoom(on: stack)
                stack.newTable(list: values(word))
                marks.mark(-1, as: .array, in: stack)
                outer.append(place)
                place = .list(at: 1)
                continue
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                place = outer.removeLast()
            case UInt8(ascii: "\""):
                stack.push(tape.string(at: payload(word)))
            case UInt8(ascii: "l"):
                stack.push(Int64(bitPattern: tape[at]))
                at += 1
            case UInt8(ascii: "u"):
                stack.push(Double(tape[at]))
                at += 1
            case UInt8(ascii: "d"):
                stack.push(Double(bitPattern: tape[at]))
                at += 1
            case UInt8(ascii: "t"): stack.push(true)
            case UInt8(ascii: "f"): stack.push(false)
            default: stack.pushNull()
            }
            switch place {
            case .root:
                return
            case .list(let next):
                stack.rawSet(-2, at: next)
                place = .list(at: next + 1)
            case .object:
                stack.rawSet(-3)
            }
        }
    }

    /// A table, its key and its value; at most 1024 levels of it, far from Lua's limit.
    private func makeRoom(on stack: Stack) {
        guard stack.reserve(4) else { preconditionFailure("records are read onto a stack that is nearly empty") }
    }

    private func tag(_ word: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> 56) }
    private func payload(_ word: UInt64) -> Int { Int(word & 0x00FF_FFFF_FFFF_FFFF) }
    /// How many values a table has; the tape counts to 2²⁴ − 1.
    private func values(_ word: UInt64) -> Int32 { Int32(truncatingIfNeeded: word >> 32 & 0xFF_FFFF) }

    // MARK: What is no JSON but meant kindly

    private func withoutByteOrderMark(_ record: RecordBytes) -> RecordBytes {
        guard record.count >= 3, record[0] == 0xEF, record[1] == 0xBB, record[2] == 0xBF else { return record }
        return record.from(3)
    }

    private func isBlank(_ text: RecordBytes) -> Bool {
        for place in 0..<text.count {
            switch text[place] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
            default: return false
            }
        }
        return true
    }
}
