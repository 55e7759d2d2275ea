// MessagePack in and out, also with other programs that read and write it.

import Foundation
import Testing

/// `\x93\x01`, for printf.
private func printf(_ bytes: UInt8...) -> String {
    "printf '" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
}

private let twoValues = "printf '\\x81\\xa1n\\x01\\x81\\xa1n\\x02'"
private let atBroken = "not MessagePack: the byte 0xc1 at item"

@Test(arguments: [
    Row(
        "jsonl to msgpack and back", [:],
        #"printf '{"a":[1,2.5,null,{}],"b":"ü"}\n[]\n7\nnull\n"x"\n' | pmap -f jsonl -t msgpack -e item | pmap -f msgpack -t jsonl -e item"#,
        out: #"{"a":[1,2.5,null,{}],"b":"ü"}"# + "\n[]\n7\nnull\n\"x\"\n"),
    Row(
        "an item is never nil, and each has its number", [:],
        "\(printf(0xC0, 0xC3, 0x93, 1, 2, 0xC0)) | pmap -f msgpack -e 'index, type(item), item == pmap.null'",
        out: "1\tuserdata\ttrue\n2\tboolean\tfalse\n3\ttable\tfalse\n"),
    Row(
        "of a file, a pipe, and what is compressed", [:],
        "\(twoValues) > f; gzip -k f; zstd -q f; pmap -f msgpack -e item.n f f.gz f.zst; pmap -f msgpack -e item.n < f; cat f.gz | pmap -f msgpack -e item.n",
        out: String(repeating: "1\n2\n", count: 5)),
    Row(
        "several results are one array, none is no record", [:],
        "pmap -t msgpack -e 'if item == \"1\" then return 1, nil, \"x\" end' ::: 1 2 | od -An -tx1",
        out: " 93 01 c0 a1 78\n"),
    Row(
        "pmap.emit", [:], "pmap -t msgpack -e 'pmap.emit(1) pmap.emit(2, 3) return {}' ::: a | od -An -tx1",
        out: " 01 92 02 03 90\n"),
    Row(
        "what tasks print is none of it", [:],
        "pmap -t msgpack -e 'print \"hello\" io.write \"there\\n\" os.execute \"echo too\" return 1' ::: a | od -An -tx1",
        out: " 01\n", err: "hello\nthere\ntoo\n"),
    Row(
        "a filter passes bytes on, also those that it would write otherwise", [:],
        "\(printf(0xCD, 0, 1, 0xC7, 0, 0xFF, 0xD9, 1, 0x61, 0xCC, 2, 0xDE, 0, 1, 0xC4, 1, 0x62, 3)) > f; pmap -f msgpack --filter -e 'item ~= 2' f 2>&- | od -An -tx1; pmap -f msgpack --filter -t jsonl -e true f 2>&-; pmap -f msgpack --filter -t lines -e true f 2>&-",
        out: " cd 00 01 d9 01 61 de 00 01 c4 01 62 03\n1\n\"a\"\n2\n{\"b\":3}\n1\na\n2\n{\"b\":3}\n", status: 1),
    Row(
        "a filter of another format writes the items' values", [:],
        #"printf '{"b":1, "a":2}\n[ ]\n' | pmap -f jsonl --filter -t msgpack -e true | od -An -tx1; printf 'a\nb\n' | pmap --filter -t msgpack -e true | od -An -tx1"#,
        out: " 82 a1 61 02 a1 62 01 90\n a1 61 a1 62\n"),
    Row(
        "batches, and a filter of them", [:],
        "seq 5 | pmap -t msgpack -e 'math.tointeger(item)' > f; pmap -f msgpack --batch 2 -e '#item, item[1]' f; pmap -f msgpack --batch 2 --filter -e 'item[1] ~= 3' f | od -An -tx1",
        out: "2\t1\n2\t3\n1\t5\n 01 02 05\n"),
    Row(
        "--skip leaves out values", [:],
        "\(printf(0x93, 10, 10, 10, 0xA1, 10, 3, 4)) > f; pmap -f msgpack --skip 2 -e 'item, pmap.line' f; cat f | pmap -f msgpack --skip 9 -e item",
        out: "3\t3\n4\t4\n"),
    Row(
        "error records", [:],
        "pmap -t msgpack --on-error keep -e 'item == \"1\" and 1 or error(\"nö\", 0)' ::: 1 2 2>&- | pmap -f msgpack -t jsonl -e item",
        out: #"1"# + "\n" + #"{"error":{"index":2,"kind":"error","message":"nö"}}"# + "\n", status: 1),
    Row(
        "-j 0", [:], "\(twoValues) | pmap -j 0 -f msgpack -t msgpack -e item | od -An -tx1",
        out: " 81 a1 6e 01 81 a1 6e 02\n"),
])
func `values of MessagePack are items and records`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "what cannot be written, by its path", [:],
        "pmap -t msgpack -e '({ function() return print end, function() return 1, 2, { x = { print } } end, function() return 5 end })[index]()' ::: 1 2 3 | od -An -tx1",
        out: " 05\n",
        err:
            "pmap: :::1: cannot write a function as msgpack at result\npmap: :::2: cannot write a function as msgpack at result[3].x[1]\n"
            + lastLine(2, of: 3, "2 error"), status: 1),
    Row(
        "a last value that is cut off", [:],
        "\(printf(1, 0x82, 0xA1, 0x61, 2, 0xA1, 0x62, 0x92, 5)) > f; pmap -f msgpack -t jsonl -e item f; cat f | pmap -f msgpack -t jsonl -e item",
        out: "1\n1\n",
        err: ["f", "-"].map {
            "pmap: \($0):2: not MessagePack: the value is cut off at item.b\n" + lastLine(1, of: 2, "1 error")
        }.joined(), status: 1),
    Row(
        "a byte that begins no value ends what can be read", ["g": "\u{1}"],
        "\(printf(1, 0x92, 2, 0xC1, 3, 4)) > f; pmap -f msgpack -t jsonl -e item g f g; echo $?; cat f | pmap -f msgpack -t jsonl -e item",
        out: "1\n1\n3\n1\n",
        err:
            "pmap: f:2: \(atBroken)[2] begins no value\n\(lastLine(1, of: 3, "1 error").dropLast()); the rest of the input was not read\npmap: f: the rest was not read: where a value begins there cannot be known\n"
            + "pmap: -:2: \(atBroken)[2] begins no value\n\(lastLine(1, of: 2, "1 error").dropLast()); the rest of the input was not read\npmap: -: the rest was not read: where a value begins there cannot be known\n",
        status: 3),
    Row(
        "values that are too long are skipped as one each", [:],
        "(\(printf(1, 0x92, 2, 0xA9)); printf 123456789; \(printf(3))) > f; pmap -f msgpack --max-record 8 -e item f; cat f | pmap -f msgpack --max-record 8 -e item",
        out: "1\n3\n1\n3\n",
        err: ["f", "-"].map {
            "pmap: \($0):2: the record is longer than 8 bytes; see --max-record\n" + lastLine(1, of: 3, "1 error")
        }.joined(), status: 1),
    Row(
        "foreign bytes load no code", ["m.lua": "io.stderr:write 'loaded\\n' return {}"],
        "(\(printf(0xC7, 1, 0x57)); printf m; \(printf(0xC7, 2, 0x56, 1, 2, 0xD4, 5, 0))) | LUA_PATH='./?.lua;;' pmap -f msgpack -e item",
        err:
            "pmap: -:1: extension type 87 at item is pmap's own (module), which only pmap.loads and pmap's processes read\n"
            + "pmap: -:2: extension type 86 at item is pmap's own (function), which only pmap.loads and pmap's processes read\n"
            + "pmap: -:3: extension type 5 at item is unknown; -1, a timestamp, is the only one that is read\n"
            + lastLine(3, of: 3, "3 error"), status: 1),
    Row(
        "a batch says which of its values is none", [:],
        "\(printf(1, 2, 0xD4, 9, 0, 4)) | pmap -f msgpack --batch 3 -e '#item'",
        out: "1\n",
        err:
            "pmap: -:1-3: record 3 of the batch: extension type 9 at item is unknown; -1, a timestamp, is the only one that is read\n"
            + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "the file of errors has the bytes", [:],
        "\(printf(0x93, 1, 2, 3, 0xA1, 0x61)) | pmap -f msgpack --errors e -e 'error(\"no\", 0)' 2>&-; cut -d, -f 1-5 e",
        out: #"{"index":1,"source":"-","line":1,"input":"\#u{FFFD}\u0001\u0002\u0003","input_base64":"kwECAw==""#
            + "\n" + #"{"index":2,"source":"-","line":2,"input":"\#u{FFFD}a","input_base64":"oWE=""# + "\n"),
    Row(
        "a killed worker costs one value", [:],
        "seq 40 | pmap -t msgpack -e 'math.tointeger(item)' | pmap -j 2 -f msgpack -e 'if item == 17 then os.execute \"kill -9 $PPID\" end return item' | wc -l",
        out: "39\n",
        err: "pmap: -:17: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 40, "1 crash"), status: 1),
    Row(
        "MessagePack that is read as JSON", [:], "\(twoValues) | pmap -f jsonl -e item",
        err: "pmap: -:1: not JSON: ‹…›; it looks like MessagePack; write -f msgpack\n" + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "a terminal is no place for it", [:],
        "script -qec 'pmap -t msgpack -e item ::: a' /dev/null | tr -d '\\r'",
        out: "pmap: --to msgpack: standard output is a terminal, which would show bytes; write > FILE, or | PROGRAM\n",
        status: 2),
    Row(
        "words are none", [:], "pmap -f msgpack -e item ::: a",
        err: "pmap: --from msgpack: items behind ':::' are words, and no lines of a file\n", status: 2),
])
func `what is no value costs its item, and is said`(row: Row) throws { try row.check() }

@Test func `a journal knows values by their bytes`() throws {
    try Row(
        "", [:],
        """
        \(printf(1, 2, 0x91, 3)) > f; \(printf(2, 0xCC, 2, 0x91, 3, 1)) > g
        run() { pmap -f msgpack -t msgpack --journal j -e 'io.stderr:write("ran\\n") return item, "x"' "$@" | od -An -tx1 -w99; }
        run f; run g
        """,
        out: " 92 01 a1 78 92 02 a1 78 92 91 03 a1 78\n 92 02 a1 78 92 02 a1 78 92 91 03 a1 78 92 01 a1 78\n",
        err: "ran\nran\nran\nran\npmap: 3 of 4 items were done in an earlier run, says j\n"
    ).check()
}

// MARK: Other programs

/// Values of every kind that both sides have.
private let python = """
    import msgpack, sys, random, math
    random.seed(7)
    def value(depth):
        kind = random.randrange(9 if depth else 6)
        if kind == 0: return random.choice([None, True, False])
        if kind == 1: return random.choice([1, -1]) * random.getrandbits(random.randrange(1, 63))
        if kind == 2: return random.choice([0.0, -0.0, 1.5, 1e300, 2.0 ** 53, random.random()])
        if kind in (3, 4): return "é" * random.randrange(40) + "x" * random.choice([0, 1, 31, 32, 255, 256, 70000 if depth == 3 else 3])
        if kind == 5: return bytes([0xff]) * random.choice([1, 255, 256])
        if kind == 6: return [value(depth - 1) for _ in range(random.choice([0, 1, 15, 16, 17]))]
        return {random.choice(["k%d", "key %d"]) % i: value(depth - 1) for i in range(random.choice([0, 1, 15, 16, 3]))}
    values = [value(3) for _ in range(1500)] + [list(range(70000)), {str(i): i for i in range(70000)}, {1: 2, True: 3, 1.5: 4}]
    if sys.argv[1] == "write":
        for v in values: sys.stdout.buffer.write(msgpack.packb(v))
    else:
        for expected, found in zip(values, msgpack.Unpacker(sys.stdin.buffer, strict_map_key=False, max_buffer_size=0)):
            assert repr(found) == repr(expected) or found == expected, (expected, found)
        print(len(values))
    """

@Test func `Python's msgpack reads what pmap writes, and pmap what it writes`() throws {
    try Row(
        "", ["values.py": python],
        """
        /usr/bin/python3 values.py write > f; pmap -f msgpack -t msgpack -e item f | /usr/bin/python3 values.py read
        cat f | pmap -f msgpack -t msgpack -e item | cmp - <(pmap -j 1 --chunk 1 -f msgpack -t msgpack -e item f)
        """, out: "1503\n"
    ).check()
}

@Test func `Lua's MessagePack reads what pmap writes, and pmap what it writes`() throws {
    try Row(
        "",
        [
            "write.lua": """
            local mp = require "MessagePack"
            for i = 1, 300 do
              io.write(mp.pack { i, -i, i / 3, ("x"):rep(i), { k = i, list = { i, i } } }, mp.pack(i % 2 == 0))
            end
            """,
            "read.lua": """
            local mp, count = require "MessagePack", 0
            for _, v in mp.unpacker(io.read "a") do
              count = count + 1
              local i = (count + 1) // 2
              if count % 2 == 0 then
                assert(v == (i % 2 == 0))
              else
                assert(v[1] == i and v[2] == -i and v[3] == i / 3 and v[4] == ("x"):rep(i) and v[5].k == i and v[5].list[2] == i)
              end
            end
            print(count)
            """,
        ],
        """
        export LUA_PATH='/usr/share/lua/5.3/?.lua;;'
        lua5.4 write.lua | pmap -f msgpack -t msgpack -e item | lua5.4 read.lua
        """, out: "600\n"
    ).check()
}

/// Every encoding of the suite in one stream, and what is to come of each: Python compares.
private let suite = """
    import json, msgpack, sys
    cases = [(entry, bytes.fromhex(text.replace("-", ""))) for group in json.load(open("suite.json")).values()
             for entry in group for text in entry["msgpack"]]
    if sys.argv[1] == "write":
        for entry, encoding in cases: sys.stdout.buffer.write(encoding)
        sys.exit()
    found = list(msgpack.Unpacker(sys.stdin.buffer, raw=True, strict_map_key=False))
    assert len(found) == len(cases) == 233
    for (entry, encoding), value in zip(cases, found):
        if "ext" in entry: assert b"extension type" in value[b"error"][b"message"], (entry, value)
        elif "timestamp" in entry: assert value == entry["timestamp"][0] + entry["timestamp"][1] / 1e9, (entry, value)
        elif b"error" in (value if isinstance(value, dict) else []): assert int(entry["bignum"]) > 2 ** 63 - 1, (entry, value)
        else: assert value == msgpack.unpackb(encoding, raw=True, strict_map_key=False), (entry, value)
    print("right")
    """

@Test func `all encodings of the public suite are read, and written as the same values`() throws {
    let vectors = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "LuaTests/Vectors/msgpack-test-suite.json")
    try Row(
        "", ["suite.py": suite, "suite.json": String(contentsOf: vectors, encoding: .utf8)],
        "/usr/bin/python3 suite.py write > f; pmap -f msgpack -t msgpack --on-error keep -e item f 2>&- | /usr/bin/python3 suite.py read",
        out: "right\n", status: 1
    ).check()
}

