import Lua
import Records
import Testing

@Test(arguments: [[], Array("abc\r".utf8), [0xFF, 0xFE, 0x01], Array("1".utf8)] as [[UInt8]])
func `a line is a string of the same bytes`(line: [UInt8]) throws {
    let harness = try RecordHarness()
    for format in [InputFormat.lines, .nul] {
        #expect(try harness.read(line, as: format) == .value)
        #expect(harness.stack.type(-1) == .string)
        #expect(unsafe Array(harness.stack.bytes(-1) ?? .init(start: nil, count: 0)) == line)
        harness.stack.pop()
    }
}

@Test func `a line has its NULs`() throws {
    let harness = try RecordHarness()
    _ = try harness.read([0x61, 0, 0x62], as: .lines)
    #expect(harness.stack.string(-1) == "a\0b")
}

@Test(arguments: [
    ("1", "1"), ("-1", "-1"), ("0", "0"), ("-0", "-0.0"), ("[0,-0,\"-0 \"]", "{0, -0.0, \"-0 \"}"), ("-0.0", "-0.0"),
    ("1.0", "1.0"), ("1e2", "100.0"),
    ("1E-2", "0.01"),
    ("9007199254740993", "9007199254740993"),
    ("9223372036854775807", "9223372036854775807"),
    ("-9223372036854775808", "math.mininteger"),
    ("0.1", "0.1"), ("1.7976931348623157e308", "1.7976931348623157e+308"), ("4.9e-324", "5e-324"), ("1e-400", "0.0"),
    ("true", "true"), ("false", "false"), ("null", "pmap.null"), ("\"\"", "\"\""), (" \t[ ] \r", "{}"),
    ("\"\\u00e9\\ud83d\\ude00\\u0000\\n\\/\"", "\"é😀\\000\\n/\""),
    ("{}", "{}"), ("[[],[[]],{}]", "{{}, {{}}, {}}"),
    ("[1,null,2]", "{1, pmap.null, 2}"), ("{\"a\":null}", "{a = pmap.null}"),
    ("{\"a\":{\"b\":[1,{\"c\":2.5}]},\"d\":\"e\"}", "{a = {b = {1, {c = 2.5}}}, d = \"e\"}"),
    ("{\"a\":1,\"a\":2}", "{a = 2}"), ("{\"\":1}", "{[\"\"] = 1}"),
    ("\u{FEFF}[1]", "{1}"), ("\u{FEFF}", "blank"), ("", "blank"), (" \t\r", "blank"),
])
func `a JSON text becomes the Lua value that it means`(text: String, literal: String) throws {
    #expect(try RecordHarness().convert(text, to: .lua) == literal)
}

@Test(arguments: [
    ("9223372036854775808", "9.223372036854776e+18", "\"9223372036854775808\"", "item"),
    ("-9223372036854775809", "-9.223372036854776e+18", "\"-9223372036854775809\"", "item"),
    ("18446744073709551615", "1.8446744073709552e+19", "\"18446744073709551615\"", "item"),
    ("18446744073709551616", "1.8446744073709552e+19", "\"18446744073709551616\"", "item"),
    ("123456789012345678901234567890", "1.2345678901234568e+29", "\"123456789012345678901234567890\"", "item"),
    (
        "[1,\"18446744073709551616\\\"7\",18446744073709551616]",
        "{1, \"18446744073709551616\\\"7\", 1.8446744073709552e+19}",
        "{1, \"18446744073709551616\\\"7\", \"18446744073709551616\"}", "item[3]"
    ),
    (
        "{\"18446744073709551616\":-18446744073709551616}", "{[\"18446744073709551616\"] = -1.8446744073709552e+19}",
        "{[\"18446744073709551616\"] = \"-18446744073709551616\"}", "item[\"18446744073709551616\"]"
    ),
    (
        "{\"a\":{\"b\":[[],{\"c\":9223372036854775808}]}}", "{a = {b = {{}, {c = 9.223372036854776e+18}}}}",
        "{a = {b = {{}, {c = \"9223372036854775808\"}}}}", "item.a.b[2].c"
    ),
    (
        "{\"a\":[1,2],\"b\" : \"c\", \"d\":9223372036854775808}", "{a = {1, 2}, b = \"c\", d = 9.223372036854776e+18}",
        "{a = {1, 2}, b = \"c\", d = \"9223372036854775808\"}", "item.d"
    ),
])
func `an integer outside 64 bits is a failure with its path, a float or a string`(
    text: String, float: String, string: String, path: String
) throws {
    let harness = try RecordHarness()
    #expect(try harness.convert(text, to: .lua, bigIntegers: .float) == float)
    #expect(try harness.convert(text, to: .lua, bigIntegers: .string) == string)
    #expect(try harness.fault(Array(text.utf8)).contains(" at \(path) is an integer outside 64 bits"))
}

