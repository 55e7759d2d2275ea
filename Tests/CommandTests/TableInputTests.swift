// Items that are more, or other, than lines: rows of tables, fields, blocks, batches; and what they are called.

import Testing

/// However the file f is read.
private let ways = [
    "pmap -j 2 OPTIONS f", "pmap -j 2 --chunk 1 OPTIONS f", "pmap -j 0 OPTIONS f", "pmap OPTIONS < f",
    "cat f | pmap -j 2 OPTIONS", "while read -rN 1 byte; do printf '%s' \"$byte\"; done < f | pmap -j 0 OPTIONS",
]

/// A file × options → what is read of it; a message begins with its line.
private struct Table: Sendable, CustomTestStringConvertible {
    var claim: String
    var text: String
    var options: String
    var output: String
    var messages: [String]
    var items: Int

    init(
        _ claim: String, _ text: String, _ options: String = "--from csv", out output: String = "",
        err messages: [String] = [], of items: Int = 0
    ) {
        (self.claim, self.text, self.options, self.output) = (claim, text, options, output)
        (self.messages, self.items) = (messages, items)
    }

    var testDescription: String { claim }

    func check(_ way: String) throws {
        let name = way.hasSuffix("f") && !way.contains("< f") ? "f" : "-"
        let errors = messages.map { "pmap: \(name):\($0)\n" }.joined()
        try Row(
            claim, ["f": text], way.replacing("OPTIONS", with: "\(options) -t jsonl -e item"), out: output,
            err: messages.isEmpty ? "" : errors + lastLine(messages.count, of: items, "\(messages.count) error"),
            status: messages.isEmpty ? 0 : 1
        ).check()
    }
}

