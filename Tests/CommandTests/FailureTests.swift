// Items that fail: what is printed, what is counted, what --on-error and --errors make of it.

import Running
import Testing

private let picky = """
    function task(item)
      if item:find "b" then
        error("bad item " .. item)
      end
      return item
    end
    """

private func one(_ message: String) -> String { "pmap: \(message)\n" + traceback + lastLine(1, of: 1, "1 error") }

@Test(arguments: [
    Row(
        "a line of a file", ["t.lua": picky, "f": "a\nb\nc\n"], "pmap t.lua f", out: "a\nc\n",
        err: "pmap: f:2: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "a line of the second file", ["t.lua": picky, "d/f": "a\n", "d/g": "a\nb\n"], "pmap t.lua d/f d/g",
        out: "a\na\n", err: "pmap: d/g:2: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "a line of standard input", picky, "pmap t.lua", input: "a\nb\n", out: "a\n",
        err: "pmap: -:2: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "an argument", picky, "pmap t.lua ::: a b", out: "a\n",
        err: "pmap: :::2: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "an item of a list", "inputs = { 'a', 'b' } " + picky, "pmap t.lua", out: "a\n",
        err: "pmap: inputs[2]: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "an item of an iterator", "inputs = ('ab'):gmatch '.' " + picky, "pmap t.lua", out: "a\n",
        err: "pmap: inputs[2]: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "a script in another folder", ["d/t.lua": picky], "pmap d/t.lua ::: b", err: one(":::1: d/t.lua:3: bad item b"),
        status: 1),
    Row(
        "with -j 0", picky, "pmap -j 0 t.lua ::: a b", out: "a\n",
        err: "pmap: :::2: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "with -u", picky, "pmap -u t.lua ::: a b", out: "a\n",
        err: "pmap: :::2: t.lua:3: bad item b\n" + traceback + lastLine(1, of: 2, "1 error"), status: 1),
    Row(
        "the last line of several", picky, "pmap t.lua ::: b a b b 2>&1 | tail -1", out: lastLine(3, of: 4, "3 error"),
        status: 1),
    Row(
        "messages in the order of the items", picky,
        "seq 40 | sed 's/^/b/' | pmap -j 2 --chunk 1 t.lua 2>&1 >/dev/null | grep -o 'item b.*' | cmp - <(seq 40 | sed 's/^/item b/')",
        status: 1),
])
func `a failed item is named by where it came from`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row("nil", [:], "pmap -e 'error(nil)' ::: a", err: one(":::1: (error object is a nil value)"), status: 1),
    Row("a table", [:], "pmap -e 'error {}' ::: a", err: one(":::1: (error object is a table value)"), status: 1),
    Row(
        "a table with __tostring", [:],
        "pmap -e 'error(setmetatable({}, { __tostring = function() return \"me\" end }))' ::: a", err: one(":::1: me"),
        status: 1),
    Row(
        "a __tostring that fails", [:], "pmap -e 'error(setmetatable({}, { __tostring = error }))' ::: a",
        err: "pmap: :::1: ‹…›" + lastLine(1, of: 1, "1 error"), status: 1),
    Row("a number", [:], "pmap -e 'error(42)' ::: a", err: one(":::1: 42"), status: 1),
    Row(
        "a boolean", [:], "pmap -e 'error(false)' ::: a", err: one(":::1: (error object is a boolean value)"), status: 1
    ),
    Row(
        "a message of two lines", [:], "pmap -e 'error(\"one\\ntwo\", 0)' ::: a", err: one(":::1: one\n\ttwo"),
        status: 1),
    Row(
        "too deep a recursion", "local function f(n) return 1 + f(n) end return f", "pmap t.lua ::: a",
        err: "pmap: :::1: t.lua:1: stack overflow‹…›" + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "too deep a recursion in C", [:],
        "pmap -e 'local f f = function() return string.gsub(\"a\", \"a\", f) end return f()' ::: a",
        err: one(":::1: C stack overflow"), status: 1),
    Row(
        "a yield outside a coroutine", [:], "pmap -e 'coroutine.yield()' ::: a",
        err: one(":::1: attempt to yield from outside a coroutine"), status: 1),
    Row(
        "an error in a coroutine", [:], "pmap -e 'coroutine.wrap(function() error(\"inner\", 0) end)()' ::: a",
        err: one(":::1: -e:1: inner"), status: 1),
    Row(
        "a message of 10 MB is cut", [:],
        "pmap -e 'error((\"x\"):rep(10000000), 0)' ::: a 2>&1 | wc -c | awk '{ print ($1 < 100000) }'", out: "1\n",
        status: 1),
])
func `whatever is raised has a text`(row: Row) throws { try row.check() }

