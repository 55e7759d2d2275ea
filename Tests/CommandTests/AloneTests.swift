// A run without workers is one with a worker, as far as a process can be both.

import Running
import Testing

private let timedOut = "pmap: :::2: timed out after 0.3 s at t.lua:1\n" + traceback
private let parts = """
    function setup() io.stderr:write "setup\\n" end
    function task(item) if item == "x" then error("no", 0) end return item end
    function teardown() print "teardown" end
    """
private let no = "pmap: :::2: no\n" + traceback

private func late(_ claim: String, _ code: String, _ printed: String = "") -> Row {
    Row(
        claim, "function task(item) if item == 'x' then \(code) end return item end",
        "pmap --timeout 0.3 t.lua ::: a x b", out: "a\nb\n",
        err: printed + timedOut + lastLine(1, of: 3, "1 timeout"), status: 1)
}

private func both(_ claim: String, _ line: String, out: String = "", err: String = "", status: Int32 = 0) -> Row {
    Row(claim, parts, line, out: out, err: err, status: status)
}

@Test(
    arguments: [0, 1],
    [
        late("a loop", "while true do end"),
        late("a loop that catches errors", "while true do pcall(function() while true do end end) end"),
        late("a loop in a coroutine", "coroutine.wrap(function() while true do end end)()"),
        late("a sleep", "pmap.sleep(60)"),
        late("a queue", "require 'multiprocessing'.Queue():get()"),
        late("a program", "require 'subprocess'.run { 'sleep', '60' }"),
        late(
            "a variable that is closed",
            "local v <close> = setmetatable({}, { __close = function() print 'closed' end }) while true do end",
            "closed\n"),
        late(
            "the error is caught, once",
            "print(pcall(function() while true do end end))", "false\tt.lua:1: timed out after 0.3 s\n"),
        Row(
            "each try has the whole time",
            "function task() if not io.open 'tried' then io.open('tried', 'w'):close() while true do end end return 'ok' end",
            "pmap --timeout 0.3 --retries 1 t.lua ::: a", out: "ok\n"),
        both("no words behind :::", "pmap t.lua :::"),
        both("an empty file", "pmap t.lua /dev/null"),
        both("an empty pipe", ": | pmap t.lua"),
        both(
            "what an earlier run has done", "pmap --journal j t.lua ::: a 2> e; pmap --journal j t.lua ::: a",
            out: "a\na\n", err: "pmap: 1 of 1 items was done in an earlier run, says j\n"),
        both(
            "failures", "pmap t.lua ::: a x b", out: "a\nb\n",
            err: "setup\n" + no + "teardown\n" + lastLine(1, of: 3, "1 error"), status: 1),
        both(
            "retries", "pmap --retries 1 --backoff 0.01 t.lua ::: a x b", out: "a\nb\n",
            err: "setup\n" + no + "teardown\n" + lastLine(1, of: 3, "1 error"), status: 1),
        both(
            "a goal", "pmap --chunk 1 --halt now,record=1 t.lua ::: a b", out: "a\n",
            err: "setup\npmap: 1 of 2 items was skipped\n"),
        both(
            "--on-error keep, as JSON", "pmap --on-error keep -t jsonl t.lua ::: a x 2> e",
            out: "\"a\"\n{\"error\":{\"index\":2,\"kind\":\"error\",\"message\":\"no\"}}\n", status: 1),
        Row(
            "a setup that takes too long", "function setup() while true do end end function task(x) return x end",
            "pmap --setup-timeout 0.2 t.lua ::: a 2> e; s=$?; head -1 e; exit $s",
            out: "pmap: t.lua: setup failed in every worker: timed out after 0.2 s‹…›", status: 2),
        Row(
            "a teardown that takes too long", "function teardown() while true do end end function task(x) return x end",
            "pmap --setup-timeout 0.2 t.lua ::: a 2> e; s=$?; head -1 e; exit $s",
            out: "a\npmap: t.lua: teardown failed: timed out after 0.2 s‹…›", status: 1),
        Row(
            "a program that a broken pipe ends", [:],
            "pmap -e 'os.execute \"yes | head -1 > /dev/null; exit ${PIPESTATUS:-0}\"' ::: a", out: "true\texit\t0\n"),
        Row(
            "a reader that leaves while nothing is written", [:],
            "{ echo a; await test -e gone; } | { pmap -e item; echo $? > status; touch gone; } | head -1; await test -s status; cat status",
            out: "a\n141\n"),
    ])
func `with and without a worker the same is read`(jobs: Int, row: Row) throws {
    var row = row
    row.line = row.line.replacing("pmap ", with: "pmap -j \(jobs) ")
    row.claim += ", with -j \(jobs)"
    try row.check()
}

@Test(arguments: [
    Row(
        "an item", [:], "pmap -j 0 -e 'if item == \"b\" then os.exit(3) end return item' ::: a b c", out: "a\nc\n",
        err: "pmap: :::2: it called os.exit(3) before returning a result\n" + lastLine(1, of: 3, "1 crash"), status: 1),
    Row(
        "an item that catches errors, in a coroutine", [:],
        "pmap -j 0 -e 'while true do coroutine.wrap(pcall)(os.exit, false) end' ::: a",
        err: "pmap: :::1: it called os.exit(1) before returning a result\n" + lastLine(1, of: 1, "1 crash"), status: 1),
    Row(
        "what was printed, and closed, is told", [:],
        "pmap -j 0 -e 'print \"here\" os.exit(true) print \"not here\"' ::: a",
        err: "here\npmap: :::1: it called os.exit(0) before returning a result\n" + lastLine(1, of: 1, "1 crash"),
        status: 1),
    Row(
        "one of two tries",
        "function task(x) if not io.open 'tried' then io.open('tried', 'w'):close() os.exit(1) end return x end",
        "pmap -j 0 --retries 1 t.lua ::: a", out: "a\n"),
    Row(
        "the journal and the file of errors have it", [:],
        "pmap -j 0 --journal j --errors e -e 'if item == \"b\" then os.exit(3) end return item' ::: a b c 2> /dev/null; pmap -f jsonl -e 'item.kind, item.input' e; pmap journal j | head -1",
        out: "a\nc\ncrash\tb\nj: 2 ok, 1 crash\n"),
    Row(
        "setup", "function setup() print 'here' os.exit(7) end function task(x) return x end", "pmap -j 0 t.lua ::: a",
        err: "here\npmap: t.lua: setup failed in every worker: it called os.exit(7)\n", status: 2),
    Row(
        "teardown", "function teardown() print 'here' os.exit(0) end function task(x) return x end",
        "pmap -j 0 t.lua ::: a", out: "a\n", err: "here\npmap: t.lua: teardown failed: it called os.exit(0)\n",
        status: 1),
])
func `os.exit without a worker costs what it would cost a worker`(row: Row) throws { try row.check() }
