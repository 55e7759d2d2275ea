// What a script may be, and what its parts are called with.

import Testing

@Test(arguments: [
    Row(
        "globals", "function task(item) return item:upper() end",
        "pmap t.lua ::: a b", out: "A\nB\n"),
    Row(
        "a table", "local function up(item) return item:upper() end return { task = up }",
        "pmap t.lua ::: a b", out: "A\nB\n"),
    Row(
        "one function, which is the task", "return string.upper",
        "pmap t.lua ::: a b", out: "A\nB\n"),
    Row(
        "a script whose first line is for the shell", "#!/usr/bin/env pmap\nreturn string.upper",
        "pmap t.lua ::: a", out: "A\n"),
    Row(
        "a script with a byte order mark", "\u{FEFF}return string.upper",
        "pmap t.lua ::: a", out: "A\n"),
    Row(
        "a script from standard input", [:],
        "pmap - ::: a b", input: "return string.upper", out: "A\nB\n"),
    Row(
        "a script that is run by its own first line", "#!/usr/bin/env pmap\nreturn string.upper",
        "cp t.lua run.lua; chmod +x run.lua; echo a | ./run.lua", out: "A\n"),
    Row(
        "the lines after a first line for the shell keep their numbers", "#!/usr/bin/env pmap\nreturn #",
        "pmap t.lua ::: a", err: "pmap: t.lua:2: unexpected symbol near <eof>\n", status: 2),
])
func `a script is globals, a table or a function`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "the task gets the item and its index", "function task(item, index) return index, item end",
        "pmap t.lua ::: a b", out: "1\ta\n2\tb\n"),
    Row(
        "the index counts on over several files",
        ["t.lua": "function task(item, index) return index .. item end", "1": "a\nb\n", "2": "c\n"],
        "pmap t.lua 1 2", out: "1a\n2b\n3c\n"),
    Row(
        "the top level runs once, before any worker",
        "io.stderr:write('loaded\\n') return string.upper",
        "pmap -j 3 t.lua ::: a b c", out: "A\nB\nC\n", err: "loaded\n"),
    Row(
        "what the top level prints is printed once", "print 'top' io.write 'half' return string.upper",
        "pmap -j 3 t.lua ::: a b c", out: "top\nhalfA\nB\nC\n"),
    Row(
        "what the top level builds is in every worker",
        "local names = { a = 'Anna', b = 'Bert' } return function(item) return names[item] end",
        "pmap -j 2 --chunk 1 t.lua ::: a b a b", out: "Anna\nBert\nAnna\nBert\n"),
    Row(
        "pmap is a global, and a module", "assert(require 'pmap' == pmap) return string.upper",
        "pmap t.lua ::: a", out: "A\n"),
    Row(
        "setup, tasks and teardown run in one worker",
        """
        local log = io.stderr
        function setup(worker) log:write("setup ", worker.id, "\\n") prefix = "<" end
        function teardown(worker) log:write("teardown ", worker.id, prefix, "\\n") end
        function task(item) return prefix .. item end
        """,
        "pmap -j 1 t.lua ::: a b", out: "<a\n<b\n", err: "setup 1\nteardown 1<\n"),
    Row(
        "setup runs again in a replacement",
        """
        function setup(worker) io.stderr:write("setup\\n") end
        function task(item) return item end
        """,
        "pmap -j 1 --max-tasks 1 --chunk 1 t.lua ::: a b c 2>&1 | sort | uniq -c | sed 's/^ *//'",
        out: "1 a\n1 b\n1 c\n3 setup\n"),
    Row(
        "a worker that did its --max-tasks is replaced, and its globals with it",
        "n = 0 function task() n = n + 1 return n end",
        "pmap -j 1 --max-tasks 2 t.lua ::: a b c d e", out: "1\n2\n1\n2\n1\n"),
    Row(
        "with -j 0 setup, tasks and teardown run in this process",
        """
        local log = io.stderr
        function setup() log:write("setup\\n") n = 0 end
        function teardown() log:write("teardown ", n, "\\n") end
        function task(item) n = n + 1 return n end
        """,
        "pmap -j 0 t.lua ::: a b", out: "1\n2\n", err: "setup\nteardown 2\n"),
])
func `the parts of a script run where and when it is promised`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a list", "inputs = { 'a', 'b' } task = string.upper",
        "pmap t.lua", out: "A\nB\n"),
    Row(
        "a list of tables", "inputs = { { n = 1 }, { n = 2 } } function task(item) return item.n * 10 end",
        "pmap t.lua", out: "10\n20\n"),
    Row("an empty list", "inputs = {} task = string.upper", "pmap t.lua"),
    Row(
        "a list with a nil, as table.pack gives it",
        "inputs = table.pack('a', nil, 'c') function task(x) return tostring(x) end",
        "pmap t.lua", out: "a\nnil\nc\n"),
    Row(
        "a range", "inputs = pmap.range(1, 7, 3) function task(x) return x end", "pmap t.lua", out: "1\n4\n7\n"),
    Row(
        "an object that can be called, as a generic for calls it",
        "inputs = setmetatable({}, { __call = function(_, _, x) return (x or 0) < 3 and (x or 0) + 1 or nil end }) function task(x) return x end",
        "pmap -j 2 t.lua", out: "1\n2\n3\n"),
    Row(
        "an iterator", "inputs = ('x y z'):gmatch '%a' function task(item, index) return index, item end",
        "pmap t.lua", out: "1\tx\n2\ty\n3\tz\n"),
    Row(
        "an iterator of tables",
        """
        local n = 0
        function inputs() n = n + 1 if n <= 3 then return { n = n, list = { n, { "x" } } } end end
        function task(item) return item end
        """,
        "pmap -t jsonl t.lua",
        out: #"{"list":[1,["x"]],"n":1}"# + "\n" + #"{"list":[2,["x"]],"n":2}"# + "\n" + #"{"list":[3,["x"]],"n":3}"#
            + "\n"),
    Row(
        "an iterator runs in the script's own process, after the top level",
        """
        local n = 0
        function inputs() n = n + 1 return n <= 2000 and n or nil end
        function task(item) return item end
        """,
        "pmap -j 2 t.lua | cmp - <(seq 2000)"),
    Row(
        "an empty list", "inputs = {} task = string.upper",
        "echo a | pmap t.lua"),
    Row(
        "FILE wins over inputs", ["t.lua": "inputs = { 'a' } task = string.upper", "f": "file\n"],
        "pmap t.lua f", out: "FILE\n"),
    Row(
        "::: wins over inputs", "inputs = { 'a' } task = string.upper",
        "pmap t.lua ::: b", out: "B\n"),
    Row(
        "- wins over inputs", "inputs = { 'a' } task = string.upper",
        "pmap t.lua -", input: "in\n", out: "IN\n"),
    Row(
        "inputs win over standard input", "inputs = { 'a' } task = string.upper",
        "pmap t.lua", input: "in\n", out: "A\n"),
    Row(
        "inputs in a returned table", "return { inputs = { 'a' }, task = string.upper }",
        "pmap t.lua", out: "A\n"),
])
func `the items may come from the script`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "options of the script count", "options = { to = 'jsonl' } return string.upper",
        "pmap t.lua ::: a", out: "\"A\"\n"),
    Row(
        "options may stand in a returned table", "return { options = { to = 'jsonl' }, task = string.upper }",
        "pmap t.lua ::: a", out: "\"A\"\n"),
    Row(
        "hyphens are underscores",
        "options = { on_error = 'keep', jobs = 2, chunk = 1 } function task(x) return nil, 'no ' .. x end",
        "pmap t.lua ::: a", out: "error: no a\n",
        err: "pmap: :::1: no a (nil and a string is a failure; write x or \"\" for an empty field)\n"
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "the command line wins", "options = { to = 'jsonl' } return string.upper",
        "pmap t.lua -t lines ::: a", out: "A\n"),
    Row(
        "the command line wins over a switch, -k",
        "options = { unordered = true } function task(x) if x == 'a' then while not io.open 'b' do end end io.open(x, 'w') return x end",
        "pmap -j 2 --chunk 1 -k t.lua ::: a b", out: "a\nb\n"),
    Row(
        "the command line wins over what contradicts it, -0", "options = { from = 'jsonl' } return string.upper",
        "printf 'a\\0' | pmap -0 t.lua", out: "A\n"),
    Row(
        "the command line wins over what contradicts it, --halt", "options = { on_error = 'stop' } return string.upper",
        "pmap --halt never t.lua ::: a", out: "A\n"),
    Row(
        "a switch is a boolean", "options = { filter = true } return function(x) return #x > 1 end",
        "pmap t.lua ::: a bb", out: "bb\n"),
    Row(
        "an option that does not exist", "options = { jbos = 2 } return string.upper",
        "pmap t.lua ::: a", err: "pmap: t.lua: options.jbos: no such option; did you mean jobs?\n", status: 2),
    Row(
        "help", "options = { help = true } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.help: write it on the command line: --help\n", status: 2),
    Row(
        "code", "options = { eval = 'item' } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.eval: write it on the command line: --eval\n", status: 2),
    Row(
        "a file", "options = { arg_file = 'f' } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.arg_file: write it on the command line: --arg-file\n", status: 2),
    Row(
        "a value that means nothing", "options = { jobs = 'many' } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.jobs: many: write a number of workers: N, N%, +N, -N, or 0 for none\n", status: 2),
    Row(
        "an option by another program's name", "options = { max_procs = 'many' } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.max_procs: many: write a number of workers: N, N%, +N, -N, or 0 for none\n",
        status: 2),
    Row(
        "an option that only another program has", "options = { ctag = true } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.ctag: write --tag, or return what is to stand in front of the result\n",
        status: 2),
    Row(
        "a value for a switch", "options = { filter = 'yes' } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.filter: yes: write true or false\n", status: 2),
    Row(
        "a switch for a value", "options = { jobs = true } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.jobs: a value is missing; write jobs = N\n", status: 2),
    Row(
        "an option with a value that cannot be", "options = { on_error = 'ignore' } return string.upper",
        "pmap t.lua ::: a", err: "pmap: t.lua: options.on_error: ignore: write drop, keep or stop\n", status: 2),
    Row(
        "a format that does not exist", "options = { to = 'xml' } return string.upper", "pmap t.lua ::: a",
        err:
            "pmap: t.lua: options.to: unknown format \"xml\": write lines, nul, jsonl, msgpack, csv, tsv, lua or none\n",
        status: 2),
    Row(
        "a number that cannot be", "options = { chunk = 0 } return string.upper", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.chunk: 0: write a number of items, 1 or more\n", status: 2),
    Row(
        "a value of the wrong type", "options = { jobs = {} } return string.upper", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.jobs is a table; write a string, number or boolean\n", status: 2),
    Row(
        "a list of options", "options = { 'jobs' } return string.upper", "pmap t.lua ::: a",
        err: "pmap: t.lua: options: a key is a number, not the name of an option\n", status: 2),
    Row(
        "options that are no table", "options = 'jobs' return string.upper",
        "pmap t.lua ::: a",
        err: "pmap: t.lua: options is a string; write a table, as in { jobs = 2 }\n", status: 2),
])
func `a script has options of its own`(row: Row) throws { try row.check() }

