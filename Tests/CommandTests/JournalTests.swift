// Runs that keep a journal: what is run again after an interruption, and what is said of it.

import Foundation
import Glibc
import Running
import Testing

/// Notes each item it runs in the file `ran`.
private let noting = """
    function task(item)
      io.open("ran", "a"):write(item, "\\n"):close()
      if item:find "^bad" and not io.open "repaired" then error("no good: " .. item, 0) end
      return item:upper()
    end
    """

private let again = "; rm ran; pmap -j 2 --journal j t.lua f; if [ -e ran ]; then sort ran | paste -sd ' '; fi"

@Test(arguments: [
    Row(
        "nothing has changed", noting, "seq 3 > f; pmap -j 2 --journal j t.lua f\(again)", out: "1\n2\n3\n1\n2\n3\n",
        err: "pmap: 3 of 3 items were done in an earlier run, says j\n"),
    Row(
        "an item is new, and one is gone", noting,
        "printf 'a\\nb\\nc\\n' > f; pmap -j 2 --journal j t.lua f > /dev/null; printf 'c\\nnew\\na\\n' > f\(again)",
        out: "C\nNEW\nA\nnew\n", err: "pmap: 2 of 3 items were done in an earlier run, says j\n"),
    Row(
        "equal items are run as often as they are there", noting,
        "printf 'a\\na\\n' > f; pmap -j 2 --journal j t.lua f > /dev/null; cat ran; printf 'a\\nb\\na\\na\\n' > f\(again)",
        out: "a\na\nA\nB\nA\nA\na b\n", err: "pmap: 2 of 4 items were done in an earlier run, says j\n"),
    Row(
        "the script has changed", noting,
        "echo a > f; pmap -j 2 --journal j t.lua f > /dev/null; echo '-- more' >> t.lua\(again)", out: "A\na\n",
        err: "pmap: j: t.lua has changed since the last run; what it gave is not used\n"),
    Row(
        "and is as it was again", noting,
        "echo a > f; cp t.lua u; pmap --journal j t.lua f; echo '-- more' >> t.lua; pmap --journal j t.lua f; cp u t.lua\(again)",
        out: "A\nA\nA\n",
        err:
            "pmap: j: t.lua has changed since the last run; what it gave is not used\npmap: j: t.lua has changed since the last run; what it gave is not used\npmap: 1 of 1 items was done in an earlier run, says j\n"
    ),
    Row(
        "a module has changed",
        [
            "t.lua": "local m = require 'm' function task(item) return m.f(item) end",
            "m.lua": "return { f = string.upper }",
        ],
        "pmap --journal j t.lua ::: a; echo 'return { f = string.rep }' > m.lua; sed -i 's/rep/lower/' m.lua; pmap --journal j t.lua ::: a",
        out: "A\na\n", err: "pmap: j: module m has changed since the last run; what it gave is not used\n"),
    Row(
        "options have changed", [:],
        "pmap --journal j -D n=1 -e 'pmap.args.n' ::: a; pmap --journal j -D n=2 -t jsonl -e 'pmap.args.n' ::: a",
        out: "1\n\"2\"\n", err: "pmap: j: --to and -D have changed since the last run; what they gave is not used\n"),
    Row(
        "the seed has changed", [:],
        "for s in 1 2 2; do pmap --journal j --seed $s -e 'item == \"r\" and math.random(1000)' ::: r x; done",
        out: "361\nfalse\n819\nfalse\n819\nfalse\n",
        err: "pmap: j: --seed has changed since the last run; what it gave is not used\n"
            + "pmap: 1 of 2 items was done in an earlier run, says j\n"
            + "pmap: 2 of 2 items were done in an earlier run, says j\n"),
    Row(
        "a seed that nothing was drawn by has changed", [:],
        "for s in 1 2; do pmap --journal j --seed $s -e item ::: a; done", out: "a\na\n",
        err: "pmap: 1 of 1 items was done in an earlier run, says j\n"),
    Row(
        "options that change no result have", [:],
        "seq 5 > f; pmap -j 2 --journal j -e item f > /dev/null; pmap -j 0 --chunk 2 --retries 3 --timeout 9 --journal j -e item f | wc -l",
        out: "5\n", err: "pmap: 5 of 5 items were done in an earlier run, says j\n"),
    Row(
        "a task that looks at the index", [:],
        "pmap --journal j -e 'index .. item' ::: a b > /dev/null; pmap --journal j -e 'index .. item' ::: b b",
        out: "1b\n2b\n", err: "pmap: 1 of 2 items was done in an earlier run, says j\n"),
    Row(
        "tables of the script's",
        [
            "t.lua": """
            inputs = {}
            for i = 1, 20 do inputs[i] = { z = i, a = tostring(i), list = { i, { x = 1.5 } }, [i] = true } end
            function task(item) io.open("ran", "a"):write(item.z, "\\n"):close() return item.z end
            """
        ],
        "pmap --journal j t.lua | wc -l; sed -i 's/^inputs = {}/inputs = {} /' t.lua; cp t.lua u; pmap --journal j t.lua 2> /dev/null | wc -l; rm ran; pmap --journal j t.lua | wc -l; ls ran",
        out: "20\n20\n20\n",
        err:
            "pmap: 20 of 20 items were done in an earlier run, says j\nls: cannot access 'ran': No such file or directory\n",
        status: 2),
    Row(
        "tables of the script's iterator",
        [
            "t.lua": """
            local i = 0
            function inputs() i = i + 1 if i <= 20 then return { z = i, a = "x", b = { [i] = 1, c = 2 } } end end
            function task(item) io.open("ran", "a"):write(item.z, "\\n"):close() return item.z end
            """
        ],
        "pmap --journal j t.lua | wc -l; rm ran; pmap --journal j t.lua | paste -sd ' '; ls ran",
        out: "20\n" + (1...20).map(String.init).joined(separator: " ") + "\n",
        err:
            "pmap: 20 of 20 items were done in an earlier run, says j\nls: cannot access 'ran': No such file or directory\n",
        status: 2),
    Row(
        "random numbers, without a seed", [:],
        "seq 9 | pmap --journal j --halt soon,done=4 -e 'math.random(1e9)' > 1 2> /dev/null; seq 9 | pmap --journal j -e 'math.random(1e9)' > 2 2> /dev/null; seq 9 | pmap --journal j -e 'math.random(1e9)' | cmp - 2; sort 1 2 | uniq -d | wc -l | awk '$1 >= 4'",
        out: "‹…›", err: "pmap: 9 of 9 items were done in an earlier run, says j\n"),
    Row(
        "another seed", [:],
        "pmap --journal j --seed 1 -e 'math.random(1e9)' ::: a > 1; pmap --journal j --seed 2 -e 'math.random(1e9)' ::: a | cmp -s - 1; echo $?",
        out: "1\n", err: "pmap: j: --seed has changed since the last run; what it gave is not used\n"),
    Row(
        "what a task printed is in its result", [:],
        "pmap --journal j -e 'print(item) return 1' ::: a; pmap --journal j -e 'print(item) return 1' ::: a",
        out: "a\n1\na\n1\n", err: "pmap: 1 of 1 items was done in an earlier run, says j\n"),
])
func `only what is new is run again`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "not by itself", noting,
        "pmap --journal j t.lua ::: a bad b 2> /dev/null; touch repaired; rm ran; pmap --journal j --on-error keep --errors e t.lua ::: a bad b; cat e",
        out:
            "A\nB\nA\nerror: no good: bad\nB\n{\"index\":2,\"source\":\":::\",\"line\":2,\"input\":\"bad\",\"kind\":\"error\",\"message\":\"no good: bad\",\"traceback\":\"‹…›\",\"attempts\":1,\"worker\":‹…›}\n",
        err: "pmap: :::2: no good: bad\n" + traceback
            + "pmap: 3 of 3 items were done in an earlier run, says j, 1 of which failed then; --retry-failed runs those again\n"
            + lastLine(1, of: 3, "1 error")),
    Row(
        "when that is asked for", noting,
        "pmap --journal j t.lua ::: a bad b 2> /dev/null; touch repaired; rm ran; pmap --journal j --retry-failed t.lua ::: a bad b; cat ran",
        out: "A\nB\nA\nBAD\nB\nbad\n", err: "pmap: 2 of 3 items were done in an earlier run, says j\n"),
    Row(
        "crashes too", [:],
        "pmap --journal j -e 'os.exit(3)' ::: a 2> /dev/null; pmap --journal j -e 'os.exit(3)' ::: a",
        err: "pmap: :::1: the worker (pid N) exited (3) before returning a result; the others went on\n"
            + "pmap: 1 of 1 items was done in an earlier run, says j, 1 of which failed then; --retry-failed runs those again\n"
            + lastLine(1, of: 1, "1 crash"), status: 1),
])
func `failed items are run again`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "no journal", ["notes.txt": "mine\n"], "pmap --journal notes.txt -e item ::: a; cat notes.txt", out: "mine\n",
        err: "pmap: --journal notes.txt: this is not a journal, and is left as it is; name another file\n"),
    Row(
        "a folder", [:], "pmap --journal . -e item ::: a", err: "pmap: --journal .: Is a directory\n", status: 2),
    Row("a folder to be shown", [:], "pmap journal .", err: "pmap: .: Is a directory\n", status: 2),
    Row(
        "a device", [:], "pmap --journal /dev/null -e item ::: a",
        err: "pmap: --journal /dev/null: a journal is a regular file; name another one\n", status: 2),
    Row(
        "a pipe to be shown", [:], "mkfifo p; pmap journal p",
        err: "pmap: p: a journal is a regular file; name another one\n", status: 2),
    Row(
        "a folder that is not there", [:], "pmap --journal no/j -e item ::: a",
        err: "pmap: --journal no/j: No such file or directory\n", status: 2),
    Row(
        "a file that was cut off", [:],
        "seq 9999 | pmap --journal j -e item > /dev/null; truncate -s 100000 j; cp j k; pmap --journal j -e item ::: a; cmp j k",
        err:
            "pmap: --journal j: the journal is damaged (database disk image is malformed), and is left as it is; name another file, or try sqlite3 j .recover\n"
    ),
    Row(
        "another run's",
        ["t.lua": "function task() os.execute 'touch begun; await test ! -e begun' end"],
        "pmap --journal j t.lua ::: a & await test -e begun; pmap --journal j t.lua ::: a; echo $?; pmap journal j; rm begun; wait",
        out: "2\nj: no items yet\n\nrun 1  ‹…›  (running)  pmap --journal j t.lua ::: a\n",
        err: "pmap: --journal j: another run is writing to it; wait for it, or name another file\n"),
    Row(
        "one in which nothing came to be", "function setup() error('no', 0) end function task() end",
        "pmap --journal j t.lua ::: a", err: "pmap: t.lua: setup failed in every worker: no\n" + traceback, status: 2),
    Row(
        "none, with --retry-failed", [:], "pmap --retry-failed -e item ::: a",
        err: "pmap: --retry-failed: write --journal FILE too; that is where failed items are known from\n", status: 2),
    Row(
        "as GNU parallel has it", [:], "pmap --resume -e item ::: a",
        err: "pmap: --resume: write --journal FILE; the same command goes on from there\n", status: 2),
    Row(
        "a script that does not load leaves none", [:], "pmap --journal j no.lua ::: a; ls",
        err: "pmap: no.lua: no such script\n"),
    Row(
        "one that is full", [:],
        "seq 70000 > f; (ulimit -f 4500; pmap -j 2 --journal j -e 'item:rep(20)' f > /dev/null; echo $?); pmap -j 2 --journal j -e 'item:rep(20)' f 2> e | wc -l; sed 's/^pmap: [0-9]*/some/' e",
        out: "3\n70000\nsome of 70000 items were done in an earlier run, says j\n",
        err:
            "pmap: write j: ‹…›; what is in it is whole, and the same command goes on from there\n"
    ),
])
func `a journal that cannot be used is named and left alone`(row: Row) throws { try row.check() }

