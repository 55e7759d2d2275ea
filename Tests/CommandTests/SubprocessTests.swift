// subprocess, popen2 and pmap.sh: what a script reads of the programs it runs, and what it reads when it is wrong.

import Testing

/// A row that runs `script` with subprocess as `sp`.
private func run(
    _ claim: String, _ script: String, out output: String = "", err errors: String = "", status: Int32 = 0
) -> Row {
    Row(
        claim, "local sp = require 'subprocess' local PIPE, DEVNULL = sp.PIPE, sp.DEVNULL \(script)", "pmap run t.lua",
        out: output, err: errors, status: status)
}

@Test(arguments: [
    run(
        "status, output and errors",
        "local r = sp.run({'sh', '-c', 'echo o; echo e >&2; exit 3'}, {capture_output = true})"
            + " print(r.returncode, r.stdout, r.stderr, r.args[3])",
        out: "3\to\n\te\n\techo o; echo e >&2; exit 3\n"),
    run(
        "what is not captured goes where the script's output goes, in order",
        "io.write 'a ' sp.run{'echo', 'b'} io.write 'c\\n' print(sp.run{'true'}.stdout)", out: "a b\nc\nnil\n"),
    run(
        "errors into output",
        "io.write(sp.run({'sh', '-c', 'echo o; echo e >&2'}, {stdout = PIPE, stderr = sp.STDOUT}).stdout)",
        out: "o\ne\n"),
    run(
        "any bytes",
        "local all = {} for i = 0, 255 do all[i + 1] = string.char(i) end all = table.concat(all)"
            + " print(sp.run({'cat'}, {input = all, stdout = PIPE}).stdout == all)", out: "true\n"),
    run(
        "words reach the program as they are", "sp.run{'printf', '<%s>', 'a b', '$HOME', \"'\", '', '*', 1, 0.5}",
        out: "<a b><$HOME><'><><*><1><0.5>"),
    run(
        "text, as Python asks for it",
        "print(sp.check_output({'printf', 'ä'}, {text = true, universal_newlines = true, encoding = 'UTF-8'}))"
            + " local p = sp.Popen({'printf', 'b'}, {stdout = PIPE, text = true, encoding = 'utf8'}) print((p:communicate()))",
        out: "ä\nb\n"),
    run("a shell, when asked", "sp.run('echo $((1 + 2)) | cat', {shell = true})", out: "3\n"),
    run("nothing to read, unless told otherwise", "print(#sp.run({'cat'}, {stdout = PIPE}).stdout)", out: "0\n"),
    run(
        "a file as input, from where the script is in it",
        "io.open('f', 'w'):write('one\\ntwo\\n'):close() local f = io.open 'f' print(f:read()) sp.run({'cat'}, {stdin = f})",
        out: "one\ntwo\n"),
    run(
        "a file as output, behind what the script wrote to it",
        "local f = io.open('f', 'w') f:write 'first\\n' sp.run({'echo', 'second'}, {stdout = f}) f:write 'third\\n' f:close()"
            + " io.write(io.open('f'):read 'a')", out: "first\nsecond\nthird\n"),
    run(
        "nowhere", "print(sp.run({'sh', '-c', 'echo x; echo y >&2'}, {stdout = DEVNULL, stderr = DEVNULL}).returncode)",
        out: "0\n"),
    run(
        "one program's output as another's input",
        "local a = sp.Popen({'printf', 'b\\na\\n'}, {stdout = PIPE}) io.write(sp.check_output({'sort'}, {stdin = a.stdout}))"
            + " print(a:wait())", out: "a\nb\n0\n"),
    run(
        "streams crossed over", "sp.run({'sh', '-c', 'echo o; echo e >&2'}, {stdout = io.stderr, stderr = io.stdout})",
        out: "e\n", err: "o\n"),
    run(
        "another folder",
        "print(pmap.sh{'pwd'} == sp.run({'pwd'}, {cwd = '/', stdout = PIPE}).stdout, sp.check_output({'pwd'}, {cwd = '/'}))",
        out: "false\t/\n\n"),
    run(
        "an environment of its own",
        "io.write(sp.check_output({'/usr/bin/env'}, {env = {A = 1, B = 'x y'}}):gsub('B', 'b'):len(), '\\n')",
        out: "10\n"),
    run(
        "PATH of that environment", "sp.run({'hello'}, {env = {PATH = './bin'}})",
        err: "pmap: t.lua:1: cannot run hello: no program of that name in PATH\n\(traceback)", status: 1),
    run("status of a killed one", "print(sp.call{'sh', '-c', 'kill -9 $$'}, sp.call{'false'})", out: "-9\t1\n"),
    run("getoutput", "print(sp.getoutput 'echo a; echo b >&2') print(sp.getstatusoutput 'exit 4')", out: "a\nb\n4\t\n"),
    run(
        "the signals of a program are as by default: SIGPIPE ends it, nothing is blocked",
        "require 'multiprocessing'.Queue():get(0.01) local p = sp.Popen({'cat'}, {stdin = PIPE}) p.stdin:close()"
            + " sp.run('yes | head -n 1; grep -E \"SigBlk\" /proc/self/status; grep SigIgn /proc/self/status | grep -o .......$', {shell = true})",
        out: "y\nSigBlk:\t0000000000000000\n0000000\n"),
    run(
        "no descriptor but its three",
        "local f, q = io.open 't.lua', sp.Popen({'cat'}, {stdin = PIPE, stdout = PIPE})"
            + " sp.run('ls /proc/self/fd | wc -l', {shell = true}) q.stdin:close()", out: "4\n"),
])
func `a program runs to its end`(row: Row) throws { try row.check() }