private let fails = "function task(item)\n  error \"no\"\nend"

@Test(arguments: [
    Row(
        "in another folder", ["sub/x.lua": fails], "pmap sub/x.lua ::: a 2>&1 | grep -v '\\[C\\]'",
        out: """
            pmap: :::1: sub/x.lua:2: no
            stack traceback:
            \tsub/x.lua:2: in function 'task'
            pmap: 1 of 1 items failed (1 error)

            """, status: 1),
    Row(
        "in this folder", ["x.lua": fails], "pmap ./x.lua ::: a 2>&1 | sed -n 1p", out: "pmap: :::1: ./x.lua:2: no\n",
        status: 1),
    Row(
        "a script that does not load", ["sub/x.lua": "error 'no'"], "pmap sub/x.lua ::: a",
        err: "pmap: sub/x.lua:1: no\n\(traceback)", status: 2),
    Row(
        "a long name, of which Lua shows the end", [:],
        "d=$(printf 'd%.0s' {1..70}); mkdir $d; echo 'error \"no\"' > $d/x.lua; pmap $d/x.lua ::: a",
        err: "pmap: ...\(String(repeating: "d", count: 50))/x.lua:1: no\n\(traceback)", status: 2),
    Row(
        "as lua5.4 and pmap run have it", ["sub/x.lua": "error 'no'"],
        "lua5.4 sub/x.lua 2>&1 | grep -o 'sub.*no'; pmap run sub/x.lua 2>&1 | grep -o 'sub.*no'; pmap sub/x.lua ::: a 2>&1 | grep -o 'sub.*no'",
        out: String(repeating: "sub/x.lua:1: no\n", count: 3), status: 2),
    Row(
        "a script without a task", ["sub/x.lua": ""], "pmap sub/x.lua ::: a",
        err: "pmap: sub/x.lua: no task: write function task(item) … end, or return a function\n", status: 2),
    Row(
        "a journal knows the script by its base name", ["sub/x.lua": "return string.upper"],
        "pmap --journal j sub/x.lua ::: a; cd sub; pmap --journal ../j x.lua ::: a", out: "A\nA\n",
        err: "pmap: 1 of 1 items was done in an earlier run, says ../j\n"),
])
func `a script has the name that was typed`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "beside the file", ["lib/x.lua": "return require 'm'", "lib/m.lua": "return string.upper"],
        "ln -s lib/x.lua x.lua; pmap x.lua ::: a", out: "A\n"),
    Row(
        "first beside the link",
        ["lib/x.lua": "return require 'm'", "lib/m.lua": "return string.upper", "m.lua": "return string.lower"],
        "ln -s lib/x.lua x.lua; pmap x.lua ::: A", out: "a\n"),
    Row(
        "beside the file at the end of several links",
        ["lib/x.lua": "return require 'm'", "lib/m.lua": "return string.upper"],
        "mkdir bin; ln -s ../lib/x.lua bin/y; ln -s bin/y x; pmap x ::: a", out: "A\n"),
    Row(
        "of pmap run", ["lib/x.lua": "print((require 'm'))", "lib/m.lua": "return 'here'"],
        "mkdir bin; ln -s ../lib/x.lua bin/x; pmap run bin/x", out: "here\n"),
    Row(
        "in a folder that is a link", ["lib/x.lua": "return require 'm'", "lib/m.lua": "return string.upper"],
        "ln -s lib there; pmap there/x.lua ::: a", out: "A\n"),
])
func `a script behind a symbolic link finds its modules`(row: Row) throws { try row.check() }

