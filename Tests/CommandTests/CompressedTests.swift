// Compressed input: each format, from wherever it comes, whole and broken.

import Running
import Testing

private let show = "-e '\"<\" .. item .. \">\"'"
private let hint = "; if it is not compressed, write --plain"

/// A format, by the name of its program, and what that program says.
struct Format: Sendable, CustomTestStringConvertible {
    var program: String
    /// Compresses standard input, in small blocks where there is a choice.
    var command: String
    /// The Debian package that has it.
    var debian: String
    var unexpectedEnd: String
    /// Items of `a\nb` whose last compressed byte is missing, and the hint where nothing was read.
    var cutShort: (items: String, hint: String)
    /// What is said of something behind the end, and whether that is an error.
    var behindTheEnd: (words: String, isError: Bool)

    var testDescription: String { program }
}

private let formats = [
    Format(
        program: "gzip", command: "gzip -c", debian: "gzip", unexpectedEnd: "unexpected end of file",
        cutShort: ("<a>\n", ""), behindTheEnd: ("decompression OK, trailing garbage ignored", false)),
    Format(
        program: "bzip2", command: "bzip2 -1 -c", debian: "bzip2", unexpectedEnd: "Compressed file ends unexpectedly",
        cutShort: ("", hint), behindTheEnd: ("trailing garbage after EOF ignored", false)),
    Format(
        program: "xz", command: "xz -c", debian: "xz-utils", unexpectedEnd: "Unexpected end of input",
        cutShort: ("<a>\n", ""), behindTheEnd: ("‹…›", true)),
    Format(
        program: "zstd", command: "zstd -q -c", debian: "zstd", unexpectedEnd: "Read error (39) : premature end",
        cutShort: ("<a>\n", ""), behindTheEnd: ("unsupported format", true)),
    Format(
        program: "lz4", command: "lz4 -q -B4 -c", debian: "lz4", unexpectedEnd: "Error 68 : Unfinished stream",
        cutShort: ("<a>\n", ""), behindTheEnd: ("‹…›", true)),
]

/// How pmap gets the file f, and its name in messages.
struct Way: Sendable, CustomTestStringConvertible {
    var line: @Sendable (String) -> String
    var name: String
    var isFile = true

    var testDescription: String { line("…") }

    init(_ name: String, isFile: Bool = true, _ line: @escaping @Sendable (String) -> String) {
        (self.name, self.isFile, self.line) = (name, isFile, line)
    }
}

private let ways = [
    Way("f") { "pmap \($0) f" },
    Way("-") { "pmap -j 0 \($0) < f" },
    Way("-", isFile: false) { "cat f | pmap \($0)" },
    Way("p", isFile: false) { "mkfifo p; cat f > p & pmap -j 0 \($0) p; status=$?; wait; (exit $status)" },
]

@Test(arguments: formats, ways)
func `compressed input is what it was before`(format: Format, way: Way) throws {
    let compress = format.command
    let rows = [
        Row("one member", [:], "printf 'a\\nb\\n' | \(compress) > f", out: "<a>\n<b>\n"),
        Row("a last line without its end", [:], "printf 'a\\nb' | \(compress) > f", out: "<a>\n<b>\n"),
        Row("nothing", [:], "printf '' | \(compress) > f"),
        Row(
            "several members, one of them empty", [:],
            "for each in 'a\\nb' '' '\\nc\\n'; do printf \"$each\" | \(compress); done > f", out: "<a>\n<b>\n<c>\n"),
    ]
    for var row in rows {
        row.line += "; " + way.line(show)
        try row.check()
    }
}

@Test(arguments: formats, ways)
func `what is broken is an error behind the items before it`(format: Format, way: Way) throws {
    let said = "pmap: \(way.name): \(format.program): "
    let (words, isError) = format.behindTheEnd
    let rows = [
        Row(
            "in the last record", [:], "printf 'a\\nb' | \(format.command) | head -c -1 > f",
            out: format.cutShort.items,
            err: said + format.unexpectedEnd + format.cutShort.hint + "\n", status: 3),
        Row(
            "at the beginning", [:],
            "printf 'a\\nb' | \(format.command) | head -c \(format.program == "bzip2" ? 10 : 8) > f",
            err: said + format.unexpectedEnd + hint + "\n", status: 3),
        Row(
            "behind the end", [:], "printf 'a\\nb' | \(format.command) > f; printf 'more' >> f",
            out: isError ? "<a>\n" : "<a>\n<b>\n", err: said + words + "\n", status: isError ? 3 : 0),
    ]
    for var row in rows {
        row.line += "; " + way.line(show)
        try row.check()
    }
}

