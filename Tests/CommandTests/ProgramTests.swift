// Programs under load and under fire: many, large, hung, killed; in the script's own process and in tasks.

import Glibc
import Running
import Testing

private let head = "local sp = require 'subprocess' local PIPE = sp.PIPE "

@Test(arguments: [
    Row(
        "10 MB both ways",
        "\(head) local big = ('0123456789'):rep(1000000)"
            + " local r = sp.run({'cat'}, {input = big, capture_output = true}) print(r.stdout == big, r.stderr)",
        "pmap run t.lua", out: "true\t\n"),
    Row(
        "10 MB both ways, and errors as well",
        "\(head) local big = ('0123456789'):rep(1000000)"
            + " local r = sp.run({'sh', '-c', 'tee /dev/stderr'}, {input = big, capture_output = true}) print(r.stdout == big, r.stderr == big)",
        "pmap run t.lua", out: "true\ttrue\n"),
    Row(
        "a program that closes its input early",
        "\(head) local big = ('0123456789'):rep(1000000)"
            + " print(sp.run({'head', '-c', '3'}, {input = big, stdout = PIPE}).stdout)"
            + " print(sp.run({'true'}, {input = big}).returncode) print(sp.run({'sh', '-c', 'exec <&-; echo x'}, {input = big, stdout = PIPE}).stdout)",
        "pmap run t.lua", out: "012\n0\nx\n\n"),
    Row(
        "writing to a program that has gone",
        "\(head) local p = sp.Popen({'true'}, {stdin = PIPE}) p:wait() local ok, why, code repeat ok, why, code = p.stdin:write 'x' until not ok print(ok, why, code)",
        "pmap run t.lua", out: "nil\tBroken pipe\t32\n"),
    Row(
        "a reader that leaves still ends the script",
        "\(head) local p = sp.Popen({'cat'}, {stdin = PIPE}) while true do print 'y' end",
        "pmap run t.lua | head -n 1; echo ${PIPESTATUS[0]}", out: "y\n141\n"),
    Row(
        "200 at once",
        "\(head) local all = {} for i = 1, 200 do all[i] = sp.Popen({'sh', '-c', 'read x; echo $x; sleep 0.1'}, {stdin = PIPE, stdout = PIPE, stderr = PIPE}) end"
            + " local sum = 0 for i, p in ipairs(all) do p.stdin:write(i, '\\n') end"
            + " for _, p in ipairs(all) do sum = sum + p:communicate() end print(sum)",
        "pmap run t.lua", out: "20100\n"),
    Row(
        "2,000 one after the other leave nothing behind",
        "\(head) for i = 1, 2000 do sp.Popen({'true'}, {stdin = PIPE, stdout = PIPE}) end collectgarbage()"
            + " repeat sp.run{'true'} until sp.getoutput 'ps -o stat= --ppid $PPID | grep -c Z' == '0'",
        "ulimit -n 200; pmap run t.lua"),
    Row(
        "a script with gigabytes starts them as fast, as nothing is forked",
        [
            "t.lua": "\(head) print(sp.run{'true'}.returncode, os.execute 'true', io.popen 'echo x':read())"
                + " print(pcall(require 'multiprocessing'.fork))",
            "p.c": "#include <errno.h>\nint fork(void) { return errno = ENOMEM, -1; }",
        ],
        "clang -shared -fPIC -o p.so p.c && LD_PRELOAD=$PWD/p.so pmap run t.lua",
        out: "0\ttrue\tx\nfalse\tt.lua:1: fork: Cannot allocate memory\n"),
    Row(
        "a storm of signals changes nothing",
        "\(head) local q = require 'multiprocessing'.Queue() local storm = sp.Popen('while :; do kill -URG ' .. require 'multiprocessing'.getpid() .. '; done', {shell = true})"
            + " local big = ('0123456789'):rep(300000) for i = 1, 3 do assert(sp.run({'cat'}, {input = big, stdout = PIPE}).stdout == big) end print(sp.Popen{'sleep', '0.3'}:wait()) storm:kill() print(storm:wait())",
        "pmap run t.lua", out: "0\n-9\n"),
    Row(
        "a program is in the process group of its script, which a terminal signals",
        "\(head) local function group(of) return sp.getoutput('ps -o pgid= -p ' .. of) end print(group '$$' == group '$PPID')",
        "pmap run t.lua", out: "true\n"),
    Row(
        "while a program runs, waiting is no deadlock",
        "\(head) local p = sp.Popen{'sleep', '600'} require 'multiprocessing'.Queue():get()",
        "timeout -s TERM 2.5 pmap run t.lua", status: 124),
])
func `programs, many and large`(row: Row) throws { try row.check() }