private let summing = """
    local sum = 0
    function task(x)
      sum = sum + x
      if x == "3" and not io.open "died" then io.open("died", "w"):close() os.execute "kill -9 $PPID" end
      return x
    end
    function teardown() print("sum", sum) return sum, "ignored" end
    """

@Test(arguments: [
    Row(
        "printed is a note", summing, "touch died; pmap -j 1 t.lua ::: 1 2 3 2>note; cat note", out: "1\n2\n3\nsum\t6\n"
    ),
    Row("without workers", summing, "touch died; pmap -j 0 t.lua ::: 1 2 3 2>note; cat note", out: "1\n2\n3\nsum\t6\n"),
    Row(
        "as jsonl", summing, "touch died; pmap -j 1 -t jsonl t.lua ::: 1 2 2>/dev/null", out: "\"1\"\n\"2\"\n"),
    Row(
        "when a worker dies and its item is run again", summing, "pmap -j 1 --retries 1 t.lua ::: 1 2 3",
        out: "1\n2\n3\n", err: "sum\t3\n"),
    Row(
        "when a journal goes on", summing,
        "touch died; pmap -j 1 --journal j t.lua ::: 1 2; pmap -j 1 --journal j t.lua ::: 1 2 3",
        out: "1\n2\n1\n2\n3\n",
        err: "sum\t3\nsum\t3\npmap: 2 of 3 items were done in an earlier run, says j\n"),
    Row(
        "raised in each of two workers, it is told once",
        "function task(x) return x end function teardown() error('no', 0) end",
        "pmap -j 2 --chunk 1 --max-tasks 1 t.lua ::: a b c", out: "a\nb\nc\n",
        err: "pmap: t.lua: teardown failed: no\n" + traceback, status: 1),
    Row(
        "nil and a message", "return { task = string.upper, teardown = function() return io.open '/nosuch' end }",
        "pmap -j 1 t.lua ::: a; echo $?; pmap -j 0 t.lua ::: b", out: "A\n1\nB\n",
        err: "pmap: t.lua: teardown failed: /nosuch: No such file or directory\n"
            + "pmap: t.lua: teardown failed: /nosuch: No such file or directory\n", status: 1),
    Row(
        "with items that failed", "function task(x) error(x, 0) end function teardown() os.execute 'kill -9 $PPID' end",
        "pmap -j 1 t.lua ::: a",
        err: "pmap: :::1: a\n" + traceback
            + "pmap: t.lua: teardown failed: the worker (pid N) was killed by SIGKILL\n"
            + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "with a goal that was reached", "function task(x) return x end function teardown() error('no', 0) end",
        "pmap -j 1 --chunk 1 --halt soon,record=1 t.lua ::: a b", out: "a\n",
        err: "pmap: t.lua: teardown failed: no\n" + traceback + "pmap: 1 of 2 items was skipped\n", status: 1),
    Row(
        "pmap.emit", "function task(x) return x end\nfunction teardown() pmap.emit(1) end", "pmap -j 1 t.lua ::: a",
        out: "a\n",
        err:
            "pmap: t.lua: teardown failed: t.lua:2: pmap.emit in teardown: records belong to items; return it from the task\n"
            + traceback, status: 1),
])
func `teardown gives notes, and no results`(row: Row) throws { try row.check() }