@Test(arguments: formats)
func `all lines in front of a cut are items, and no part of one is`(format: Format) throws {
    for way in [ways[0], ways[2]] {
        let line = """
            seq 200000 | \(format.command) > whole; head -c $(($(stat -c %s whole) * 9 / 10)) whole > f
            \(way.line("-e item")) > out; echo $?
            seq $(wc -l < out) | cmp - out && [ $(wc -l < out) -gt 50000 ] && [ $(wc -l < out) -lt 200000 ] && echo good
            """
        try Row(
            "a cut in the middle", [:], line, out: "3\ngood\n",
            err: "pmap: \(way.name): \(format.program): \(format.unexpectedEnd)\n"
        ).check()
    }
}

@Test(arguments: formats, ways)
func `without the program nothing runs, and with --plain none is needed`(format: Format, way: Way) throws {
    let setUp = """
        printf 'a\\nb' | \(format.command) > f; mkdir bin; ln -s $(command -v pmap cat mkfifo) bin; PATH=$PWD/bin

        """
    try Row(
        "missing", [:], setUp + way.line(show),
        err:
            "pmap: \(way.name): it is compressed, and there is no program \(format.program) in PATH: install the package \(format.debian), or write --plain to read it as it is\n",
        status: way.isFile ? 2 : 3
    ).check()
    try Row(
        "--plain", [:],
        "path=$PATH; \(setUp)(\(way.line("--plain --from blocks:1M -t none -e 'io.write(item)'"))) > out; PATH=$path cmp f out"
    ).check()
}