private let tables = """
    local random = math.random
    local function value(depth)
      local kind = random(depth > 0 and 8 or 5)
      if kind == 1 then return random(0) >> random(0, 63) end
      if kind == 2 then return random() * 10 ^ random(-30, 30) end
      if kind == 3 then return ("é\\n\\"x"):rep(random(0, 9)) end
      if kind == 4 then return random(2) == 1 end
      if kind == 5 then return pmap.null end
      local t = {}
      if kind == 6 then
        for i = 1, random(0, 20) do t[i] = value(depth - 1) end
        return pmap.array(t)
      end
      for i = 1, random(0, random(20) == 1 and 100 or 6) do t["k" .. random(1000)] = value(depth - 1) end
      return pmap.object(t)
    end
    inputs = pmap.range(20000)
    function task() return value(3) end
    """

@Test func `20,000 random tables are the same bytes when they have gone through MessagePack`() throws {
    try Row(
        "", tables,
        """
        pmap --seed 5 -t jsonl t.lua > f; wc -l < f
        pmap -f jsonl -t msgpack -e item f > m; pmap -f msgpack -t jsonl -e item m | cmp - f
        cat m | pmap -f msgpack -t msgpack --chunk 7 -e item | cmp - m
        """, out: "20000\n"
    ).check()
}
