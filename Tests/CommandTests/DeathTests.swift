// Workers that die: only the item they were on is lost, and it is named.

import Glibc
import Running
import Testing

/// `how` is Lua that ends the worker when the item is x; the items around it must come out.
private func death(_ claim: String, _ how: String, _ what: String) -> Row {
    Row(
        claim, "function task(item) if item == 'x' then \(how) end return item end",
        "pmap -j 2 t.lua ::: a b x c d",
        out: "a\nb\nc\nd\n",
        err: "pmap: :::3: the worker (pid N) \(what); the others went on\n"
            + lastLine(1, of: 5, "1 crash"), status: 1)
}

private func killed(_ signal: String) -> String { "was killed by \(signal) while it ran this item" }
private func exited(_ status: Int) -> String { "exited (\(status)) before returning a result" }

/// 30,000 coroutines, each closed by the one before: Lua 5.4.4 overflows its C stack.
private let closeChain = """
    local co
    for i = 1, 30000 do
      local previous = co
      co = coroutine.create(function()
        local x <close> = setmetatable({}, { __close = function() if previous then coroutine.close(previous) end end })
        coroutine.yield()
      end)
      coroutine.resume(co)
    end
    coroutine.close(co)
    """

private let deaths = [
    death("SIGKILL", "os.execute('kill -9 $PPID')", killed("SIGKILL")),
    death("SIGTERM from outside", "os.execute('kill -15 $PPID') os.execute('sleep 5')", killed("SIGTERM")),
    death("SIGSEGV", "os.execute('kill -SEGV $PPID') os.execute('sleep 5')", killed("SIGSEGV")),
    death("SIGBUS", "os.execute('kill -BUS $PPID; sleep 5')", killed("SIGBUS")),
    death("SIGILL", "os.execute('kill -ILL $PPID; sleep 5')", killed("SIGILL")),
    death("SIGFPE", "os.execute('kill -FPE $PPID; sleep 5')", killed("SIGFPE")),
    death("SIGTRAP", "os.execute('kill -TRAP $PPID; sleep 5')", killed("SIGTRAP")),
    death("a signal without a name", "os.execute('kill -40 $PPID; sleep 5')", killed("signal 40")),
    death("SIGKILL while it is stopped", "os.execute('kill -STOP $PPID; kill -9 $PPID')", killed("SIGKILL")),
    death("abort", "package.loadlib('libc.so.6', 'abort')()", killed("SIGABRT")),
    death("what crashes Lua 5.4.4 itself", closeChain, killed("SIGSEGV")),
    death("os.exit()", "os.exit()", exited(0)),
    death("os.exit(3)", "os.exit(3)", exited(3)),
    death("os.exit(false)", "os.exit(false)", exited(1)),
    death("os.exit(true, true)", "os.exit(true, true)", exited(0)),
]

@Test(arguments: deaths)
func `a worker's death costs its item, and no other`(row: Row) throws { try row.check() }

@Test(arguments: ["--chunk 1", "--chunk 2", "--chunk 3", "--chunk 1000", "-j 1", "-j 7", "-j 1 --chunk 5"])
func `nothing around a death is lost or run twice`(options: String) throws {
    let script = """
        function task(item)
          io.open("ran", "a"):write(item, "\\n"):close()
          if item % 50 == 0 then os.execute("kill -9 $PPID") end
          return item
        end
        """
    let outcome = try Run(
        "seq 200 > f; pmap \(options) t.lua f; sort -n ran | cmp - f", in: Scratch(["t.lua": script])
    ).finish()
    #expect(outcome.output == (1...200).filter { $0 % 50 != 0 }.map { "\($0)\n" }.joined())
    let expected = stride(from: 50, through: 200, by: 50).map {
        "pmap: f:\($0): the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
    }
    #expect(steady(outcome.errors) == expected.joined() + lastLine(4, of: 200, "4 crash"))
}

