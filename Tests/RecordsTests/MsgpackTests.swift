// Values of MessagePack: what is read of them, or why it is not; and what is written.

import Foundation
import Lua
import Testing

@testable import Records

private func repeated(_ piece: String, _ count: Int) -> String {
    Array(repeating: piece, count: count).joined(separator: " ")
}

@Test(arguments: [
    ("c0", "null"), ("c2", "false"), ("c3", "true"), ("7f", "127"), ("e0", "-32"), ("ff", "-1"), ("cc ff", "255"),
    ("cd 00 01", "1"), ("cf 7f ff ff ff ff ff ff ff", "9223372036854775807"),
    ("d3 80 00 00 00 00 00 00 00", "-9223372036854775808"),
    ("ca 3f 80 00 00", "1.0"), ("cb 80 00 00 00 00 00 00 00", "-0.0"), ("ca 3d cc cc cd", "0.10000000149011612"),
    ("a0", "\"\""), ("d9 02 c3 a9", "\"é\""), ("c4 01 61", "\"a\""), ("c6 00 00 00 01 61", "\"a\""), ("90", "[]"),
    ("80", "{}"),
    ("dc 00 02 01 c0", "[1,null]"), ("dd 00 00 00 01 90", "[[]]"), ("de 00 01 a1 61 80", #"{"a":{}}"#),
    ("82 a1 61 01 a1 61 02", #"{"a":2}"#),
    ("83 01 02 c3 04 cb 3f f8 00 00 00 00 00 00 05", #"{"1":2,"1.5":5,"true":4}"#),
    ("81 cb 3f f0 00 00 00 00 00 00 05", #"{"1":5}"#),
    // extensions
    ("d6 ff 00 00 00 05", "5"), ("d7 ff 77 35 94 00 00 00 00 05", "5.5"),
    ("c7 0c ff 00 00 00 00 ff ff ff ff ff ff ff ff", "-1"),
    ("c7 0c ff 1d cd 65 00 ff ff ff ff ff ff ff ff", "-0.5"), ("c9 00 00 00 04 ff 00 00 00 07", "7"),
    ("d7 ff ee 6b 28 00 00 00 00 05", "a malformed timestamp at item"), ("d4 ff 00", "a malformed timestamp at item"),
    ("d4 05 00", "extension type 5 at item is unknown; -1, a timestamp, is the only one that is read"),
    ("91 c7 00 80", "extension type -128 at item[1] is unknown; -1, a timestamp, is the only one that is read"),
    (
        "81 a1 66 c7 02 56 01 02",
        "extension type 86 at item.f is pmap's own (function), which only pmap.loads and pmap's processes read"
    ),
    (
        "c7 01 57 61",
        "extension type 87 at item is pmap's own (module), which only pmap.loads and pmap's processes read"
    ),
    ("c7 01 59 61", "extension type 89 at item is pmap's own (class), which only pmap.loads and pmap's processes read"),
    // what is cut off, wherever that is
    ("", "not MessagePack: the value is cut off at item"), ("cb 00", "not MessagePack: the value is cut off at item"),
    ("93 01 02", "not MessagePack: the value is cut off at item"),
    ("92 01 d9 02 61", "not MessagePack: the value is cut off at item[2]"),
    ("81 a1 61", "not MessagePack: the value is cut off at item.a"),
    ("81 a3 61", "not MessagePack: the value is cut off at item"),
    ("91 dd ff ff ff ff", "not MessagePack: the value is cut off at item[1]"),
    ("df ff ff ff ff", "not MessagePack: the value is cut off at item"),
    ("c6 ff ff ff ff", "not MessagePack: the value is cut off at item"),
    ("d6 ff 00", "not MessagePack: the value is cut off at item"),
    ("81 a2 61 62 81 01 91 cd 00", "not MessagePack: the value is cut off at item.ab[1][1]"),
    // what is none
    ("c1", "not MessagePack: the byte 0xc1 at item begins no value"),
    ("82 a3 61 20 62 01 cc 02 92 01 c1", "not MessagePack: the byte 0xc1 at item[2][2] begins no value"),
    ("81 a3 61 20 62 c1", #"not MessagePack: the byte 0xc1 at item["a b"] begins no value"#),
    ("81 c3 c1", "not MessagePack: the byte 0xc1 at item[…] begins no value"),
    ("81 a1 61 81 c0 01", "a map with nil as a key at item.a"),
    ("81 cb 7f f8 00 00 00 00 00 00 01", "a map with nan as a key at item"),
    (
        "91 " + repeated("91", 1023) + " 01",
        String(repeating: "[", count: 1024) + "1" + String(repeating: "]", count: 1024)
    ),
    (repeated("91", 1025) + " 01", "not read: arrays and maps are nested more than 1024 deep"),
])
func `a value is read as the tables of JSON, or it says where it is none`(record: String, meaning: String) throws {
    let harness = try RecordHarness()
    let bytes = [UInt8](hexadecimal: record)
    // Where bytes are missing, what lies behind the record is none of it.
    #expect(try harness.json(of: bytes, as: .msgpack) == meaning)
}

@Test(arguments: [
    (
        BigIntegers.error, "81 a1 61 92 00 cf 80 00 00 00 00 00 00 00",
        "9223372036854775808 at item.a[2] is an integer outside 64 bits; --big-integers float or string takes it as that"
    ),
    (.float, "91 cf ff ff ff ff ff ff ff ff", "[18446744073709552000.0]"),
    (.string, "91 cf ff ff ff ff ff ff ff ff", "[\"18446744073709551615\"]"),
    (.string, "81 cf ff ff ff ff ff ff ff ff 01", "{\"18446744073709551615\":1}"),
    (.string, "81 cf ff ff ff ff ff ff ff ff 92 01", "not MessagePack: the value is cut off at item[…]"),
])
func `an integer outside 64 bits is as in JSON`(choice: BigIntegers, record: String, meaning: String) throws {
    let harness = try RecordHarness()
    let found = try harness.json(of: [UInt8](hexadecimal: record), as: .msgpack, bigIntegers: choice)
    #expect(found == meaning || Double(found.dropFirst().dropLast()) == 0x1p64)
}

@Test(arguments: [
    ("nil, 1", "92 c0 01"), ("1, 'a'", "92 01 a1 61"), ("pmap.null", "c0"), ("true", "c3"), ("127", "7f"),
    ("128", "cc 80"),
    ("-32", "e0"), ("-33", "d0 df"), ("65536", "ce 00 01 00 00"), ("1.0", "cb 3f f0 00 00 00 00 00 00"),
    ("1/0", "cb 7f f0 00 00 00 00 00 00"), ("'é'", "a2 c3 a9"), (#"'\xff'"#, "c4 01 ff"), ("{}", "90"),
    ("pmap.array{}", "90"),
    ("pmap.object{}", "80"), ("pmap.object{5}", "81 01 05"), ("pmap.array{1, nil, 3}", "93 01 c0 03"),
    ("{{}, {a = {}}}", "92 90 81 a1 61 90"),
    ("{b = 1, a = 2}", "82 a1 61 02 a1 62 01"), ("{[1] = 1, ['1'] = 2, [-1] = 3}", "83 ff 03 01 01 a1 31 02"),
    ("{[1.5] = 1, [true] = 2, x = 3, [0] = 4}", "84 00 04 cb 3f f8 00 00 00 00 00 00 01 a1 78 03 c3 02"),
    (#"{['\xff'] = 1}"#, "81 c4 01 ff 01"), ("{1, 2, x = 3}", "83 01 01 02 02 a1 78 03"),
    ("print", "cannot write a function as msgpack at result"),
    ("1, {a = {print}}", "cannot write a function as msgpack at result[2].a[1]"),
    ("{[2.5] = {[true] = io.stdout}}", "cannot write userdata (FILE*) as msgpack at result[2.5][true]"),
    ("{[{}] = 1}", "cannot write a table with a table as a key as msgpack at result"),
    ("pmap.array{x = 1}", "cannot write an array with a key that is no place in it as msgpack at result"),
    (
        "(function() local t = {} t.t = t return t end)()",
        "cannot write a table that contains itself as msgpack at result.t"
    ),
])
func `a value is written in its shortest form, or it says where it has none`(expression: String, record: String) throws
{
    let harness = try RecordHarness()
    let (quick, slow) = try harness.writeBothWays(expression, as: .msgpack)
    #expect(quick == record && slow == record)
}

/// An entry of the public suite of kawanet, MIT: see the licence beside it.
private struct Entry: Decodable {
    var msgpack: [String]
    var bignum: String?
    var ext, timestamp: [Part]?

    enum Part: Decodable {
        case number(Int), text(String)
        init(from decoder: any Swift.Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try value.decode(String.self))
            }
        }
    }
}

@Test func `every encoding of a value of the suite is read as the same, which is written as one of them`() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "LuaTests/Vectors/msgpack-test-suite.json")
    let groups = try JSONDecoder().decode([String: [Entry]].self, from: Data(contentsOf: file))
    let harness = try RecordHarness()
    var count = 0
    for entry in groups.values.joined() {
        for text in entry.msgpack {
            count += 1
            let bytes = [UInt8](hexadecimal: text)
            let top = harness.stack.top
            defer { harness.stack.top = top }
            do { _ = try harness.read(bytes, as: .msgpack) } catch let error as RecordError {
                #expect(entry.ext != nil || entry.bignum != nil, "\(error) \(text)")
                continue
            }
            let written = try harness.writeTop(1, as: .msgpack)
            if entry.timestamp != nil { continue }
            // Its own forms: floats have 64 bits, and binary that is text is text.
            let isFloat = written.hasPrefix("cb"), isString = written.hasPrefix("a")
            #expect(
                isFloat || isString || entry.msgpack.contains { [UInt8](hexadecimal: $0).hexadecimal == written },
                "\(text) \(written)")
            let again = try harness.read([UInt8](hexadecimal: written), as: .msgpack)
            #expect(again == .value)
            #expect(try harness.writeTop(1, as: .msgpack) == written)
        }
    }
    #expect(count == 233)
}

/// A record, cut in two at every byte: the search finds its end behind both.
@Test func `a value's end is found in pieces of any size, and before any byte behind it`() throws {
    let records = [
        "93 01 a3 61 62 63 c3", "de 00 01 d9 01 61 c5 00 02 c1 c1", "c8 00 02 05 c1 c1", "d8 01 " + repeated("c1", 16),
        "dd 00 00 00 02 df 00 00 00 00 c9 00 00 00 01 07 c1", "cb c1 c1 c1 c1 c1 c1 c1 c1", "c0",
    ].map { [UInt8](hexadecimal: $0) }
    for record in records {
        for behind in [[], [0xC1], [0x93, 0x01]] as [[UInt8]] {
            let bytes = record + behind
            for cut in 0...record.count {
                var search = ItemSearch(RecordFraming(.values))
                let end = withRecordBytes(bytes) { bytes in
                    cut == record.count
                        ? search.end(in: bytes)
                        : search.end(in: bytes[0..<cut]) ?? search.end(in: bytes.from(cut)).map { $0 + cut }
                }
                #expect(end == record.count && !search.isBroken, "\(record.hexadecimal) at \(cut)")
            }
            for cut in 0..<record.count {
                var search = ItemSearch(RecordFraming(.values))
                #expect(withRecordBytes(Array(record.prefix(cut))) { search.end(in: $0) } == nil)
            }
        }
    }
}

@Test func `a hostile count costs no memory and no time`() throws {
    let harness = try RecordHarness()
    for head in ["dd ff ff ff ff", "df ff ff ff ff", "c6 ff ff ff ff", "91 df ff ff ff ff"] {
        let bytes = Array(repeating: [UInt8](hexadecimal: head), count: 200).flatMap(\.self)
        #expect(try harness.json(of: bytes, as: .msgpack).hasPrefix("not MessagePack: the value is cut off at item"))
        var search = ItemSearch(RecordFraming(.values))
        #expect(withRecordBytes(bytes) { search.end(in: $0) } == nil)
    }
}
