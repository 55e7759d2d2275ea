// Items that are values of the script: what travels from an iterator to a task, and arrives as it was.

import Running
import Testing

/// `made` is a list of Lua values, given one after the other; `shown` is what the task returns of `x`.
private func travels(_ claim: String, _ made: String, _ shown: String, _ output: String) -> Row {
    Row(
        claim,
        """
        local made, place = \(made), 0
        function inputs() place = place + 1 return made[place] end
        function task(x) return \(shown) end
        """,
        "pmap -j 2 --chunk 1 t.lua", out: output)
}

/// A list of one table, `depth` tables deep.
private func nested(_ depth: Int) -> String {
    "(function() local top = {} local t = top for i = 2, \(depth) do t[1] = {} t = t[1] end return { top } end)()"
}

@Test(arguments: [
    travels(
        "floats, bit by bit", "{ 0.1, -0.0, 1/0, -1/0, 0/0, 5e-324, 1.7976931348623157e308, 123456789012345680.0 }",
        "('%a'):format(x)",
        "0x1.999999999999ap-4\n-0x0p+0\ninf\n-inf\n‹…›nan\n0x0.0000000000001p-1022\n0x1.fffffffffffffp+1023\n0x1.b69b4ba630f35p+56\n"
    ),
    travels(
        "integers and floats of the same value", "{ 1, 1.0, 2^53, 2^53 | 0, 1e16, math.maxinteger, math.mininteger }",
        "math.type(x), x",
        "integer\t1\nfloat\t1.0\nfloat\t9.007199254741e+15\ninteger\t9007199254740992\nfloat\t1e+16\ninteger\t9223372036854775807\ninteger\t-9223372036854775808\n"
    ),
    travels("strings of any bytes", #"{ "", "\0", "\xff\n\r", ("x"):rep(100000) }"#, "#x", "0\n1\n3\n100000\n"),
    travels(
        "a table that contains itself, also as a key", "(function() local t = {} t.t = t t[t] = t return { t } end)()",
        "x.t == x, x[x] == x", "true\ttrue\n"),
    travels("one table in two places", "(function() local t = {} return { { t, t } } end)()", "x[1] == x[2]", "true\n"),
    travels(
        "keys of all kinds", "{ { [true] = 1, [1.5] = 2, [-1] = 3, [2^53] = 4, x = 5, 6 } }",
        "x[true], x[1.5], x[-1], x[2^53 | 0], x.x, x[1]",
        "1\t2\t3\t4\t5\t6\n"),
    travels("holes", "{ { 1, nil, 3, nil, nil, 6 } }", "x[1], x[2], x[3], x[6]", "1\t\t3\t6\n"),
    travels(
        "a million elements", "(function() local t = {} for i = 1, 1000000 do t[i] = i end return { t } end)()",
        "#x, x[1000000]", "1000000\t1000000\n"),
    travels(
        "functions with their upvalues", "(function() local n = 40 return { function(m) return n + m end } end)()",
        "x(2)", "42\n"),
    travels("C functions by their names", "{ string.upper }", "x == string.upper", "true\n"),
    travels(
        "tables in tables, a hundred thousand deep", nested(100_000),
        "(function() local depth = 0 while x do x, depth = x[1], depth + 1 end return depth end)()",
        "100000\n"),
])
func `a value arrives as it was`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a million deep, as jsonl", "local list = \(nested(1_000_000)) function task() return list[1] end",
        "pmap -t jsonl t.lua ::: a",
        err: "pmap: :::1: cannot write tables in tables more than 1024 deep as jsonl at result[1][1]‹…›…‹…›[1][1]\n"
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "a million deep, as lua", "local list = \(nested(1_000_000)) function task() return list[1] end",
        "pmap -t lua t.lua ::: a",
        err: "pmap: :::1: cannot write tables in tables more than 180 deep as lua at result[1][1]‹…›…‹…›[1][1]\n"
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "a thousand deep, as jsonl", "local list = \(nested(1000)) function task() return list[1] end",
        "pmap -t jsonl t.lua ::: a | wc -c", out: "2001\n"),
    Row(
        "keys of all kinds, as jsonl", [:], "pmap -t jsonl -e '{[2^53] = 1, [1.5] = 2, [-1] = 3, [false] = 4}' ::: a",
        out: #"{"-1":3,"1.5":2,"9007199254740992":1,"false":4}"# + "\n"),
    Row(
        "floats that look like integers, as jsonl", [:],
        "pmap -t jsonl -e '{1e16, 2^53, 123456789012345680.0, -0.0}' ::: a",
        out: "[1e+16,9007199254740992.0,1.2345678901234568e+17,-0.0]\n"),
    Row(
        "a million elements, as jsonl", [:],
        "pmap -t jsonl -e 'local t = {} for i = 1, 1000000 do t[i] = i end return t' ::: a | wc -c",
        out: "6888898\n"),
    Row(
        "nesting beyond what is read, and closed again", [:],
        "printf '%02000d\\n' 0 | sed 's/0/[/g;p;s/\\[/]/g' | paste -sd '' | pmap -f jsonl -e true",
        err: "pmap: -:1: not JSON: arrays and objects are nested more than 1024 deep\n" + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "a function in a list that is written", [:], "pmap -e '{item, {x = coroutine.create(print)}}' ::: a",
        err: "pmap: :::1: cannot write a coroutine as lines at result[2].x\n" + lastLine(1, of: 1, "1 error"), status: 1
    ),
])
func `the odd values as text`(row: Row) throws { try row.check() }
