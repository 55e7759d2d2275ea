// Runs that end before their last item because somebody has seen enough.

import Testing

private let picky =
    "function task(item, index) if index % 10 == 3 then error('no', 0) end if index % 2 == 0 then return item end end"

/// One worker and one item a chunk: what is reached when does not depend on luck.
private func row(_ claim: String, _ halt: String, out: String, err: String, status: Int32) -> Row {
    Row(
        claim, picky, "seq 40 > f; pmap -j 1 --chunk 1 --halt \(halt) t.lua f 2> e; s=$?; tail -1 e >&2; exit $s",
        out: out, err: err, status: status)
}

@Test(arguments: [
    row(
        "the second failure", "now,fail=2", out: "2\n4\n6\n8\n10\n12\n‹…›",
        err: "pmap: 2 of 40 items failed (2 error), ‹…› were skipped\n", status: 1),
    row(
        "the third success, which is the fourth item", "now,success=3", out: "2\n4\n",
        err: "pmap: 1 of 40 items failed (1 error), 36 were skipped\n", status: 0),
    row(
        "the third record", "now,record=3", out: "2\n4\n6\n",
        err: "pmap: 1 of 40 items failed (1 error), 34 were skipped\n", status: 0),
    row("two items", "now,done=2", out: "2\n", err: "pmap: 38 of 40 items were skipped\n", status: 0),
    row(
        "five items, of which one failed", "now,done=5", out: "2\n4\n",
        err: "pmap: 1 of 40 items failed (1 error), 35 were skipped\n", status: 1),
    row(
        "a tenth of all", "now,done=10%", out: "2\n4\n",
        err: "pmap: 1 of 40 items failed (1 error), 36 were skipped\n", status: 1),
    row(
        "more than there are", "now,record=30", out: (1...20).map { "\($0 * 2)\n" }.joined(),
        err: "pmap: 4 of 40 items failed (4 error)\n", status: 1),
    row(
        "never", "never", out: (1...20).map { "\($0 * 2)\n" }.joined(), err: "pmap: 4 of 40 items failed (4 error)\n",
        status: 1),
    row(
        "as GNU parallel also writes it", "2", out: "2\n",
        err: "pmap: 1 of 40 items failed (1 error), 37 were skipped\n", status: 1),
])
func `a run ends when enough has happened, and says what it left out`(row: Row) throws { try row.check() }

@Test(arguments: [0, 1, 2, 5])
func `what is looked for comes exactly as often as was asked`(workers: Int) throws {
    try Row(
        "three hits", [:],
        "seq 100000 > f; pmap -j \(workers) --halt now,record=3 -e 'if item % 7 == 0 then return item end' f 2> e | wc -l; grep -c 'of 100000 items were skipped' e",
        out: "3\n1\n"
    ).check()
}