@Test(arguments: [
    Row(
        "what it had printed is not lost", "function task(x) print('said') os.exit(3) end", "pmap t.lua ::: a",
        err: "said\npmap: :::1: the worker (pid N) exited (3) before returning a result; the others went on\n"
            + lastLine(1, of: 1, "1 crash"), status: 1),
    Row(
        "an error and a crash are counted apart", "function task(x) if x == 'k' then os.exit(1) end error('no', 0) end",
        "pmap t.lua ::: e k e 2>&1 | tail -1", out: lastLine(3, of: 3, "2 error, 1 crash"), status: 1),
    Row(
        "keep, in lines", "function task(x) if x == 'k' then os.exit(1) end return x end",
        "pmap --on-error keep t.lua ::: a k b 2>/dev/null", out: "a\nerror: ‹…›\nb\n", status: 1),
    Row(
        "keep, in jsonl", "function task(x) if x == 'k' then os.exit(1) end return x end",
        "pmap --on-error keep -t jsonl t.lua ::: a k 2>/dev/null",
        out: "\"a\"\n{\"error\":{\"index\":2,\"kind\":\"crash\",\"message\":\"‹…›\"}}\n", status: 1),
    Row(
        "while a big result is written",
        "function task(x) if x == 'k' then local s = ('y'):rep(50000000) os.execute('(sleep 0.02; kill -9 '..io.open('/proc/self/stat'):read('n')..') &') return s end return x end",
        "pmap -j 2 --chunk 1 t.lua ::: a k b 2>/dev/null | grep -c '^[ab]$'; true", out: "2\n"),
    Row(
        "every item", [:], "seq 15 | pmap -j 2 --chunk 1 -e 'os.exit(1)' 2>&1 | tail -1",
        out: lastLine(15, of: 15, "15 crash"), status: 1),
    Row(
        "what the dead worker left running is ended",
        "function task(x) os.execute('sleep 600 &') os.execute('kill -9 $PPID') end", "pmap t.lua ::: a 2>/dev/null",
        status: 1),
    Row(
        "a task that leaves a program behind",
        "function task(x) os.execute('sleep 600 > /dev/null 2>&1 &') return x end", "pmap t.lua ::: a b", out: "a\nb\n"),
    Row(
        "no zombies after many replacements", [:], "seq 300 | pmap -j 2 --max-tasks 1 -e 'index' | tail -1",
        out: "300\n"),
    Row(
        "a worker that was stopped can be waited for",
        "function task(x) os.execute('kill -STOP $PPID; await stopped $PPID; kill -CONT $PPID') return x end",
        "pmap -j 1 t.lua ::: a", out: "a\n"),
    Row(
        "a fork of the task's own does not hold up the end", "function task(x) io.popen('sleep 600') return x end",
        "pmap -j 1 t.lua ::: a", out: "a\n"),
])
func `deaths in their contexts`(row: Row) throws { try row.check() }

/// Where core files may be written, and a stand-in for the program that Swift's runtime starts at a crash says so.
private func crash(_ who: String, _ line: String, out: String = "", status: Int32) -> Row {
    Row(
        who, ["backtracer": "#!/bin/sh\ntouch started\n"],
        """
        ulimit -c unlimited 2> /dev/null; chmod +x backtracer
        export SWIFT_BACKTRACE=enable=yes,interactive=no,swift-backtrace=$PWD/backtracer
        \(line); s=$?; ls; exit $s
        """, out: out + "backtracer\n", status: status)
}

@Test(arguments: [
    crash("a worker", "pmap -e 'os.execute \"kill -SEGV $PPID; sleep 5\"' ::: a 2> /dev/null", status: 1),
    crash(
        "a worker that aborts", "pmap -e 'package.loadlib(\"libc.so.6\", \"abort\")()' ::: a 2> /dev/null", status: 1),
    crash("a program of a task", "pmap -e 'os.execute \"kill -SEGV $$\" return item' ::: a", out: "a\n", status: 0),
    crash(
        "the host",
        "(ulimit -c 0; pmap -e 'os.execute [[h=$(cut -d \" \" -f 4 /proc/$PPID/stat); kill -QUIT $h; await test -s ../err; kill -QUIT $h; sleep 60]]' ::: a; exit $?) 2> ../err",
        status: 131),
])
func `a crash leaves no core file and starts no program`(row: Row) throws { try row.check() }