// MARK: Nothing is left running

@Test(arguments: [
    Row(
        "timeout, with a grandchild",
        "\(head) print(pcall(sp.run, {'sh', '-c', 'sleep 600 & sleep 700'}, {timeout = 0.2}))",
        "pmap run t.lua", out: "false\tt.lua:1: sh -c 'sleep 600 & sleep 700' timed out after 0.2 s\n"),
    Row(
        "timeout, with a grandchild that ignores signals and has a session of its own",
        "\(head) print(pcall(sp.run, {'sh', '-c', \"trap '' TERM; setsid -f sh -c 'trap : TERM; sleep 600; :'; sleep 700\"}, {timeout = 0.3, stdout = PIPE}))",
        "pmap run t.lua", out: "false\tt.lua:1: ‹…› timed out after 0.3 s\n"),
    Row(
        "timeout, when only a grandchild is left that holds the pipe",
        "\(head) print(pcall(sp.run, {'sh', '-c', 'sleep 600 & exit 0'}, {timeout = 0.2, capture_output = true}))",
        "pmap run t.lua", out: "false\tt.lua:1: sh -c 'sleep 600 & exit 0' timed out after 0.2 s\n"),
    Row(
        "the script ends before its program",
        "\(head) sp.Popen{'sleep', '600'} sp.Popen('sleep 600 & sleep 700', {shell = true})", "pmap run t.lua"),
    Row(
        "the script ends by os.exit, and what a shell has started is there",
        "\(head) sp.Popen('sleep 600 | { touch there; cat; }', {shell = true}) os.execute 'await test -e there' os.exit(3)",
        "pmap run t.lua", status: 3),
    Row("the script ends by os.exit", "\(head) sp.Popen{'sleep', '600'} os.exit(3)", "pmap run t.lua", status: 3),
    Row(
        "the script ends by an error", "\(head) sp.Popen{'sleep', '600'} error('no', 0)", "pmap run t.lua",
        err: "pmap: no\n\(traceback)", status: 1),
    Row(
        "a process of the script ends before its program",
        "\(head) local p = require 'multiprocessing'.Process(function() sp.Popen{'sleep', '600'} end) p:start() p:join() print(p.exitcode)",
        "pmap run t.lua", out: "0\n"),
    Row(
        "a task that takes too long",
        "\(head) function task(x) if x == 'x' then sp.run{'sh', '-c', 'sleep 600 & sleep 700'} end return x end",
        "pmap -j 1 --timeout 0.3 t.lua ::: a x b", out: "a\nb\n",
        err: "pmap: :::2: timed out after 0.3 s at t.lua:1\n\(traceback)" + lastLine(1, of: 3, "1 timeout"), status: 1),
    Row(
        "a task whose worker is killed",
        "\(head) function task(x) local p = sp.Popen{'sh', '-c', 'sleep 600 & sleep 700'} os.execute 'kill -9 $PPID' end",
        "pmap t.lua ::: a",
        err: "pmap: :::1: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 1, "1 crash"), status: 1),
    Row(
        "a task that leaves its program behind", "\(head) function task(x) sp.Popen{'sleep', '600'} return x end",
        "pmap t.lua ::: a b", out: "a\nb\n"),
])
func `nothing that was started outlives who started it`(row: Row) throws { try row.check() }

@Test(arguments: [SIGKILL, SIGTERM, SIGINT])
func `a program dies with the script that is killed`(signal: Int32) throws {
    let script = "\(head) local p = sp.Popen{'sleep', '600'} io.stderr:write 'ready\\n' p:wait()"
    let run = try Run("exec pmap run t.lua", in: Scratch(["t.lua": script]))
    try run.wait(errors: "ready")
    run.signal(signal)
    #expect(try run.finish().ending == .signal(signal))
}

/// What a shell starts that does not become it, one of them in the background, and that is gone with nobody's help but ours.
private let family = "sh -c 'sleep 600 & (sleep 601; true) | sleep 602; true'"

@Test(arguments: [
    ("os.execute, under pmap run", "os.execute(program)", "exec pmap run t.lua"),
    ("io.popen, under pmap run", "io.popen(program):read()", "exec pmap run t.lua"),
    ("io.popen for writing, under pmap run", "io.popen(program, 'w') pmap.sleep(60)", "exec pmap run t.lua"),
    ("subprocess, under pmap run", "require 'subprocess'.run(program, {shell = true})", "exec pmap run t.lua"),
    (
        "a process's", "local p = require 'multiprocessing'.Process(os.execute, program) p:start() p:join()",
        "exec pmap run t.lua"
    ),
    ("a pool's", "require 'multiprocessing'.Pool(1):apply(os.execute, {program})", "exec pmap run t.lua"),
    ("a task's, with workers and host", "function task() os.execute(program) end", "exec pmap -j 2 t.lua ::: a b"),
    ("with -j 0", "function task() os.execute(program) end", "exec pmap -j 0 t.lua ::: a"),
    ("at the top level", "os.execute(program) function task() end", "exec pmap t.lua ::: a"),
])
func `programs die with whoever started them, also when all of pmap is killed`(
    claim: String, call: String, line: String
) throws {
    let script = "local program = [[echo ready >&2; \(family)]] \(call)"
    let run = try Run(line, in: Scratch(["t.lua": script]))
    try run.wait(errors: "ready", times: line.contains("-j 2") ? 2 : 1)
    run.killAll(named: "pmap")
    #expect(try run.finish().ending == .signal(SIGKILL))
}

@Test(arguments: [
    Row(
        "an error, and one that is read", "local p = io.popen [[\(family)]] error('no', 0)", "pmap run t.lua",
        err: "pmap: no\n\(traceback)", status: 1),
    Row(
        "an error, and one that is written to", "local p = io.popen([[\(family)]], 'w') error('no', 0)",
        "pmap run t.lua", err: "pmap: no\n\(traceback)", status: 1),
    Row(
        "an error, and one that needs all of its input",
        "local p = io.popen('sort > sorted', 'w') p:write 'b\\na\\n' error('no', 0)",
        "pmap run t.lua 2> errors; cat sorted", out: "a\nb\n"),
    Row("os.exit, and one that is read", "local p = io.popen [[\(family)]] os.exit(3)", "pmap run t.lua", status: 3),
    Row(
        "os.exit, and one that needs all of its input",
        "local p = io.popen('sleep 0.2; sort > sorted', 'w') p:write 'b\\na\\n' os.exit(0)",
        "pmap run t.lua; cat sorted", out: "a\nb\n"),
    Row(
        "the end, as with lua", "local p = io.popen('sleep 0.2; sort > sorted', 'w') p:write 'b\\na\\n'",
        "pmap run t.lua; cat sorted", out: "a\nb\n"),
    Row(
        "the end, and one that is read, as with lua", "io.popen 'sleep 0.2; echo x > y'", "pmap run t.lua; cat y",
        out: "x\n"),
    Row(
        "the end of a run with tasks, to whose program they write",
        "local p = io.popen('sleep 0.2; sort > sorted', 'w') function task(x) p:write(x, '\\n'):flush() end",
        "pmap -j 1 t.lua ::: b a; cat sorted", out: "a\nb\n"),
    Row(
        "those behind it in a pipeline of a shell are not its programs",
        "os.execute 'true' print 'x' os.execute 'true'",
        "set -m; pmap run t.lua | { cat; echo y; }", out: "x\ny\n"),
    Row(
        "a program in the background goes on, as with lua", "os.execute '(await test -e ended; echo x > y) &'",
        "pmap run t.lua; touch ended; await test -s y; cat y", out: "x\n"),
])
func `when a script ends its programs have got what it wrote for them, and end`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "os.execute",
        "print(os.execute()) print(os.execute 'exit 3') print(os.execute 'kill -9 $$') print(os.execute 'true') print(os.execute '-x 2>&-')",
        "pmap run t.lua", out: "true\nnil\texit\t3\nnil\tsignal\t9\ntrue\texit\t0\nnil\texit\t127\n"),
    Row(
        "io.popen",
        "local p = io.popen 'echo hi; exit 4' print(io.type(p), p:read 'a', p:close()) print(io.type(p), pcall(p.close, p))"
            + " p = io.popen('cat', 'w') p:write('x', 1, '\\n') print(p:close())"
            + " print(pcall(io.popen, 'true', 'rw')) for line in io.popen('seq 2'):lines() do print(line) end",
        "pmap run t.lua",
        out: "file\thi\n\tnil\texit\t4\nclosed file\tfalse\tattempt to use a closed file\n"
            + "x1\ntrue\texit\t0\nfalse\tbad argument #2 to 'io.popen' (invalid mode)\n1\n2\n"),
    Row(
        "descriptors that the shell has opened", "os.execute 'cat <&3' print(io.popen('cat <&4'):read 'a')",
        "pmap run t.lua 3< <(echo three) 4< <(echo four)", out: "three\nfour\n\n"),
    Row(
        "signals that are ignored", "os.execute 'kill -PIPE $$; kill -TERM $$; echo alive'",
        "(trap '' PIPE TERM; pmap run t.lua)", out: "alive\n"),
    Row(
        "the script is the parent",
        "print(tonumber(io.popen 'echo $PPID':read 'a') == require 'multiprocessing'.getpid())",
        "pmap run t.lua", out: "true\n"),
])
func `Lua's own functions for programs do what they do in lua`(row: Row) throws { try row.check() }

