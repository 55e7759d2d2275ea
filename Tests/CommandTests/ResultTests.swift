// What a task returns, and what is then written.

import Testing

@Test(arguments: [
    Row(
        "strings as they are, numbers and booleans as tostring gives them", [:],
        #"pmap -e "({ 'text', '', 7, 3.0, -0.0, 1e15, 1 / 0, true, false })[index]" ::: 1 2 3 4 5 6 7 8 9"#,
        out: "text\n\n7\n3.0\n-0.0\n1e+15\ninf\ntrue\nfalse\n"),
    Row(
        "several fields, joined by tabs", [:],
        "pmap -e 'item, 1, 2.5, true' ::: a b", out: "a\t1\t2.5\ttrue\nb\t1\t2.5\ttrue\n"),
    Row(
        "a nil among fields is an empty field", [:],
        "pmap -e '1, nil, 3' ::: a", out: "1\t\t3\n"),
    Row(
        "a nil at the end is an empty field", [:],
        "pmap -e '1, nil' ::: a", out: "1\t\n"),
    Row(
        "nil alone is no record, false is one", [:],
        "pmap -e 'if item == \"b\" then return nil end if item == \"c\" then return false end return item' ::: a b c d",
        out: "a\nfalse\nd\n"),
    Row(
        "nothing at all is no record", [:],
        "pmap -e 'return' ::: a b"),
    Row(
        "tables as JSON with sorted keys", [:],
        #"pmap -e "({ {1, 2, {}}, {b = 1, a = {c = 'x'}}, {1, nil, 3}, {} })[index]" ::: 1 2 3 4"#,
        out: "[1,2,[]]\n{\"a\":{\"c\":\"x\"},\"b\":1}\n{\"1\":1,\"3\":3}\n[]\n"),
    Row(
        "a table among fields", [:],
        "pmap -e 'item, {index}' ::: a", out: "a\t[1]\n"),
    Row(
        "any bytes", [:],
        #"pmap -e '"\0\xff\r" .. item' ::: a | od -An -c | tr -s ' '"#, out: " \\0 377 \\r a \\n\n"),
    Row(
        "pmap.array and pmap.object decide otherwise", [:],
        "pmap -e 'pmap.object {}, pmap.object {7, 8}, pmap.array {}, {x = pmap.null}' ::: a",
        out: "{}\t{\"1\":7,\"2\":8}\t[]\t{\"x\":null}\n"),
])
func `a result is written as a line`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "records before the returned one", [:],
        "pmap -e 'pmap.emit(index) pmap.emit(item, item) return \"end\"' ::: a b",
        out: "1\na\ta\nend\n2\nb\tb\nend\n"),
    Row(
        "without a returned one", [:],
        "pmap -j 2 --chunk 1 -e 'for i = 1, #item do pmap.emit(item:sub(i, i)) end' ::: abc '' d", out: "a\nb\nc\nd\n"),
    Row(
        "of an item that then fails they are dropped", [:],
        "pmap -e 'pmap.emit(item) if item == \"b\" then return nil, \"no\" end' ::: a b c",
        out: "a\nc\n", err: "pmap: :::2: no\(hint)\n" + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "what cannot be written is an error where it was emitted", [:],
        "pmap -t jsonl -e 'pmap.emit(print)' ::: a",
        err: "pmap: :::1: -e:1: cannot write a function as jsonl at result\n" + traceback
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "as jsonl", [:],
        "pmap -t jsonl -e 'pmap.emit({index}) pmap.emit(1, 2)' ::: a", out: "[1]\n[1,2]\n"),
    Row(
        "with a colon", [:], "pmap -e 'pmap:emit(item)' ::: a",
        err: "pmap: :::1: -e:1: write pmap.emit(…), with a dot\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1
    ),
])
func `pmap.emit adds records of its own`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "nil and a message, as from io.open", [:],
        "pmap -e 'io.open(item)' ::: /nosuch",
        err: "pmap: :::1: /nosuch: No such file or directory\(hint)\n" + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "the others go on", [:],
        "pmap -e 'if item == \"b\" then return nil, \"not \" .. item end return item' ::: a b c",
        out: "a\nc\n", err: "pmap: :::2: not b\(hint)\n" + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "the first one explains itself", [:],
        "pmap -j 1 -e 'return nil, item' ::: a b",
        err: "pmap: :::1: a\(hint)\npmap: :::2: b\n" + lastLine(2, of: 2, "2 error"),
        status: 1),
    Row(
        "also of a filter", [:],
        "pmap --filter -e 'return nil, item' ::: a", err: "pmap: :::1: a\(hint)\n" + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "in the file of errors it is the message alone", [:],
        "pmap --errors e -e 'return nil, item' ::: a 2>/dev/null; grep -o '\"message\":\"[^\"]*\"' e",
        out: "\"message\":\"a\"\n"),
])
func `nil and a message is a failed item`(row: Row) throws { try row.check() }

private let hint = " (nil and a string is a failure; write x or \"\" for an empty field)"

