// pmap.source, pmap.line and pmap.index: where the item of a task is from.

import Testing

private let place = "-e 'pmap.source .. \":\" .. pmap.line .. \" \" .. pmap.index'"
private let files = ["a": "1\n2\n", "b": "3\n4\n5\n", "q.csv": "h\n\"x\ny\"\nz\n"]

@Test(arguments: [
    Row("files", files, "pmap \(place) a b", out: "a:1 1\na:2 2\nb:1 3\nb:2 4\nb:3 5\n"),
    Row("without a worker", files, "pmap -j0 \(place) a b | tail -n 1", out: "b:3 5\n"),
    Row("standard input", [:], "pmap \(place)", input: "a\nb\n", out: "-:1 1\n-:2 2\n"),
    Row(
        "words", [:], "pmap \(place) ::: a b; pmap \(place) ::: a ::: b c", out: "::::1 1\n::::2 2\n::::1 1\n::::2 2\n"),
    Row("rows of several lines", files, "pmap -f csv \(place) q.csv", out: "q.csv:2 1\nq.csv:4 2\n"),
    Row("batches", files, "pmap --batch 2 \(place) b", out: "b:1 1\nb:3 2\n"),
    Row(
        "items of the script", "inputs = { 'a', 'b' } function task() return pmap.source, pmap.line, pmap.index end",
        "pmap t.lua", out: "inputs\t1\t1\ninputs\t2\t2\n"),
    Row(
        "of the item that runs, in many", [:],
        "seq 100000 | pmap -e 'pmap.index == index and pmap.line == index' | sort -u",
        out: "true\n"),
    Row(
        "in a retry", [:],
        "pmap --retries 1 -j1 -e 'if not os.rename(\"x\", \"x\") then io.open(\"x\", \"w\") error() end return pmap.line' ::: a b",
        out: "1\n2\n"),
])
func `a task knows where its item is from`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "the top level", "print(pmap.line) task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua:1: pmap.line is there inside a task only\n\(traceback)", status: 2),
    Row(
        "setup", "function setup() print(pmap.source) end task = print", "pmap -j0 t.lua ::: a",
        err:
            "pmap: t.lua: setup failed in every worker: t.lua:1: pmap.source is there inside a task only\n\(traceback)",
        status: 2),
    Row(
        "a journal", [:],
        "for f in line source index; do pmap --journal $f -e \"pmap.$f\" ::: a 2>&1 | sed -n 1p; done",
        out: """
            pmap: :::1: -e:1: pmap.line is not there with --journal, which uses a result again wherever its item stands
            pmap: :::1: -e:1: pmap.source is not there with --journal, which uses a result again wherever its item stands
            pmap: :::1: -e:1: pmap.index is not there with --journal; the task's second parameter is

            """, status: 1),
])
func `where there is no such place it is an error`(row: Row) throws { try row.check() }
