// The record that `--on-error keep` writes instead of a failed item's, and its line in the file of `--errors`.

import Bytes
import Lua
package import Wire

/// A failed item, in the formats that programs read.
package struct ErrorRecord {
    package let index: Int
    package let failure: Failure
    private let attempts: Int

    package init(index: Int, failure: Failure, attempts: Int) {
        self.index = index
        self.failure = failure
        self.attempts = attempts
    }

    /// A record with its terminator, if there is one.
    package func bytes(as format: OutputFormat) -> [UInt8] {
        var record = ByteBuffer()
        switch format {
        case .lines: record.append("error: \(failure.message.replacing("\n", with: " "))")
        case .nul: record.append("error: \(failure.message)")
        case .jsonl:
            record.append("{\"error\":{\"index\":\(index),\"kind\":\"\(failure.kind)\",\"message\":")
            record.append(jsonString: failure.message)
            record.append("}}")
        case .msgpack:
            record.appendMap(count: 1)
            record.append(msgpack: "error")
            record.appendMap(count: 3)
            record.append(msgpack: "index")
            record.append(integer: Int64(index))
            record.append(msgpack: "kind")
            record.append(msgpack: "\(failure.kind)")
            record.append(msgpack: "message")
            record.append(msgpack: failure.message)
        case .lua:
            record.append("{error={index=\(index),kind=\"\(failure.kind)\",message=")
            record.append(luaString: failure.message)
            record.append("}}")
        case .csv, .tsv, .none: return []
        }
        record.append(terminatorOf: format)
        return record.array
    }

    /// One JSON object on a line: index, source, line, input, kind, message, traceback, attempts, worker. An input that is not
    /// UTF-8 is also there as it is, in base64.
    package func line(source: String, place: Int, worker: Int) -> [UInt8] {
        var line = ByteBuffer()
        line.append("{\"index\":\(index),\"source\":")
        line.append(jsonString: source)
        line.append(",\"line\":\(place),\"input\":")
        line.append(jsonStringOrNull: failure.input.map { String(decoding: $0.bytes, as: UTF8.self) })
        if let input = failure.input, String(validating: input.bytes, as: UTF8.self) == nil {
            line.append(",\"input_base64\":\"")
            line.append(base64: input.bytes)
            line.append("\"")
        }
        line.append(",\"kind\":\"\(failure.kind)\",\"message\":")
        line.append(jsonString: failure.message)
        line.append(",\"traceback\":")
        line.append(jsonStringOrNull: failure.traceback)
        line.append(",\"attempts\":\(attempts),\"worker\":\(worker)}\n")
        return line.array
    }
}

extension ByteBuffer {
    /// RFC 4648, section 4.
    fileprivate mutating func append(base64 bytes: [UInt8]) {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = (0..<3).reduce(0) { $0 << 8 | ($1 < group.count ? Int(group[start + $1]) : 0) }
            for place in 0..<4 {
                append(place > group.count ? UInt8(ascii: "=") : digits[word >> (18 - 6 * place) & 63])
            }
        }
    }

    fileprivate mutating func append(msgpack text: String) {
        appendString(count: text.utf8.count)
        append(text)
    }

    fileprivate mutating func append(jsonStringOrNull text: String?) {
        if let text { append(jsonString: text) } else { append("null") }
    }
}