@Test(arguments: [
    run(
        "a string", "sp.run 'ls -l'",
        err:
            #"pmap: t.lua:1: the command is a string; write its words: run { "ls", "-l" }, or run("ls -l", { shell = true }) for a shell"#
            + "\n\(traceback)", status: 1),
    run(
        "words, with shell", "sp.run({'ls'}, {shell = true})",
        err: "pmap: t.lua:1: with shell = true the command is one string\n\(traceback)", status: 1),
    run(
        "options among the words", "sp.run{'ls', capture_output = true}",
        err:
            "pmap: t.lua:1: capture_output stands among the words; options are a second table: run({…}, { capture_output = … })\n\(traceback)",
        status: 1),
    run("no words", "sp.run{}", err: "pmap: t.lua:1: the command has no words\n\(traceback)", status: 1),
    run(
        "a word that is none", "sp.run{'ls', {}}",
        err: "pmap: t.lua:1: word 2 of the command is a string, not a table\n\(traceback)", status: 1),
    run(
        "a NUL", "sp.run{'ls', 'a\\0b'}",
        err: "pmap: t.lua:1: word 2 of the command has a NUL in it, which no program can be given\n\(traceback)",
        status: 1),
    run(
        "an unknown option", "sp.run({'ls'}, {colour = 1})",
        err:
            "pmap: t.lua:1: run has no option colour; there are capture_output, check, cwd, encoding, env, input, shell, stderr, stdin, stdout, text, timeout, universal_newlines\n\(traceback)",
        status: 1),
    run(
        "options that are no table", "sp.run({'ls'}, 5)",
        err: "pmap: t.lua:1: the options of run are a table, { capture_output = … }, not a number\n\(traceback)",
        status: 1),
    run(
        "another encoding", "sp.Popen({'ls'}, {encoding = 'latin-1'})",
        err:
            "pmap: t.lua:1: encoding is \"utf-8\", as strings are what the program writes; \"latin-1\" is not converted\n\(traceback)",
        status: 1),
    run(
        "an environment as a list", "sp.run({'ls'}, {env = {'A=5'}})",
        err: "pmap: t.lua:1: a name in env is a string, not a number; write env = { NAME = \"value\" }\n\(traceback)",
        status: 1),
    run(
        "a variable that is none", "sp.run({'ls'}, {env = {A = true}})",
        err: "pmap: t.lua:1: env.A is a string, not a boolean\n\(traceback)", status: 1),
    run(
        "no signal", "local p = sp.Popen({'cat'}, {stdin = PIPE}) print(pcall(p.send_signal, p, -1)) p:send_signal(99)",
        out: "false\tt.lua:1: a signal is 1 to 64, not -1\n",
        err: "pmap: t.lua:1: a signal is 1 to 64, not 99\n\(traceback)", status: 1),
    run(
        "a program that is not there", "sp.run{'nosuch', 'x'}",
        err: "pmap: t.lua:1: cannot run nosuch: no program of that name in PATH\n\(traceback)", status: 1),
    run(
        "a path that is not there", "sp.run{'./nosuch'}",
        err: "pmap: t.lua:1: cannot run ./nosuch: No such file or directory\n\(traceback)", status: 1),
    run(
        "a file that may not be run", "sp.run{'./t.lua'}",
        err: "pmap: t.lua:1: cannot run ./t.lua: Permission denied\n\(traceback)", status: 1),
    run(
        "an interpreter that is not there",
        "io.open('s', 'w'):write('#!/nosuch\\n'):close() sp.run{'chmod', '+x', 's'} sp.run{'./s'}",
        err: "pmap: t.lua:1: cannot run ./s: the interpreter that its first line names is missing\n\(traceback)",
        status: 1),
    run(
        "a folder that is not there", "sp.run({'ls'}, {cwd = 'nosuch'})",
        err: "pmap: t.lua:1: cannot run ls in nosuch: No such file or directory\n\(traceback)", status: 1),
    run(
        "a stream that is none", "sp.run({'ls'}, {stdout = 'f'})",
        err: "pmap: t.lua:1: stdout is subprocess.PIPE, DEVNULL or a file of Lua\n\(traceback)", status: 1),
    run(
        "a file that is closed", "local f = io.open 't.lua' f:close() sp.run({'ls'}, {stdin = f})",
        err: "pmap: t.lua:1: a program's stream is a file that is closed\n\(traceback)", status: 1),
    run(
        "a method with a dot", "sp.Popen{'true'}.wait()",
        err: "pmap: t.lua:1: write program:wait(…), with a colon\n\(traceback)", status: 1),
    run(
        "a status that is not 0", "sp.run({'ls', '/no such'}, {check = true, capture_output = true})",
        err:
            "pmap: t.lua:1: ls '/no such' ended with status 2: ls: cannot access '/no such': No such file or directory\n\(traceback)",
        status: 1),
    run(
        "a signal", "sp.check_call{'sh', '-c', 'kill -15 $$'}",
        err: "pmap: t.lua:1: sh -c 'kill -15 $$' was killed by SIGTERM\n\(traceback)", status: 1),
    run(
        "no more descriptors", "for i = 1, 2000 do _G[i] = sp.Popen({'cat'}, {stdin = PIPE}) end",
        err: "pmap: t.lua:1: cannot run cat: ‹…›: Too many open files\n\(traceback)", status: 1),
])
func `what cannot be run is one message that says so`(row: Row) throws {
    var row = row
    row.line = "ulimit -n 300; \(row.line)"
    try row.check()
}

