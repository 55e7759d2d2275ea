// Standard descriptors that are closed, full, or not what they seem.

import Testing

private let full = "pmap: write standard output: No space left on device\n"
private let topLevel = "print 'a' function task(x) return x end"

@Test(arguments: [
    Row("standard input closed", [:], "pmap -j 2 -e item ::: a b <&-", out: "a\nb\n"),
    Row("standard error closed", [:], "pmap -j 2 -e item ::: a b 2>&-", out: "a\nb\n"),
    Row("standard error closed, and a failure", [:], "pmap -j 2 -e 'error()' ::: a b 2>&-", status: 1),
    Row("all three closed, nothing to write", [:], "pmap -j 2 -t none -e item ::: a b <&- >&- 2>&-"),
    Row("standard output closed, nothing to write", [:], "pmap -j 2 -t none -e item ::: a b >&-"),
    Row(
        "standard output closed", [:], "pmap -j 2 -e item ::: a b >&-",
        err: "pmap: write standard output: Bad file descriptor\n", status: 3),
    Row(
        "standard output full", [:], "pmap -j 2 -e item ::: a b > /dev/full",
        err: "pmap: write standard output: No space left on device\n", status: 3),
    Row(
        "standard output full, with much to come", [:], "seq 1000000 | pmap -j 2 -e item > /dev/full",
        err: "pmap: write standard output: No space left on device\n", status: 3),
    Row(
        "standard output full, with -j 0", [:], "pmap -j 0 -e item ::: a > /dev/full",
        err: "pmap: write standard output: No space left on device\n", status: 3),
    Row(
        "the file of --errors is full", [:], "pmap --errors /dev/full -e 'error(\"no\", 0)' ::: a 2>&1 | tail -1",
        out: "pmap: write /dev/full: No space left on device\n", status: 3),
    Row(
        "a limit on the size of files", [:], "trap '' XFSZ; ulimit -f 2000; seq 400000 | pmap -j 0 -e item > out",
        err: "pmap: write standard output: File too large\n", status: 3),
    Row(
        "help, when standard output is full", [:],
        "for words in --help help 'help -j' 'run -h' 'help journal' -V; do pmap $words > /dev/full; echo $?; done",
        out: String(repeating: "3\n", count: 6),
        err: String(repeating: "pmap: write standard output: No space left on device\n", count: 6)),
    Row(
        "help, when standard output is closed", [:], "pmap -V >&-",
        err: "pmap: write standard output: Bad file descriptor\n", status: 3),
    Row(
        "what a journal holds", [:], "pmap -t none --journal j -e item ::: a; pmap journal j > /dev/full",
        err: "pmap: write standard output: No space left on device\n", status: 3),
    Row(
        "what a program writes", "io.write 'a'", "pmap run t.lua > /dev/full",
        err: "pmap: write standard output: No space left on device\n", status: 3),
    Row(
        "what it has printed before", "print 'a' os.execute 'true'", "pmap run t.lua > /dev/full",
        err: full, status: 3),
    Row(
        "what it has printed before os.exit", "print 'a' os.exit(0)", "pmap run t.lua > /dev/full", err: full, status: 3
    ),
    Row(
        "what it has not flushed before os.exit", "io.write 'a' os.exit(true, true)", "pmap run t.lua >&-",
        err: "pmap: write standard output: Bad file descriptor\n", status: 3),
    Row(
        "what a program writes before it fails", "print 'a' os.exit(5)", "pmap run t.lua > /dev/full", err: full,
        status: 5),
    Row(
        "what a module prints", ["m.lua": "print 'a'", "t.lua": ""], "pmap run -l m t.lua > /dev/full", err: full,
        status: 3),
    Row(
        "what the script's top level prints", "\(topLevel)", "pmap -j 1 -t none t.lua ::: a > /dev/full", err: full,
        status: 3),
    Row(
        "what it prints, with -j 0", "\(topLevel)", "pmap -j 0 t.lua ::: a >&-",
        err: "pmap: write standard output: Bad file descriptor\n", status: 3),
    Row("what it prints, and results", "\(topLevel)", "pmap -j 2 t.lua ::: a > /dev/full", err: full, status: 3),
    Row(
        "what it prints, and a wrong option", "\(topLevel) options = 1", "pmap t.lua ::: a > /dev/full",
        err: "pmap: t.lua: options is a number; write a table, as in { jobs = 2 }\n" + full, status: 2),
    Row("a program that prints nothing", "local x = 1", "pmap run t.lua >&-"),
    Row("all three closed, and a failure", [:], "pmap -j 2 -t none -e 'error()' ::: a b <&- >&- 2>&-", status: 1),
    Row("all three closed, with -j 0", [:], "pmap -j 0 -t none -e item ::: a b <&- >&- 2>&-"),
    Row(
        "errors kept on standard output", [:],
        "pmap --errors /dev/stdout -e 'error(\"no\", 0)' ::: a 2>/dev/null | pmap -f jsonl -e 'item.message'",
        out: "no\n", status: 1),
    Row("standard error full", [:], "pmap -e 'error()' ::: a b 2> /dev/full", status: 1),
    Row(
        "standard input closed, and read", [:], "pmap -e item <&-",
        err: "pmap: -: cannot read it: Bad file descriptor\n", status: 2),
    Row(
        "input and output the same file, appended", ["f": "a\nb\n"], "pmap -e 'item:upper()' f >> f",
        err: "pmap: standard output and the input f are one file; name another one\n", status: 2),
    Row(
        "a task that closes descriptors of its own",
        "function task(x) os.execute('exec 3>&- 4>&- 5>&- 6>&- 7>&-') return x end", "pmap t.lua ::: a b", out: "a\nb\n"
    ),
    Row(
        "descriptors do not leak into programs that tasks start", [:],
        "[ $(pmap -j 2 -e 'io.popen(\"ls /proc/self/fd | wc -l\"):read()' ::: a) -le $(ls /proc/self/fd | wc -l) ]"),
    Row(
        "a worker holds neither the pipe that the host reads nor the file of --errors",
        """
        local input = io.popen("readlink /proc/$PPID/fd/0"):read()
        function task()
          local held = io.popen("readlink /proc/$PPID/fd/*"):read "a"
          return not held:find(input, 1, true), not held:find("/failed\\n")
        end
        """, "echo | pmap -j 1 -t jsonl --errors failed t.lua", out: "[true,true]\n"),
    Row(
        "a worker that follows another holds no more of pmap than the first", [:],
        "seq 5 | pmap -j 1 --chunk 1 --max-tasks 1 -e 'io.popen(\"ls /proc/$PPID/fd | grep -c ...\"):read()' | uniq | wc -l",
        out: "1\n"),
    Row(
        "what makes the items does not hold the output",
        """
        local output = io.popen("readlink /proc/$PPID/fd/1"):read()
        local held
        function inputs()
          if held then return nil end
          held = io.popen("readlink /proc/$PPID/fd/*"):read "a"
          return tostring(held:find(output .. "\\n", 1, true))
        end
        function task(item) return item end
        """, "pmap -j 1 t.lua > out; cat out", out: "nil\n"),
    Row("files may not grow", [:], "ulimit -f 1; pmap -j 2 -e item ::: a b", out: "a\nb\n"),
    Row(
        "files may not grow, and what is printed is larger", [:],
        "ulimit -f 1; pmap -e 'print(item:rep(9999))' ::: a | wc -c", out: "10000\n"),
    Row(
        "files may not grow, in a program with processes",
        [
            "t.lua": """
            local mp = require "multiprocessing"
            local pool <close> = mp.Pool(2)
            print(#pool:map(function(x) return ("x"):rep(x) end, { 1, 3000000 })[2])
            """
        ], "ulimit -f 1; pmap run t.lua", out: "3000000\n"),
    Row(
        "the output may not grow", [:], "ulimit -f 0; pmap -j 2 -e item ::: a > out",
        err: "pmap: write standard output: File too large\n", status: 3),
    Row(
        "the output may not grow, with -j 0", [:], "ulimit -f 0; pmap -j 0 -e item ::: a > out",
        err: "pmap: write standard output: File too large\n", status: 3),
    Row("a small stack", [:], "ulimit -s 100; pmap -j 2 -e item ::: a", out: "a\n"),
    Row("little address space", [:], "ulimit -v 60000; pmap -j 2 -e item ::: a", out: "a\n"),
    Row("few descriptors", [:], "ulimit -n 44; seq 100 | pmap -j 4 -e item | tail -1", out: "100\n"),
])
func `standard descriptors may be anything`(row: Row) throws { try row.check() }

