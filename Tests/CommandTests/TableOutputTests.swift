// Results as rows of csv and tsv: their columns, their fields, and what has no place in them.

import Running
import Testing

private let people = ["people.csv": "name,age\nada,36\n\"B, grace\",45\n\"two\nlines\",7\n"]

@Test(arguments: [
    Row(
        "those of the input, in its order, then others, sorted", people,
        "pmap -f csv -t csv -e 'item.z, item.b = 1, 2 return item' people.csv",
        out: "name,age,b,z\nada,36,2,1\n\"B, grace\",45,2,1\n\"two\nlines\",7,2,1\n"),
    Row(
        "without an input that has columns, sorted", [:],
        #"echo '{"b": 1, "a": null, "c": "x"}' | pmap -f jsonl -t csv -e item"#, out: "a,b,c\n,1,x\n"),
    Row(
        "what is not in the first record is left out where it has nothing to show", people,
        "pmap -f csv -t csv -e 'if index > 1 then item.more = \"\" end item.age = nil return item' people.csv",
        out: "name\nada\n\"B, grace\"\n\"two\nlines\"\n"),
    Row(
        "chosen, in that order; what is absent is empty", people,
        "pmap -f csv -t csv --fields age,city,name -e item people.csv",
        out: "age,city,name\n36,,ada\n45,,\"B, grace\"\n7,,\"two\nlines\"\n"),
    Row(
        "of two files with other orders", ["a": "x,y\n1,2\n", "b": "y,x\n3,4\n"], "pmap -f csv -t csv -e item a b",
        out: "x,y\n1,2\n4,3\n"),
    Row(
        "of a filter, those of the input", ["in": "b,a\n1,\"x\"\n2,y\r\n"], "pmap -f csv --filter -e true in",
        out: "b,a\n1,\"x\"\n2,y\r\n"),
    Row(
        "with a filter that writes another format", people,
        "pmap -f csv -t jsonl --filter -e 'item.age ~= \"36\"' people.csv",
        out: #"{"age":"45","name":"B, grace"}"# + "\n" + #"{"age":"7","name":"two\nlines"}"# + "\n"),
    Row(
        "of nothing but a header", ["in": "b,\"a,c\"\n"],
        "pmap -f csv -t csv -e item in; pmap -f csv -t tsv -e item in",
        out: "b,\"a,c\"\nb\ta,c\n"),
    Row(
        "where no item gives a record", people,
        "pmap -f csv -t csv -e nil people.csv; pmap -f csv -t csv --fields a,b -e nil people.csv; true | pmap -t csv -e item",
        out: "name,age\na,b\n"),
    Row(
        "of several records an item", people,
        "pmap -f csv -t csv -e 'pmap.emit { name = 1 } return { name = 2 }' people.csv", out: "name\n1\n2\n1\n2\n1\n2\n"
    ),
    Row(
        "unordered, of the first that is written", people, "pmap -j1 -u -f csv -t csv -e item people.csv | sed -n 1p",
        out: "name,age\n"),
])
func `the columns of the output are those of the first record, or chosen`(row: Row) throws { try row.check() }

/// Needless quotes, ends of lines of two kinds, and one that is missing; of the second one a mark, and another order.
private let quoted = [
    "a": "\"a\",b\r\n\"1\",x\r\n2,\"y\n\"\"\"\n\"3\",z", "m": "\u{FEFF}a,b\n\"4\",5\n\n\"6\",7\n",
    "b": "\u{FEFF}b,a\nq,\"8\"\n",
]

@Test(
    arguments: ["-j 0", "-j 2", "--journal j"],
    [
        Row("csv", quoted, "-f csv a", out: "\"a\",b\r\n\"1\",x\r\n2,\"y\n\"\"\"\n\"3\",z\n"),
        Row(
            "of two files under one header", quoted, "-f csv a m",
            out: "\"a\",b\r\n\"1\",x\r\n2,\"y\n\"\"\"\n\"3\",z\n\"4\",5\n\"6\",7\n"),
        Row(
            "but in another order of columns", quoted, "-f csv m b",
            out: "\u{FEFF}a,b\n\"4\",5\n\"6\",7\n8,q\n"),
        Row("and where others are chosen", quoted, "-f csv --fields b,a m", out: "b,a\n5,4\n7,6\n"),
        Row(
            "batches, row by row", quoted, "-f csv --batch 2 a m b",
            out: "\"a\",b\r\n\"1\",x\r\n2,\"y\n\"\"\"\n\"3\",z\n\"4\",5\n\"6\",7\n8,q\n"),
        Row("without a header", quoted, "-f csv --no-header m", out: "a,b\n\"4\",5\n\"6\",7\n"),
        Row("tsv", ["t": "a\tb\n1\\t\t2\r\n"], "-f tsv t", out: "a\tb\n1\\t\t2\r\n"),
        Row("csv with another separator", ["s": "a;b\n\"1\";2"], "-f csv --separator ';' s", out: "a;b\n\"1\";2\n"),
        Row("csv as lines, without the header", quoted, "-f csv -t lines m b", out: "\"4\",5\n\"6\",7\nq,\"8\"\n"),
        Row("batches in another format", quoted, "-f csv -t tsv --batch 2 m", out: "a\tb\n4\t5\n6\t7\n"),
        Row("a column that may be empty", ["e": "a\n1\n\n"], "-f csv e", out: "a\n1\n\n"),
    ])
func `a filter writes rows unchanged where the columns are the same`(options: String, row: Row) throws {
    var row = row
    row.line = "pmap \(options) --filter -e 'item.a = 0 return true' \(row.line)"
    try row.check()
}

@Test func `a filter writes lists of the script's own, of batches too, as rows`() throws {
    let script = "inputs = { { a = 1 }, { a = 2 }, { a = 3 } } function task(rows) return rows[1].a ~= 1 end"
    try Row("", script, "pmap --filter --batch 2 -t csv t.lua", out: "a\n3\n").check()
}

@Test(arguments: [
    Row(
        "several values, and a list, have no names", [:],
        "pmap -t csv -e 'if index == 1 then return item, 1 end return { item, 2, 3 }' ::: a b", out: "a,1\nb,2,3\n"),
    Row(
        "numbers, booleans, nil, null", [:],
        "pmap -t csv -e 'return 1, 1.5, 0.1 + 0.2, 3.0, 1e300, -0.0, 1/0, true, nil, pmap.null, 0' ::: a",
        out: "1,1.5,0.30000000000000004,3.0,1e+300,-0.0,inf,true,,,0\n"),
    Row(
        "only what must be in quotes is", [:],
        #"pmap -t csv -e 'return "a b", "a,b", "a\"b", "a\nb", "a\rb", " a ", "", ";"' ::: a"#,
        out: "a b,\"a,b\",\"a\"\"b\",\"a\nb\",\"a\rb\", a ,,;\n"),
    Row(
        "with another separator", [:],
        #"printf 'a;b\n1;"x;y"\n' | pmap -f csv -t csv --separator ';' -e 'item.b = item.b .. ",z" return item'"#,
        out: "a;b\n1;\"x;y,z\"\n"),
    Row(
        "one empty field", [:], "pmap -t csv -e '\"\"' ::: a; pmap -t csv -e '{ a = \"\" }' ::: a",
        out: "\"\"\na\n\"\"\n"),
    Row(
        "tsv has escapes", [:],
        #"pmap -t tsv -e 'return { a = "x\ty\nz\\\r,\"" }, 1' ::: a 2>&1; pmap -t tsv -e 'return "x\ty\nz\\\r,\"", 1' ::: a"#,
        out: #"pmap: :::1: cannot write a table in a field as tsv at result[1]"#
            + "\npmap: 1 of 1 items failed (1 error)\n"
            + #"x\ty\nz\\\r,"# + "\"\t1\n"),
    Row(
        "a key that is no text is its text", [:], "pmap -t csv -e '{ [2] = \"b\", x = 1 }' ::: a", out: "2,x\nb,1\n"),
    Row(
        "of a filter with JSON", [:], #"printf '{"a":1}\n{"a":"x"}\n' | pmap -f jsonl -t csv --filter -e true"#,
        out: "a\n1\nx\n"),
])
func `a field is written as it is, and so that it is read again`(row: Row) throws { try row.check() }

private let noColumn = "the result has a field 'x', and no column is named so; write --fields n,x"

@Test(
    arguments: [
        "-j2", "-j0", "-j1 --chunk 1", "-j7 --chunk 2", "-j2 --journal j", "-j2 --retries 2", "-j2 --timeout 60",
    ])
func `a name that is no column fails its item, whatever the chunks`(options: String) throws {
    try Row(
        options, "function task(n) if n == '3' then return { n = n, x = 1 } end return { n = n } end",
        "seq 5 | pmap \(options) -t csv t.lua", out: "n\n1\n2\n4\n5\n",
        err: "pmap: -:3: \(noColumn)\npmap: 1 of 5 items failed (1 error)\n", status: 1
    ).check()
}

@Test(arguments: [
    Row(
        "names after none, and none after names", [:],
        """
        pmap -j1 -t csv -e 'if index == 1 then return 1, 2 end return { a = 1 }' ::: a b
        pmap -j1 -t csv -e 'if index == 2 then return 1, 2 end return { a = 1 }' ::: a b
        """,
        out: "1,2\na\n1\n",
        err: """
            pmap: :::2: the result has names for its fields, and the first record had none; write --fields
            pmap: 1 of 2 items failed (1 error)
            pmap: :::2: the result has no names for its fields, and the columns are a
            pmap: 1 of 2 items failed (1 error)

            """, status: 1),
    Row(
        "with --fields", [:], "pmap -t csv --fields n -e '{ n = item, x = index }' ::: a",
        out: "n\n", err: "pmap: :::1: \(noColumn)\npmap: 1 of 1 items failed (1 error)\n", status: 1),
    Row(
        "it is counted once, everywhere, also while the columns are not known", [:],
        """
        seq 4 > in
        for chunk in 1 4; do
        pmap -j1 --chunk $chunk -t csv --joblog log --errors errors --stats=stats -e 'index == 2 and { n = 1, x = 2 } or { n = 1 }' < in
        grep -o '"kind":"error","message":"[^"]*"' errors; cut -f 1,9,10 log | tail -n +2 | sort
        grep -oE '"(succeeded|error)": *[0-9]+' stats | head -2
        done
        """,
        out: String(
            repeating:
                "n\n1\n1\n1\n\"kind\":\"error\",\"message\":\"\(noColumn)\"\n1\t1\tok\n2\t2\terror\n3\t3\tok\n4\t4\tok\n\"succeeded\": 3\n\"error\": 1\n",
            count: 2),
        err: "‹…›"),
    Row(
        "a failure that counts for --halt", [:],
        "seq 9 | pmap -j1 --halt now,fail=1 -t csv -e 'index == 2 and { n = 1, x = 2 } or { n = 1 }' | sed -n 1p",
        out: "n\n", err: "‹…›", status: 1),
    Row(
        "an empty table as the first record", [:], "pmap -t csv -e '{}' ::: a",
        err:
            "pmap: :::1: the first record is an empty table, which has no columns; write --fields a,b,c\npmap: 1 of 1 items failed (1 error)\n",
        status: 1),
])
func `a record that has no place under the columns is its item's failure`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "--fields without a table", [:], "pmap --fields a -e 1 ::: a",
        err: "pmap: --fields a: only --to csv and --to tsv have columns\n", status: 2),
    Row(
        "twice the same column", [:], "pmap -t csv --fields a,b,a -e 1 ::: a",
        err: "pmap: --fields a,b,a: 'a' stands there twice\n", status: 2),
    Row(
        "--on-error keep", [:], "pmap -t csv --on-error keep -e 1 ::: a",
        err: "pmap: --on-error keep with --to csv: a failed item has no row; --errors FILE keeps failures\n", status: 2),
    Row(
        "--separator for what has none", [:], "pmap --separator ';' -e 1 ::: a",
        err:
            "pmap: --separator ;: it is for --from csv and --to csv; lines are split by --from fields:;\n",
        status: 2),
])
func `options of tables that mean nothing are refused`(row: Row) throws { try row.check() }

@Test(arguments: ["-j0", "-j1", "-j2 --chunk 1", "-j7 --chunk 13", "-u -j1"])
func `csv goes through jsonl and back with the same bytes`(options: String) throws {
    try Row(
        options, "",
        """
        seq 2000 | pmap -t csv -e '{ n = item, text = ("a,\\"\\n"):sub(1, index % 4) .. item, empty = "" }' > a.csv
        pmap \(options) -f csv -t jsonl -e item < a.csv > a.jsonl
        pmap \(options) -f jsonl -t csv --fields empty,n,text -e item a.jsonl | cmp - a.csv && wc -l < a.jsonl
        """, out: "2000\n"
    ).check()
}

@Test func `rows of workers that are killed are neither lost nor written twice`() throws {
    try Row(
        "", "",
        """
        seq 3000 > in
        pmap -t csv -e '{ n = item, twice = item * 2 }' in > quiet
        pmap -j3 --chaos kill=2% --retries 20 --seed 5 -t csv -e '{ n = item, twice = item * 2 }' in | cmp - quiet && wc -l < quiet
        """, out: "3001\n"
    ).check()
}