@Test func `a journal is shown`() throws {
    try Row(
        "journal", noting,
        "pmap --journal j t.lua ::: a bad-1 'bad 2' > /dev/null 2>&1; pmap --journal j --retry-failed t.lua ::: 'it'\"'\"'s' > /dev/null; pmap journal j; pmap journal; pmap journal t.lua; sqlite3 j 'SELECT item, outcome, output FROM items WHERE source IS NULL ORDER BY id'",
        out: """
            j: 2 ok, 2 error

            run 1  ‹…›  completed  pmap --journal j t.lua ::: a bad-1 'bad 2'
            run 2  ‹…›  completed  pmap --journal j --retry-failed t.lua ::: 'it'\\''s'

            :::2: no good: bad-1
            :::3: no good: bad 2
            1|ok|A

            1|ok|IT'S


            """,
        err:
            "pmap: write pmap journal FILE; a script of that name is ./journal\npmap: t.lua: this is not a journal, and is left as it is; name another file\n"
    ).check()
}

/// Tasks of a millisecond or so, some of which fail, crash, or draw random numbers.
private let busy = """
    function task(item)
      io.open("ran", "a"):write(item, "\\n"):close()
      local sum = 0
      for i = 1, 20000 do sum = sum + i % 7 end
      if item % 100 == 17 then error("bad " .. item, 0) end
      if item % 100 == 50 then os.exit(1) end
      if item % 10 == 3 then return item, math.random(1000) end
      return item, sum
    end
    """