@Test(arguments: [
    Row("all nil", [:], "pmap -e 'item:match \"(%w+)=(%w+)\"' ::: a=b c", out: "a\tb\n"),
    Row("several nil", [:], "pmap -e 'return nil, nil' ::: a; pmap -t jsonl -e 'nil, nil' ::: a"),
    Row("before a number", [:], "pmap -e 'return nil, 42' ::: a", out: "\t42\n"),
    Row("before a table", [:], "pmap -e 'return nil, {}, item' ::: a", out: "\t[]\ta\n"),
    Row("before nil and a string", [:], "pmap -e 'return nil, nil, item' ::: a", out: "\t\ta\n"),
    Row("as jsonl", [:], "pmap -t jsonl -e 'return nil, 42' ::: a", out: "[null,42]\n"),
    Row("as lua", [:], "pmap -t lua -e 'return nil, 42' ::: a", out: "nil, 42\n"),
    Row("of a filter it is no", [:], "pmap --filter -e 'return nil, 42' ::: a"),
    Row(
        "emitted", [:], "pmap -e 'pmap.emit(nil, 5) pmap.emit(nil, item) pmap.emit(nil, nil) pmap.emit()' ::: a",
        out: "\t5\n\ta\n"),
])
func `nil in front of other results is an empty field`(row: Row) throws { try row.check() }

@Test(arguments: [
    ("os.execute 'exit 3'", "exit 3"), ("os.execute 'kill -9 $$'", "signal 9"),
    ("io.popen('exit 3'):close()", "exit 3"), ("io.popen('kill -15 $$'):close()", "signal 15"),
    ("select(2, pcall(error, nil)), 'exit', 4", "exit 4"),
])
func `a program that failed says how it ended`(code: String, message: String) throws {
    try Row(
        code, "function task() return \(code) end", "pmap t.lua ::: a",
        err: "pmap: :::1: \(message)\n" + lastLine(1, of: 1, "1 error"), status: 1
    ).check()
}

@Test(arguments: [
    Row("lines is the default", ["f": "a\nbb\nc\n"], "pmap --filter -e '#item == 1' f", out: "a\nc\n"),
    Row("neither nil nor false", [:], "pmap --filter -e 'if item == \"0\" then return 0 end' ::: 0 1", out: "0\n"),
    Row(
        "the bytes of the input stay", ["f": "a\r\n b\t\r\n\nlast"],
        "pmap --filter -e 'true' f | od -An -c | tr -s ' '", out: " a \\r \\n b \\t \\r \\n \\n l a s t \\n\n"),
    Row(
        "a line of JSON as it was", ["f": "{\"b\": 1.50, \"a\":2}\n{\"b\":3}\n"],
        "pmap -f jsonl --filter -e 'item.a == 2' f", out: "{\"b\": 1.50, \"a\":2}\n"),
    Row(
        "also as lines, or ended by NUL", ["f": "{\"b\": 1.50, \"a\":2}\n\"a\\u0062\"\r\n"],
        "pmap -f jsonl -t lines --filter -e true f; pmap -f jsonl -t nul --filter -e 'item.a' f | tr '\\0' '!'",
        out: "{\"b\": 1.50, \"a\":2}\n\"a\\u0062\"\r\n{\"b\": 1.50, \"a\":2}!"),
    Row(
        "though another format must say it in its way", ["f": "{\"b\": 1.50, \"a\":2}\n"],
        "pmap -f jsonl -t lua --filter -e 'item.a = 3 return true' f; pmap -t jsonl --filter -e true ::: 'a\"'",
        out: "{a = 2, b = 1.5}\n\"a\\\"\"\n"),
    Row(
        "whatever a task does to a table of inputs",
        "inputs = { { n = 1 }, { n = 2 }, { f = print }, 'x' } function task(t) if t ~= 'x' then t.n = t.n and 7 t.f = nil end return t == 'x' or t.n end",
        "pmap --filter t.lua; pmap --filter -t jsonl -j 0 t.lua",
        out: "{\"n\":1}\n{\"n\":2}\nx\n{\"n\":1}\n{\"n\":2}\n\"x\"\n"),
    Row(
        "and of an iterator",
        "local n = 0 function inputs() n = n + 1 if n < 3 then return { n = n } end end function task(t) t.n = nil return true end",
        "pmap --filter t.lua", out: "{\"n\":1}\n{\"n\":2}\n"),
    Row(
        "what cannot be written fails where it passes",
        "inputs = { { print } } function task(t) t[1] = 1 return true end", "pmap --filter -t jsonl t.lua",
        err: "pmap: inputs[1]: cannot write a function as jsonl at result[1]\n" + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "items ended by NUL still are", [:],
        "printf 'a\\0b\\nc\\0' | pmap -0 --filter -e '#item > 1' | od -An -c | tr -s ' '", out: " b \\n c \\0\n"),
    Row(
        "a failed item is not written", [:],
        "pmap --filter -e 'item == \"a\" or error(\"no\", 0)' ::: a b",
        out: "a\n", err: "pmap: :::2: no\n" + traceback + lastLine(1, of: 2, "1 error"), status: 1),
])
func `--filter writes inputs unchanged`(row: Row) throws { try row.check() }
