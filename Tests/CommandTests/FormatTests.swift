// The other formats: nul, lua, none.

import Testing

/// Reads Lua literals, one a line, and writes each as type and value.
private let reader = """
    for line in io.lines() do
      local v = assert(load("return " .. line))()
      if type(v) == "table" then v = v[1] .. "," .. v.k end
      print(math.type(v) or type(v), ("%q"):format(v))
    end
    """

@Test(arguments: [
    Row("nul in", [:], "printf 'a\\0b\\nc\\0d' | pmap -0 -e '#item'", out: "1\n3\n1\n"),
    Row("-f nul is -0", [:], "printf 'a\\0\\0b\\0' | pmap -f nul -e '#item'", out: "1\n0\n1\n"),
    Row("nul out", [:], "pmap -t nul -e 'item, 1' ::: a b | tr '\\0' '|'", out: "a\t1|b\t1|"),
    Row(
        "nul to nul", [:], "printf 'a\\nb\\0c\\0' | pmap -0 -t nul -e item | od -An -c | tr -s ' '",
        out: " a \\n b \\0 c \\0\n"),
    Row(
        "file names from find", ["d/a b": "", "d/c\nd": ""],
        "find d -type f -print0 | sort -z | pmap -0 -e 'io.open(item) and #item'", out: "5\n5\n"),
    Row("none writes no records", [:], "pmap -t none -e item ::: a b"),
    Row("none still shows what tasks print", [:], "pmap -t none -e 'print(item) return item' ::: a b", out: "a\nb\n"),
    Row(
        "lua writes what load reads back", ["r.lua": reader],
        #"pmap -t lua -e '({ "a\n\"\0b", 7, 0.1, math.mininteger, 1e300, true, {5, k = "v"} })[index]' ::: 1 2 3 4 5 6 7 | lua5.4 r.lua"#,
        out: """
            string\t"a\\
            \\"\\0b"
            integer\t7
            float\t0x1.999999999999ap-4
            integer\t0x8000000000000000
            float\t0x1.7e43c8800759cp+996
            boolean\ttrue
            string\t"5,v"

            """),
    Row(
        "lua keeps inf, -inf and nan", [:],
        #"pmap -t lua -e '({ 1/0, -1/0, 0/0 })[index]' ::: 1 2 3 | lua5.4 -e 'for l in io.lines() do local v = load("return " .. l)() print(v ~= v or v) end'"#,
        out: "inf\n-inf\ntrue\n"),
])
func `each format is as it is described`(row: Row) throws { try row.check() }