@Test(arguments: ["-j 2", "-j 3 --chunk 7", "-j 2 -u --chunk 1", "-j 2 -t jsonl"], ["in", "- < in"])
func `a run whose host is killed again and again gives the bytes of one that was not`(options: String, input: String)
    throws
{
    let script = """
        seq 1500 > in
        sort=cat; case '\(options)' in *-u*) sort='sort';; esac
        pmap \(options) --on-error keep --seed 7 t.lua in 2> /dev/null | sed 's/pid [0-9]*//' | $sort > whole; rm ran
        for delay in 05 10 20 05 30 10 40 20 60; do
          pmap \(options) --on-error keep --seed 7 --journal j t.lua \(input) > out 2> err & sleep 0.$delay; kill -9 $! 2> /dev/null; wait $! 2> /dev/null
        done
        pmap \(options) --on-error keep --seed 7 --journal j t.lua \(input) 2> err | sed 's/pid [0-9]*//' | $sort > out
        cmp whole out && tail -1 err; sort -n ran | uniq | cmp - in
        """
    let outcome = try Run(script, in: Scratch(["t.lua": busy])).finish()
    #expect(outcome.output == "pmap: 30 of 1500 items failed (15 error, 15 crash)\n", "\(outcome.errors)")
}

@Test func `after Ctrl-C the same command goes on`() throws {
    let files = try Scratch([
        "t.lua":
            "function task(item) if item == 'slow' then io.stderr:write 'begun\\n' os.execute 'await test -e go' end return item end"
    ])
    let run = try Run("exec pmap -j 1 --chunk 1 --journal j t.lua ::: a b slow c d", in: files)
    try run.wait(errors: "begun")
    run.signal(SIGINT)
    try run.wait(errors: "finishing")
    try files.write(Data(), to: "go")
    let outcome = try run.finish()
    #expect(outcome.output == "a\nb\nslow\n" && outcome.ending == .signal(SIGINT))
    #expect(outcome.errors.hasSuffix("pmap: 3 items are in j; the same command goes on from there\n"))
    let rest = try Run("pmap -j 1 --journal j t.lua ::: a b slow c d", in: files).finish()
    #expect(rest.output == "a\nb\nslow\nc\nd\n")
    #expect(rest.errors == "pmap: 3 of 5 items were done in an earlier run, says j\n")
}