@Test(arguments: [
    run(
        "status 1, with what was read",
        "local ok, e = pcall(sp.check_output, {'sh', '-c', 'echo o; echo e >&2; exit 1'}, {stderr = PIPE})"
            + " print(ok, e.kind, e.returncode, e.stdout, e.stderr, e.cmd[1], e)",
        out: "false\tstatus\t1\to\n\te\n\tsh\tt.lua:1: sh -c 'echo o; echo e >&2; exit 1' ended with status 1: e\n"),
    run(
        "a timeout, with what was read",
        "local ok, e = pcall(sp.run, {'sh', '-c', 'echo o; sleep 600'}, {capture_output = true, timeout = 1})"
            + " print(ok, e.kind, e.stdout, e.timeout, e)",
        out: "false\ttimeout\to\n\t1\tt.lua:1: sh -c 'echo o; sleep 600' timed out after 1 s\n"),
    run(
        "pmap.sh", "print(pmap.sh{'printf', 'a\\n\\n'} .. '|') print(pcall(pmap.sh, {'ls', '/no'}))",
        out: "a\n|\nfalse\tt.lua:1: ls /no ended with status 2: ls: cannot access '/no': No such file or directory\n"),
])
func `errors are objects that tell what there is to know`(row: Row) throws { try row.check() }

