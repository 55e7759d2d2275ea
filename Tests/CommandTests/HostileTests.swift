// Tasks and scripts that act, on purpose or not, against the process they run in. What they cannot break is the
// rest of the run.

import Running
import Testing

/// What Lua alone cannot do, for `package.loadlib`: each function takes a Lua state and gives no results.
private let library = """
    #include <signal.h>
    #include <unistd.h>
    static int close_from(int first) { for (int each = first; each < 1024; each++) close(each); return 0; }
    int close_all(void *state) { return close_from(0); }
    int close_private(void *state) { return close_from(3); }
    int close_output(void *state) { close(1); return 0; }
    int ignore_children(void *state) { signal(SIGCHLD, SIG_IGN); return 0; }
    int block_signals(void *state) { sigset_t all; sigfillset(&all); return sigprocmask(SIG_SETMASK, &all, 0); }
    """

/// With `c(name)` for the functions above.
private func withLibrary(_ claim: String, _ script: String, _ line: String, out output: String) -> Row {
    Row(
        claim,
        [
            "c.c": library,
            "t.lua": "function c(name) package.loadlib('./c.so', name)() end\n" + script,
        ],
        "clang -shared -fPIC -o c.so c.c && " + line, out: output)
}

private func onX(_ code: String) -> String { "function task(item) if item == 'x' then \(code) end return item end" }

@Test(arguments: [
    withLibrary("all of its descriptors", onX("c 'close_all'"), "pmap -j 1 t.lua ::: a x b", out: "a\nx\nb\n"),
    withLibrary("pmap's own descriptors", onX("c 'close_private'"), "pmap -j 1 t.lua ::: a x b", out: "a\nx\nb\n"),
    withLibrary(
        "its standard output", onX("c 'close_output' print 'said'"), "pmap -j 1 t.lua ::: a x b", out: "a\nsaid\nx\nb\n"
    ),
    withLibrary(
        "every stream of C", onX("package.loadlib('libc.so.6', 'fcloseall')()"), "pmap -j 1 t.lua ::: a x b",
        out: "a\nx\nb\n"),
    withLibrary("at the top level", "c 'close_private' task = string.upper", "pmap -j 2 t.lua ::: a b", out: "A\nB\n"),
    Row(
        "Lua's standard streams, at the top level", "io.stdin:close() io.stdout:close() task = string.upper",
        "pmap -j 2 t.lua ::: a b", out: "A\nB\n"),
])
func `what a script closes does not end a run`(row: Row) throws { try row.check() }

@Test(arguments: [
    withLibrary(
        "SIGCHLD ignored at the top level", "c 'ignore_children' task = string.upper", "pmap -j 2 t.lua ::: a b",
        out: "A\nB\n"),
    withLibrary(
        "SIGCHLD ignored in a task", onX("c 'ignore_children'"), "pmap -j 1 --max-tasks 1 t.lua ::: a x b",
        out: "a\nx\nb\n"),
    withLibrary(
        "signals blocked at the top level", "c 'block_signals' task = string.upper", "pmap -j 2 t.lua ::: a b",
        out: "A\nB\n"),
    withLibrary(
        "signals blocked in a task", onX("c 'block_signals'"), "pmap -j 1 --max-tasks 1 t.lua ::: a x b",
        out: "a\nx\nb\n"),
    Row(
        "a locale, no package.path, no file mask",
        "package.path = '' package.cpath = '' os.setlocale 'C.utf8' task = function() return 1.5, 1e300 end",
        "pmap -j 2 -t jsonl t.lua ::: a", out: "[1.5,1e+300]\n"),
    Row(
        "the names of Lua's own functions",
        "string.format, tostring, pairs, next, type, select, error, pcall = nil function task(x) return x end",
        "pmap -j 2 t.lua ::: a b", out: "a\nb\n"),
    Row(
        "a metatable for all strings, and for nil",
        "getmetatable('').__index = error debug.setmetatable(nil, { __index = error, __call = error }) function task(x) return x, { x } end",
        "pmap -j 2 t.lua ::: a", out: "a\t[\"a\"]\n"),
])
func `what a script changes around it does not reach pmap`(row: Row) throws { try row.check() }

@Test func `a task that writes into pmap's descriptors loses its item at most, and no other`() throws {
    let script = """
        function task(item)
          if item == "x" then
            local own = io.open("/proc/self/stat"):read "n"
            for number in io.popen("ls /proc/" .. own .. "/fd"):lines() do
              local file = tonumber(number) > 63 and io.open("/proc/self/fd/" .. number, "w")
              if file then file:write(("garbage"):rep(1000)):close() end
            end
          end
          return item
        end
        """
    let outcome = try Run("pmap -j 1 --chunk 2 t.lua ::: a x b c", in: Scratch(["t.lua": script])).finish()
    if outcome.ending == .exit(0) {
        // It was done before pmap read what it had written. Some of the descriptors are its own standard output.
        #expect(outcome.output.replacing("garbage", with: "") == "a\nx\nb\nc\n" && outcome.errors == "")
    } else {
        #expect(outcome.output == "a\nb\nc\n" && outcome.ending == .exit(1))
        // A pipe that pmap has given up kills who still writes to it. One of the others is for the output of programs.
        #expect(
            steady(outcome.errors).replacing("SIGPIPE", with: "SIGKILL").replacing("garbage", with: "")
                == "pmap: :::2: the worker (pid N) was killed by SIGKILL while it ran this item, "
                + "after something had written into pmap's own pipes; the others went on\n"
                + lastLine(1, of: 4, "1 crash"))
    }
}

