// Scripts that cannot be run: said once, before any item, with status 2.

import Testing

private func bad(_ claim: String, _ script: String, _ errors: String) -> Row {
    Row(claim, script, "pmap t.lua ::: a b", err: errors, status: 2)
}

@Test(arguments: [
    bad("a syntax error", "function task(x)\n  return x ..\nend", "pmap: t.lua:3: unexpected symbol near 'end'\n"),
    bad(
        "an error at the top level", "local t = nil\nprint(t.x)",
        "pmap: t.lua:2: attempt to index a nil value (local 't')\n" + traceback),
    bad(
        "an error in a module that it requires", "require 'nosuch'",
        "pmap: t.lua:1: module 'nosuch' not found:‹…›" + traceback),
    bad(
        "a task that is local", "local function task(item) return item end",
        "pmap: t.lua: no task: it is local here; write function task(item), or return task\n"),
    bad("no task", "local x = 1", "pmap: t.lua: no task: write function task(item) … end, or return a function\n"),
    bad("an empty script", "", "pmap: t.lua: no task: write function task(item) … end, or return a function\n"),
    bad(
        "a task by a name that is nearly right", "function Task(item) return item end",
        "pmap: t.lua: no task: Task is none; write task\n"),
    bad(
        "the same in a returned table", "return { tsak = print }", "pmap: t.lua: no task: tsak is none; write task\n"),
    bad("a task that is no function", "task = 42", "pmap: t.lua: task is a number, not a function\n"),
    bad(
        "a returned table without a task", "return { inputs = { 1 } }",
        "pmap: t.lua: no task in the table it returns; write task = function(item) … end\n"),
    bad(
        "a returned number", "return 42",
        "pmap: t.lua: it returns a number; return a function, or a table with task, inputs, …\n"),
    bad(
        "inputs that are no list", "inputs = 'a' task = print",
        "pmap: t.lua: inputs is a string; write a list, or a function that returns the next item\n"),
    bad(
        "a setup that is no function", "setup = {} task = print",
        "pmap: t.lua: setup is a table, not a function\n"),
    bad("an error that is no string", "error({})", "pmap: t.lua: ‹…›\n" + traceback),
    bad("a script that ends the program", "os.exit(0)", "pmap: t.lua: it called os.exit(0) before the first item\n"),
])
func `a script that cannot run is explained`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a script that is not there", [:], "pmap nosuch.lua ::: a",
        err: "pmap: nosuch.lua: no such script\n", status: 2
    ),
    Row(
        "a script that is a folder", ["d/x": ""], "pmap d ::: a",
        err: "pmap: d: a folder is not a script; name the script in it, as in d/NAME.lua\n", status: 2),
    Row(
        "a compiled script", ["s.lua": "return string.upper"],
        "lua5.4 -e 'io.open(\"t.luac\", \"w\"):write(string.dump(loadfile \"s.lua\")):close()'; pmap t.luac ::: a",
        err: "pmap: t.luac: this is Lua bytecode; give the source text\n", status: 2),
    Row(
        "a compiled script that breaks off", [:], "printf '\\033Lua' > t.luac; pmap t.luac ::: a",
        err: "pmap: t.luac: this is Lua bytecode; give the source text\n", status: 2),
    Row(
        "a script of only a first line for the shell", ["t.lua": "#!/usr/bin/env pmap"], "pmap t.lua ::: a",
        err: "pmap: t.lua: no task: write function task(item) … end, or return a function\n", status: 2),
    Row(
        "a byte order mark, and then a line for the shell",
        ["t.lua": "\u{FEFF}#!/usr/bin/env pmap\nreturn string.upper"],
        "pmap t.lua ::: a", out: "A\n"),
    Row(
        "a script that kills pmap", ["t.lua": "os.execute 'kill -9 $PPID'"], "(pmap t.lua ::: a; exit $?) 2>/dev/null",
        status: 137),
    Row(
        "setup that fails in one of two workers",
        "function setup(w) if w.id == 1 then error('no', 0) end end function task(x) return x end",
        "pmap -j 2 --chunk 1 t.lua ::: a b c d", out: "a\nb\nc\nd\n",
        err: "pmap: t.lua: setup failed in a worker; the others go on: no\n" + traceback),
    Row(
        "teardown that fails", "function teardown() error('no', 0) end function task(x) return x end",
        "pmap -j 1 t.lua ::: a b", out: "a\nb\n", err: "pmap: t.lua: teardown failed: no\n" + traceback, status: 1),
    Row(
        "teardown that ends its worker", "function teardown() os.exit(3) end function task(x) return x end",
        "pmap -j 1 t.lua ::: a b", out: "a\nb\n",
        err: "pmap: t.lua: teardown failed: the worker (pid N) exited with status 3, as by os.exit\n", status: 1),
    Row(
        "teardown that ends its worker as if all were well",
        "function teardown() os.exit() end function task(x) return x end",
        "pmap -j 2 --chunk 1 t.lua ::: a b", out: "a\nb\n",
        err: "pmap: t.lua: teardown failed: the worker (pid N) exited with status 0, as by os.exit\n", status: 1),
    Row(
        "setup that ends its worker as if all were well",
        "function setup() os.exit() end function task(x) return x end", "pmap -j 1 t.lua ::: a b",
        err: "pmap: t.lua: setup failed in every worker: the worker (pid N) exited with status 0, as by os.exit\n",
        status: 2),
    Row(
        "inputs that end their process as if all were well",
        "local n = 0 function task(x) return x end function inputs() n = n + 1 if n == 3 then os.exit() end return n end",
        "pmap -j 1 t.lua", out: "1\n2\n",
        err: "pmap: t.lua: it called os.exit(0) in inputs\n"
            + "pmap: inputs: the script's process (pid N) exited with status 2\n", status: 3),
    Row(
        "a script in another folder goes by the name that was typed", ["d/t.lua": "return ="], "pmap d/t.lua ::: a",
        err: "pmap: d/t.lua:1: unexpected symbol near '='\n", status: 2),
    Row(
        "a bad script from standard input", [:], "pmap - ::: a", input: "return =",
        err: "pmap: -:1: unexpected symbol near '='\n", status: 2),
    Row(
        "the number of a process", [:], "pmap 1234",
        err:
            "pmap: 1234: no such script; the pmap that shows the memory map of a process is another program, from procps\n",
        status: 2),
    Row(
        "setup that fails in every first worker",
        "function setup() error('no database') end\nfunction task(x) return x end", "pmap -j 2 t.lua ::: a b c",
        err: "pmap: t.lua: setup failed in every worker: t.lua:1: no database\n" + traceback, status: 2),
    Row(
        "setup that fails with -j 0", "function setup() error('no database') end\nfunction task(x) return x end",
        "pmap -j 0 t.lua ::: a b c",
        err: "pmap: t.lua: setup failed in every worker: t.lua:1: no database\n" + traceback, status: 2),
    Row(
        "setup that returns nil and why", "function setup() return io.open '/nosuch' end function task(x) return x end",
        "pmap -j 2 t.lua ::: a",
        err: "pmap: t.lua: setup failed in every worker: /nosuch: No such file or directory\n", status: 2),
    Row(
        "setup that kills its worker",
        "function setup() os.execute('kill -9 $PPID') end\nfunction task(x) return x end", "pmap -j 2 t.lua ::: a b c",
        err: "pmap: t.lua: setup failed in every worker: the worker (pid N) was killed by SIGKILL\n", status: 2),
    Row(
        "a script that nobody may read", ["t.lua": "return string.upper"], "\(asNobody("t.lua")) ./p t.lua ::: a",
        err: "pmap: t.lua: cannot read the script: Permission denied\n", status: 2),
])
func `a script that is not there or cannot be read is named`(row: Row) throws { try row.check() }