@Test(arguments: [
    Row("an empty file", ["f": ""], "pmap \(show) f"),
    Row(
        "one byte", [:], "printf '\\037' > f; pmap -e '#item' f; pmap -e '#item' < f; cat f | pmap -e '#item'",
        out: "1\n1\n1\n"),
    Row("two bytes", [:], "printf '\\037\\213' > f; pmap -e '#item' f; cat f | pmap -e '#item'", out: "2\n2\n"),
    Row("three letters", ["f": "BZh"], "pmap \(show) f; cat f | pmap \(show)", out: "<BZh>\n<BZh>\n"),
    Row("four letters", ["f": "BZh9\nb\n"], "pmap \(show) f; cat f | pmap \(show)", out: "<BZh9>\n<b>\n<BZh9>\n<b>\n"),
    Row(
        "three bytes", [:], "printf '\\037\\213\\010' > f; pmap \(show) f",
        err: "pmap: f: gzip: unexpected end of file\(hint)\n",
        status: 3),
    Row(
        "the looks of gzip alone", [:], "printf '\\037\\213\\010\\377is something else\\n' > f; pmap \(show) f",
        err: "pmap: f: gzip: ‹…›\(hint)\n", status: 3),
    Row(
        "the looks of gzip alone, and --plain", [:],
        "printf '\\037\\213\\010is something else\\n' > f; pmap --plain -e 'item:sub(4)' f", out: "is something else\n"),
    Row(
        "any name", [:], "echo a | gzip > words.txt; echo b > words.gz; pmap \(show) words.txt words.gz",
        out: "<a>\n<b>\n"),
    Row(
        "each by itself", [:],
        "echo a | gzip > f; echo b > g; echo d | zstd -q > h; echo c | xz | pmap \(show) f g - h f",
        out: "<a>\n<b>\n<c>\n<d>\n<a>\n"),
    Row(
        "a frame that zstd skips", [:],
        "{ printf 'Q*M\\030\\003\\0\\0\\0xyz'; echo a | zstd -q; } > f; pmap \(show) f", out: "<a>\n"),
    Row(
        "a standard input that was read before", [:],
        "{ echo first; echo a | gzip; } > f; { read -r line; pmap \(show); echo $line; } < f", out: "<a>\nfirst\n"),
    Row(
        "a pipe that comes byte by byte", [:], "seq 3 | gzip | dd bs=1 2> /dev/null | pmap -e item", out: "1\n2\n3\n"),
    Row(
        "behind what the script has read",
        ["t.lua": "local first = io.read 'l' function task(item) return first .. item end"],
        "{ echo x; seq 2 | gzip; } > f; pmap t.lua < f; cat f | pmap t.lua; cat f | pmap -j 0 t.lua",
        out: "x1\nx2\nx1\nx2\nx1\nx2\n"),
    Row("items ended by NUL", [:], "printf 'a\\0b' | xz | pmap -0 -t lines \(show)", out: "<a>\n<b>\n"),
    Row(
        "a header", [:],
        "printf 'a,b\\n1,2\\n' | gzip > f; pmap --from csv -e 'item.b' f; pmap --from csv -e 'item.a' < f",
        out: "2\n1\n"),
    Row("a skipped line", [:], "seq 3 | gzip | pmap --skip 1 -e item", out: "2\n3\n"),
    Row("batches", [:], "seq 5 | bzip2 | pmap --batch 2 -e '#item'", out: "2\n2\n1\n"),
    Row(
        "a batch that is not whole", [:], "seq 5 | gzip | head -c -1 | pmap --batch 2 -e '#item'", out: "2\n2\n",
        err: "pmap: -: gzip: unexpected end of file\n", status: 3),
    Row(
        "--dry-run", [:], "seq 2 | gzip > f; pmap --dry-run -e item f", out: "1\t-\tf:1\t1\n2\t-\tf:2\t2\n",
        err: "pmap: --dry-run: none of 2 items in chunks that adapt was run\n"),
    Row(
        "a journal, for which an item is its bytes", [:],
        "seq 3 > f; gzip -k f; pmap --journal j -e item f.gz; pmap --journal j -e 'item' f", out: "1\n2\n3\n1\n2\n3\n",
        err: "pmap: 3 of 3 items were done in an earlier run, says j\n"),
    Row(
        "a part of all items", [:], "seq 4 | gzip > f; pmap -j 1 --chunk 1 --halt soon,fail=50% -e 'error()' f | wc -l",
        out: "0\n", err: "‹…›", status: 1),
    Row(
        "a worker that dies", [:],
        "seq 3 | gzip > f; pmap -j 1 --retries 1 -e 'if item == \"2\" and not io.open \"once\" then io.open(\"once\", \"w\") os.execute \"kill -9 $PPID\" end return item' f",
        out: "1\n2\n3\n"),
    Row(
        "a failure", [:], "seq 3 | gzip > f; pmap -e 'item == \"2\" and error(\"bad\", 0) or item' f", out: "1\n3\n",
        err: "pmap: f:2: bad\n" + traceback + lastLine(1, of: 3, "1 error"), status: 1),
])
func `compressed or not is told by the first bytes`(row: Row) throws { try row.check() }

/// A program that is called gzip; `pmap` reads a file that looks like one of its.
private func instead(_ claim: String, _ program: String, out: String = "", err: String = "", status: Int32 = 0) -> Row {
    Row(
        claim, ["gzip": "#!/bin/bash\n\(program)\n"],
        "install -D -t bin gzip; PATH=$PWD/bin:$PATH; printf '\\037\\213\\010' > f; pmap \(show) f", out: out, err: err,
        status: status)
}

@Test(arguments: [
    instead(
        "it is killed", "printf 'a\\nb'; kill -9 $$", out: "<a>\n", err: "pmap: f: gzip: was killed by SIGKILL\n",
        status: 3),
    instead(
        "it fails without a word", "printf 'a\\nb'; exit 7", out: "<a>\n", err: "pmap: f: gzip: exited with status 7\n",
        status: 3),
    instead("it goes on when it has written all", "printf 'a\\nb'; exec >&-; exit 0", out: "<a>\n<b>\n"),
    instead(
        "it fails when it has written all", "printf 'a\\nb'; exec >&-; sleep 0.1; exit 1", out: "<a>\n",
        err: "pmap: f: gzip: exited with status 1\n", status: 3),
    instead(
        "it has much to say", "seq 300000 >&2; printf 'a\\nb'", out: "<a>\n<b>\n", err: "pmap: f: gzip: 1\n"),
    instead("it warns", "printf 'a\\nb'; exit 2", out: "<a>\n<b>\n", err: "pmap: f: gzip: exited with status 2\n"),
])
func `the end of the program is the end of the input`(row: Row) throws { try row.check() }

