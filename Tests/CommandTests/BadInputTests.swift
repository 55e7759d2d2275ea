// Inputs that are not there, cannot be read, or go wrong on the way.

import Testing

@Test(arguments: [
    Row(
        "a file that is not there", ["f": "a\n"], "pmap -e item f nosuch",
        err: "pmap: nosuch: no such file; to give items as arguments write ::: nosuch\n", status: 2),
    Row(
        "a folder", ["d/x": ""], "pmap -e item d",
        err: "pmap: d: a folder has no lines; name the files in it, as in d/*\n", status: 2),
    Row(
        "a file that nobody may read", ["f": "a\n"], "\(asNobody("f")) ./p -e item f",
        err: "pmap: f: cannot read it: Permission denied\n", status: 2),
    Row(
        "no item runs when the last of the files is missing", ["f": "a\n"],
        "pmap -e 'os.execute(\"touch ran\")' f nosuch 2>/dev/null; echo $?; test -e ran || echo none", out: "2\nnone\n"
    ),
    Row(
        "a file below a file", ["f": ""], "pmap -e item f/g", err: "pmap: f/g: cannot read it: Not a directory\n",
        status: 2),
    Row(
        "standard input that is a folder", [:], "pmap -e item < .",
        err: "pmap: -: a folder has no lines; name the files in it\n", status: 2),
    Row(
        "a file that cannot be read further", ["f": "a\n"], "pmap -j 1 -e item f /proc/self/mem",
        out: "a\n", err: "pmap: /proc/self/mem: read: Input/output error\n", status: 3),
    Row("a device without bytes", [:], "pmap -e item /dev/null"),
    Row(
        "lines that came after the start are not read", ["f": "a\nb\n"],
        "pmap -j 2 --chunk 1 -e 'io.open(\"f\", \"a\"):write(\"more\\n\"):close() return item' f; wc -l < f",
        out: "a\nb\n4\n"),
    Row(
        "an item of a list need not travel", "inputs = { 'a', print } task = type", "pmap -j 2 t.lua",
        out: "string\nfunction\n"),
    Row(
        "an iterator that fails",
        "local n = 0\nfunction inputs() n = n + 1 if n == 3 then error('broken') end return n end\nfunction task(x) return x end",
        "pmap -j 1 t.lua", out: "1\n2\n", err: "pmap: inputs: t.lua:2: broken\n" + traceback,
        status: 3),
    Row(
        "an iterator that returns nil and a message",
        "local n = 0\nfunction inputs() n = n + 1 if n == 3 then return nil, 'db gone' end return n end\nfunction task(x) return x end",
        "pmap -j 1 t.lua; echo $?; pmap -j 0 --journal j t.lua", out: "1\n2\n3\n1\n2\n",
        err: "pmap: inputs: db gone (nil and a string is a failure; at the end return nil alone)\n"
            + "pmap: inputs: db gone (nil and a string is a failure; at the end return nil alone)\n"
            + "pmap: 2 items are in j; the same command goes on from there\n", status: 3),
    Row(
        "an iterator that reads a folder",
        "local f = io.open('/') function inputs() return f:read('l') end\nfunction task(x) return x end", "pmap t.lua",
        err: "pmap: inputs: Is a directory (nil and a string is a failure; at the end return nil alone)\n", status: 3),
    Row(
        "an object that returns nil and a message",
        "inputs = setmetatable({}, { __call = function(_, _, n) if n == 2 then return nil, 'gone' end return (n or 0) + 1 end })"
            + "\nfunction task(x) return x end", "pmap t.lua", out: "1\n2\n",
        err: "pmap: inputs: gone (nil and a string is a failure; at the end return nil alone)\n", status: 3),
    Row(
        "an iterator that returns more values",
        "local n = 0\nfunction inputs() n = n + 1 if n < 3 then return n, 'x' end return nil, 2 end"
            + "\nfunction task(...) return (...) end", "pmap t.lua", out: "1\n2\n"),
    Row(
        "an iterator that gives what cannot travel",
        "local n = 0\nfunction inputs() n = n + 1 return n == 2 and { f = coroutine.create(print) } or n < 4 and n or nil end\nfunction task(x) return x end",
        "pmap -j 2 t.lua", out: "1\n3\n",
        err: "pmap: inputs[2]: cannot send a coroutine at item.f\n" + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "an iterator whose process is killed",
        "function inputs() os.execute('kill -9 $PPID') end\nfunction task(x) return x end", "pmap -j 2 t.lua",
        err: "pmap: inputs: the script's process (pid N) was killed by SIGKILL\n", status: 3),
    Row(
        "a file that shrinks while it is read",
        "local first = true\nfunction task(x) if first then io.open('f', 'w'):close() first = false end return x end",
        "seq 2000000 > f; pmap -j 2 t.lua f > out", err: "pmap: f: the file changed while it was read\n", status: 3),
])
func `an input that cannot be read is named`(row: Row) throws { try row.check() }

@Test func `without any input on a terminal the way out is said`() throws {
    try Row(
        "terminal", "return string.upper", "script -qec 'pmap t.lua' /dev/null < /dev/null | tr -d '\\r'",
        out:
            "pmap: t.lua: no input: name a FILE, write ::: ITEM …, or pipe lines into pmap\n",
        status: 2
    ).check()
}

private let structure = "not JSON: a comma, colon, bracket or value is missing, or one too many"

/// The first message about an input of JSON; what follows is not looked at.
private func first(_ claim: String, _ printf: String, _ message: String) -> Row {
    Row(
        claim, [:], "printf '\(printf)' | pmap -f jsonl -e item.id 2>&1 >/dev/null | head -n 1",
        out: "pmap: -:1: \(message)\n", status: 1)
}

@Test(arguments: [
    first(
        "a document over several lines", "{\\n \"id\": 1\\n}\\n",
        structure
            + "; it looks like a document over several lines, and a value a line is read; write jq -c . FILE | pmap …"),
    first(
        "an array of records", "[\\r\\n{\"id\":1},\\r\\n{\"id\":2}\\r\\n]\\r\\n",
        structure
            + "; it looks like an array over several lines, and a value a line is read; write jq -c '.[]' FILE | pmap …"
    ),
    first(
        "records with commas between them", "{\"id\":1},\\n{\"id\":2}\\n",
        structure + "; a value a line is read, without a comma behind it; write sed 's/,$//' FILE | pmap …"),
    first(
        "UTF-16", "\\xff\\xfe{\\0\\\"\\0i\\0d\\0\"\\0:\\0001\\0}\\0\\n\\0",
        "not JSON: ‹…›; it looks like UTF-16; write iconv -f UTF-16 -t UTF-8 FILE | pmap …"),
    first("anything else", "id,name\\n", structure),
    Row(
        "a byte order mark is none of the value", [:],
        "printf '\\xef\\xbb\\xbf{\"id\":1}\\n{\"id\":2}\\n' | pmap -f jsonl -e item.id",
        out: "1\n2\n"),
])
func `the first message says what an input looks like that is no JSON lines`(row: Row) throws { try row.check() }
