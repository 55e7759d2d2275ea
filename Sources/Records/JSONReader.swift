// A JSON text → a Lua value. simdjson parses, and C pushes the values of its tape; unusual texts are handled here.

import Bytes
import Lua

/// Reads JSON texts.
struct JSONReader: ~Copyable {
    private let parser: JSONParser
    private let bigIntegers: BigIntegers
    private var repaired = ByteBuffer(capacity: 16)

    init(tags: TableTags, bigIntegers: BigIntegers) {
        self.bigIntegers = bigIntegers
        parser = JSONParser(tags: tags, takesFloats: bigIntegers == .float)
    }

    /// The function of the item loop.
    var fastPath: FastPath.Reader { parser.fastPath }

    /// Stack: → value, or nothing when there is only space. 64 bytes after `record` must be readable.
    mutating func read(_ record: RecordBytes, onto stack: Stack) throws(RecordError) -> RecordReader.Outcome {
        let text = withoutByteOrderMark(record)
        if isBlank(text) { return .blank }
        switch parser.parse(text) {
        case nil: break
        case .number?: try parseRepaired(text)
        case let fault?: throw .notJSON(fault)
        }
        // At most 1024 levels of a table, its key and its value: far from Lua's limit.
        let height = stack.top
        if parser.push(onto: stack) { return .value }
        stack.top = height
        try parseRepaired(text)
        precondition(parser.push(onto: stack), "records are read onto a stack that is nearly empty")
        return .value
    }

    /// simdjson refuses most integers outside 64 bits, and makes 0 of -0; as floats or strings it takes them as they are.
    private mutating func parseRepaired(_ text: RecordBytes) throws(RecordError) {
        repaired.reset()
        var numbers = JSONNumbers(text, bigIntegers)
        try numbers.repair(into: &repaired)
        let count = repaired.count
        repaired.insert(zeros: JSONParser.padding, at: count)
        if let fault = parser.parse(RecordBytes(repaired)[0..<count], isRepaired: true) { throw .notJSON(fault) }
    }

    // MARK: Tolerated input

    private func withoutByteOrderMark(_ record: RecordBytes) -> RecordBytes {
        guard record.count >= 3, record[0] == 0xEF, record[1] == 0xBB, record[2] == 0xBF else { return record }
        return record.from(3)
    }

    private func isBlank(_ text: RecordBytes) -> Bool {
        for index in 0..<text.count {
            switch text[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
            default: return false
            }
        }
        return true
    }
}