private let endless = "yes 'some line' | gzip -1"

@Test(arguments: [
    Row("a reader that leaves", [:], "pmap -e item f | head -1", out: "some line\n", status: 141),
    Row("a reader of a pipe that leaves", [:], "cat f | pmap -e item | head -1", out: "some line\n", status: 141),
    Row(
        "a halt", [:],
        "pmap -j 1 --halt now,done=1 -e item f 2> /dev/null; cat f | pmap -j 1 --halt now,done=1 -e item 2> /dev/null",
        out: "some line\nsome line\n"),
    Row(
        "a pipe that goes on behind the end", [:],
        "{ printf 'a\\n' | bzip2; printf %20000d 0; await '[ -e done ]'; } | { pmap \(show); touch done; }",
        out: "<a>\n",
        err: "pmap: -: bzip2: trailing garbage after EOF ignored\n"),
])
func `no program is left by an early end`(row: Row) throws {
    var row = row
    row.line = "\(endless) | head -c 300000 > f; " + row.line
    try row.check()
}

/// Signals to pmap alone, while it and the program wait.
@Test(arguments: ["f", "< f"], [2, 9, 15] as [Int32])
func `no program is left by a signal`(input: String, signal: Int32) throws {
    let run = try Run(
        "seq 1000000 | gzip -1 > f; exec pmap -j 1 --chunk 1 -e 'io.stderr:write \"began\\n\" pmap.sleep(0.2)' \(input)",
        in: Scratch())
    try run.wait(errors: "began")
    run.signal(signal)
    #expect(try run.finish().ending == .signal(signal))
}

/// Nothing but a signal ends the feeder of a pipe that stays open.
@Test(arguments: [2, 9, 15] as [Int32])
func `what feeds a program is not left by a signal`(signal: Int32) throws {
    let zstd = "#!/bin/sh\necho a\nexec cat > /dev/null\n"
    let run = try Run(
        "install -D -t bin zstd; PATH=$PWD/bin:$PATH; exec pmap \(show)", in: Scratch(["zstd": zstd]), input: nil)
    run.write("Q*M\u{18}")
    try run.wait(output: "<a>")
    run.signal(signal)
    #expect(try run.finish(closingInput: false).ending == .signal(signal))
}

@Test func `the terminal's Ctrl-C ends no program before its items`() throws {
    let run = try Run(
        "seq 1000000 | gzip -1 > f; exec pmap -j 1 --chunk 1 -e 'io.stderr:write \"began\\n\" pmap.sleep(0.2)' f",
        in: Scratch())
    try run.wait(errors: "began")
    run.signalGroup(2)
    let outcome = try run.finish()
    #expect(outcome.ending == .signal(2))
    #expect(!outcome.errors.contains("gzip"))
}

@Test func `there are no zombies of programs`() throws {
    let script = """
        local host = io.open("/proc/self/stat"):read "n"
        local function zombies()
          return io.popen("cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z " .. host .. " '"):read()
        end
        function task(item, index)
          -- the feeder of the pipe may be one
          if index == 5 then while tonumber(zombies()) > 1 do pmap.sleep(0.05) end end
          return index
        end
        """
    let line = "echo a | gzip > f; pmap -j 1 --chunk 1 --timeout 60 t.lua f f f f - < <(echo a | gzip) | tail -1"
    let outcome = try Run(line, in: Scratch(["t.lua": script])).finish()
    #expect(outcome.output == "5\n")
}

/// 200 MB, where one process gets 150 MB of addresses.
@Test(arguments: ["pmap -j 2 -e item f", "cat f | pmap -j 2 -e item"])
func `memory stays bounded with compressed input`(line: String) throws {
    let make = "yes $(printf %0999d 0) | head -c 200000000 | gzip -1 > f; ulimit -v 150000; "
    try Row("200 MB", [:], make + line + " | wc -c", out: "200000000\n").check()
}