@Test func `Ctrl-C from a terminal ends a script with its programs`() throws {
    let script = "\(head) local p = sp.Popen{'sleep', '600'} io.stderr:write 'ready\\n' p:wait()"
    let run = try Run("pmap run t.lua; echo not reached", in: Scratch(["t.lua": script]))
    try run.wait(errors: "ready")
    run.signalGroup(SIGINT)
    let outcome = try run.finish()
    #expect(outcome.output == "" && outcome.ending == .signal(SIGINT))
}

// MARK: In tasks

@Test(arguments: [
    Row(
        "what programs write is captured with what the task prints, in order",
        "\(head) function task(x) print('a', x) sp.run{'echo', 'b'} print 'c' sp.Popen{'echo', 'd'}:wait() print 'e' return x end",
        "pmap -j 2 --chunk 1 t.lua ::: 1 2", out: "a\t1\nb\nc\nd\ne\n1\na\t2\nb\nc\nd\ne\n2\n"),
    Row(
        "a failed item's", "\(head) function task(x) sp.run{'echo', 'program'} error('no', 0) end", "pmap t.lua ::: 1",
        err: "program\npmap: :::1: no\n\(traceback)" + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "without a worker", "\(head) function task(x) print 'a' sp.run{'echo', 'b'} print 'c' return x end",
        "pmap -j 0 t.lua ::: 1", out: "a\nb\nc\n1\n"),
    Row(
        "an expression", [:], "pmap -e 'pmap.sh{\"printf\", \"%s!\", item}' ::: a b", out: "a!\nb!\n"),
    Row(
        "errors of a program are the item's", [:],
        "pmap -e 'pmap.sh{\"ls\", item}' ::: / /no 2>&1 >/dev/null | sed -n 1p",
        out: "pmap: :::2: ls /no ended with status 2: ls: cannot access '/no': No such file or directory\n", status: 1),
    Row(
        "a process of a task's own writes into the task's output, once",
        "function task(x) print 'before' local p = require 'multiprocessing'.Process(function() print 'process' return x .. '!' end)"
            + " p:start() local r = p:result() print 'after' return r end",
        "pmap -j 2 --chunk 1 t.lua ::: a b", out: "before\nprocess\nafter\na!\nbefore\nprocess\nafter\nb!\n"),
    Row(
        "what is shared is made before the workers",
        "local total = require 'multiprocessing'.Value('i', 0) function task(x) return total:add(tonumber(x)) and nil end"
            + " function teardown() io.stderr:write(total.value, '\\n') end",
        "seq 100 | pmap -j 1 t.lua", err: "5050\n"),
    Row(
        "its input is empty",
        "\(head) function task(x) return #sp.run({'cat'}, {stdout = PIPE}).stdout, #sp.run({'cat'}, {stdin = io.stdin, stdout = PIPE}).stdout end",
        "pmap t.lua", input: "a\n", out: "0\t0\n"),
    Row(
        "at the top level",
        "\(head) local host = sp.check_output{'echo', 'top'} function task(x) return x .. host:sub(1, 3) end",
        "pmap t.lua ::: a", out: "atop\n"),
])
func `tasks run programs`(row: Row) throws { try row.check() }

