// Where items come from, and that not a byte of them is lost.

import Testing

private let show = "-e '\"<\" .. item .. \">\"'"

@Test(arguments: [
    Row("a file", ["f": "a\nb\n"], "pmap \(show) f", out: "<a>\n<b>\n"),
    Row("several files", ["f": "a\n", "g": "b\nc\n"], "pmap \(show) f g f", out: "<a>\n<b>\n<c>\n<a>\n"),
    Row("standard input from a pipe", [:], "printf 'a\\nb\\n' | pmap \(show)", out: "<a>\n<b>\n"),
    Row("standard input from a file", ["f": "a\nb\n"], "pmap \(show) < f", out: "<a>\n<b>\n"),
    Row(
        "standard input that somebody else began to read", ["f": "a\nb\nc\n"], "{ read first; pmap \(show); } < f",
        out: "<b>\n<c>\n"),
    Row("standard input by a file's name", ["f": "a\n"], "pmap \(show) /dev/stdin < f", out: "<a>\n"),
    Row(
        "standard input twice", [:], "pmap \(show) - -", input: "a\n",
        err: "pmap: - twice; standard input can be read once\n", status: 2),
    Row("a descriptor by its file's name", ["f": "a\n"], "pmap \(show) /dev/fd/3 3< f", out: "<a>\n"),
    Row("a named pipe", [:], "pmap \(show) <(echo a) <(echo b)", out: "<a>\n<b>\n"),
    Row(
        "a named pipe whose writer comes late, and writes late", [:],
        "mkfifo p; pmap \(show) p & await asleep $!; exec 9> p; await asleep $!; echo a >&9; exec 9>&-; wait $!",
        out: "<a>\n"),
    Row(
        "a named pipe that nothing is written to", [:],
        "mkfifo p; pmap \(show) p /dev/null & await asleep $!; : > p; wait $!"),
    Row("a file whose size is said to be 0", [:], "pmap -e item /proc/version | cmp - /proc/version"),
    Row("-, and files around it", ["f": "f\n"], "echo in | pmap \(show) f - f", out: "<f>\n<in>\n<f>\n"),
    Row("arguments", [:], "pmap \(show) ::: a 'b c' ''", out: "<a>\n<b c>\n<>\n"),
    Row("arguments that look like options", [:], "pmap \(show) ::: -j --help -", out: "<-j>\n<--help>\n<->\n"),
    Row("an argument with a newline is one item", [:], "pmap \(show) ::: $'a\\nb'", out: "<a\nb>\n"),
    Row("no arguments", [:], "pmap \(show) :::"),
    Row("a file whose name begins with a hyphen", ["-f": "a\n"], "pmap \(show) ./-f", out: "<a>\n"),
    Row("a file behind --", ["-f": "a\n"], "pmap \(show) -- -f", out: "<a>\n"),
    Row("a file in another folder", ["d/e/f": "a\n"], "pmap \(show) d/e/f", out: "<a>\n"),
])
func `items come from files, pipes and arguments`(row: Row) throws { try row.check() }

@Test(arguments: ["pmap -j 2 \(show) f", "pmap -j 0 \(show) f", "cat f | pmap -j 2 \(show)", "pmap \(show) < f"])
func `whatever is in a line arrives`(line: String) throws {
    let table = [
        Row("no newline at the end", ["f": "a\nb"], line, out: "<a>\n<b>\n"),
        Row("only a newline", ["f": "\n"], line, out: "<>\n"),
        Row("empty lines", ["f": "\n\na\n\n"], line, out: "<>\n<>\n<a>\n<>\n"),
        Row("nothing", ["f": ""], line),
        Row("CRLF is kept", ["f": "a\r\n\r\nb\r"], line, out: "<a\r>\n<\r>\n<b\r>\n"),
        Row("a byte order mark is kept", ["f": "\u{FEFF}a\n"], line, out: "<\u{FEFF}a>\n"),
        Row("NUL bytes", ["f": "a\0b\n\0\n"], line, out: "<a\0b>\n<\0>\n"),
        Row(
            "a long line between short ones", ["f": "a\n" + String(repeating: "x", count: 300_000) + "\nb\n"],
            line + " | awk '{ print length }'", out: "3\n300002\n3\n"),
    ]
    for row in table { try row.check() }
    try Row(
        "bytes that are not UTF-8", [:], "printf 'a\\xff\\xc3\\n\\x80\\n' > f; \(line) | od -An -tx1",
        out: " 3c 61 ff c3 3e 0a 3c 80 3e 0a\n"
    ).check()
}