@Test func `a reader that leaves hears nothing of the journal`() throws {
    try Row(
        "head", [:],
        "seq 5000 > f; pmap -j 2 --journal j -e 'item:rep(100)' f > /dev/null; pmap -j 2 --journal j -e 'item:rep(100)' f | head -c 4",
        out: "1111", status: 141
    ).check()
}

@Test func `a disk that is full costs the output, not the journal`() throws {
    try Row(
        "full", [:], "seq 5 | pmap --journal j -e item > /dev/full; seq 5 | pmap --journal j -e item 2> /dev/null",
        out: "1\n2\n3\n4\n5\n",
        err:
            "pmap: write standard output: No space left on device\npmap: ‹…› items are in j; the same command goes on from there\n"
    ).check()
}

@Test func `a worker and what it starts have no hold of the journal`() throws {
    try Row(
        "descriptors", "function task() os.execute 'ls -l /proc/self/fd /proc/$PPID/fd' end",
        "pmap -j 1 --journal j -t none t.lua ::: a | grep work/j; true"
    ).check()
}

@Test(arguments: [
    Row(
        "that a task loads",
        ["t.lua": "function task(item) return require('m').f(item) end", "m.lua": "return { f = string.upper }"],
        "cp m.lua n; for run in 1 2 3 4; do pmap -j 2 --journal j t.lua ::: a b | paste -sd ' '; case $run in 1) echo 'return { f = string.len }' > m.lua;; 3) cp n m.lua;; esac; done",
        out: "A B\n1 1\n1 1\nA B\n",
        err: "pmap: j: module m has changed since the last run; what it gave is not used\n"
            + "pmap: 2 of 2 items were done in an earlier run, says j\n"
            + "pmap: 2 of 2 items were done in an earlier run, says j\n"),
    Row(
        "that setup loads",
        ["t.lua": "function setup() m = require 'm' end function task(item) return m end", "m.lua": "return 1"],
        "pmap -j0 --journal j t.lua ::: a; echo 'return 2' > m.lua; pmap -j 2 --journal j t.lua ::: a",
        out: "1\n2\n", err: "pmap: j: module m has changed since the last run; what it gave is not used\n"),
    Row(
        "that a task did not find",
        ["t.lua": "function task(item) local ok, m = pcall(require, 'm') return ok and m or 'none' end"],
        "for run in 1 2 3 4; do pmap -j 2 --journal j t.lua ::: a b | paste -sd ' '; case $run in 1) echo 'return 1' > m.lua;; 3) rm m.lua;; esac; done",
        out: "none none\n1 1\n1 1\nnone none\n",
        err: "pmap: j: module m has changed since the last run; what it gave is not used\n"
            + "pmap: 2 of 2 items were done in an earlier run, says j\n"
            + "pmap: 2 of 2 items were done in an earlier run, says j\n"),
    Row(
        "that does not load for a task",
        ["t.lua": "function task(item) return (pcall(require, 'm')) end", "m.lua": "return return"],
        "pmap --journal j t.lua ::: a; echo 'return 1' > m.lua; pmap -j0 --journal j t.lua ::: a",
        out: "false\ntrue\n", err: "pmap: j: module m has changed since the last run; what it gave is not used\n"),
    Row(
        "that does not load for the script",
        [
            "t.lua": "local _, m = pcall(require, 'm') function task() return (tostring(m):match 'v%d') end",
            "m.lua": "error 'v1'",
        ],
        "pmap --journal j t.lua ::: a; echo 'error \"v2\"' > m.lua; pmap --journal j t.lua ::: a",
        out: "v1\nv2\n", err: "pmap: j: module m has changed since the last run; what it gave is not used\n"),
    Row(
        "from no file",
        "table.insert(package.searchers, function(name) return function() return 1 end end) function task(item) return (require 'odd') end",
        "pmap -j 2 --journal j t.lua ::: a b", out: "1\n1\n",
        err: "pmap: j: module odd is from no file that pmap knows; when it has changed, say so with another journal\n"),
])
func `a result of another module is never used`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a list of functions and cycles",
        """
        local data = io.open("data"):read "l"
        inputs = { { f = function() return data end }, { n = 1 }, { data } }
        inputs[3].me = inputs[3]
        function task(item) return item.f and item.f() or item.n or item[1] end
        """,
        "for data in one two; do echo $data > data; pmap --journal j t.lua | paste -sd ' '; done",
        out: "one 1 one\ntwo 1 two\n", err: onlyAgain(2) + onlyAgain(2) + doneBefore(1, of: 3)),
    Row(
        "an iterator of functions and cycles",
        """
        local data = io.open("data"):read "l"
        local items = { { n = 1 }, { data }, { f = function() return data end } }
        items[2].me = items[2]
        function inputs() return table.remove(items) end
        function task(item) return item.f and item.f() or item.n or item[1] end
        """,
        "for data in one two; do echo $data > data; pmap --journal j t.lua | paste -sd ' '; done",
        out: "one one 1\ntwo two 1\n", err: onlyAgain(2) + onlyAgain(2) + doneBefore(1, of: 3)),
    Row(
        "a file that is edited in place while setup runs",
        """
        function setup() os.execute "seq 1001 2000 | dd of=f conv=notrunc status=none" end
        function task(item) return item end
        """,
        "seq 2001 3000 > f; pmap -j 1 --chunk 1000 --journal j t.lua f 2>&1 | tail -1; sqlite3 j 'SELECT count(*) FROM items'; seq 2001 3000 > f; pmap -j 1 --chunk 1000 --on-error keep t.lua f 2> /dev/null | sort -u",
        out:
            "pmap: 1000 of 1000 items failed (1000 error)\n0\nerror: the file changed while it was read\n", status: 1),
    Row(
        "results with functions, which another run does not take",
        """
        function task(item)
          if item == "a" then return item end
          local list = { get = function() return item end }
          if item == "b" then pmap.emit(list) error("no", 0) end
          if item == "c" then pmap.emit(list) return "c" end
          return list
        end
        local function text(value) return type(value) == "table" and value.get() or value end
        function reduce(a, b) return text(a) .. text(b) end
        """,
        "pmap -j 1 --journal j t.lua ::: a b c d e; pmap -j 1 --journal j t.lua ::: e d c b a f; pmap journal j | head -1",
        out: "accde\nedccaf\nj: 1 ok, 1 error\n",
        err: "pmap: :::2: no\n" + traceback + notKept(3) + lastLine(1, of: 5, "1 error")
            + "pmap: :::4: no\n" + traceback + notKept(4)
            + "pmap: 2 of 6 items were done in an earlier run, says j, 1 of which failed then; --retry-failed runs those again\n"
            + lastLine(1, of: 6, "1 error")),
    Row(
        "a result by the name that it has in a module, which is kept",
        "function task(item) return { string.upper, require 'string', item } end function reduce(a, b) a[3] = a[3] .. b[3] return a end function finish(t) return t[1](t[3]), t[2] == string end",
        "pmap --journal j t.lua ::: a b; pmap --journal j t.lua ::: a b", out: "AB\ttrue\nAB\ttrue\n",
        err: doneBefore(2, of: 2)),
])
func `items that are not what they were are run again`(row: Row) throws { try row.check() }