@Test func `the traceback is made where the error was raised`() throws {
    let script = """
        local function inner(item)
          return item.name.first
        end

        function task(item)
          local first = inner(item)
          return first
        end
        """
    let outcome = try Run("pmap t.lua ::: a", in: Scratch(["t.lua": script])).finish()
    #expect(
        outcome.errors == """
            pmap: :::1: t.lua:2: attempt to index a nil value (field 'name')
            stack traceback:
            \tt.lua:2: in upvalue 'inner'
            \tt.lua:6: in function 'task'
            pmap: 1 of 1 items failed (1 error)

            """)
}

@Test func `the first 10 failures have a traceback, the next 90 a line, the rest is counted`() throws {
    let outcome = try Run("seq 120 | pmap --chunk 1 -e 'error(item, 0)'", in: Scratch()).finish()
    let expected =
        (1...10).map { "pmap: -:\($0): \($0)\n" + traceback }.joined()
        + (11...100).map { "pmap: -:\($0): \($0)\n" }.joined()
        + lastLine(120, of: 120, "120 error")
    #expect(steady(outcome.errors) == expected)
    #expect(outcome.ending == .exit(1))
}

@Test(arguments: [
    Row("drop", picky, "pmap --on-error drop t.lua ::: a b c 2>/dev/null", out: "a\nc\n", status: 1),
    Row(
        "keep, in lines", picky, "pmap --on-error keep t.lua ::: a b c 2>/dev/null",
        out: "a\nerror: t.lua:3: bad item b\nc\n", status: 1),
    Row(
        "keep, in jsonl", picky, "pmap --on-error keep -t jsonl t.lua ::: a b c 2>/dev/null",
        out: "\"a\"\n" + #"{"error":{"index":2,"kind":"error","message":"t.lua:3: bad item b"}}"# + "\n\"c\"\n",
        status: 1),
    Row(
        "keep, in nul", picky, "pmap --on-error keep -t nul t.lua ::: a b 2>/dev/null | tr '\\0' '|'",
        out: "a|error: t.lua:3: bad item b|", status: 1),
    Row(
        "keep, with records emitted before", [:],
        "pmap --on-error keep -e 'pmap.emit(1) error(\"no\", 0)' ::: a 2>/dev/null", out: "error: no\n", status: 1),
    Row(
        "keep, after nil and a message", [:], "pmap --on-error keep -e 'return nil, \"no\"' ::: a 2>/dev/null",
        out: "error: no\n", status: 1),
    Row(
        "keep still says so on standard error", [:], "pmap --on-error keep -e 'return nil, \"no\"' ::: a",
        out: "error: no\n",
        err: "pmap: :::1: no (nil and a string is a failure; write x or \"\" for an empty field)\n"
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "stop, one by one", picky, "pmap -j 0 --on-error stop t.lua ::: a b c d", out: "a\n",
        err: "pmap: :::2: t.lua:3: bad item b\n" + traceback + "pmap: 1 of 4 items failed (1 error), 2 were skipped\n",
        status: 1),
    Row(
        "stop ends what runs",
        "function task(x) if x == 'b' then error('no', 0) end os.execute('sleep ' .. x) return x end",
        "pmap -j 2 --chunk 1 --on-error stop t.lua ::: 0 60 b 2>/dev/null", out: "‹…›", status: 1),
])
func `--on-error decides what becomes of a failed item`(row: Row) throws { try row.check() }

