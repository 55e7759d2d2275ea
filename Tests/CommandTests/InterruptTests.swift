// Ctrl-C in a program under `pmap run`: an error like others in its own Lua, and its end when it is not caught. A terminal
// of its own is between.

import Glibc
import Running
import Testing

/// The program t.lua in a terminal, as its foreground.
private func inTerminal(_ script: String) throws -> Run {
    let ready = "local function ready(...) io.stderr:write('ready', ..., '\\n') end "
    return try Run("script -qefc 'exec pmap run t.lua' /dev/null", in: Scratch(["t.lua": ready + script]), input: nil)
}

private let closing = "local x <close> = setmetatable({}, {__close = function() print 'closed' end}) "

@Test(arguments: [
    ("a loop", "ready '' while true do end"),
    ("a coroutine", "coroutine.wrap(function() ready '' while true do end end)()"),
    ("a coroutine that was made before", "local f = coroutine.wrap(function() ready '' while true do end end) f()"),
    ("pmap.sleep", "ready '' pmap.sleep(60)"),
    ("io.read", "ready '' io.read()"),
    ("what io.popen reads", "local p = io.popen 'sleep 60; sleep 60' ready '' p:read()"),
    ("io.lines", "ready '' for l in io.lines() do print(l) end"),
    ("io.stdin:lines in a coroutine", "local f = io.stdin:lines() coroutine.wrap(function() ready '' f() end)()"),
    ("io.lines of numbers", "local f = io.lines(nil, 'n', 'l') ready '' f()"),
    (
        "half a line of what io.popen reads",
        "for l in io.popen [[printf 'one\\nhalf'; sleep 60]]:lines() do ready '' end"
    ),
    ("io.lines of a pipe without a writer", "os.execute 'mkfifo pipe' ready '' for l in io.lines 'pipe' do end"),
    ("io.input of a pipe without a writer", "os.execute 'mkfifo pipe' ready '' io.input 'pipe'"),
    (
        "lines of a program",
        "local p = require 'subprocess'.Popen({'sleep', '60'}, {stdout = -1}) ready '' for l in p.stdout:lines() do end"
    ),
    // Not a shell's own programs: dash forgets a Ctrl-C that comes while it starts one.
    ("os.execute", #"os.execute [[perl -e '$| = 1; print "ready\n"; sleep 60']]"#),
    ("subprocess.run", "ready '' require 'subprocess'.run{'sleep', '60'}"),
    ("a queue", "local q = require 'multiprocessing'.Queue() ready '' q:get(60)"),
    (
        "a join, whose process does not hear the terminal",
        "local p = require 'multiprocessing'.Process(function() while true do end end) p:start() ready '' p:join()"
    ),
    (
        "a pool's map, whose workers do not hear the terminal",
        "local pool <close> = require 'multiprocessing'.Pool(2) ready '' pool:map(pmap.sleep, {60, 60, 60})"
    ),
])
func `Ctrl-C raises an error in a program and in its waits, and uncaught it ends the program by SIGINT`(
    claim: String, code: String
) throws {
    let run = try inTerminal(closing + code)
    try run.wait(output: "ready")
    run.write("\u{3}")
    let outcome = try run.finish(closingInput: false)
    let expected = "ready\n^Cclosed\npmap: t.lua:1: ‹…›interrupted!\nstack traceback:\n‹…›\tt.lua:1: in ‹…›"
    let output = outcome.output.replacing("\r\n", with: "\n")
    #expect(matches(output, expected) && outcome.ending == .exit(128 + SIGINT), "\(claim): \(output)")
}

@Test func `Ctrl-C can be caught, and the program goes on with its processes and its programs`() throws {
    let run = try inTerminal(
        """
        local mp = require "multiprocessing"
        local q = mp.Queue()
        local p = mp.Process(function() return q:get() end) p:start()
        local pool = mp.Pool(1) pool:apply(print)
        print(select(2, pcall(function() ready " 1" while true do end end)))
        q:put "process" print(p:result(), pool:apply(function() return "pool" end), io.popen "echo program":read())
        pmap.sleep(2.1)
        print(pcall(function() ready " 2" pmap.sleep(60) end))
        pmap.sleep(2.1)
        print(pcall(function() ready " 3" for l in io.lines() do end end))
        print(pcall(io.lines, "none"))
        """)
    try run.wait(output: "ready 1")
    run.write("\u{3}")
    try run.wait(output: "ready 2")
    run.write("\u{3}")
    try run.wait(output: "ready 3")
    run.write("\u{3}")
    let outcome = try run.finish(closingInput: false)
    let output = outcome.output.replacing("\r\n", with: "\n").replacing("^C", with: "")
    #expect(
        matches(
            output,
            "\nready 1\nt.lua:‹…›: interrupted!\nprocess\tpool\tprogram\nready 2\nfalse\t‹…›interrupted!\n"
                + "ready 3\nfalse\t‹…›interrupted!\nfalse\tcannot open file 'none' (No such file or directory)\n")
            && outcome.ending == .exit(0), "\(output)")
}