private func setUp(_ options: String) -> Row {
    Row(
        options, "function setup() print 'ready' os.execute 'echo program' end function task(x) return x end",
        "pmap \(options) t.lua ::: a b", out: "a\nb\n", err: "ready\nprogram\n")
}

@Test(arguments: [
    setUp("-j 1"), setUp("-j 0"), setUp("-j 1 --chunk 1"),
    Row(
        "the first item kills the worker",
        "function setup() print 'ready' end function task(x) os.execute 'kill -9 $PPID' end", "pmap -j 1 t.lua ::: a",
        err:
            "ready\npmap: :::1: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 1, "1 crash"), status: 1),
    Row(
        "it ends the process", "function setup() print 'ready' os.exit(3) end task = print", "pmap -j 1 t.lua ::: a",
        err:
            "ready\npmap: t.lua: setup failed in every worker: the worker (pid N) exited with status 3, as by os.exit\n",
        status: 2),
])
func `what setup prints goes to standard error, whatever follows`(row: Row) throws { try row.check() }

private func noList(_ inputs: String, _ what: String) -> Row {
    Row(
        inputs, "inputs = \(inputs) task = print", "pmap t.lua",
        err: "pmap: t.lua: inputs is a \(what); write a list, or a function that returns the next item\n", status: 2)
}

@Test(arguments: [
    noList("{ a = 1, b = 1 }", "table with the key ‹…›"), noList("{ 'x', name = 1 }", "table with the key name"),
    noList("{ n = 5 }", "table with the key n"), noList("{ 1, 2, 3, n = 1 }", "table with the key n"),
    noList("{ [1] = 1, [3] = 3 }", "list with a hole before 3"),
    noList("{ [0] = 1 }", "table with a key that is a number"),
    noList("{ [true] = 1 }", "table with a key that is a boolean"), noList("'abc'", "string"),
    noList(
        "setmetatable({}, { __index = function(_, i) if i < 4 then return i end end, __len = function() return 3 end })",
        "table whose metatable makes items"),
    noList("setmetatable({}, { __index = { 1, 2, 3 } })", "table whose metatable makes items"),
])
func `inputs that are no list are refused`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "items of its own", "inputs = setmetatable({ 1, 2 }, { __index = table }) function task(x) return x end",
        "pmap t.lua", out: "1\n2\n"),
    Row("none", "inputs = setmetatable({}, { __index = table }) task = print", "pmap t.lua"),
    Row(
        "none, and an error for every other name",
        "inputs = setmetatable({}, { __index = function(_, name) error(name) end }) task = print", "pmap t.lua"),
])
func `inputs with a metatable are the list's own items`(row: Row) throws { try row.check() }