@Test func `failures between large records cost none of them`() throws {
    let task = "if index % 2 == 0 then error('no', 0) end return ('y'):rep(200000)"
    try Row(
        "600 items", [:], "seq 600 | pmap -j 2 --chunk 1 -e \"\(task)\" 2>/dev/null | wc -c; echo ${PIPESTATUS[1]}",
        out: "60000300\n1\n"
    ).check()
}

@Test func `--errors has one JSON line for each failed item`() throws {
    let folder = try Scratch(["t.lua": picky, "f": "a\nb\n", "g": "c\n\tb\"\n"])
    let outcome = try Run("pmap -j 1 --errors log t.lua f g", in: folder).finish()
    #expect(outcome.output == "a\nc\n" && outcome.ending == .exit(1))
    let lines = try folder.text(of: "log").replacing(/"traceback":"(?:[^"\\]|\\.)+"/, with: "\"traceback\":\"…\"")
    #expect(
        lines == #"""
            {"index":2,"source":"f","line":2,"input":"b","kind":"error","message":"t.lua:3: bad item b","traceback":"…","attempts":1,"worker":1}
            {"index":4,"source":"g","line":2,"input":"\tb\"","kind":"error","message":"t.lua:3: bad item \tb\"","traceback":"…","attempts":1,"worker":1}

            """#)
}

@Test(arguments: [
    Row("an empty file when nothing failed", [:], "pmap --errors log -e item ::: a; wc -c < log", out: "a\n0\n"),
    Row("an old file is replaced", ["log": "old\n"], "pmap --errors log -e item ::: a; wc -c < log", out: "a\n0\n"),
    Row(
        "all of them, also those that are only counted", [:],
        "seq 150 | pmap --errors log -e 'error()' 2>/dev/null; wc -l < log", out: "150\n"),
    Row(
        "in the order of the items", [:],
        "seq 150 | pmap -j 2 --chunk 1 --errors log -e 'error()' 2>/dev/null; grep -o 'index\":[0-9]*' log | cut -d: -f2 | cmp - <(seq 150)"
    ),
    Row(
        "a worker's death", [:],
        "pmap --errors log -e 'os.exit(3)' ::: a 2>/dev/null; grep -c '\"kind\":\"crash\"' log", out: "1\n"),
    Row(
        "an input that is not UTF-8 is repaired, and there as it is, also from a journal and of a dead worker", [:],
        """
        line="pmap -j 1 --errors log --journal j -e 'if index > 3 then os.exit(1) end error(item)'"
        for n in 1 2; do
          printf 'a\\n\\377\\nab\\344\\n\\377\\344ab\\n' | eval "$line" 2>/dev/null
          pmap -f jsonl -e 'item.input, item.input_base64 or "none"' log
        done
        """,
        out: String(repeating: "a\tnone\n\u{FFFD}\t/w==\nab\u{FFFD}\tYWLk\n\u{FFFD}\u{FFFD}ab\t/+RhYg==\n", count: 2)),
    Row(
        "a message that is not UTF-8 is escaped", [:],
        #"pmap --errors log -e 'if index > 1 then return nil, item end error(item, 0)' ::: $'\344' $'\xff' 2>/dev/null; pmap -f jsonl -e 'item.message' log"#,
        out: "\\228\n\\255\n"),
    Row(
        "the input as it was before the task changed it",
        "inputs = { { n = 1 }, { f = print } } function task(t) t.n, t.f = 7 error() end",
        "pmap --errors log t.lua 2>/dev/null; pmap -f jsonl -t jsonl -e 'item.input or pmap.null' log",
        out: "\"{\\\"n\\\":1}\"\nnull\n"),
])
func `--errors is complete`(row: Row) throws { try row.check() }

/// The second of three items ends its worker, unless `code` says otherwise; what comes out is its input in the file of
/// errors.
private func deadly(
    _ claim: String, _ line: String, _ input: String, inputs: String = "", code: String = "os.exit(3)"
) -> Row {
    let script = inputs + " function task(x, index) if index == 2 then \(code) end return x end"
    return Row(
        claim, ["t.lua": script, "f": "a\nb\nc\n", "g": "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"],
        "{ \(line); } > /dev/null 2> /dev/null; pmap -f jsonl -e 'item.input' e", out: input + "\n")
}

@Test(arguments: [
    deadly("a file", "pmap -j 1 --chunk 3 --errors e t.lua f", "b"),
    deadly("a file as standard input", "pmap -j 2 --chunk 3 --errors e t.lua < f", "b"),
    deadly("a stream", "cat f | pmap -j 1 --errors e t.lua", "b"),
    deadly("arguments", "pmap --errors e t.lua ::: a 'b  ' c", "b  "),
    deadly("records that end with NUL", "printf 'a\\0b\\n\\0c' | pmap -0 --errors e t.lua", "b\n"),
    deadly("JSON", "pmap -f jsonl --errors e t.lua g", "{\"n\":2}"),
    deadly("a list", "pmap --errors e t.lua", "{\"x\":2.0}", inputs: "inputs = { 1, { x = 2.0 }, 3 }"),
    deadly(
        "an iterator", "pmap -j 1 --errors e t.lua", "[2,[]]",
        inputs: "local n = 0 function inputs() n = n + 1 return n < 4 and { n, {} } or nil end"),
    deadly(
        "an iterator and a journal", "pmap -j 1 --errors e --journal j t.lua", "\"x2\"",
        inputs: "local n = 0 function inputs() n = n + 1 return n < 4 and 'x' .. n or nil end"),
    deadly("what has no text", "pmap --errors e t.lua", "null", inputs: "inputs = { 1, print, 3 }"),
    deadly("killed", "pmap --errors e t.lua f", "b", code: "os.execute 'kill -9 $PPID'"),
    deadly(
        "killed for its time", "pmap --timeout 0.05 --errors e t.lua f", "b",
        code: "while true do pcall(function() while true do end end) end"),
    deadly("from a journal", "pmap --journal j t.lua f; pmap --journal j --errors e t.lua f", "b"),
    deadly("chaos", "pmap --chaos error=100% --errors e t.lua ::: b", "b"),
])
func `--errors has the input also of an item that could not tell it`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a message", [:], #"pmap -e 'error("one\27[31m\rtwo\npmap: 3 of 3 items failed\n\tx", 0)' ::: a"#,
        err: "pmap: :::1: one\\27[31m\\rtwo\n\tpmap: 3 of 3 items failed\n\tx\n" + traceback
            + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "a file", [:], #"f=$'a\nb\e[31m'; echo x > "$f"; pmap -e 'error("no", 0)' "$f"; pmap -e item $'no\r'"#,
        err: "pmap: a\\nb\\27[31m:1: no\n" + traceback + lastLine(1, of: 1, "1 error")
            + "pmap: no\\r: no such file; to give items as arguments write ::: no\\r\n", status: 2),
    Row(
        "a script", [:],
        #"f=$'a\n.lua'; echo 'function task() error "no" end' > "$f"; pmap "$f" ::: a; pmap $'b\n.lua'"#,
        err: "pmap: :::1: a\\n.lua:1: no\n" + traceback + lastLine(1, of: 1, "1 error")
            + "pmap: b\\n.lua: no such script\n",
        status: 2),
    Row(
        "a journal", [:],
        #"pmap --journal j -e 'error("one\npmap: two\27", 0)' ::: a $'b\nc' 2> /dev/null; pmap journal j | tail -n +3"#,
        out:
            #"run 1  ‹…›  completed  pmap --journal j -e 'error("one\npmap: two\27", 0)' ::: a $'b\x0ac'"# + "\n\n"
            + ":::1: one\n\tpmap: two\\27\n:::2: one\n\tpmap: two\\27\n"),
    Row(
        "--errors has it as it was", [:],
        #"pmap --errors e -e 'error("a\27\nb", 0)' ::: a 2> /dev/null; pmap -f jsonl -t jsonl -e 'item.message' e"#,
        out: "\"a\\u001b\\nb\"\n"),
    Row(
        "40 MB of combining marks", [:],
        "pmap -e 'error((\"e\\204\\129\"):rep(20000000), 0)' ::: a 2>&1 | wc -c | awk '$1 < 4400'",
        out: "‹…›\n", status: 1),
])
func `nothing in a name or a message steers the terminal or passes for another message`(row: Row) throws {
    try row.check()
}