@Test(
    arguments: [
        Table(
            "the header names the fields, which are strings", "id,name\n1,x\n2,\n",
            out: #"{"id":"1","name":"x"}"# + "\n" + #"{"id":"2","name":""}"# + "\n"),
        Table(
            "quoted separators, quotes and newlines", "a,\"b,c\"\n\"1,2\",\"say \"\"hi\"\"\"\n\"two\nlines\",3",
            out: #"{"a":"1,2","b,c":"say \"hi\""}"# + "\n" + #"{"a":"two\nlines","b,c":"3"}"# + "\n"),
        Table("CRLF, and a mark in front", "\u{FEFF}\"a\",b\r\n1,\"2\r\n\"\r\n", out: #"{"a":"1","b":"2\r\n"}"# + "\n"),
        Table("an empty line is no row", "a,b\n\n1,2\n\n", out: #"{"a":"1","b":"2"}"# + "\n"),
        Table("an empty line is a field of one column", "a\n\n1\n", out: "{\"a\":\"\"}\n{\"a\":\"1\"}\n"),
        Table("only a header", "a,b\n"), Table("nothing", ""),
        Table(
            "rows that are none fail, each by its first line, and the others do not",
            "a,b\n1,\"x\ny\"\n2,5\" pipe\n\"3\"4,5\n6\n7,8,9\n1,2,3,4,5\nx,y\n",
            out: #"{"a":"1","b":"x\ny"}"# + "\n" + #"{"a":"x","b":"y"}"# + "\n",
            err: [
                "4: field 2 has a quote in it, and does not begin with one",
                "5: field 1 goes on after its closing quote; a quote in it is written \"\"",
                "6: 1 field, and the header has 2", "7: 3 fields, and the header has 2",
                "8: 5 fields, and the header has 2",
            ], of: 7),
        Table(
            "after an open quote reading goes on in the next line", "a,b\n1,2\n3,\"open\n4,5\n6,7",
            out: #"{"a":"1","b":"2"}"# + "\n" + #"{"a":"4","b":"5"}"# + "\n" + #"{"a":"6","b":"7"}"# + "\n",
            err: ["3: the quote that field 2 begins with is not closed"], of: 4),
        Table(
            "a row that is too long is its first line", "a,b\n1,\"2\n3,\n4,5\n6,7\n\"\n8,9\n",
            "--from csv --max-record 12",
            out: #"{"a":"3","b":""}"# + "\n" + #"{"a":"4","b":"5"}"# + "\n"
                + #"{"a":"6","b":"7"}"# + "\n" + #"{"a":"8","b":"9"}"# + "\n",
            err: ["2: the record is longer than 12 bytes; see --max-record", "6: ‹…›"], of: 6),
        Table(
            "another separator", "a;b\n1,5;\"x;y\"\n", "--from csv --separator ';'",
            out: #"{"a":"1,5","b":"x;y"}"# + "\n"),
        Table(
            "a tab as one", "a\tb\n\"1\t\"\t\\t\n", "--from csv --separator '\\t'",
            out: #"{"a":"1\t","b":"\\t"}"# + "\n"),
        Table(
            "without a header a row is a list", "\u{FEFF}\"a\"\n1,2\n\n", "--from csv --no-header",
            out: "[\"a\"]\n[\"1\",\"2\"]\n"),
        Table(
            "tsv has escapes, and no quotes", "a\tb\r\n\"\\t\t\\\\\\n\\r\\x\r\n\n1\n", "--from tsv",
            out: #"{"a":"\"\t","b":"\\\n\r\\x"}"# + "\n", err: ["4: 1 field, and the header has 2"], of: 2),
        Table("tsv without a header", "a\tb\n\n\t\n", "--from tsv --no-header", out: "[\"a\",\"b\"]\n[\"\",\"\"]\n"),
        Table(
            "fields are what spaces and tabs separate", " a  b\tc \n\n\"d e\"", "--from fields",
            out: "[\"a\",\"b\",\"c\"]\n[]\n[\"\\\"d\",\"e\\\"\"]\n"),
        Table(
            "fields by a character", ",a,,b\n\n,\n", "--from fields:,",
            out: "[\"\",\"a\",\"\",\"b\"]\n[]\n[\"\",\"\"]\n"),
        Table("fields by a letter of two bytes", "aéb\n", "--from fields:é", out: "[\"a\",\"b\"]\n"),
        Table("fields by a tab", "a\tb c\n", "--from 'fields:\\t'", out: "[\"a\",\"b c\"]\n"),
        Table("fields by a colon", "a:b\n", "--from fields::", out: "[\"a\",\"b\"]\n"),
        Table(
            "blocks are whole lines", "a\n\nbc\nd\r\nlonger\ne", "--from blocks:3",
            out: "\"a\\n\\n\"\n\"bc\\n\"\n\"d\\r\\n\"\n\"longer\\n\"\n\"e\"\n"),
        Table("batches of lines", "1\n2\n\n4\n5", "--batch 2", out: "[\"1\",\"2\"]\n[\"\",\"4\"]\n[\"5\"]\n"),
        Table("a batch of one is a list", "1\n2\n", "--batch 1", out: "[\"1\"]\n[\"2\"]\n"),
        Table("one item a call is none", "1\n2\n", "-n 1", out: "\"1\"\n\"2\"\n"),
        Table(
            "batches of JSON", "1\n\n[2]\nx\n5\n", "--from jsonl --batch 2", out: "[1]\n[5]\n",
            err: [
                "3-4: line 4: not JSON: a comma, colon, bracket or value is missing, or one too many"
            ], of: 3),
        Table(
            "batches of rows", "a,b\n1,\"x\ny\"\n2,z\n\n3\n4,5", "--from csv -N 2",
            out: #"[{"a":"1","b":"x\ny"},{"a":"2","b":"z"}]"# + "\n" + #"[{"a":"4","b":"5"}]"# + "\n",
            err: ["5-6: line 6: 1 field, and the header has 2"], of: 3),
        Table("a batch of all", "1\n2\n", "--batch 9223372036854775807", out: "[\"1\",\"2\"]\n"),
        Table("lines that are left out", "1\n2\n3\n", "--skip 2", out: "\"3\"\n"),
        Table("more of them than there are", "1\n2\n", "--skip 3"),
        Table("none of them", "1\n", "--skip 0", out: "\"1\"\n"),
        Table(
            "lines that are left out in front of a header", "\"note\n\na,b\n1,2\n3\n", "--from csv --skip 2",
            out: #"{"a":"1","b":"2"}"# + "\n", err: ["5: 1 field, and the header has 2"], of: 2),
        Table(
            "in front of blocks and batches", "x\n1\n2\n3\n", "--from blocks:4 --batch 2 --skip 1",
            out: "[\"1\\n2\\n\",\"3\\n\"]\n"),
    ], ways)
private func `tables, fields, blocks and batches are the same however they are read`(table: Table, way: String) throws {
    try table.check(way)
}

/// Six columns of rows, many of them with quoted newlines, in more than one window.
private let large = """
    awk 'BEGIN { print "id,a,b,c,d,e"
      for (n = 1; n <= 60000; n++) print n ",\\"" n "\\ny\\",\\"\\"\\"\\"," n % 7 ",\\"x,y\\",z" }' > f
    """

@Test(arguments: ["pmap -j 2 OPTIONS f", "cat f | pmap -j 2 OPTIONS", "pmap -j 0 OPTIONS f"])
func `a large table is read whole, in blocks too, and a filter changes nothing`(way: String) throws {
    func pmap(_ options: String) -> String { way.replacing("OPTIONS", with: options) }
    try Row(
        way, [:],
        """
        \(large)
        \(pmap("--from csv -e 'assert(item.a == item.id .. \"\\ny\" and item.b .. item.d .. item.e == \"\\\"x,yz\") return item.id, item.c'")) |
          awk '$1 != NR || $2 != NR % 7 { print NR ": " $0 } END { print NR }'
        \(pmap("--from csv --batch 7 -e '#item, item[1].id'")) | awk '{ s += $1 } $2 != 7 * NR - 6 { print } END { print NR, s }'
        \(pmap("--from csv --filter -e true")) | cmp - f
        \(pmap("--from blocks:10k --filter -e true")) | cmp - f
        \(pmap("--from blocks:1M -e 'select(2, item:gsub(\"\\n\", \"\"))'")) | awk '{ s += $1 } END { print s }'
        \(pmap("--batch 1000 --filter -e 'index % 2 == 1'")) | awk 'NR == 1001 { print } END { print NR }'
        """, out: "60000\n8572 60000\n120001\ny\",\"\"\"\",6,\"x,y\",z\n60001\n"
    ).check()
}

@Test(arguments: [
    Row(
        "each file begins with its own header", ["f": "\u{FEFF}a,b\n1,2\n", "g": "\u{FEFF}\"b\",a\n3,4"],
        "pmap --from csv -t jsonl -e index,item f g; cat g | pmap --from csv -t jsonl -e item f - f",
        out: #"[1,{"a":"1","b":"2"}]"# + "\n" + #"[2,{"a":"4","b":"3"}]"# + "\n" + #"{"a":"1","b":"2"}"# + "\n"
            + #"{"a":"4","b":"3"}"# + "\n" + #"{"a":"1","b":"2"}"# + "\n"),
    Row(
        "what follows in one stream is data", ["f": "a,b\n1,2\n"], "cat f f | pmap --from csv -e item.a",
        out: "1\na\n1\n"),
    Row(
        "lines are left out of each file", ["f": "x\na\n1\n"], "pmap --skip 1 --from csv -e item.a f f", out: "1\n1\n"),
    Row(
        "a batch is of one file", ["f": "1\n2\n3\n"], "pmap --batch 2 -t jsonl -e index,item f f",
        out: "[1,[\"1\",\"2\"]]\n[2,[\"3\"]]\n[3,[\"1\",\"2\"]]\n[4,[\"3\"]]\n"),
    Row(
        "batches of arguments", [:],
        "pmap -N 2 -t jsonl -e item ::: a '' c; pmap --from jsonl -L 2 -t jsonl -e item ::: 1 '[]' 3",
        out: "[\"a\",\"\"]\n[\"c\"]\n[1,[]]\n[3]\n"),
    Row(
        "fields of arguments", [:], "pmap --from fields:- -t jsonl -e item ::: a-b '' c",
        out: "[\"a\",\"b\"]\n[]\n[\"c\"]\n"),
    Row(
        "batches of a list", "inputs = {1, {2}, 'x'} function task(item) return item end",
        "pmap --batch 2 -t jsonl t.lua",
        out: "[1,[2]]\n[\"x\"]\n"),
    Row(
        "batches of a function, the last of which is not lost when it fails",
        "local n = 0 function inputs() n = n + 1 if n == 4 then error('no more', 0) end return n end function task(i) return i end",
        "pmap --batch 2 -t jsonl t.lua", out: "[1,2]\n[3]\n", err: "pmap: inputs: no more\n‹…›", status: 3),
    Row(
        "batches of an iterator", "inputs = io.lines 'f' function task(item) return item end",
        "seq 5 > f; pmap --batch 2 -t jsonl t.lua", out: "[\"1\",\"2\"]\n[\"3\",\"4\"]\n[\"5\"]\n"),
    Row(
        "a script says how its table is read",
        [
            "t.lua": "options = { from = 'csv', separator = ';', skip = 1 } function task(row) return row.a end",
            "f": "x\na;b\n1;2\n",
        ],
        "pmap t.lua f", out: "1\n"),
])
func `inputs follow one another`(row: Row) throws { try row.check() }

private func refused(_ options: String, _ message: String, input: String = "f") -> Row {
    Row(options, ["f": "a\n1\n"], "pmap \(options) -e item \(input)", err: "pmap: \(message)\n", status: 2)
}

private let noInputHeader =
    "--no-header: it is for --from csv and --from tsv; results that are lists, or several values, are rows without a header"

@Test(arguments: [
    refused("--from cvs", "unknown format \"cvs\": write lines, nul, jsonl, msgpack, fields, csv, tsv or blocks"),
    refused("--from csv:,", "--from csv:,: write --from csv --separator ,"),
    refused("--from tsv:x", "--from tsv:x: write --from tsv; there is nothing to choose"),
    refused("--from lines:x", "--from lines:x: write --from lines; there is nothing to choose"),
    refused("--from blocks", "--from blocks: write how large a block is, as in blocks:1M"),
    refused("--from blocks:0", "--from blocks:0: write a size, as in blocks:500k or blocks:1M"),
    refused("--from blocks:1X", "--from blocks:1X: write a size, as in blocks:500k or blocks:1M"),
    refused(
        "--from fields:",
        "--from fields:: write one character, as in fields:; or fields:'|', or fields for spaces and tabs"),
    refused(
        "--from fields:ab",
        "--from fields:ab: write one character, as in fields:; or fields:'|', or fields for spaces and tabs"),
    refused("--separator ';'", "--separator ;: it is for --from csv and --to csv; lines are split by --from fields:;"),
    refused(
        "--from tsv --separator ';'",
        "--separator ;: it is for --from csv and --to csv; lines are split by --from fields:;"),
    refused(
        "--from csv --separator ';;'",
        "--separator ;;: write one byte, neither a quote nor the end of a line, as in --separator ';'"),
    refused(
        "--from csv --separator ''",
        "--separator '': write one byte, neither a quote nor the end of a line, as in --separator ';'"),
    refused(
        "--from csv --separator '\"'",
        "--separator \": write one byte, neither a quote nor the end of a line, as in --separator ';'"),
    refused("--no-header", noInputHeader),
    refused("--from jsonl --to csv --no-header", noInputHeader),
    refused("--to csv --fields ''", "--fields '': write names of columns, as in --fields name,age"),
    refused("--batch 0", "--batch 0: write a number of items, 1 or more"),
    refused("-n x", "-n x: write a number of items, 1 or more"),
    refused("--skip -1", "--skip -1: write a number of lines, 0 or more"),
    refused("--skip 1k", "--skip 1k: write a number of lines, 0 or more"),
    refused("-0 --from csv", "-0 is --from nul; it cannot go with --from csv"),
    refused("--from csv", "--from csv: items behind ':::' are words, and no lines of a file", input: "::: a"),
    refused(
        "--from blocks:1k", "--from blocks:1k: items behind ':::' are words, and no lines of a file", input: "::: a"),
    refused("--skip 1", "--skip 1: items behind ':::' are words, and no lines of a file", input: "::: a"),
])
func `what cannot be read so is refused with the way out`(row: Row) throws { try row.check() }

private let twice = "two columns are named 'a'; rename one, or take rows as lists with --no-header\n"

@Test(arguments: [
    Row(
        "of a file, before anything is run", ["f": "a,b\n1,2\n", "g": "x\na,a\n1,2\n", "h": "a,\"a\"\n"],
        "pmap --from csv -e item.a f h", err: "pmap: h:1: \(twice)", status: 2),
    Row(
        "behind lines that are left out", ["g": "x\na,a\n1,2\n"], "pmap --from csv --skip 1 -e item.a g",
        err: "pmap: g:2: \(twice)", status: 2),
    Row("of a pipe", ["f": "a,a\n1,2\n"], "cat f | pmap --from csv -e item.a", err: "pmap: -:1: \(twice)", status: 2),
    Row(
        "of a pipe behind a file whose items have run", ["f": "a,a\n", "g": "a\n1\n"],
        "pmap --from csv -e item.a g <(cat f)", out: "1\n",
        err: "pmap: /dev/fd/63:1: \(twice)", status: 3),
    Row("of tsv", ["f": "a\ta\n"], "pmap --from tsv -e item.a f", err: "pmap: f:1: \(twice)", status: 2),
    Row(
        "two columns without a name", ["f": ",\n1,2\n"], "pmap --from csv -e item f",
        err: "pmap: f:1: two columns are named ''; rename one, or take rows as lists with --no-header\n", status: 2),
    Row(
        "it is no row", ["f": "a,\"b\n1,2\n"], "pmap --from csv -e item.a f",
        err: "pmap: f:1: the header: the quote that field 2 begins with is not closed\n", status: 2),
    Row(
        "it is too long", ["f": "id,name\n1,2\n"], "pmap --from csv --max-record 5 -e item.a f",
        err: "pmap: f:1: the header is longer than a record may be; see --max-record\n", status: 2),
    Row(
        "a filter writes whole rows", ["f": "a,b c\n1,2\n"], "pmap -f csv --filter --fields a -e true f",
        err:
            "pmap: f:1: --fields leaves out the column 'b c', and --filter writes all of a row; write --fields 'a,b c', or return the fields that are wanted, without --filter\n",
        status: 2),
    Row("as a list it is good", ["f": "a,a\n"], "pmap --from csv --no-header -e '#item' f", out: "2\n"),
])
func `a header that is none is refused`(row: Row) throws { try row.check() }

@Test(arguments: [
    ("csv", "a;b", "--from csv --separator ';'"), ("csv", "a\tb", "--from tsv"), ("tsv", "a,b,c", "--from csv"),
    ("csv --separator ';'", "a|b", "--from csv --separator '|'"), ("csv", "\"a;b\"", nil), ("csv", "a;b,c", nil),
])
func `a header with another separator in it is asked about once, and read as it is`(
    format: String, header: String, meant: String?
) throws {
    let question = meant.map { "pmap: the header is one column, '\(header)'; is this meant: \($0)?\n" } ?? ""
    try Row(header, ["f": "\(header)\n"], "pmap -f \(format) -e item f f", err: question).check()
}

private let rows = ["f": "id,n\n1,\"a\nb\"\n2,c\n\n3,\"d\n\n\"\n"]
private let failing = "error('no ' .. item.id, 0)"

@Test(arguments: [
    Row(
        "rows, in messages and in the file of errors", rows,
        "pmap -j 2 --from csv --errors e -e \"\(failing)\" f 2>&1 | grep f:; cut -d, -f 1-5 e; cat f | pmap --from csv -e \"\(failing)\" 2>&1 | grep -e -:",
        out: """
            pmap: f:2: no 1
            pmap: f:4: no 2
            pmap: f:6: no 3
            {"index":1,"source":"f","line":2,"input":"1,\\"a\\nb\\""
            {"index":2,"source":"f","line":4,"input":"2,c"
            {"index":4,"source":"f","line":6,"input":"3,\\"d\\n\\n\\""
            pmap: -:2: no 1
            pmap: -:4: no 2
            pmap: -:6: no 3

            """, status: 1),
    Row(
        "batches and blocks, by all of their lines", ["f": "a\nb\nc\n"],
        "pmap --batch 2 --errors e -e 'error(#item, 0)' f; cut -d, -f 1-4 e; pmap --from blocks:3 -e 'error(#item, 0)' < f",
        out: #"{"index":1,"source":"f","line":1,"input":"a\nb\n""# + "\n"
            + #"{"index":2,"source":"f","line":3,"input":"c\n""# + "\n",
        err: "pmap: f:1-2: 2\n‹…›pmap: f:3: 1\n‹…›pmap: -:1-2: 4\n‹…›pmap: -:3: 2\n‹…›", status: 1),
    Row(
        "batches of arguments, of a list and of a function",
        [
            "t.lua": "inputs = {1, 2, 3} function task(item) error('no', 0) end",
            "f.lua": "inputs = ('abc'):gmatch '.' function task(item) error('no', 0) end",
        ],
        "pmap --batch 2 -e 'error(\"no\", 0)' ::: a b c 2>&1 | grep -o '^.*: no'; pmap --batch 2 t.lua 2>&1 | grep -o '^.*: no'; pmap --batch 2 f.lua 2>&1 | grep -o '^.*: no'",
        out: [":::1-2", ":::3", "inputs[1-2]", "inputs[3]", "inputs[1-2]", "inputs[3]"].map { "pmap: \($0): no\n" }
            .joined(),
        status: 1),
    Row(
        "in the job log, and before anything is run", rows,
        "pmap -j 2 --from csv -t none --joblog log -e item f; sort -n log | cut -f 1,9,14; pmap --dry-run --from csv -e item f 2>&1 | cut -f 3-; pmap --batch 4 -t none --joblog log -e item f; sort -n log | cut -f 1,14",
        out: """
            Seq	Command	Source
            1	1,"a\\nb"	f:2
            2	2,c	f:4
            4	3,"d\\n\\n"	f:6
            f:2	1,"a\\nb"
            f:4	2,c
            f:5	
            f:6	3,"d\\n\\n"
            pmap: --dry-run: none of 4 items in chunks that adapt was run
            Seq	Source
            1	f:1-4
            2	f:5-8

            """),
    Row(
        "with what was tried again", rows,
        "pmap -j 2 --from csv --retries 1 -e 'if os.execute(\"mkdir tried\" .. item.id .. \" 2>&-\") or item.id == \"2\" then \(failing.replacing("'", with: "\"")) end return item.id' f",
        out: "1\n3\n", err: "pmap: f:4: no 2\n‹…›(1 error)\n", status: 1),
    Row(
        "a killed worker costs one row", rows,
        "pmap -j 2 --chunk 3 --from csv -e 'if item.id == \"2\" then os.execute \"kill -9 $PPID\" end return item.id' f; cat f | pmap -j 2 --batch 4 -e 'if index == 2 then os.execute \"kill -9 $PPID\" end return #item'",
        out: "1\n3\n4\n",
        err: "pmap: f:4: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 3, "1 crash")
            + "pmap: -:5-8: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 2, "1 crash"), status: 1),
])
func `items are called by their lines`(row: Row) throws { try row.check() }

private let journal =
    "pmap -j 2 --from csv --journal j -e 'print(item.id) if item.id == \"2\" then error(\"no\", 0) end return item.n' f"

@Test(arguments: [
    Row(
        "it goes on, and a failed row has its place", rows,
        "\(journal) > first 2> messages; \(journal) | cmp - first; pmap journal j | tail -1; grep -c 'f:4' messages",
        out: "f:4: no\n1\n",
        err:
            "pmap: f:4: no\n‹…›pmap: 3 of 3 items were done in an earlier run, says j, 1 of which failed then; --retry-failed runs those again\n"
            + lastLine(1, of: 3, "1 error"), status: 0),
    Row(
        "the same row under another header is another item", ["f": "id,n\n1,2\n", "g": "n,id\n1,2\n"],
        "pmap --from csv --journal j -e item.id f; pmap --from csv --journal j -e item.id g; pmap --from csv --journal j -e item.id f",
        out: "1\n2\n1\n", err: "pmap: 1 of 1 items ‹…›, says j\n"),
    Row(
        "so is the same line read otherwise", ["f": "1,2\n"],
        "for how in '--from fields:,' '--from csv' '--from csv --no-header' '--batch 2' ''; do pmap $how --journal j -t jsonl -e item f; done",
        out: "[\"1\",\"2\"]\n[\"1\",\"2\"]\n[\"1,2\"]\n\"1,2\"\n",
        err: """
            pmap: j: --from has changed since the last run; what it gave is not used
            pmap: j: --no-header has changed since the last run; what it gave is not used
            pmap: j: --batch, --from and --no-header have changed since the last run; what they gave is not used
            pmap: j: --batch has changed since the last run; what it gave is not used

            """),
    Row(
        "batches are items", ["f": "1\n2\n3\n"],
        "pmap --batch 2 --journal j -e '#item' f; echo 4 >> f; pmap --batch 2 --journal j -e '#item' f",
        out: "2\n1\n2\n2\n",
        err: "pmap: 1 of 2 items was done in an earlier run, says j\n"),
])
func `a journal knows rows and batches`(row: Row) throws { try row.check() }

@Test(arguments: [
    "pmap -j 2 -f csv -t none -e item f", "cat f | pmap -j 2 -f csv -t none -e item",
    "pmap -j 0 -f csv -t none -e item f",
])
func `quotes that stay open to the end of the input cost their lines, and no more time than others`(line: String) throws
{
    // Read once for each, these would take hours.
    try Row(
        line, [:], "{ echo a,b; yes 'a\"b,\"' | head -200000; echo 1,2; } > f; \(line) 2>&1 | tail -1",
        out: "pmap: 200000 of 200001 items failed (200000 error)\n", status: 1
    ).check()
}

@Test(arguments: [
    Row(
        "rows and blocks of a redirected file", [:],
        """
        seq 2000 | sed s/^/x,/ > f
        pmap -f csv --no-header -e 'pmap.line == tonumber(item[2])' < f | uniq -c | tr -s ' '
        pmap -j 1 -f blocks:1k -e 'pmap.line == tonumber(item:match "%d+")' < f | uniq
        """, out: " 2000 true\ntrue\n"),
    Row(
        "records left out are those that the format has", [:],
        #"printf 'a\0b\nc\0d' | pmap -0 --skip 1 -t jsonl -e item"#,
        out: #""b\nc""# + "\n\"d\"\n"),
    Row(
        "a filter of csv writes csv, which has no error records", ["f": "a\n1\n"],
        "pmap -f csv --filter --on-error keep -e item f",
        err: "pmap: --on-error keep with --to csv: a failed item has no row; --errors FILE keeps failures\n", status: 2),
    Row(
        "and columns", ["f": "a,b\n1,2\n"], "pmap -f csv --filter --fields b,a -e item f", out: "b,a\n2,1\n"),
])
func `what a format is, all options know`(row: Row) throws { try row.check() }