/// The item is x, and a result of `bytes` is on its way when the worker is killed some time later; at the latest when the worker
/// leaves, which costs nothing.
@Test(arguments: [0, 1, 60_000, 70_000, 1_000_000, 1_100_000, 5_000_000])
func `a death while a result is sent costs that item or nothing`(bytes: Int) throws {
    let script = """
        local function pid() return io.open("/proc/self/stat"):read "n" end
        function task(item)
          if item == "x" then os.execute("(sleep 0.00" .. \(bytes) % 7 .. "; kill -9 " .. pid() .. ") &") end
          return item .. ("y"):rep(\(bytes))
        end
        """
    let outcome = try Run("pmap -j 1 --chunk 2 t.lua ::: a x b c", in: Scratch(["t.lua": script])).finish()
    let tail = String(repeating: "y", count: bytes) + "\n"
    let whole = "a\(tail)x\(tail)b\(tail)c\(tail)"
    if outcome.ending == .exit(0) {
        #expect(outcome.output == whole && outcome.errors == "")
    } else {
        #expect(outcome.ending == .exit(1))
        #expect(outcome.errors.hasSuffix(lastLine(1, of: 4, "1 crash")))
        #expect(outcome.output.split(separator: "\n").count == 3)
    }
}

@Test func `a worker that dies while it has nothing to do is replaced without a word`() throws {
    let run = try Run("exec pmap -j 1 -t jsonl -e 'io.open(\"/proc/self/stat\"):read \"n\"'", in: Scratch(), input: nil)
    var workers: [Int32] = []
    for _ in 1...3 {
        run.write("\n")
        try run.wait(lines: workers.count + 1)
        workers = String(decoding: run.output, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
        kill(workers.last ?? 0, SIGKILL)
    }
    let outcome = try run.finish()
    #expect(Set(workers).count == 3 && outcome.errors == "" && outcome.ending == .exit(0))
}

@Test func `there are no zombies while workers come and go`() throws {
    let script = """
        local host = io.open("/proc/self/stat"):read "n"
        function task(item)
          return io.popen("cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z " .. host .. " '"):read() + 0
        end
        """
    let outcome = try Run("seq 60 | pmap -j 2 --max-tasks 1 t.lua | sort -n | tail -1", in: Scratch(["t.lua": script]))
        .finish()
    // One may just have died.
    #expect(["0\n", "1\n", "2\n"].contains(outcome.output))
}

/// What a task that ends its worker has printed stands before its message.
private func lastWords(
    _ claim: String, _ code: String, options: String = "", printed: String, _ what: String = killed("SIGKILL")
) -> Row {
    Row(
        claim, "function task(x) \(code) end", "pmap \(options) t.lua ::: a",
        err: "\(printed)pmap: :::1: the worker (pid N) \(what); the others went on\n" + lastLine(1, of: 1, "1 crash"),
        status: 1)
}

private let killing = "os.execute 'kill -9 $PPID'"

@Test(arguments: [
    lastWords("a kill", "print 'said' io.write 'half ' io.flush() \(killing)", printed: "said\nhalf "),
    lastWords(
        "a kill by a program that writes", "print 'said' os.execute 'echo ran; kill -9 $PPID'", printed: "said\nran\n"),
    lastWords("the last try of some", "print 'said' \(killing)", options: "--retries 2", printed: "said\n"),
    lastWords(
        "os.exit, at the last try of some", "print 'said' os.exit(3)", options: "--retries 2", printed: "said\n",
        exited(3)),
    lastWords(
        "more than the host can have", "io.write(('x'):rep(262144), 'lost') \(killing)",
        printed: String(repeating: "x", count: 262144) + "\npmap: 4 more bytes of this were lost with the worker\n"),
    lastWords(
        "more than a pipe holds", "os.execute 'head -c 200000 /dev/zero | tr \"\\\\0\" x; echo; kill -9 $PPID'",
        printed: String(repeating: "x", count: 200000) + "\n"),
    Row(
        "a kill after --timeout",
        "function task(x) print 'said' string.find(('a'):rep(3000), ('a*'):rep(40) .. 'b') end",
        "pmap --timeout 0.1 t.lua ::: a",
        err: "said\npmap: :::1: timed out after 0.1 s; the worker (pid N) did not stop and was killed\n"
            + lastLine(1, of: 1, "1 timeout"), status: 1),
    Row(
        "setup", "function setup() print 'said' \(killing) end function task() end",
        "pmap -j 1 t.lua ::: a 2>&1 | sed -n 1p",
        out: "said\n", status: 2),
])
func `what a task has printed before it ends its worker is not lost`(row: Row) throws { try row.check() }
