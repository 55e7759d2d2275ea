import Bytes
import Lua
import Records
import Testing

/// Lua expressions of values that are not like most.
private let oddValues =
    [
        "nil", "nil, nil", "true", "false, nil", "pmap.null", "{pmap.null, {x = pmap.null}}", "print", "1, print",
        "io.stdout",
        "{io.stdout}", "{a = {b = {c = print}}}", "coroutine.create(print)",
        // numbers
        "0, -1, 9, 10, 99999999, 100000000, 100000001, -12345678901234567, math.maxinteger, math.mininteger",
        "{0.0, -0.0, 1e15, 1e16, 2^53, 2^53 - 1, 2^63, -2^63, 1e100, 5e-324, 1.7976931348623157e308}",
        "{0.1, 0.5, 123.45, -0.001, 0.0009, 1/3, 2/3, 99999999999999.9, 9999999999999.9, 1e14, 1e13 + 0.5, 1e-5, 100.0}",
        "1/0", "0/0", "{-1/0}", "{x = 0/0}",
        // strings
        "''", "'a'", "'1234567'", "'12345678'", "'123456789'", "('x'):rep(63)", "('x'):rep(5000)", "('x'):rep(100000)",
        "('\\n'):rep(5000)", "('é'):rep(3000)", #"'\0\1\8\9\n\11\f\r\31 \"\\/\127'"#, #"'1234567\n'"#, #"'12345678\"'"#,
        "'é'",
        "'1234567é'", "'😀'", #"'\xff'"#, #"'\xed\xa0\x80'"#, #"'12345678\xff'"#, #"{'\xff'}"#, #"{['\xff'] = 1}"#,
        // lists
        "{}", "{{}}", "{{}, {{}}}", "{1, 2, 3}", "{[3] = 3, [2] = 2, [1] = 1}", "{1, nil, 3}", "{nil, nil, 3}",
        "{1, 2, x = 3}",
        "{[0] = 1}", "{[1.5] = 1}", "{[-1] = 1}", "{true, 'x', 1.5, {}}", "{[2^53] = 1}", "{1, 2, [4] = 4}",
        "(function() local t = {} for i = 1, 2000 do t[i] = i end return t end)()",
        "(function() local t = {} for i = 10, 1, -1 do t[i] = i end return t end)()",
        "(function() local t = {1, 2, 3, 4} t[2] = nil t[4] = nil return t end)()",
        // objects
        "{a = 1}", "{b = 1, a = 2, ab = 3, [''] = 4}",
        "{abcdefgh = 1, abcdefghi = 2, abcdefg = 3, abcdefghj = 4, abcdefgi = 5}",
        #"{['a\0'] = 1, a = 2, ['a\0\0'] = 3}"#, #"{['\n'] = 1, ['"'] = 2, ['é'] = 3, ['\\'] = 4, [' '] = 5}"#,
        "{['1'] = 1, ['2'] = 2}", "{[1] = 1, ['1'] = 2}", "{[true] = 1}", "{[true] = 1, ['true'] = 2}", "{[{}] = 1}",
        "{[print] = 1}", "{x = 1, [1] = 2}", "{a = {}, b = {c = {}}}",
        "(function() local t = {a = 1, b = 2} t.a = nil return t end)()",
        "(function() local t = {a = 1} t.a = nil return t end)()",
        "(function() local t = {} for i = 1, 64 do t['k' .. i] = i end return t end)()",
        "(function() local t = {} for i = 1, 65 do t['k' .. i] = i end return t end)()",
        "(function() local t = {} for i = 1, 3000 do t['k' .. i] = i end return t end)()",
        // tags and other metatables
        "pmap.array{}", "pmap.object{}", "pmap.array{1, 2}", "pmap.object{1, 2}", "pmap.object{a = 1}",
        "pmap.array{a = 1}",
        "pmap.array{1, nil, 3}", "pmap.array{[1000] = 1}", "{pmap.array{}, pmap.object{}, {}}", "pmap.array{1, x = 2}",
        "setmetatable({1, a = 2}, {__index = error, __len = error, __pairs = error, __name = 1})",
        "setmetatable({}, {__tostring = error})", "setmetatable({a = 1}, {__metatable = 1})",
        // depth
        "(function() local t = {} t.t = t return t end)()", "(function() local t = {} t[1] = {a = {t}} return t end)()",
        "(function() local t = {1} return {t, t, {t}} end)()",
    ]
    + [1, 38, 39, 40, 41, 42, 200, 1023, 1024, 1025].flatMap { depth in
        ["{1, 2}", "print", "1/0"].map { inside in
            "(function() local t = \(inside) for i = 1, \(depth) do if i % 3 == 0 then t = {x = t} else t = {t} end end return t end)()"
        }
    }

