// Items that are run by a pmap on another machine: here one that is reached by a command, which differs from a network in
// nothing that pmap sees. What is read is what a run without it prints.

import Running
import Testing

/// Runs a command with and without `--on`, and compares everything.
private let same = #"""
    same() {
      pmap --seed 5 -j2 "$@" > near 2> near.err; echo $? >> near.err
      pmap --on 'command:pmap worker' --seed 5 -j2 "$@" > far 2> far.err; echo $? >> far.err
      sed -E -i 's/pid [0-9]+/pid N/g' near.err far.err
      cmp near far && diff near.err far.err && echo "$(tail -n1 far.err)"
    }

    """#

private let files = [
    "d.csv": "city,n,note\na,1,\"x, y\"\nb,2,\"two\nlines\"\na,3,\nbad row\nb,4,\"q\"\"q\"\n",
    "d.jsonl": (1...2000).map { #"{"a":\#($0),"b":[1,"x"]}"# + "\n" }.joined(),
    "mod.lua": "return { f = function(x) if x == '13' then error('in module') end return x .. '!' end }",
    "t.lua": """
    local mod = require 'mod'
    function task(item, index)
      if index % 97 == 0 then error('bad ' .. item) end
      if index % 89 == 0 then pmap.emit('emitted') print('printed ' .. item) end
      return mod.f(item), index, pmap.line, pmap.source, math.random(1000)
    end
    """,
    "list.lua": """
    inputs = {}
    for i = 1, 300 do inputs[i] = { n = i } end
    function task(item, index) if item.n % 50 == 3 then error('bad') end return item.n * 2, pmap.line end
    """,
    "iter.lua": """
    local n = 0
    function inputs() n = n + 1 if n <= 500 then return { n, 'v' } end end
    function task(item) return item[1] + 1, item[2] end
    """,
]

@Test(arguments: [
    Row("lines, a module, failures, text and random numbers", files, "seq 5000 > in; same t.lua in", out: "1\n"),
    Row("several files, one of them compressed", files, "seq 500 | gzip > a; seq 900 > b; same t.lua a b", out: "1\n"),
    Row("rows", files, "same -f csv -t jsonl -e item d.csv", out: "1\n"),
    Row(
        "rows in and out", files, "same -f csv -t csv -e '{ n = item.n, note = item.note, line = pmap.line }' d.csv",
        out: "1\n"),
    Row("rows that are filtered", files, "same -f csv -t csv --filter -e 'item.n > \"1\"' d.csv", out: "1\n"),
    Row("what is joined by key", files, "same -f csv --by-key --reduce sum -e 'item.city, item.n' d.csv", out: "1\n"),
    Row("what is joined by a function", files, "seq 9000 > in; same -e 'item + 0.1' --reduce 'a + b' in", out: "0\n"),
    Row("values of JSON, and MessagePack", files, "same -f jsonl -t msgpack -e 'item.b' d.jsonl", out: "0\n"),
    Row(
        "lists of lines", files, "seq 1000 > in; same --batch 7 --skip 10 -e '#item, item[1], pmap.line' in", out: "0\n"
    ),
    Row("words", files, "same -e 'item[1], item[2], pmap.line' ::: a b c ::: 1 2", out: "0\n"),
    Row("commands", files, "same --sh 'echo {} | tr 0-9 a-j; exit $(({} % 2))' ::: 1 22 333 4444", out: "1\n"),
    Row("a list of the script", files, "same list.lua", out: "1\n"),
    Row("an iterator of the script", files, "same iter.lua", out: "0\n"),
    Row(
        "failures in the output, and in a file", files,
        "seq 500 > in; same --on-error keep -t jsonl --errors e -e 'if item % 7 == 0 then error(\"x\") end return item' in",
        out: "1\n"),
    Row(
        "tries of an item", files,
        "same --retries 2 -e 'if pmap.attempt < 3 then error(\"x\") end return item' ::: 1 2 3", out: "1\n"),
    Row(
        "an item without end", files,
        "same --timeout 0.3 -e 'if item == \"2\" then while true do end end return item' ::: 1 2 3", out: "1\n"),
    Row(
        "one that kills its worker", files,
        "seq 1000 > in; same -e 'if item == \"500\" then os.exit(3) end return item' in", out: "1\n"),
    Row("few items a worker", files, "seq 300 > in; same --max-tasks 40 -e 'item' in", out: "0\n"),
    Row(
        "setup that fails", ["t.lua": "function setup() error('no', 0) end function task(x) return x end"],
        "same t.lua ::: 1 2", out: "2\n"),
    Row(
        "teardown that fails", ["t.lua": "function teardown() error('no', 0) end function task(x) return x end"],
        "same t.lua ::: 1 2", out: "1\n"),
    Row("no items", files, "same -e item /dev/null", out: "0\n"),
])
func `items that run elsewhere come to what they come to here, and say the same`(row: Row) throws {
    try Row(row.claim, row.files, same + row.line, out: row.output).check()
}

@Test func `a run goes on from a journal that it kept elsewhere, and the other way round`() throws {
    let task =
        "-e 'if item == \"700\" and not os.getenv \"DONE\" then error(\"x\", 0) end return item * 2, math.random(9)'"
    try Row(
        "", [:],
        """
        seq 1000 > in
        for first in '' "--on 'command:pmap worker'"; do
          for second in '' "--on 'command:pmap worker'"; do
            rm -f j
            eval "pmap $first --seed 3 --journal j --halt soon,fail=1 \(task.replacing("\"", with: "\\\"")) in" > /dev/null 2>&1
            eval "DONE=1 pmap $second --seed 3 --journal j --retry-failed \(task.replacing("\"", with: "\\\"")) in" 2>/dev/null | cksum
          done
        done | sort -u | wc -l
        """, out: "1\n"
    ).check()
}

@Test(arguments: [
    Row(
        "a script that fails there",
        ["t.lua": "if not io.open 'here' then error('not here', 0) end function task() end", "here": ""],
        "pmap --on 'command:cd / && exec pmap worker' t.lua ::: 1",
        err: "pmap: no worker could be started: remote: t.lua: not here\n\(traceback)", status: 3),
    Row(
        "nowhere", [:],
        "for on in '' nowhere ssh: ssh:a,,b ssh:a/0 ssh:-oProxyCommand=x command:; do pmap --on \"$on\" -e item ::: 1 2>&1 | cut -d: -f2; done; true",
        out:
            " --on ''\n --on nowhere\n --on ssh\n --on ssh\n --on ssh\n --on ssh\n --on command\n"
    ),
    Row(
        "in this process", [:], "pmap -j0 --on ssh:a -e item ::: 1",
        err: "pmap: --on with -j 0: leave one of them out; nothing runs elsewhere without workers\n", status: 2),
])
func `what cannot run elsewhere is said, and why`(row: Row) throws { try row.check() }

@Test func `the job log names the machine`() throws {
    try Row(
        "", [:],
        "pmap --on 'command:pmap worker' --joblog log -e 'if item == \"2\" then error(\"x\", 0) end return item' ::: 1 2 3 2> /dev/null; cut -f 1,2,9,10 log | sort",
        out: "1\n3\n1\tremote\t1\tok\n2\tremote\t2\terror\n3\tremote\t3\tok\nSeq\tHost\tCommand\tOutcome\n"
    ).check()
}

@Test(arguments: ["KILL", "TERM"])
func `a remote that is killed again and again loses and doubles nothing`(signal: String) throws {
    try Row(
        signal,
        "function task(item) local s = 0 for i = 1, 3000 do s = s + i % 7 end return item, s, math.random(100) end",
        """
        seq 30000 > in
        pmap --seed 5 -j2 t.lua in > near
        cp "$(command -v pmap)" there
        pmap --seed 5 -j2 --on 'command:exec ./there worker' t.lua in > far 2> errors & host=$!
        for each in 1 2 3; do
          until pgrep -f -P $host '^./there worker' > /dev/null || ! kill -0 $host 2> /dev/null; do :; done
          pkill -\(signal) -P $host
        done
        wait $host; echo $?
        cmp near far && echo same
        grep -cE '^pmap: [0-9]+ chunks? ran again, lost with a connection$' errors
        """, out: "0\nsame\n1\n"
    ).check()
}
