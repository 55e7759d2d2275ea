// What one item may take, and what becomes of it when it takes more. Of what it started nothing is left running.

import Glibc
import Running
import Testing

/// A task that does `code` for the item x, and gives back all others.
private func onX(_ code: String) -> String {
    "local early = coroutine.wrap(function() coroutine.yield() while true do end end)\n"
        + "function task(item) if item == 'x' then \(code) end return item end"
}

private let killed = "pmap: :::2: timed out after 0.3 s; the worker (pid N) did not stop and was killed\n"
private let raised = "pmap: :::2: timed out after 0.3 s at t.lua:2\n" + traceback

private func row(_ claim: String, _ code: String, _ message: String) -> Row {
    Row(
        claim, onX(code), "pmap -j 2 --timeout 0.3 t.lua ::: a x b", out: "a\nb\n",
        err: message + lastLine(1, of: 3, "1 timeout"), status: 1)
}

@Test(arguments: [
    row("a loop", "while true do end", raised),
    row("a loop that catches errors", "while true do pcall(function() while true do end end) end", raised),
    row("a loop in a coroutine", "coroutine.wrap(function() while true do end end)()", raised),
    row("a loop in a coroutine made before any worker", "early() early()", "pmap: :::2: timed out‹…›"),
    row(
        "a loop behind coroutines that have failed and are gone",
        "for _ = 1, 200 do pcall(coroutine.wrap(error)) end collectgarbage() while true do end", raised),
    row("a loop without hooks", "debug.sethook() while true do end", raised),
    row(
        "a loop that closes a variable",
        "local v <close> = setmetatable({}, { __close = function() while true do end end }) error 'x'", raised),
    row("a message handler that loops", "xpcall(error, function() while true do end end)", killed),
    row("a pattern that backtracks for ever", "return ('a'):rep(5000):find '.-.-.-.-b$'", killed),
    row("a program that sleeps", "os.execute 'sleep 60'", killed),
    row("a worker that is stopped", "os.execute 'kill -STOP $PPID'", killed),
])
func `an item that takes too long costs itself, and no other`(row: Row) throws { try row.check() }

/// The same for what the task of x prints while it unwinds, which stands in front of the message.
private func unwinding(_ claim: String, _ code: String, _ printed: String, _ message: String = raised) -> Row {
    row(claim, code, printed + message)
}

private let variable = "local v <close> = setmetatable({}, { __close = function() print 'closed' end })"
private let noted = "timed out after 0.3 s"

@Test(arguments: [
    unwinding("a variable is closed", "\(variable) while true do end", "closed\n"),
    unwinding(
        "the error is caught, once, and what follows is done",
        "print(pcall(function() while true do end end)) pmap.emit 'never' print 'done'",
        "false\tt.lua:2: \(noted)\ndone\n"),
    unwinding(
        "another error takes its place", "local ok = pcall(function() while true do end end) error 'other'", ""),
    unwinding(
        "in a coroutine", "print(coroutine.resume(coroutine.create(function() while true do end end)))",
        "false\tt.lua:2: \(noted)\n"),
    unwinding(
        "in what closes a coroutine",
        "local c = coroutine.create(function() local v <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end) "
            + "coroutine.resume(c) print(coroutine.close(c))", "false\tt.lua:2: \(noted)\n"),
    unwinding(
        "out of a function without line numbers",
        "\(variable) load(string.dump(function() while true do end end, true))()", "closed\n"),
    unwinding(
        "for too long: it is interrupted again, and the worker goes on",
        "local v <close> = setmetatable({}, { __close = function() while true do end end }) while true do end", ""),
])
func `a task that is out of time unwinds`(row: Row) throws { try row.check() }

@Test(arguments: [
    ("a sleep", "pmap.sleep(60)"),
    ("an empty queue", "require 'multiprocessing'.Queue():get()"),
    ("a lock", "local l = require 'multiprocessing'.Lock() l:acquire() l:acquire()"),
    ("a pool", "local p <close> = require 'multiprocessing'.Pool(1) p:map(function() pmap.sleep(60) end, { 1 })"),
    ("a program", "require 'subprocess'.run { 'sleep', '60' }"),
    ("a barrier", "require 'multiprocessing'.Barrier(2):wait()"),
])
func `a wait ends when its task is out of time`(claim: String, code: String) throws {
    try unwinding(claim, "\(variable) \(code)", "closed\n").check()
}

@Test func `a process that an item has left has as much time as an item`() throws {
    try unwinding(
        "a process", "\(variable) local p = require 'multiprocessing'.Process(pmap.sleep, 60) p:start() p:join()",
        "closed\n",
        "pmap: :::2: timed out after 0.3 s‹…›pmap: Process-1 (pid N) has run on for longer than --timeout, and was killed\n"
    ).check()
}