/// Programs whose other processes print.
private let printing = [
    "a process": "local p = mp.Process(function() print 'c' end) p:start() p:join()",
    "a process that nobody joins": "for i = 1, 3 do mp.Process(function() io.write 'c' end):start() end",
    "a process of a process":
        "local p = mp.Process(function() local q = mp.Process(print, 'c') q:start() q:join() end) p:start() p:join()",
    "a process that chooses its buffer":
        "local p = mp.Process(function() io.stdout:setvbuf 'full' io.stdout:write 'c' end) p:start() p:join()",
    "a process that ends the program": "local p = mp.Process(function() print 'c' end) p:start() p:join() os.exit(0)",
    "workers of a pool": "local p <close> = mp.Pool(2) p:map(print, { 1, 2, 3, 4 })",
    "workers of an executor":
        "local e = require 'concurrent.futures'.ProcessPoolExecutor(2) for i = 1, 4 do e:submit(print, i) end e:shutdown()",
    "a fork": "local p = mp.fork() if p == 0 then print 'c' os.exit(0) end mp.waitpid(p)",
    "a fork that comes back": "local p = mp.fork() if p == 0 then print 'c' else mp.waitpid(p) end",
]

@Test(arguments: printing.keys.sorted())
func `a program whose processes cannot print says so once`(name: String) throws {
    let script = "local mp = require 'multiprocessing' \(printing[name] ?? "")"
    try Row(name, script, "pmap run t.lua > /dev/full", err: full, status: 3).check()
    try Row(name, script, "pmap run t.lua >&-", err: "pmap: write standard output: Bad file descriptor\n", status: 3)
        .check()
    let task = "\(script) function task(x) return x end"
    if name == "a process that ends the program" || name == "a fork that comes back" { return }
    for workers in 0...1 {
        try Row(name, task, "pmap -j \(workers) t.lua ::: a > /dev/full", err: full, status: 3).check()
    }
}