// MARK: pmap's own functions

@Test(arguments: [
    Row(
        "range",
        "local r = pmap.range(2, 9, 3) local t = {} for v in r do t[#t + 1] = v end for i, v in ipairs(r) do t[#t + 1] = i * 10 + v end"
            + " print(#r, r[3], r[4], r[0], table.concat(t, ' ')) print(#pmap.range(5), #pmap.range(1, 0), pmap.range(3, 1, -1)[3], #pmap.range(0, 1, 0.25), r)",
        "pmap run t.lua", out: "3\t8\tnil\tnil\t2 5 8 12 25 38\n5\t0\t1\t5\trange(2, 9, 3)\n"),
    Row(
        "a range travels", "local r = pmap.loads(pmap.dumps(pmap.range(1, 10))) print(r == pmap.range(1, 10), #r)",
        "pmap run t.lua", out: "true\t10\n"),
    Row(
        "a range of floats has no errors of added steps",
        "local r = pmap.range(1, 2, 0.1) local n = 0 for _ in r do n = n + 1 end print(#r, n, r[3], r[11])",
        "pmap run t.lua", out: "11\t11\t1.2\t2.0\n"),
    Row(
        "a range with step 0", "pmap.range(1, 2, 0)", "pmap run t.lua",
        err: "pmap: t.lua:1: the step of a range is not 0\n\(traceback)", status: 1),
    Row(
        "clock and sleep",
        "local t = pmap.clock() pmap.sleep(0.1) local d = pmap.clock() - t print(d >= 0.1 and d < 100)",
        "pmap run t.lua",
        out: "true\n"),
    Row(
        "sleep ends with the time of its item", [:], "pmap --timeout 0.2 -e 'pmap.sleep(60)' ::: a 2>&1 | sed -n 1p",
        out: "pmap: :::1: timed out after 0.2 s\n", status: 1),
    Row(
        "sleep takes seconds", "pmap.sleep 'x'", "pmap run t.lua",
        err: "pmap: t.lua:1: sleep takes a number of seconds, not a string\n\(traceback)", status: 1),
    Row(
        "what is not there is nil", [:], "pmap -e 'pmap.nosuch == nil, pmap.sleep == pmap.sleep' ::: a",
        out: "true\ttrue\n"),
])
func `pmap has functions written in Lua`(row: Row) throws { try row.check() }

private let hint = "pmap: t.lua defines a task, which pmap run does not call; pmap t.lua calls it for each item\n"

@Test(arguments: [
    Row("a global", "function task(x) return x end", "pmap run t.lua", err: hint),
    Row("what it returns", "return function(x) return x end", "pmap run t.lua", err: hint),
    Row("a table", "return { task = print }", "pmap run t.lua", err: hint),
    Row("a program that prints", "function task() end io.write 'x'", "pmap run t.lua", out: "x"),
    Row(
        "a program with processes",
        "local mp = require 'multiprocessing' function task() end local p = mp.Process(task) p:start() p:join()",
        "pmap run t.lua"),
    Row("a program that does nothing", "local function task() end", "pmap run t.lua"),
])
func `a script that only defines a task is named under pmap run`(row: Row) throws { try row.check() }