private let structure = "not JSON: a comma, colon, bracket or value is missing, or one too many"

@Test(arguments: [
    ("[1,]", structure), ("[1 2]", structure), ("{\"a\" 1}", structure), ("{1:2}", structure), ("[", structure),
    ("]", structure),
    ("{} x", structure), ("1 2", structure), ("[1]]", structure), ("{\"a\":1,}", structure), ("[1],", structure),
    ("\"a\" \"b\"", structure),
    ("tru", "not JSON: a word is neither true, false nor null"),
    ("[nul]", "not JSON: a word is neither true, false nor null"),
    ("\"abc", "not JSON: a string is not closed"),
    ("\"\\x\"", "not JSON: a string has a bad escape"),
    ("\"\\ud800\"", "not JSON: a string has a bad escape"),
    ("\"\\udc00\"", "not JSON: a string has a bad escape"),
    ("\"\\ud800\\u0041\"", "not JSON: a string has a bad escape"),
    ("\"a\tb\"", "not JSON: a string has a control character that is not escaped"),
    ("1e400", "not JSON: 1e400 is not a number, or too large for a float"),
    ("[01]", "not JSON: 01 is not a number, or too large for a float"),
    ("[-]", "not JSON: - is not a number, or too large for a float"),
    ("[1.]", "not JSON: 1. is not a number, or too large for a float"),
    ("[1.0e300, 1e]", "not JSON: 1e is not a number, or too large for a float"),
])
func `what is not JSON is refused with the reason`(text: String, message: String) throws {
    #expect(try RecordHarness().fault(Array(text.utf8)) == message)
}

@Test(
    arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
    ] as [[UInt8]])
func `JSON that is not UTF-8 is refused`(text: [UInt8]) throws {
    #expect(try RecordHarness().fault(text) == "not JSON: the text is not UTF-8")
}

@Test func `a thousand and twenty-four levels are read, one more is not`() throws {
    let harness = try RecordHarness()
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deepest = String(repeating: open, count: 1024) + "1" + String(repeating: close, count: 1024)
        #expect(try harness.convert(deepest, to: .jsonl) == deepest)
        #expect(
            try harness.fault(Array((open + deepest + close).utf8))
                == "not JSON: arrays and objects are nested more than 1024 deep")
    }
}

@Test(arguments: [
    "{}", "[]", "[{},[]]", "{\"a\":[],\"b\":{}}", "{\"1\":1,\"2\":2}", "null", "\"é\"", "[1,1.0,-0.0,null]",
    "\"\\u0001\\u001f\u{7f}\"",
])
func `a JSON text that is read and written is the same`(text: String) throws {
    #expect(try RecordHarness().convert(text, to: .jsonl) == text)
}

@Test func `a record long after a short one and short after a long one are read`() throws {
    let harness = try RecordHarness()
    var reader = RecordReader(InputLayout(.jsonl), tags: harness.tags)
    for length in [1, 100_000, 3, 20_000_000, 5, 40_000] {
        let text = Array("[\"\(String(repeating: "x", count: length))\"]".utf8)
        let memory = text + Array(repeating: 0, count: 64)
        try withRecordBytes(memory) { _ = try reader.read($0[0..<text.count], onto: harness.stack) }
        harness.stack.rawGet(-1, at: 1)
        #expect(harness.stack.rawCount(-1) == length)
        harness.stack.pop(2)
    }
}
