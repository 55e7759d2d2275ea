import Bytes
import Lua
import Records
import Testing

@Test(arguments: [
    ("'a'", "a\n"), ("''", "\n"), ("'a\\tb\\r'", "a\tb\r\n"), ("1", "1\n"), ("1.0", "1.0\n"), ("-0.0", "-0.0\n"),
    ("0.1", "0.1\n"),
    ("1e15", "1e+15\n"), ("2^53", "9.007199254741e+15\n"), ("1/0", "inf\n"),
    ("math.mininteger", "-9223372036854775808\n"),
    ("math.maxinteger", "9223372036854775807\n"),
    ("100000000, 99999999, 1234567890123", "100000000\t99999999\t1234567890123\n"),
    ("true", "true\n"), ("'a', 1, false", "a\t1\tfalse\n"), ("'a', nil, 'b'", "a\t\tb\n"), ("'a', nil", "a\t\n"),
    ("{1, 'x'}", "[1,\"x\"]\n"), ("'a', {b = 1}", "a\t{\"b\":1}\n"), ("pmap.null", "null\n"),
])
func `lines are the fields, joined by tabs`(results: String, line: String) throws {
    #expect(try RecordHarness().write(results, as: .lines) == line)
    #expect(try RecordHarness().write(results, as: .nul) == String(line.unicodeScalars.dropLast()) + "\0")
    #expect(try RecordHarness().write(results, as: .none) == "")
}

@Test(arguments: [
    ("1", "1"), ("1.0", "1.0"), ("-0.0", "-0.0"), ("0.1", "0.1"), ("1e100", "1e+100"), ("2^53", "9007199254740992.0"),
    ("1e15", "1000000000000000.0"),
    ("5e-324", "5e-324"), ("1/3", "0.3333333333333333"), ("1e-5", "1e-05"), ("math.mininteger", "-9223372036854775808"),
    ("true", "true"), ("pmap.null", "null"), ("nil", "null"), ("'a', nil, 2", "[\"a\",null,2]"), ("{}, {}", "[[],[]]"),
    ("''", "\"\""), ("'\"\\\\/'", "\"\\\"\\\\/\""),
    ("'\\0\\1\\b\\f\\n\\r\\t\\x1f\\x7f'", "\"\\u0000\\u0001\\b\\f\\n\\r\\t\\u001f\u{7f}\""),
    ("'é😀\\u{2028}'", "\"é😀\u{2028}\""), ("'0123456789\"0123456789é'", "\"0123456789\\\"0123456789é\""),
    ("{}", "[]"), ("{1, 2, 3}", "[1,2,3]"), ("{[1]=1, [3]=3}", "{\"1\":1,\"3\":3}"),
    ("{1, 2, x = 3}", "{\"1\":1,\"2\":2,\"x\":3}"),
    ("{[3]=3, [2]=2, [1]=1}", "[1,2,3]"),
    (
        "{b = 1, a = 2, ab = 3, [''] = 4, aaaaaaaab = 5, aaaaaaaaa = 6}",
        "{\"\":4,\"a\":2,\"aaaaaaaaa\":6,\"aaaaaaaab\":5,\"ab\":3,\"b\":1}"
    ),
    (
        "{[true] = 1, [1.5] = 2, [-1] = 3, [10] = 4, [9] = 5, [1/0] = 6}",
        "{\"-1\":3,\"1.5\":2,\"10\":4,\"9\":5,\"inf\":6,\"true\":1}"
    ),
    ("pmap.array{}", "[]"), ("pmap.object{}", "{}"), ("pmap.object{1, 2}", "{\"1\":1,\"2\":2}"),
    ("{pmap.object{}, {}}", "[{},[]]"),
    ("pmap.array{1, nil, 3}", "[1,null,3]"), ("pmap.array{[3] = 3}", "[null,null,3]"),
    ("setmetatable({1}, {__index = error, __len = error, __pairs = error, __name = 1})", "[1]"),
])
func `a value becomes the JSON that means it`(results: String, text: String) throws {
    #expect(try RecordHarness().write(results, as: .jsonl) == text + "\n")
}

@Test(arguments: [
    ("print", "cannot write a function as jsonl at result"),
    ("1, 2, print", "cannot write a function as jsonl at result[3]"),
    ("{x = 0/0}", "cannot write nan as jsonl at result.x"),
    ("{x = -1/0}", "cannot write -inf as jsonl at result.x"),
    ("{rows = {1, 2, {name = io.stdout}}}", "cannot write userdata (FILE*) as jsonl at result.rows[3].name"),
    ("1, {['two words'] = coroutine.create(print)}", "cannot write a coroutine as jsonl at result[2][\"two words\"]"),
    ("{['end'] = print}", "cannot write a function as jsonl at result[\"end\"]"),
    ("{[1.5] = print}", "cannot write a function as jsonl at result[1.5]"),
    ("{a = '\\xff'}", "cannot write a string that is not UTF-8 as jsonl at result.a"),
    ("'\\xed\\xa0\\x80'", "cannot write a string that is not UTF-8 as jsonl at result"),
    ("{['\\xff'] = 1}", "cannot write a table with a key that is not UTF-8 as jsonl at result"),
    ("{[1] = 1, ['1'] = 2}", "cannot write a table with two keys that read \"1\" as jsonl at result"),
    ("{a = {[true] = 1, ['true'] = 2}}", "cannot write a table with two keys that read \"true\" as jsonl at result.a"),
    (
        "(function() local t = {['4'] = 0}; for i = 2, 200, 2 do t[i] = i end; return t end)()",
        "cannot write a table with two keys that read \"4\" as jsonl at result"
    ),
    (
        "(function() local t = {}; for i = 2, 200, 2 do t[i] = i end; t[100] = print; return t end)()",
        "cannot write a function as jsonl at result[100]"
    ),
    ("{[print] = 1}", "cannot write a table with a function as a key as jsonl at result"),
    ("{[{}] = 1}", "cannot write a table with a table as a key as jsonl at result"),
    ("pmap.array{x = 1}", "cannot write an array with a key that is no place in it as jsonl at result"),
    ("pmap.array{[1000] = 1}", "cannot write an array that is mostly holes as jsonl at result"),
    (
        "(function() local t = {}; t.a = {b = t}; return t end)()",
        "cannot write a table that contains itself as jsonl at result.a.b"
    ),
])
func `what JSON has no form for is refused with its path`(results: String, message: String) throws {
    #expect(try RecordHarness().refusal(results, as: .jsonl) == message)
}

