// jsonl in and out: what a value is after the way through Lua, and what cannot make it.

import Testing

private let same = "pmap -f jsonl -t jsonl -e item"

@Test(arguments: [
    Row(
        "integers stay integers", [:], same, input: "[9007199254740993,-9223372036854775808,0]\n",
        out: "[9007199254740993,-9223372036854775808,0]\n"),
    Row(
        "floats are as short as exact, with . or e", [:], same,
        input: "[0.1,1.50,-0.0,1e3,2.5e-7,1.7976931348623157e308]\n",
        out: "[0.1,1.5,-0.0,1000.0,2.5e-07,1.7976931348623157e+308]\n"),
    Row(
        "-0 keeps its sign, as a float", [:], "\(same) --big-integers float",
        input: "-0\n[0,-0 ,-0.5e0,-0e1]\n{\"a\":-0,\"-0,\":0}\n[18446744073709551616,-0]\n",
        out: "-0.0\n[0,-0.0,-0.5,-0.0]\n{\"-0,\":0,\"a\":-0.0}\n[1.8446744073709552e+19,-0.0]\n"),
    Row(
        "an integer outside 64 bits, as a float", [:], "\(same) --big-integers float",
        input: "[9223372036854775807,9223372036854775808,18446744073709551616]\n",
        out: "[9223372036854775807,9.223372036854776e+18,1.8446744073709552e+19]\n"),
    Row(
        "an integer outside 64 bits, as a string", [:], "\(same) --big-integers string",
        input: "[9223372036854775807,9223372036854775808,18446744073709551616]\n",
        out: "[9223372036854775807,\"9223372036854775808\",\"18446744073709551616\"]\n"),
    Row(
        "null, true and false", [:], same, input: "[null,true,false]\nnull\nfalse\n",
        out: "[null,true,false]\nnull\nfalse\n"),
    Row(
        "empty arrays and objects stay what they were", [:], same, input: "{\"a\":[],\"o\":{}}\n[]\n{}\n",
        out: "{\"a\":[],\"o\":{}}\n[]\n{}\n"),
    Row(
        "keys are sorted", [:], same, input: "{\"b\":1,\"a\":{\"z\":1,\"y\":2},\"B\":3}\n",
        out: "{\"B\":3,\"a\":{\"y\":2,\"z\":1},\"b\":1}\n"),
    Row(
        "text of any script, and what must be escaped", [:], same,
        input: "[\"äß€😀\",\"\\u0000\\n\\\"\\\\/\\u20ac\\ud83d\\ude00\"]\n",
        out: "[\"äß€😀\",\"\\u0000\\n\\\"\\\\/€😀\"]\n"),
    Row("blanks around and within", [:], same, input: " { \"a\" : [ 1 , 2 ] } \r\n\t7\n", out: "{\"a\":[1,2]}\n7\n"),
    Row("a last line without newline", [:], same, input: "1\n2", out: "1\n2\n"),
    Row(
        "deep nesting", [:],
        "printf '%0300d\\n' 0 | sed 's/0/[/g;p;s/\\[/]/g' | paste -sd '' > in; \(same) in | cmp - in"),
])
func `JSON keeps its values on the way through`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "null is pmap.null, a true value", [:], "pmap -f jsonl -e 'item.a == pmap.null, item.a and 1, item.b == nil'",
        input: "{\"a\":null}\n", out: "true\t1\ttrue\n"),
    Row(
        "integer and float differ", [:], "pmap -f jsonl -e 'math.type(item)'", input: "1\n1.0\n1e0\n",
        out: "integer\nfloat\nfloat\n"),
    Row("arrays count from 1", [:], "pmap -f jsonl -e 'item[1], #item'", input: "[\"a\",\"b\"]\n", out: "a\t2\n"),
    Row("a byte order mark in front", [:], "printf '\\357\\273\\2771\\n' | pmap -f jsonl -e item", out: "1\n"),
    Row("of two equal keys the last", [:], "pmap -f jsonl -e 'item.a'", input: "{\"a\":1,\"a\":2}\n", out: "2\n"),
    Row("arguments are JSON too", [:], "pmap -f jsonl -e 'item.a' ::: '{\"a\":\n1}' '{\"a\":2}'", out: "1\n2\n"),
    Row("a string is a string", [:], "pmap -f jsonl -e item", input: "\"a b\"\n", out: "a b\n"),
])
func `JSON becomes Lua values`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row("several values are one array", [:], "pmap -t jsonl -e 'item, nil, 2' ::: a", out: "[\"a\",null,2]\n"),
    Row(
        "an array that the task made", [:], "pmap -t jsonl -e '{1, \"two\", 3.0, {true}}' ::: a",
        out: "[1,\"two\",3.0,[true]]\n"),
    Row("an empty table is an array", [:], "pmap -t jsonl -e '{}' ::: a", out: "[]\n"),
    Row("booleans as keys are text", [:], "pmap -t jsonl -e '{[true] = 1}' ::: a", out: "{\"true\":1}\n"),
    Row("holes make an object", [:], "pmap -t jsonl -e '{1, nil, 3}' ::: a", out: "{\"1\":1,\"3\":3}\n"),
    Row("mixed keys make an object", [:], "pmap -t jsonl -e '{1, x = 2}' ::: a", out: "{\"1\":1,\"x\":2}\n"),
    Row(
        "metamethods do not run", [:],
        "pmap -t jsonl -e 'setmetatable({1, 2}, {__len = error, __pairs = error, __index = error})' ::: a",
        out: "[1,2]\n"),
    Row(
        "an array that grew stays an array", [:], "pmap -f jsonl -t jsonl -e 'item[#item + 1] = index return item'",
        input: "[]\n[5]\n", out: "[1]\n[5,2]\n"),
    Row(
        "an empty object that was filled", [:], "pmap -f jsonl -t jsonl -e 'item.x = 1 return item'", input: "{}\n",
        out: "{\"x\":1}\n"),
    Row(
        "a table shared in two places is written twice", [:], "pmap -t jsonl -e 'local t = {1} return {t, t}' ::: a",
        out: "[[1],[1]]\n"),
])
func `Lua values become JSON`(row: Row) throws { try row.check() }