@Test(arguments: [
    Row(
        "two files, the first without newline at its end, are not glued", ["f": "a", "g": "b"], "pmap \(show) f g",
        out: "<a>\n<b>\n"),
    Row("empty files among others", ["e": "", "f": "a\n"], "pmap \(show) e f e f", out: "<a>\n<a>\n"),
    Row("only empty files", ["e": ""], "pmap \(show) e e"),
    Row(
        "a line of 20 MB", [:],
        "head -c 20000000 /dev/zero | tr '\\0' x > f; pmap -e '#item' f; cat f | pmap -e '#item'",
        out: "20000000\n20000000\n"),
    Row(
        "a record of 20 MB", [:], "pmap -e 'item:rep(10000000)' ::: ab cd | awk '{ print length }'",
        out: "20000000\n20000000\n"),
    Row(
        "the script is checked although there is no item", "return 1 1", "pmap t.lua :::",
        err: "pmap: t.lua:1: <eof> expected near '1'\n", status: 2),
])
func `the odd sizes`(row: Row) throws { try row.check() }

@Test(arguments: ["io.read 'l'", "io.lines()()", "io.stdin:read(2)", "io.read('n', 'L')"], [3, 2000, 100_000])
func `a script reads from standard input, and the lines behind that are items`(read: String, lines: Int) throws {
    let script = "head = \(read) function task(line) return line end"
    try Row(
        read, script,
        """
        seq \(lines) > f; seq 2 \(lines) > rest
        pmap t.lua < f | sed '/^$/d' | cmp - rest; seq \(lines) | pmap t.lua | sed '/^$/d' | cmp - rest; cat f - <<< last | pmap -j0 t.lua | tail -1
        """, out: "last\n"
    ).check()
}

@Test(arguments: [
    Row(
        "all of it", "text = io.read 'a' function task(line) return line end",
        "seq 5000 | pmap t.lua; seq 3 | pmap t.lua"),
    Row(
        "half a line", "io.read(1) function task(line) return line end",
        "printf 'one\ntwo' | pmap t.lua; printf 'one\ntwo' > f; pmap t.lua < f", out: "ne\ntwo\nne\ntwo\n"),
    Row(
        "and its tasks read nothing", "io.read(1) function task(line) return line, io.read() end",
        "printf 'a\nb\n' | pmap -t jsonl t.lua - ; printf 'a\nb\n' | pmap -j 1 -t jsonl t.lua ::: c",
        out: "[\"\",null]\n[\"b\",null]\n[\"c\",null]\n"),
    Row(
        "its iterator goes on where it is",
        "first = io.read() inputs = io.lines() function task(line) return first .. line end",
        "seq 3 | pmap t.lua", out: "12\n13\n"),
])
func `what a script has read is not lost`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "of a pipe", [:],
        "(echo a; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo b) | pmap --max-record 2M -e '#item'",
        out: "1\n1\n",
        err: "pmap: -:2: the record is longer than 2048k; see --max-record\n" + lastLine(1, of: 3, "1 error"), status: 1
    ),
    Row(
        "of a file", ["f": "aa\nbbbbb\ncc"], "pmap --max-record 3 -e item f", out: "aa\ncc\n",
        err: "pmap: f:2: the record is longer than 3 bytes; see --max-record\n" + lastLine(1, of: 3, "1 error"),
        status: 1),
    Row(
        "of the command line", [:], "pmap --max-record 3 -e item ::: aa bbbbb cccc ddd", out: "aa\nddd\n",
        err: "pmap: :::2: the record is longer than 3 bytes; see --max-record\n"
            + "pmap: :::3: the record is longer than 3 bytes; see --max-record\n" + lastLine(2, of: 4, "2 error"),
        status: 1),
    Row(
        "no limit", [:], "pmap --max-record 0 -e item ::: a",
        err: "pmap: --max-record 0: write a size, as in 500M or 10G\n",
        status: 2),
])
func `a record that is too long is one failure`(row: Row) throws { try row.check() }