private func onlyAgain(_ items: Int) -> String {
    "pmap: j: \(items) items of inputs hold functions, cycles or userdata, or cannot travel; such items are run each time\n"
}

private func notKept(_ results: Int) -> String {
    "pmap: j: \(results) results were not kept: there are functions in them; such items are run each time\n"
}

private func doneBefore(_ items: Int, of all: Int) -> String {
    "pmap: \(items) of \(all) items \(items == 1 ? "was" : "were") done in an earlier run, says j\n"
}

@Test(arguments: [
    Row(
        "another script's", ["a.lua": "task = string.upper", "b.lua": "task = string.lower"],
        "pmap --journal j a.lua ::: a; pmap --journal j b.lua ::: A; pmap --journal j a.lua ::: a",
        out: "A\na\nA\n",
        err: "pmap: j: this is the journal of a.lua; b.lua uses nothing that one gave\n"
            + "pmap: j: this is the journal of b.lua; a.lua uses nothing that one gave\n" + doneBefore(1, of: 1)),
    Row(
        "one whose run was killed", "function task() os.execute 'touch begun; sleep 9' end",
        "pmap --journal j t.lua ::: a & await test -e begun; kill -9 $!; wait $!; pmap journal j",
        out: "j: no items yet\n\nrun 1  ‹…›  (killed)  pmap --journal j t.lua ::: a\n", err: "‹…›"),
    Row(
        "one that somebody has locked",
        "function task(item) if item == 'b' then os.execute 'touch begun; await test -e locked' end return item end",
        """
        pmap -j 1 --chunk 1 --journal j t.lua ::: a b c 2> err & await test -e begun
        python3 -c 'import sqlite3, time
        db = sqlite3.connect("j", timeout = 9, isolation_level = None)
        db.execute("BEGIN IMMEDIATE")
        open("locked", "w").close()
        while "locked" not in open("err").read(): time.sleep(0.01)
        db.execute("COMMIT")'
        wait $!; cat err; pmap journal j | head -1
        """,
        out: "a\nb\nc\npmap: j: somebody has it locked; waiting until it is free\nj: 3 ok\n"),
    Row(
        "one that is removed meanwhile", "function task(item) os.remove 'j' return item end",
        "pmap --journal j t.lua ::: a", out: "a\n",
        err:
            "pmap: j: somebody has removed the journal, or put another file there, while this run wrote to it; what it kept is lost\n",
        status: 3),
    Row(
        "one with secrets", "function task(item) error('cannot log in: password=hunter2', 0) end",
        "umask 077; pmap -j 1 --journal j --errors e -D password=hunter2 -D n= t.lua ::: a; pmap journal j; cat j* e | grep -c hunter2; stat -c '%A %n' j e; pmap --journal j -D password=hunter2 -D n= t.lua ::: a 2> /dev/null; pmap --journal j -D password=hunter3 -D n= t.lua ::: b",
        out: """
            j: 1 error

            run 1  ‹…›  completed  pmap -j 1 --journal j --errors e -D password=… -D n= t.lua ::: a

            :::1: cannot log in: password=…
            0
            -rw------- j
            -rw------- e

            """,
        err: "pmap: :::1: cannot log in: password=…\n" + traceback + lastLine(1, of: 1, "1 error")
            + "pmap: j: -D has changed since the last run; what it gave is not used\n"
            + "pmap: :::1: cannot log in: password=hunter2\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1),
])
func `a journal says whose it is, who writes to it, and no secrets`(row: Row) throws { try row.check() }

@Test func `a run whose journal stays locked ends by the signal that it gets`() throws {
    let files = try Scratch([
        "t.lua":
            "function task(item) if item == 'b' then os.execute 'touch begun; await test -e locked' end return item end",
        "lock.py": """
        import os, sqlite3, time
        parent = os.getppid()
        while not os.path.exists("begun"): time.sleep(0.01)
        db = sqlite3.connect("j", timeout = 9, isolation_level = None)
        db.execute("BEGIN IMMEDIATE")
        open("locked", "w").close()
        while os.getppid() == parent: time.sleep(0.01)
        """,
    ])
    let run = try Run("python3 lock.py & exec pmap -j 1 --chunk 1 --journal j t.lua ::: a b c", in: files)
    try run.wait(errors: "somebody has it locked")
    run.signal(SIGTERM)
    #expect(try run.finish().ending == .signal(SIGTERM))
}