@Test(arguments: [
    run(
        "a conversation",
        "local p = sp.Popen({'cat'}, {stdin = PIPE, stdout = PIPE})"
            + " for i = 1, 3 do p.stdin:write('line ', i, '\\n') print(p.stdout:read()) end print(p:poll()) p.stdin:close() print(p:wait(), p.returncode)",
        out: "line 1\nline 2\nline 3\nnil\n0\t0\n"),
    run(
        "what was read ahead is not lost to communicate",
        "local p = sp.Popen({'printf', 'a\\nb\\nc\\n'}, {stdout = PIPE})"
            + " print(p.stdout:read()) io.write((p:communicate()))", out: "a\nb\nc\n"),
    run(
        "wait that ends in vain",
        "local p = sp.Popen{'sleep', '600'} print(p:wait(0.05)) print(p:wait(0)) p:kill() print(p:wait())",
        out: "nil\ttimeout\nnil\ttimeout\n-9\n"),
    run(
        "communicate goes on after its timeout",
        "local p = sp.Popen({'sh', '-c', 'read x; echo $x; await test -e go; echo b'}, {stdin = PIPE, stdout = PIPE})"
            + " local ok, e = pcall(p.communicate, p, 'a\\n', 0.1) print(ok, e.kind) io.open('go', 'w'):close() io.write((p:communicate()))",
        out: "false\ttimeout\na\nb\n"),
    run(
        "a program that never stops writing times out too",
        "local ok, e = pcall(sp.run, {'yes'}, {stdout = PIPE, timeout = 1}) print(e.kind, #e.stdout > 0)",
        out: "timeout\ttrue\n"),
    run(
        "lines of both streams",
        "local p = sp.Popen({'sh', '-c', 'echo a; echo; echo e >&2; printf tail'}, {stdout = PIPE, stderr = PIPE})"
            + " local seen = {} p:on_line(function(line, name) seen[#seen + 1] = name .. ':' .. line end) print(p:wait())"
            + " table.sort(seen) print(table.concat(seen, ' '))",
        out: "0\nstderr:e stdout: stdout:a stdout:tail\n"),
    run(
        "an error in on_line loses no other line",
        "local p = sp.Popen({'seq', '5'}, {stdout = PIPE})"
            + " p:on_line(function(line) if line == '2' then error('two', 0) end print(line) end) print(pcall(p.wait, p)) p:wait() p:communicate()",
        out: "1\nfalse\ttwo\n3\n4\n5\n"),
    run(
        "a hundred thousand lines, one at a time",
        "local p, n = sp.Popen({'seq', '100000'}, {stdout = PIPE}), 0"
            + " p:on_line(function(line) n = n + 1 assert(line == tostring(n)) end) p:communicate() print(n)",
        out: "100000\n"),
    run(
        "wait does not wait for what the program left behind",
        "local p = sp.Popen({'sh', '-c', 'echo a; (await test -e go; touch gone) &'}, {stdout = PIPE})"
            + " p:on_line(print) print(p:wait()) io.open('go', 'w'):close() os.execute 'await test -e gone'",
        out: "a\tstdout\n0\n"),
    run(
        "signals",
        "local p = sp.Popen({'sh', '-c', 'trap \"echo usr1; exit 7\" USR1; echo ready; while :; do sleep 0.01; done'}, {stdout = PIPE})"
            + " p.stdout:read() p:send_signal(10) print(p.stdout:read(), p:wait()) p:terminate() p:kill()",
        out: "usr1\t7\n"),
    run(
        "popen2",
        "local p2 = require 'popen2' local from, to, p = p2.popen2 'tr a-z A-Z' to:write 'x\\n' to:close() print(from:read(), p:wait())"
            + " local from, to, err = p2.popen3 {'sh', '-c', 'cat; echo e >&2'} to:close() print(#from:read 'a', err:read())"
            + " print(p2.popen4('echo e >&2'):read())", out: "X\t0\n0\te\ne\n"),
    run(
        "<close> waits", "do local p <close> = sp.Popen{'sh', '-c', 'sleep 0.2; echo program'} end print 'script'",
        out: "program\nscript\n"),
    run(
        "<close> ends the program's input",
        "do local p <close> = sp.Popen({'cat'}, {stdin = PIPE}) p.stdin:write 'x\\n' end print 'script'",
        out: "x\nscript\n"),
    run(
        "<close> after an error kills",
        "print(pcall(function() local p <close> = sp.Popen{'sleep', '600'} error('no', 0) end))", out: "false\tno\n"),
    run(
        "a program of another process is none of its children",
        "local p = sp.Popen{'true'}"
            + " local c = require 'multiprocessing'.Process(function() print(pcall(p.wait, p)) end) c:start() c:join() print(p:wait())",
        out: "false\tt.lua:1: the program was started by another process\n0\n"),
    run(
        "as text",
        "local p = sp.Popen{'sleep', '600'} print((tostring(p):gsub('%d%d%d+', 'N', 2))) p:kill() p:wait() print((tostring(p):gsub('pid %d+', 'pid N')))",
        out: "Popen(sleep N, pid N, running)\nPopen(sleep 600, pid N, returncode -9)\n"),
])
func `a program that runs is spoken with`(row: Row) throws { try row.check() }