/// The script returns a value of each kind; the message names where in it the trouble is.
private func refused(_ value: String, _ message: String, to format: String = "jsonl") -> Row {
    Row(
        "\(value) as \(format)", [:], "pmap -t \(format) -e '\(value)' ::: a",
        err: "pmap: :::1: \(message)\n" + lastLine(1, of: 1, "1 error"), status: 1)
}

@Test(arguments: [
    refused("{1, 2, print}", "cannot write a function as jsonl at result[3]"),
    refused("{rows = {{}, {}, {name = print}}}", "cannot write a function as jsonl at result.rows[3].name"),
    refused("print", "cannot write a function as jsonl at result"),
    refused("1, print", "cannot write a function as jsonl at result[2]"),
    refused("{h = io.stdout}", "cannot write userdata (FILE*) as jsonl at result.h"),
    refused("{c = coroutine.create(print)}", "cannot write a coroutine as jsonl at result.c"),
    refused("{0/0}", "cannot write nan as jsonl at result[1]"),
    refused("{x = {-1/0}}", "cannot write -inf as jsonl at result.x[1]"),
    refused("{[1] = 1, x = 1, [\"1\"] = 2}", "cannot write a table with two keys that read \"1\" as jsonl at result"),
    refused("{[{}] = 1}", "cannot write a table with a table as a key as jsonl at result"),
    refused(
        "(function() local t = {} t.self = t return t end)()",
        "cannot write a table that contains itself as jsonl at result.self"),
    refused("{name = \"\\xff\"}", "cannot write a string that is not UTF-8 as jsonl at result.name"),
    refused("{[\"a b\"] = print}", "cannot write a function as jsonl at result[\"a b\"]"),
    refused("print", "cannot write a function as lines at result", to: "lines"),
    refused("1, {x = print}", "cannot write a function as lines at result[2].x", to: "lines"),
    refused("io.stdout", "cannot write userdata (FILE*) as lines at result", to: "lines"),
    refused("{print}", "cannot write a function as lua at result[1]", to: "lua"),
])
func `what a format cannot write is that item's error, with its path`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a line that is no JSON", ["f": "1\n{\"a\":}\n3\n"], "\(same) f",
        out: "1\n3\n", err: "pmap: f:2: not JSON: ‹…›\n" + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "two values on a line", ["f": "1 2\n3\n"], "\(same) f",
        out: "3\n", err: "pmap: f:1: not JSON: ‹…›\n" + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "an empty line is no item, but has its number", ["f": "1\n\n3\n"], "pmap -f jsonl -t jsonl -e 'item, index' f",
        out: "[1,1]\n[3,3]\n"),
    Row(
        "bytes that are not UTF-8", [:], "printf '1\\n\"\\xff\"\\n' | \(same)",
        out: "1\n", err: "pmap: -:2: not JSON: ‹…›\n" + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "what breaks off", ["f": "[1,\n"], "\(same) f",
        err: "pmap: f:1: not JSON: ‹…›\n" + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "nesting beyond what is read", [:], "printf '%0100000d\\n' 0 | sed 's/0/[/g' | \(same)",
        err: "pmap: -:1: not JSON: ‹…›\n" + lastLine(1, of: 1, "1 error"), status: 1),
])
func `a line that is not JSON is that item's error`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "one of 64 bits without a sign", [:], same, input: "{\"id\":15878708649682983132}\n{\"id\":7}\n",
        out: "{\"id\":7}\n",
        err: tooBig("15878708649682983132 at item.id") + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "one of more bits", [:], same, input: "{\"rows\":[1,{\"x y\":-99999999999999999999}]}\n",
        err: tooBig("-99999999999999999999 at item.rows[2][\"x y\"]") + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "the script chooses otherwise",
        "options = { from = 'jsonl', big_integers = 'string' } function task(i) return i.id end",
        "pmap t.lua", input: "{\"id\":15878708649682983132}\n", out: "15878708649682983132\n"),
    Row(
        "no way to take it", [:], "\(same) --big-integers none",
        err: "pmap: --big-integers none: write float or string\n", status: 2),
])
func `an integer that does not fit 64 bits is never changed silently`(row: Row) throws { try row.check() }

private func tooBig(_ what: String) -> String {
    "pmap: -:1: \(what) is an integer outside 64 bits; --big-integers float or string takes it as that\n"
}