/// Programs that end only when the reader of another process's output has gone.
@Test(arguments: [
    Row(
        "a process", "mp.Process(function() while true do print 'c' end end):start() mp.Event():wait()",
        "pmap run t.lua | true; echo ${PIPESTATUS[0]}", out: "141\n"),
    Row(
        "a process of a process",
        "mp.Process(function() mp.Process(function() while true do print 'c' end end):start() end):start()",
        "pmap run t.lua | true; echo ${PIPESTATUS[0]}", out: "141\n"),
    Row(
        "workers of a pool, whose error is caught",
        "pcall(mp.Pool(2).map, mp.Pool(2), function() while true do print 'c' end end, { 1, 2, 3 })",
        "pmap run t.lua | head -n 1; echo ${PIPESTATUS[0]}", out: "c\n141\n"),
    Row(
        "a fork", "local p = mp.fork() while p == 0 do print 'c' end mp.waitpid(p)",
        "pmap run t.lua | true; echo ${PIPESTATUS[0]}", out: "141\n"),
    Row(
        "a process that a script's top level waits for",
        "local p = mp.Process(function() while true do print 'c' end end) p:start() p:join() task = print",
        "pmap -j 1 t.lua ::: a | true; echo ${PIPESTATUS[0]}", out: "141\n"),
    Row(
        "a process of a script's top level",
        """
        mp.Process(function() while true do print 'c' end end):start()
        function task() end
        """, "pmap -j 1 t.lua ::: a | true; echo ${PIPESTATUS[0]}", out: "141\n"),
])
func `a program ends quietly when nobody reads what its processes print`(row: Row) throws {
    var row = row
    row.files["t.lua"] = "local mp = require 'multiprocessing' " + (row.files["t.lua"] ?? "")
    try row.check()
}