@Test(arguments: [
    Row(
        "that fail", onX("setmetatable({}, { __gc = error }) collectgarbage()"), "pmap -j 1 t.lua ::: a x b",
        out: "a\nx\nb\n"),
    Row(
        "that print", onX("setmetatable({}, { __gc = function() print 'gone' end }) collectgarbage()"),
        "pmap -j 1 t.lua ::: a x b", out: "a\ngone\nx\nb\n"),
    Row(
        "that end the worker while an item runs",
        onX("setmetatable({}, { __gc = function() os.exit(3) end }) collectgarbage()"),
        "pmap -j 1 t.lua ::: a x b 2>/dev/null", out: "a\nb\n", status: 1),
    Row(
        "that wait until the worker leaves, and would never end",
        onX("kept = setmetatable({}, { __gc = function() while true do end end })"), "pmap -j 1 t.lua ::: a x b",
        out: "a\nx\nb\n"),
    Row(
        "that wait until the worker leaves, and would kill it",
        onX("kept = setmetatable({}, { __gc = function() os.exit(3) end })"),
        "pmap -j 1 --max-tasks 1 t.lua ::: a x b", out: "a\nx\nb\n"),
    Row(
        "of the top level that would end the run",
        "kept = setmetatable({}, { __gc = function() os.exit(3) end }) task = string.upper", "pmap -j 2 t.lua ::: a b",
        out: "A\nB\n"),
    Row(
        "of the top level that would never end",
        "kept = setmetatable({}, { __gc = function() while true do end end }) task = string.upper",
        "timeout -k 1 2 pmap -j 2 t.lua ::: a b",
        out: "A\nB\n"),
])
func `finalizers harm nobody but their item`(row: Row) throws { try row.check() }

/// A metatable whose every method would end the process, or lie.
private let liar = """
    setmetatable({ 1, 2 }, {
      __len = function() return 1e15 end, __index = os.exit, __newindex = os.exit, __pairs = os.exit, __tostring = os.exit,
      __call = os.exit, __eq = os.exit, __lt = os.exit, __concat = os.exit, __close = os.exit, __name = 5, __metatable = false,
    })
    """

@Test(arguments: [
    Row("as lines", "function task() return \(liar) end", "pmap t.lua ::: a", out: "[1,2]\n"),
    Row("as jsonl", "function task() return \(liar), 1 end", "pmap -t jsonl t.lua ::: a", out: "[[1,2],1]\n"),
    Row("as lua", "function task() return \(liar) end", "pmap -t lua t.lua ::: a", out: "{1, 2}\n"),
    Row(
        "as an item of a list", "inputs = { \(liar) } task = function(x) return rawlen(x) end", "pmap -j 2 t.lua",
        out: "2\n"),
    Row("as the list", "inputs = \(liar) task = function(x) return x end", "pmap -j 2 t.lua", out: "1\n2\n"),
    Row("for a filter", "function task() return \(liar) end", "pmap --filter t.lua ::: a", out: "a\n"),
])
func `metamethods of results and items do not run`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a yield across pcall is Lua's own", [:],
        "pmap -e 'coroutine.isyieldable(), coroutine.wrap(function() return pcall(coroutine.yield, item) end)()' ::: a",
        out: "false\ta\n"),
    Row(
        "a yield across sort", [:], "pmap -e 'table.sort({1, 2, 3}, coroutine.yield)' ::: a",
        err: "pmap: :::1: attempt to yield from outside a coroutine\n" + traceback + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "a chain of 150 pcall", [:],
        "pmap -e 'local f = error for i = 1, 150 do local g = f f = function(...) return pcall(g, ...) end end return #table.pack(f(1))' ::: a",
        out: "151\n"),
    Row(
        "nil and nan as keys", [:], "pmap -e '({})[item == \"a\" and 0/0 or nil] == nil' ::: a b", out: "true\ntrue\n"),
    Row(
        "nan as a key that is set", [:], "pmap -e 'local t = {} t[0/0] = 1' ::: a",
        err: "pmap: :::1: -e:1: table index is NaN\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "a worker's globals stay its own, and stay", [:], "pmap -j 1 -e 'n = (n or 0) + 1 return n' ::: a b c",
        out: "1\n2\n3\n"),
    Row(
        "os.exit in a coroutine, under pcall", [:], "pmap -j 1 -e 'coroutine.wrap(pcall)(os.exit, 3)' ::: a",
        err: "pmap: :::1: the worker (pid N) exited (3) before returning a result; the others went on\n"
            + lastLine(1, of: 1, "1 crash"), status: 1),
    Row(
        "20 results that cannot be written, and the worker survives", [:],
        "pmap -j 1 -e 'n = (n or 0) + 1 if n <= 20 then return io.stdout end return n' ::: {1..21} 2>/dev/null",
        out: "21\n", status: 1),
])
func `Lua in a task is Lua`(row: Row) throws { try row.check() }
