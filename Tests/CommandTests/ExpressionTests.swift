// pmap -e CODE: an expression of item and index, or else the body of the task.

import Testing

@Test(arguments: [
    Row("an expression", [:], "pmap -e 'index .. item:upper()' ::: a b", out: "1A\n2B\n"),
    Row("several expressions are fields", [:], "pmap -e 'item, #item' ::: a bb", out: "a\t1\nbb\t2\n"),
    Row("a body", [:], "pmap -e 'local n = #item return n * 2' ::: a bb", out: "2\n4\n"),
    Row("a body that returns nothing", [:], "pmap -e 'x = item' ::: a b"),
    Row("a body of one call", [:], "pmap -e 'print(item)' ::: a b", out: "a\nb\n"),
    Row("a table is an expression", [:], "pmap -e '{ item, index }' ::: a", out: "[\"a\",1]\n"),
    Row("a comment at the end", [:], "pmap -e 'item -- as it is' ::: a", out: "a\n"),
    Row("all arguments", [:], "pmap -e 'select(\"#\", ...), ...' ::: a", out: "2\ta\t1\n"),
    Row("a label at the end", [:], "pmap -e 'goto out print(1) ::out::' ::: a"),
    Row("pmap.emit", [:], "pmap -e 'for c in item:gmatch \".\" do pmap.emit(c) end' ::: ab c", out: "a\nb\nc\n"),
    Row("with files", ["f": "a\nb\n"], "pmap -e '#item' f f", out: "1\n1\n1\n1\n"),
    Row("with standard input", [:], "pmap -e item", input: "a\nb\n", out: "a\nb\n"),
    Row("with standard input by name", ["f": "f\n"], "pmap -e item f - f", input: "a\n", out: "f\na\nf\n"),
    Row("-e after FILE", ["f": "a\n"], "pmap f -e 'item .. item'", out: "aa\n"),
])
func `-e takes an expression or a body`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "nil before a number and before a string", ["f": "{\"id\":5}\n{\"id\":\"x\"}\n{\"name\":\"n\"}\n{}\n"],
        "pmap -f jsonl -e 'item.name, item.id' f", out: "\t5\n\tx\nn\t\n"),
    Row("each in parentheses", [:], "pmap -e '(nil), (item)' ::: a", out: "\ta\n"),
    Row("a comment at the end", [:], "pmap -e 'nil, item -- both' ::: a", out: "\ta\n"),
    Row(
        "commas inside a call make no list", [:], "pmap -e 'select(2, 1, nil, item) -- one, call' ::: a",
        err: "pmap: :::1: a (nil and a string is a failure; write x or \"\" for an empty field)\n"
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row("a filter looks at the first", [:], "pmap --filter -e 'nil, item' ::: a"),
])
func `-e with commas lists fields`(row: Row) throws { try row.check() }

private let fruitless =
    "pmap: none of 100 items gave a record: is a name misspelled, or return missing? Where none is wanted write -t none\n"

@Test(arguments: [
    Row("a misspelled name", [:], "seq 100 | pmap -e 'itme'", err: fruitless),
    Row("no return", [:], "seq 100 | pmap -j 0 -e 'local x = item * 2'", err: fruitless),
    Row("as jsonl", [:], "seq 100 | pmap -t jsonl -e 'itme'", err: fruitless),
    Row("fewer items", [:], "seq 99 | pmap -e 'itme'"),
    Row("a filter", [:], "seq 100 | pmap --filter -e 'itme'"),
    Row("-t none", [:], "seq 100 | pmap -t none -e 'local x = item'"),
    Row("a script", "function task() end", "seq 100 | pmap t.lua"),
    Row("one record", [:], "seq 100 | pmap -e 'if index == 70 then return index end'", out: "70\n"),
    Row("one that is emitted", [:], "seq 100 | pmap -e 'if index == 70 then pmap.emit(index) end'", out: "70\n"),
    Row("something printed", [:], "seq 100 | pmap -e 'if index == 70 then print(index) end'", out: "70\n"),
    Row(
        "printed on standard error", [:], "seq 100 | pmap -t jsonl -e 'if index == 70 then print(index) end'",
        err: "70\n"),
    Row("a program's output", [:], "seq 100 | pmap -e 'if index == 70 then os.execute \"echo 70\" end'", out: "70\n"),
    Row(
        "a failure", [:], "seq 100 | pmap -e 'if index == 70 then error(\"no\", 0) end'",
        err: "pmap: -:70: no\n" + traceback + lastLine(1, of: 100, "1 error"), status: 1),
])
func `-e that gives nothing for a hundred items says so`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "an expression that breaks off", [:],
        "pmap -e 'item +' ::: a", err: "pmap: -e:1: unexpected symbol near <eof>\n", status: 2),
    Row(
        "a body that breaks off", [:],
        "pmap -e 'local x = item return x x' ::: a", err: "pmap: -e:1: ‹…› expected near 'x'\n", status: 2),
    Row(
        "the second line of a body", [:],
        "pmap -e $'local x = item\\nreturn = x' ::: a",
        err: "pmap: -e:2: unexpected symbol near '='\n", status: 2),
    Row(
        "a function", [:],
        "pmap -e 'function(item) return item end' ::: a",
        err: "pmap: -e: write the body, not a function: -e 'item:upper()' or -e 'return item:upper()'\n", status: 2),
    Row(
        "a task", [:],
        "pmap -e 'function task(item) return item end' ::: a",
        err: "pmap: -e: write the body, not a function: -e 'item:upper()' or -e 'return item:upper()'\n", status: 2),
    Row(
        "an error while it runs", [:],
        "pmap -e 'nosuch.field' ::: a",
        err: "pmap: :::1: -e:1: attempt to index a nil value (global 'nosuch')\n" + traceback
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "no code", [:],
        "pmap -e", err: "pmap: missing value for -e; write -e CODE\n", status: 2),
])
func `-e says what is wrong with its code`(row: Row) throws { try row.check() }
