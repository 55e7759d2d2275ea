// The likely layout of an input whose first record is no JSON: a document over several lines, an array of records, UTF-16,
// MessagePack; and the way to read it.

extension RecordError {
    /// The same for the first record of a run, with the likely layout of the input.
    package func description(ofFirst record: RecordBytes) -> String {
        guard case .notJSON = self, let advice = JSONLayout(record)?.advice else { return description }
        return "\(description); \(advice)"
    }
}

private enum JSONLayout {
    case utf16, msgpack, array, document, commas

    init?(_ record: RecordBytes) {
        let start = record[0..<min(record.count, 64)].array
        if [[0xff, 0xfe], [0xfe, 0xff]].contains(where: start.starts) || start.prefix(4).contains(0) {
            self = .utf16
            return
        }
        if let byte = start.first, 0x80...0xDF ~= byte, !record.isUTF8 {
            self = .msgpack
            return
        }
        let space = Array(" \t\r".utf8)
        let end = record[max(0, record.count - 64)..<record.count].array.reversed().drop(while: space.contains)
        let first = start.first { !space.contains($0) }, last = end.first
        let isUnfinished = last.map { "[{,:".utf8.contains($0) } ?? false
        switch first {
        case UInt8(ascii: "[") where isUnfinished: self = .array
        case UInt8(ascii: "{") where end.starts(with: ",}".utf8): self = .commas
        case UInt8(ascii: "{") where isUnfinished: self = .document
        default: return nil
        }
    }

    var advice: String {
        switch self {
        case .utf16: "it looks like UTF-16; write iconv -f UTF-16 -t UTF-8 FILE | pmap …"
        case .msgpack: "it looks like MessagePack; write -f msgpack"
        case .array:
            "it looks like an array over several lines, and a value a line is read; write jq -c '.[]' FILE | pmap …"
        case .document:
            "it looks like a document over several lines, and a value a line is read; write jq -c . FILE | pmap …"
        case .commas: "a value a line is read, without a comma behind it; write sed 's/,$//' FILE | pmap …"
        }
    }
}