@Test(arguments: [
    Row(
        "a lock that was held is free, and a condition's is held while it unwinds",
        """
        local mp = require "multiprocessing"
        local lock, condition = mp.Lock(), mp.Condition()
        function task(item)
          if item == "lock" then lock:with(function() while true do end end) end
          if item == "wait" then condition:with(function() condition:wait() end) end
          return lock:acquire(0), condition:with(function() return item end)
        end
        """, "pmap -j 1 --timeout 0.3 t.lua ::: lock wait x", out: "true\tx\n",
        err: "pmap: :::1: timed out after 0.3 s at t.lua:4\n" + traceback
            + "pmap: :::2: timed out after 0.3 s at t.lua:5\n" + traceback + lastLine(2, of: 3, "2 timeout"),
        status: 1),
    Row(
        "an answer that comes too late is not the next one's",
        """
        local mp = require "multiprocessing"
        local dict = mp.Manager():dict { x = 1 }
        local event = mp.Event()
        function task(item)
          if item == "late" then mp.update(dict, "k", function() event:wait() return 7 end) end
          event:set()
          return dict.x
        end
        """, "pmap -j 1 --timeout 0.3 t.lua ::: late x", out: "1\n",
        err: "pmap: :::1: timed out after 0.3 s at t.lua:5\n" + traceback + lastLine(1, of: 2, "1 timeout"),
        status: 1),
])
func `a module that is interrupted is whole`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a result that takes as long to write", [:],
        "pmap --timeout 1 -e 'item:rep(3000):rep(10000)' ::: a | { head -c 1; sleep 1.1; cat; } | wc -c",
        out: "30000001\n"),
    Row(
        "a script's own option", "options = { timeout = 0.2 } function task() while true do end end",
        "pmap t.lua ::: a",
        err: "pmap: :::1: timed out after 0.2 s at t.lua:1\n" + traceback + lastLine(1, of: 1, "1 timeout"), status: 1),
    Row(
        "no time at all", [:], "pmap --timeout 0 -e item ::: a",
        err: "pmap: --timeout 0: write a time in seconds, as in 0.5, 5m or 2h\n", status: 2),
    Row(
        "words", [:], "pmap --timeout soon -e item ::: a",
        err: "pmap: --timeout soon: write a time in seconds, as in 0.5, 5m or 2h\n", status: 2),
])
func `only the time in the task counts`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a string", [:], "pmap -j 2 --memory 20M -e 'item == \"x\" and #item:rep(1e9) or item' ::: a x b",
        out: "a\nb\n", err: "pmap: :::2: not enough memory\n" + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "a table", [:],
        "pmap -j 1 --memory 20M -e 'if item == \"x\" then local t = {} for i = 1, 1e9 do t[i] = {} end end return item' ::: a x b",
        out: "a\nb\n", err: "pmap: :::2: ‹…›not enough memory‹…›" + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "caught by the task", [:], "pmap -j 1 --memory 20M -e 'pcall(string.rep, item, 1e9)' ::: a b",
        out: "false\tnot enough memory\nfalse\tnot enough memory\n"),
    Row(
        "without a worker", [:], "pmap -j 0 --memory 20M -e 'pcall(string.rep, item, 1e9)' ::: a b",
        out: "false\tnot enough memory\nfalse\tnot enough memory\n"),
    Row(
        "what the script has built does not count", "local big = ('x'):rep(5e7) function task(item) return #big end",
        "pmap --memory 20M t.lua ::: a", out: "50000000\n"),
    Row(
        "a size that is none", [:], "pmap --memory much -e item ::: a",
        err: "pmap: --memory much: write a size, as in 500M or 10G\n", status: 2),
])
func `memory beyond the limit is an ordinary error`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "the first try hangs, the second takes its time",
        """
        function task(item)
          if not io.open("tried") then io.open("tried", "w"):close() while true do end end
          os.execute "sleep 0.3"
          return item
        end
        """, "pmap --timeout 1 --retries 1 t.lua ::: a", out: "a\n"),
    Row(
        "all tries hang", [:], "pmap --timeout 0.2 --retries 2 -e 'while true do end' ::: a",
        err: "pmap: :::1: timed out after 0.2 s at -e:1\n" + traceback + lastLine(1, of: 1, "1 timeout"), status: 1),
    Row(
        "tries that raise errors", [:],
        "pmap --timeout 1 --retries 5 -e 'os.execute \"sleep 0.25\" error(\"no\", 0)' ::: a",
        err: "pmap: :::1: no\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1),
])
func `each try has the whole time, and no clock of an earlier one`(row: Row) throws { try row.check() }

@Test func `a worker that does not begin an item it was given is replaced, and the item runs elsewhere`() throws {
    let run = try Run(
        "exec pmap -j 1 --timeout 1 -e 'io.open(\"/proc/self/stat\"):read \"n\", item'", in: Scratch(), input: nil)
    run.write("a\n")
    try run.wait(lines: 1)
    let worker = Int32(String(decoding: run.output, as: UTF8.self).prefix { $0 != "\t" }) ?? 0
    kill(worker, SIGSTOP)
    run.write("b\nc\n")
    let outcome = try run.finish()
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.map { $0.suffix(1) } == ["a", "b", "c"] && outcome.errors == "" && outcome.ending == .exit(0))
    #expect(lines.map { Int32($0.prefix { $0 != "\t" }) == worker } == [true, false, false])
}

@Test(arguments: [
    Row(
        "setup", "function setup() while true do end end function task(item) return item end",
        "pmap -j 2 --setup-timeout 0.2 t.lua ::: a b",
        err: "pmap: t.lua: setup failed in every worker: timed out after 0.2 s\n", status: 2),
    Row(
        "setup of one worker",
        "function setup(worker) while worker.id == 1 do end end function task(item) return item end",
        "pmap -j 2 --setup-timeout 0.2 t.lua ::: a b", out: "a\nb\n",
        err: "pmap: t.lua: setup failed in a worker; the others go on: timed out after 0.2 s\n"),
    Row(
        "teardown", "function teardown() while true do end end function task(item) return item end",
        "pmap -j 1 --setup-timeout 0.2 t.lua ::: a b", out: "a\nb\n",
        err: "pmap: t.lua: teardown failed: timed out after 0.2 s\n", status: 1),
    Row(
        "a slow reader", [:],
        "seq 100000 | pmap -j 2 --timeout 0.5 --spill 1 -e '(\"x\"):rep(1000)' | { head -c 1; sleep 0.6; cat; } | wc -l",
        out: "100000\n"),
])
func `what is no item has a limit of its own`(row: Row) throws { try row.check() }