@Test func `a program that answers Ctrl-C itself does not end the one that has started it`() throws {
    let run = try inTerminal("os.execute [[trap 'exit 0' INT; echo ready; sleep 60 & wait]] print 'goes on'")
    try run.wait(output: "ready")
    run.write("\u{3}")
    let outcome = try run.finish(closingInput: false)
    #expect(outcome.output.hasSuffix("goes on\r\n") && outcome.ending == .exit(0), "\(outcome.output)")
}

@Test(arguments: [
    ("within two seconds", "pcall(function() ready ' 1' while true do end end) ready ' 2' pmap.sleep(60)"),
    (
        "while the first one is not caught",
        "local x <close> = setmetatable({}, {__close = function() ready ' 2' pmap.sleep(60) end}) ready ' 1' while true do end"
    ),
])
func `a second Ctrl-C ends a program at once`(claim: String, code: String) throws {
    let run = try inTerminal(closing + code)
    try run.wait(output: "ready 1")
    run.write("\u{3}")
    try run.wait(output: "ready 2")
    run.write("\u{3}")
    let outcome = try run.finish(closingInput: false)
    #expect(!outcome.output.contains("closed") && outcome.ending == .exit(128 + SIGINT), "\(outcome.output)")
}

@Test(arguments: [
    Row(
        "process:interrupt()",
        "local p = require 'multiprocessing'.Process(function() while true do end end) p:start() p:interrupt() p:join() print(p.exitcode)",
        "pmap run t.lua", out: "-2\n"),
    Row(
        "a SIGINT to one process",
        "local p = require 'multiprocessing'.Process(function() while true do end end) p:start()"
            + " os.execute('kill -INT ' .. p.pid) p:join() print(p.exitcode)", "pmap run t.lua", out: "-2\n"),
    Row(
        "a SIGINT to the program", "print(pcall(function() os.execute 'kill -INT $PPID' while true do end end))",
        "pmap run t.lua", out: "false\tt.lua:1: interrupted!\n"),
    Row(
        "a SIGINT to a program and its processes",
        "local p = require 'multiprocessing'.Process(function() os.execute 'kill -INT 0; sleep 60' end)"
            + " print(pcall(function() p:start() p:result() end))", "setsid -w pmap run t.lua",
        out: "false\tt.lua:1: interrupted!\n"),
    Row(
        "a SIGINT to a program and its pool, which goes on",
        "local mp = require 'multiprocessing' local pool <close> = mp.Pool(2)"
            + " local function interrupt() os.execute('kill -INT -' .. mp.getppid()) pmap.sleep(60) end"
            + " print(pcall(pool.apply, pool, interrupt)) print(pool:apply(function() return 'goes on' end))",
        "setsid -w pmap run t.lua", out: "false\tt.lua:1: interrupted!\ngoes on\n"),
    Row(
        "two at once, as timeout(1) sends them",
        "print(pcall(function() os.execute 'kill -INT $PPID $PPID' while true do end end))", "pmap run t.lua",
        out: "false\tt.lua:1: interrupted!\n"),
    Row(
        "SIGINT ignored at the start", "os.execute 'kill -INT $PPID' print 'goes on'", "trap '' INT; pmap run t.lua",
        out: "goes on\n"),
])
func `a SIGINT that is somebody's ends what it was sent to`(row: Row) throws { try row.check() }