@Test func `lines refuse what they cannot show, also inside tables`() throws {
    let harness = try RecordHarness()
    #expect(try harness.refusal("1, print", as: .lines) == "cannot write a function as lines at result[2]")
    #expect(try harness.refusal("{{x = 0/0}}", as: .nul) == "cannot write nan as nul at result[1].x")
    #expect(try harness.refusal("print", as: .lua) == "cannot write a function as lua at result")
}

@Test(arguments: [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or",
    "repeat", "return", "then", "true", "until", "while",
])
func `a keyword of Lua is a key in brackets`(keyword: String) throws {
    #expect(
        try RecordHarness().write("{['\(keyword)'] = 1, \(keyword)_ = 2}", as: .lua)
            == "{[\"\(keyword)\"] = 1, \(keyword)_ = 2}\n")
}

@Test func `a table that appears twice but not in itself is written twice`() throws {
    #expect(
        try RecordHarness().write("(function() local t = {1}; return {t, t, {t}} end)()", as: .jsonl)
            == "[[1],[1],[[1]]]\n")
}

@Test func `a writer goes on after an error`() throws {
    let harness = try RecordHarness()
    var writer = RecordWriter(.jsonl, tags: harness.tags)
    var buffer = ByteBuffer()
    for _ in 0..<3 {
        let top = harness.stack.top
        let good = try harness.push("{a = 1}")
        try writer.append(good, from: top + 1, of: harness.stack, to: &buffer)
        let bad = try harness.push("{b = {c = {print}}, d = 1}")
        #expect(throws: RecordError.self) { try writer.append(bad, from: top + 2, of: harness.stack, to: &buffer) }
        #expect(harness.stack.top == top + 2)
        harness.stack.top = top
    }
    #expect(unsafe String(decoding: buffer.bytes, as: UTF8.self) == String(repeating: "{\"a\":1}\n", count: 3))
}

@Test func `tables in tables are written to a depth of 1024`() throws {
    let harness = try RecordHarness()
    let nested = "(function(n) local t = 1; for i = 1, n do t = i % 2 == 0 and {t} or {a = t} end; return t end)"
    #expect(try harness.write("\(nested)(1024)", as: .jsonl).utf8.count == 512 * 2 + 512 * 6 + 2)
    #expect(
        try harness.refusal("\(nested)(1025)", as: .jsonl).hasPrefix(
            "cannot write tables in tables more than 1024 deep as jsonl at result.a[1].a"))
    #expect(try harness.write("\(nested)(180)", as: .lua).hasPrefix("{{a = {"))
    #expect(
        try harness.refusal("\(nested)(181)", as: .lua).hasPrefix(
            "cannot write tables in tables more than 180 deep as lua at result.a"))
}

@Test(arguments: [64, 65, 1000, 100_000])
func `objects of any size have sorted keys`(count: Int) throws {
    let harness = try RecordHarness()
    let text = try harness.write(
        "(function(n) local t = {}; for i = 1, n do t['k' .. i] = i; t[-i] = i end; return t end)(\(count / 2))",
        as: .jsonl)
    let expected = (1...count / 2).flatMap { [("k\($0)", $0), ("-\($0)", $0)] }.sorted { $0.0 < $1.0 }
    #expect(text == "{" + expected.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}\n")
}

@Test(arguments: [
    ("1", "1"), ("-7", "-7"), ("math.mininteger", "math.mininteger"), ("1.0", "1.0"), ("-0.0", "-0.0"),
    ("1e100", "1e+100"), ("1/3", "0.3333333333333333"),
    ("1/0", "math.huge"), ("-1/0", "-math.huge"), ("0/0", "(0/0)"), ("nil", "nil"),
    ("true, nil, false", "true, nil, false"),
    ("'a\\nb\\0001\\\"\\\\'", "\"a\\nb\\0001\\\"\\\\\""), ("'é'", "\"é\""), ("'\\xff1é'", "\"\\2551\\195\\169\""),
    ("pmap.null", "pmap.null"), ("{}", "{}"), ("{1, {2}}", "{1, {2}}"), ("{1, nil, 3}", "{[1] = 1, [3] = 3}"),
    (
        "{a = 1, ['end'] = 2, ['a b'] = 3, [2] = 4, [10] = 5, [-1] = 6, [1.5] = 7, [true] = 8, _x1 = 9, [1/0] = 10, [math.mininteger] = 11}",
        "{[math.mininteger] = 11, [-1] = 6, [1.5] = 7, [2] = 4, [10] = 5, [math.huge] = 10, _x1 = 9, a = 1, [\"a b\"] = 3, [\"end\"] = 2, [true] = 8}"
    ),
])
func `a value becomes the Lua literal that means it`(results: String, literal: String) throws {
    #expect(try RecordHarness().write(results, as: .lua) == literal + "\n")
}