@Test(arguments: [OutputFormat.jsonl, .lines, .nul, .msgpack])
func `the writer in C writes what the writer in Swift does`(format: OutputFormat) throws {
    let harness = try RecordHarness()
    for value in oddValues {
        let (quick, slow) = try harness.writeBothWays(value, as: format)
        #expect(quick == slow, "\(value)")
        let inside = "{before = 1, it = (function() return \(value) end)()}"
        let (quickInside, slowInside) = try harness.writeBothWays(inside, as: format)
        #expect(quickInside == slowInside, "\(inside)")
    }
}

@Test func `numbers are written the same by C and by Swift`() throws {
    let harness = try RecordHarness()
    let made = try harness.push(
        """
        (function()
          local t = {}
          for i = 1, 2000 do
            local digits = math.random(0, math.floor(10 ^ math.random(1, 17)))
            t[#t + 1] = digits / 10 ^ math.random(0, 18) * (i % 2 * 2 - 1)
            t[#t + 1] = digits // 1 | 0
            t[#t + 1] = string.unpack("d", string.pack("j", math.random(0)))
            if t[#t] ~= t[#t] or t[#t] == 1 / 0 or t[#t] == -1 / 0 then t[#t] = 0.0 end
            t[#t + 1] = math.random(0) >> math.random(0, 63)
            for _, near in ipairs { 10 ^ (i % 20), 2 ^ (i % 64), 1 / 2 ^ (i % 60) } do
              for ulps = -2, 2 do
                t[#t + 1] = string.unpack("d", string.pack("j", (string.unpack("j", string.pack("d", near)) + ulps)))
              end
            end
          end
          return table.unpack(t, 1, 30000)
        end)()
        """)
    #expect(made == 30000)
    for index in 1...made {
        harness.stack.copy(index)
        for format in [OutputFormat.jsonl, .lines] {
            let quick = try harness.writeTop(1, as: format),
                slow = try harness.writeTop(1, as: format, takesShortcut: false)
            #expect(quick == slow)
        }
        harness.stack.pop()
    }
}

/// Chance that is the same each time.
private struct Lehmer {
    var state: UInt64
    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}

@Test(arguments: [3, 200, 5000])
func `a reader and a writer that know keys from before confuse none of them`(keys: Int) throws {
    let harness = try RecordHarness()
    var reader = RecordReader(InputLayout(.jsonl), tags: harness.tags)
    var messages = RecordReader(InputLayout(.msgpack), tags: harness.tags)
    var packer = RecordWriter(.msgpack, tags: harness.tags)
    var quick = RecordWriter(.jsonl, tags: harness.tags)
    var slow = RecordWriter(.jsonl, tags: harness.tags, takesShortcut: false)
    var random = Lehmer(state: UInt64(keys))
    for _ in 0..<3000 {
        var names: Set<String> = []
        for _ in 0...random.below(random.below(8) == 0 ? 64 : 12) {
            // Names that differ in their length, their end or their start alone, up to and beyond those that are known.
            let name = String(random.below(keys), radix: 7)
            let padding = String(repeating: "a", count: random.below(4) * 7)
            names.insert(random.below(2) == 0 ? padding + name : name + padding)
        }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let text = Array(("{" + sorted.map { "\"\($0)\":\(random.below(100))" }.joined(separator: ",") + "}").utf8)
        let padded = text + Array(repeating: 0, count: 64)
        let outcome = try unsafe padded.withUnsafeBytes {
            try unsafe reader.read(
                RecordBytes(UnsafeRawBufferPointer(rebasing: $0[..<text.count])), onto: harness.stack)
        }
        #expect(outcome == .value)
        var written = ByteBuffer()
        var expected = ByteBuffer()
        try quick.append(1, from: 1, of: harness.stack, to: &written)
        try slow.append(1, from: 1, of: harness.stack, to: &expected)
        #expect(written.array == text + [UInt8(ascii: "\n")])
        #expect(expected.array == written.array)
        var message = ByteBuffer()
        try packer.append(1, from: 1, of: harness.stack, to: &message)
        harness.stack.pop()
        #expect(try messages.read(RecordBytes(message), onto: harness.stack) == .value)
        var again = ByteBuffer()
        try slow.append(1, from: 1, of: harness.stack, to: &again)
        #expect(again.array == written.array)
        harness.stack.pop()
    }
}
