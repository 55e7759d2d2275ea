// The encodings of the public msgpack-test-suite (kawanet, MIT: Vectors/msgpack-test-suite.LICENSE).

import Foundation
import Testing

@testable import Lua

/// What the suite says a value is.
struct Vector {
    var meaning: [String: Any]
    var encoding: [UInt8]

    static func all() throws -> [Vector] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Vectors/msgpack-test-suite.json")
        let groups = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: [[String: Any]]] ?? [:]
        return groups.values.joined().flatMap { entry in
            (entry["msgpack"] as? [String] ?? []).map { Vector(meaning: entry, encoding: bytes(of: $0)) }
        }
    }

    static func bytes(of text: String) -> [UInt8] { text.split(separator: "-").compactMap { UInt8($0, radix: 16) } }

    /// Whether the whole of the encoding means what the suite says.
    func isRight() throws -> Bool {
        try unsafe encoding.withUnsafeBytes { raw in
            var reader = unsafe MessagePackReader(raw)
            return try matches(&reader) && reader.remaining == 0
        }
    }

    private func matches(_ reader: inout MessagePackReader) throws -> Bool {
        if let value = meaning["timestamp"] as? [NSNumber] {
            guard case .extension(-1, let count) = try reader.readToken() else { return false }
            let time = try reader.readTimestamp(count: count)
            return time.seconds == value[0].int64Value && time.nanoseconds == value[1].uint32Value
        }
        if let value = meaning["ext"] as? [Any], let code = value[0] as? Int, let payload = value[1] as? String {
            guard case .extension(Int8(code), let count) = try reader.readToken() else { return false }
            return unsafe Array(try reader.readBytes(count)) == Vector.bytes(of: payload)
        }
        if let value = meaning["binary"] as? String {
            guard case .string(let count) = try reader.readToken() else { return false }
            return unsafe Array(try reader.readBytes(count)) == Vector.bytes(of: value)
        }
        if let value = meaning["bignum"] as? String { return try number(reader.readToken(), is: value) }
        let kinds = ["nil", "bool", "number", "string", "array", "map"]
        guard let kind = kinds.first(where: { meaning[$0] != nil }), let value = meaning[kind] else { return false }
        return try matches(&reader, value)
    }

    private func matches(_ reader: inout MessagePackReader, _ value: Any) throws -> Bool {
        switch try reader.readToken() {
        case .nil: return value is NSNull
        case .boolean(let flag): return value as? Bool == flag
        case .string(let count):
            return unsafe Array(try reader.readBytes(count)) == (value as? String).map { Array($0.utf8) }
        case .array(let count):
            guard let values = value as? [Any], values.count == count else { return false }
            return try values.allSatisfy { try matches(&reader, $0) }
        case .map(let count):
            guard let values = value as? [String: Any], values.count == count else { return false }
            return try (0..<count).allSatisfy { _ in
                guard case .string(let size) = try reader.readToken() else { return false }
                let key = unsafe String(decoding: try reader.readBytes(size), as: UTF8.self)
                return try values[key].map { try matches(&reader, $0) } ?? false
            }
        case let token: return number(token, is: "\(value)")
        }
    }

    private func number(_ token: MessagePackToken, is text: String) -> Bool {
        switch token {
        case .integer(let value): Int64(text) == value
        case .large(let value): UInt64(text) == value
        case .float(let value): Double(text) == value
        default: false
        }
    }
}

@Test func `all 233 encodings of the suite are read as what they mean`() throws {
    let vectors = try Vector.all()
    #expect(vectors.count == 233)
    for vector in vectors {
        #expect(try vector.isRight(), "\(vector.meaning) \(vector.encoding)")
    }
}