@Test(arguments: [
    Row(
        "a goal", [:], "printf '\\n \\r\\n5\\n6\\n' > f; pmap -f jsonl -j 1 --chunk 1 --halt now,success=1 -e item f",
        out: "5\n", err: "pmap: 1 of 2 items was skipped\n"),
    Row(
        "a percentage", [:],
        "printf '\\n\\n5\\n\\n\\n6\\n7\\n' > f; pmap -f jsonl -j 1 --chunk 1 --halt now,done=60% -e item f",
        out: "5\n6\n",
        err: "pmap: 1 of 3 items was skipped\n"),
    Row(
        "how many failed", [:], "printf '\\n1\\n\\n\"a\"\\n\\n' | pmap -f jsonl -j 2 -e 'item + 1' 2>&1 | tail -1",
        out:
            "pmap: 1 of 2 items failed (1 error)\n", status: 1),
    Row(
        "a run in which everything dies", [:],
        "(echo; yes 1 | head -1000) > f; pmap -f jsonl -j 2 -e 'os.exit(1)' f 2>&1 | tail -1",
        out: "pmap: no item has succeeded and 100 workers have died; try one item: pmap -j0 -e CODE ::: ITEM\n",
        status: 3),
    Row(
        "a journal", [:],
        "printf '\\n5\\n\\n\\n6\\n' > f; for j in 2 0; do pmap -j $j -f jsonl --journal j -e item f; done; pmap journal j | head -1",
        out: "5\n6\n5\n6\nj: 2 ok\n", err: "pmap: 2 of 2 items were done in an earlier run, says j\n"),
])
func `a blank line of JSON is no item`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "soon lets running items finish",
        """
        function task(item)
          if item == "slow" then os.execute "touch begun; sleep 0.3" end
          if item == "a" then os.execute "await test -e begun" end
          return item
        end
        """,
        "pmap -j 2 --chunk 1 --halt soon,success=1 t.lua ::: slow a b c d e f > o 2> e; head -1 o; tail -1 e",
        out: "slow\npmap: ‹…› of 7 items were skipped\n"),
    Row(
        "soon begins nothing more of a chunk", "function task(x) io.stderr:write(x, '\\n') return x end",
        "pmap -j 1 --chunk 9 --halt soon,success=2 t.lua ::: a b c d", out: "a\nb\n",
        err: "a\nb\npmap: 2 of 4 items were skipped\n"),
    Row(
        "soon begins nothing behind a failure that is not tried again",
        "function task(x) io.stderr:write(x, '\\n') error('no', 0) end",
        "pmap -j 1 --chunk 2 --retries 1 --halt soon,fail=1 t.lua ::: a b 2> e; s=$?; head -4 e; exit $s",
        out: "a\nb\na\npmap: :::1: no\n", status: 1),
    Row(
        "what waits for another try has failed", "function task(x) if x == 'a' then error('no', 0) end return x end",
        "pmap -j 1 --chunk 1 --retries 1 --backoff 1000 --halt soon,success=1 t.lua ::: a b", out: "b\n",
        err: "pmap: :::1: no\n" + traceback + lastLine(1, of: 2, "1 error")),
    Row(
        "the rest of a stream", [:],
        "mkfifo p; exec 9<> p; seq 3 >&9; pmap -j 1 --chunk 1 --halt now,success=2 -e item p", out: "1\n2\n",
        err: "pmap: 2 of ‹…›; the rest of the input was not read\n"),
    Row(
        "the rest of a stream that has ended", [:], "seq 2 | pmap -j 1 --chunk 1 --halt now,success=2 -e item",
        out: "1\n2\n"),
    Row(
        "now does not", "function task(x) if x == 'slow' then os.execute 'sleep 600' end return x end",
        "pmap -j 2 --chunk 1 --halt now,success=1 t.lua ::: slow a b c", out: "a\n",
        err: "pmap: 3 of 4 items were skipped\n"),
    Row(
        "a percentage of a pipe is known at its end", "function task(x) error('no', 0) end",
        ": > err; (echo a; echo b; await grep -q :2: err) | pmap -j 1 --chunk 1 --halt soon,fail=10% t.lua 2> err; s=$?; tail -1 err; exit $s",
        out: lastLine(2, of: 2, "2 error"), status: 1),
    Row(
        "no words", [:], "pmap --halt fail -e item ::: a",
        err:
            "pmap: --halt fail: write never, or now or soon, and fail, success, done or record, as in soon,fail=3 or now,success=5%\n",
        status: 2),
    Row(
        "none", [:], "pmap --halt now,fail=0 -e item ::: a",
        err:
            "pmap: --halt now,fail=0: write never, or now or soon, and fail, success, done or record, as in soon,fail=3 or now,success=5%\n",
        status: 2),
    Row(
        "twice", [:], "pmap --on-error stop --halt now,fail=2 -e item ::: a",
        err: "pmap: --on-error stop is --halt now,fail=1; it cannot go with --halt now,fail=2\n", status: 2),
    Row(
        "no value", [:], "pmap --halt", err: "pmap: missing value for --halt; write --halt WHEN,WHY=N\n", status: 2),
    Row(
        "in the script", "options = { halt = 'now,record=1' } function task(x) return x end",
        "pmap -j 1 --chunk 1 t.lua ::: a b", out: "a\n", err: "pmap: 1 of 2 items was skipped\n"),
])
func `halting in its contexts`(row: Row) throws { try row.check() }