/// What a line begins with to run a copy of pmap, `./p`, without root's rights and without the right to read `file`.
func asNobody(_ file: String) -> String {
    "chmod 755 .. .; chmod 000 \(file); cp \"$(command -v pmap)\" p; "
        + "$([ $(id -u) = 0 ] && echo setpriv --reuid=65534 --regid=65534 --clear-groups)"
}

/// `script` works, and something in it is of no use.
private func unused(_ script: String, _ message: String? = nil) -> Row {
    Row(
        script, "task = string.upper " + script, "pmap t.lua ::: a",
        out: "A\n", err: message.map { "pmap: t.lua: nothing uses \($0)\n" } ?? "")
}

@Test(arguments: [
    unused("function setUp() end", "setUp; did you mean setup?"),
    unused("function tear_down() end", "tear_down; did you mean teardown?"),
    unused("function teardwon() end -- teardwon", "teardwon; did you mean teardown?"),
    unused("--[[ retryIf\n]] retryIf = print", "retryIf; did you mean retry_if?"),
    unused("option = { jobs = 1 }", "option; did you mean options?"),
    unused("input = { 'b' }", "input; did you mean inputs?"),
    unused("return { task = string.upper, Setup = print }", "Setup; did you mean setup?"),
    unused("function setups() end return string.upper", "setups; did you mean setup?"),
    unused(
        "function setup() end return { task = string.upper }", "setup: it is not in the table that the script returns"),
    unused("local function setup() end", "setup: it is local here; write function setup()"),
    unused("local options = { jobs = 1 }", "options: it is local here; write options ="),
    unused("function finish() end", "finish: it is called when results are joined; define reduce, or write --reduce"),
    unused("Finish = print", "Finish; did you mean finish?"),
    unused("function Reduce(a, b) return a + b end", "Reduce; did you mean reduce?"),
])
func `a definition that was meant for pmap and is not used is told`(row: Row) throws { try row.check() }

@Test(arguments: [
    unused("function setUp() end setUp()"), unused("function setup() end function setUp() end"),
    unused("function set() end function stop() end function test() end function take() end function step() end"),
    unused("option_list = { } input_files = { } setup_time = print report = print tasks = print"),
    unused("local setup = 1 print = function() return setup end"), unused("local up = string.upper return up"),
    unused("local options = { jobs = 1 } return { task = string.upper, options = options }"),
    unused("setUp = 1 reduce = {}"), unused("local tasks, setup = 1, 2 _ENV['Teardown'] = print x = 'Teardown'"),
    unused("function reduce(f, list, first) end reduce(print, {})"), unused("function finish() end finish()"),
    unused("-- local function setup() end"),
])
func `a definition of the script's own is not`(row: Row) throws { try row.check() }
