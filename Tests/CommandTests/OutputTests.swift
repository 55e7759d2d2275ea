// What tasks print, and what the programs print that they start.

import Running
import Testing

private let say = "function task(item) print('said ' .. item) io.write('half ') return item end"

@Test(arguments: [
    Row(
        "with lines it comes in front of the record", say, "pmap t.lua ::: a b", out: "said a\nhalf a\nsaid b\nhalf b\n"
    ),
    Row("with none it is all there is", say, "pmap -t none t.lua ::: a b", out: "said a\nhalf said b\nhalf "),
    Row("with jsonl it goes to standard error", say, "pmap -t jsonl t.lua ::: a", out: "\"a\"\n", err: "said a\nhalf "),
    Row(
        "with nul it goes to standard error", say, "pmap -t nul t.lua ::: a | tr '\\0' '|'", out: "a|",
        err: "said a\nhalf "),
    Row("with lua it goes to standard error", say, "pmap -t lua t.lua ::: a", out: "\"a\"\n", err: "said a\nhalf "),
    Row(
        "in front of the first emitted record", "function task(x) print 'p' pmap.emit(1) return 2 end",
        "pmap t.lua ::: a", out: "p\n1\n2\n"),
    Row("without a record", "function task(x) print(x) end", "pmap t.lua ::: a b", out: "a\nb\n"),
    Row(
        "print joins with tabs", "function task(x) print(x, 1, nil, 2.0) end", "pmap t.lua ::: a",
        out: "a\t1\tnil\t2.0\n"),
    Row(
        "io.stdout:write", "function task(x) io.stdout:write(x, 1, '\\n'):write('more\\n') end", "pmap t.lua ::: a",
        out: "a1\nmore\n"),
    Row(
        "programs that a task starts", "function task(x) os.execute('echo ran ' .. x) return x end",
        "pmap t.lua ::: a b", out: "ran a\na\nran b\nb\n"),
    Row(
        "Lua's and a program's output stay in order",
        "function task(x) print 'before' os.execute('echo ran') print 'after' end", "pmap t.lua ::: a",
        out: "before\nran\nafter\n"),
    Row(
        "what io.popen writes",
        "function task(x) local p = io.popen('cat', 'w') p:write(x, '\\n') p:close() return x end",
        "pmap t.lua ::: a b", out: "a\na\nb\nb\n"),
    Row(
        "what io.popen reads is the task's", "function task(x) return io.popen('echo ' .. x):read 'a' end",
        "pmap t.lua ::: a", out: "a\n\n"),
    Row(
        "a program's output with jsonl", "function task(x) os.execute('echo ran') return x end",
        "pmap -t jsonl t.lua ::: a", out: "\"a\"\n", err: "ran\n"),
    Row(
        "what a program in the background writes later comes with a later item",
        "function task(x) os.execute(x) return '-' end",
        "pmap -j 1 --chunk 1 t.lua ::: '(await test -e go; echo late; touch done) & echo first'"
            + " 'touch go; await test -e done'",
        out: "first\n-\nlate\n-\n"),
    Row(
        "all that a program in the background writes", "function task(x) for i = 1, 20 do os.execute(x) end end",
        "pmap -j 1 --chunk 1 t.lua ::: '[ -e begun ] || { touch begun; (seq 5000 | while read n; do echo $n; done; touch done) & }'"
            + " true true true 'await test -e done' | cmp - <(seq 5000)"),
    Row(
        "a program that opens standard output anew", "function task(x) os.execute(x) end",
        "pmap -j 1 t.lua ::: 'echo a' 'echo long > /dev/stdout' 'echo b' 'echo c > /dev/stdout; echo d'",
        out: "a\nlong\nb\nc\nd\n"),
    Row(
        "in front of what it opens anew", "function task(x) print 'printed' os.execute(x) print 'after' end",
        "pmap -j 1 t.lua ::: 'echo a; echo b > /dev/stdout; echo c' 'echo d; echo e > /dev/fd/1; echo f'"
            + " 'echo g; echo h >> /proc/self/fd/1; echo i | tee /dev/stderr 2>&1'",
        out: "printed\na\nb\nc\nafter\nprinted\nd\ne\nf\nafter\nprinted\ng\nh\ni\ni\nafter\n"),
    Row(
        "through subprocess, and opened anew",
        "function task(x) require 'subprocess'.run({ 'sh', '-c', x }) return '-' end",
        "pmap -j 1 t.lua ::: 'echo a; echo b > /dev/stdout; echo c' 'echo d'", out: "a\nb\nc\n-\nd\n-\n"),
    Row(
        "more than a pipe holds, while the task writes or computes",
        """
        function task(x)
          local p = io.popen("cat > /dev/stdout", "w")
          p:write(("x"):rep(300000), "\\n")
          p:close()
          os.execute "(head -c 300000 /dev/zero; touch done) & until [ -e done ]; do sleep 0.01; done"
        end
        """, "pmap t.lua ::: a | wc -c", out: "600001\n"),
    Row(
        "a C library that writes more than a pipe holds, past C's and Lua's streams",
        [
            "writer.c": """
            #include <lauxlib.h>
            #include <stdlib.h>
            #include <unistd.h>

            static int write_zeros(lua_State *L) {
                size_t size = luaL_checkinteger(L, 1);
                lua_pushinteger(L, write(1, calloc(1, size), size));
                return 1;
            }

            int luaopen_writer(lua_State *L) { lua_pushcfunction(L, write_zeros); return 1; }
            """,
            "t.lua": """
            if pmap.args.early then require "writer" end
            function task(x) return require "writer"(300000) end
            """,
        ],
        "clang -shared -fPIC -I/usr/include/lua5.4 -o writer.so writer.c; pmap t.lua ::: a b | wc -c;"
            + " pmap -D early=1 t.lua ::: a b | wc -c; pmap -j0 t.lua ::: a b | wc -c",
        out: "600014\n600014\n600014\n"),
    Row(
        "from a journal", [:],
        "run() { pmap --journal j -e 'os.execute(\"echo 1; echo 2 > /dev/stdout; echo 3\") return item' ::: a b; }; "
            + "run > first; run 2>/dev/null | cmp - first && cat first",
        out: "1\n2\n3\na\n1\n2\n3\nb\n"),
    Row(
        "/dev/stdout that the task opens is io.stdout",
        """
        function task(x)
          print "1"
          local file = io.open(x, "w")
          file:write "2\\n"
          print "3"
          file:write "4\\n"
          os.execute "echo 5"
          file:close()
          io.output(x):write "6\\n"
          io.close()
          io.output(io.stdout)
          print "7"
          return io.type(file)
        end
        """, "pmap -j 1 t.lua ::: /dev/stdout /proc/self/fd/1 | tr '\\n' ' '",
        out: "1 2 3 4 5 6 7 closed file 1 2 3 4 5 6 7 closed file "),
    Row(
        "/dev/stdout that is left open", "function task(x) io.open('/dev/stdout', 'a'):write(x, '\\n') end",
        "pmap -j 1 t.lua ::: a b", out: "a\nb\n"),
    Row(
        "/dev/stdout in a process of the task",
        """
        local mp = require "multiprocessing"
        function task(x)
          local file = io.open("/dev/stdout", "w")
          file:write "1\\n"
          local process = mp.Process(function()
            file:write "2\\n"
            io.open("/dev/stdout", "w"):write("3\\n"):close()
            os.execute "echo 4 > /dev/stdout"
          end)
          process:start()
          process:join()
          print "5"
        end
        """, "pmap t.lua ::: a", out: "1\n2\n3\n4\n5\n"),
    Row(
        "retry_if's goes to standard error, also of an attempt that is not the last",
        "function task(x) print(x) error('no', 0) end function retry_if(_, attempt) print('asked', attempt) return attempt < 2 end",
        "pmap -j 1 --retries 2 t.lua ::: a",
        err: "asked\t1\nasked\t2\na\npmap: :::1: no\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "a program that is left open, when its worker leaves",
        "function task(x) io.popen('cat', 'w'):write(x, '\\n') p = io.popen('sleep 0.1; cat', 'w') p:write(x, '\\n') end",
        "pmap -j 2 --chunk 1 t.lua ::: a b c d | sort", out: "a\na\nb\nb\nc\nc\nd\nd\n"),
    Row(
        "a program that is left open, after teardown",
        "function task(x) p = p or io.popen('cat', 'w') p:write(x, '\\n') end function teardown() p:write 'end\\n' end",
        "pmap -j 1 t.lua ::: a b", err: "a\nb\nend\n"),
    Row(
        "a program that is left open, without a worker",
        "function task(x) io.popen('sleep 0.1; cat', 'w'):write(x, '\\n') end", "pmap -j 0 t.lua ::: a b | sort",
        out: "a\nb\n"),
    Row(
        "a program that is left open, and os.exit",
        "function task(x) io.popen('cat', 'w'):write(x, '\\n') os.exit(3) end", "pmap t.lua ::: a",
        err: "a\npmap: :::1: the worker (pid N) exited (3) before returning a result; the others went on\n"
            + lastLine(1, of: 1, "1 crash"), status: 1),
    Row(
        "a megabyte in one piece", "function task(x) io.write(x:rep(1000000), '\\n') end",
        "pmap -j 2 --chunk 1 t.lua ::: a b c d | uniq -c -w 1 | awk '{ print $1, length($2) }'",
        out: "1 1000000\n1 1000000\n1 1000000\n1 1000000\n"),
    Row("with -j 0 as well", say, "pmap -j 0 t.lua ::: a b", out: "said a\nhalf a\nsaid b\nhalf b\n"),
    Row(
        "an item's whose result cannot be written appears once", [:],
        "pmap -t jsonl -e 'print(\"said \" .. item) return print' ::: a",
        err: "said a\npmap: :::1: cannot write a function as jsonl at result\n" + lastLine(1, of: 1, "1 error"),
        status: 1),
    Row(
        "a failed item's goes to standard error, before its message",
        "function task(x) print('said ' .. x) error('no', 0) end", "pmap t.lua ::: a",
        err: "said a\npmap: :::1: no\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "standard output that a task closed", "function task(x) io.stdout:close() return x end",
        "pmap -j 1 t.lua ::: a b", out: "a\nb\n"),
    Row(
        "io.output put elsewhere",
        "function task(x) io.output('out.' .. x):write(x):close() io.output(io.stdout) return x end",
        "pmap t.lua ::: a b; cat out.a out.b", out: "a\nb\nab"),
    Row(
        "io.stderr is not captured", "function task(x) io.stderr:write('note ', x, '\\n') return x end",
        "pmap -j 1 t.lua ::: a", out: "a\n", err: "note a\n"),
    Row(
        "standard input is empty in a task", "function task(x) return tostring(io.read()) end", "pmap t.lua ::: a",
        input: "x\n", out: "nil\n"),
    Row(
        "standard input is empty for a task's programs", "function task(x) os.execute('cat') return x end",
        "pmap t.lua", input: "a\nb\n", out: "a\nb\n"),
])
func `what a task prints is captured whole`(row: Row) throws { try row.check() }

/// The program of `start` writes while `meanwhile` runs, which starts none and then does `code`.
private func lateProgram(then code: String = "") -> String {
    """
    local function is_there(name) local file = io.open(name) return file and file:close() end
    function task(x)
      if x == "start" then os.execute "(await test -e go; echo late; touch done) &" end
      if x == "meanwhile" then
        io.open("go", "w"):close()
        repeat until is_there "done"
        \(code)
      end
      return x
    end
    """
}

private let unlessFirst = "if is_there 'tried' then return x end io.open('tried', 'w'):close()"

@Test(arguments: [
    Row(
        "with --tag", lateProgram(), "pmap -j 1 --tag t.lua ::: start meanwhile after",
        out: "start\tstart\nmeanwhile\tlate\nmeanwhile\tmeanwhile\nafter\tafter\n"),
    Row(
        "with --tag and without a worker", lateProgram(), "pmap -j 0 --tag t.lua ::: start meanwhile after",
        out: "start\tstart\nmeanwhile\tlate\nmeanwhile\tmeanwhile\nafter\tafter\n"),
    Row(
        "in a journal", lateProgram(),
        "run() { pmap -j 1 --chunk 1 --journal j t.lua ::: start meanwhile after; }; run; run 2> /dev/null",
        out: "start\nlate\nmeanwhile\nafter\nstart\nlate\nmeanwhile\nafter\n"),
    Row(
        "behind the last item it is no item's, and goes to standard error",
        "function task(x) io.popen('cat', 'w'):write('late\\n') return x end",
        "pmap -j 1 --tag t.lua ::: a; pmap -j 1 --journal j t.lua ::: a", out: "a\ta\na\n", err: "late\nlate\n"),
])
func `what a program writes late is the item's that runs then`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a death", lateProgram(then: "os.execute 'kill -9 $PPID'"), "pmap -j 1 t.lua ::: start meanwhile",
        out: "start\n",
        err: "late\npmap: :::2: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 2, "1 crash"), status: 1),
    Row(
        "a death that is not the end", lateProgram(then: "\(unlessFirst) os.execute 'kill -9 $PPID'"),
        "pmap -j 1 --retries 1 t.lua ::: start meanwhile", out: "start\nmeanwhile\n", err: "late\n"),
    Row(
        "an error that is not the end", lateProgram(then: "\(unlessFirst) print 'own' os.execute 'true' error 'no'"),
        "pmap -j 1 --retries 1 t.lua ::: start meanwhile", out: "start\nmeanwhile\n", err: "‹…›late\n‹…›"),
    Row(
        "an error that is not the end, in a journal", lateProgram(then: "\(unlessFirst) error 'no'"),
        "pmap -j 1 --retries 1 --journal j t.lua ::: start meanwhile", out: "start\nmeanwhile\n", err: "late\n"),
])
func `what a program writes late outlives the item that runs then`(row: Row) throws { try row.check() }

private let emitInFork = "pmap.emit in a process of the task's own: return the value to the task, which can emit it"

@Test(arguments: [
    "pmap.map(pmap.emit, { 1 })",
    "local mp = require 'multiprocessing' local p = mp.Process(pmap.emit, 1) p:start() p:join() p:result()",
    "local mp = require 'multiprocessing' local pool <close> = mp.Pool(1) pool:apply(pmap.emit, { 1 })",
])
func `a record that a process of a task emits is refused`(task: String) throws {
    for workers in 0...1 {
        try Row(
            task, "function task(x) pmap.emit(x) \(task) end",
            "pmap -j \(workers) t.lua ::: a 2>&1 | grep ^pmap",
            out: "pmap: :::1: t.lua:1: \(emitInFork)\n" + lastLine(1, of: 1, "1 error"), status: 1
        ).check()
    }
}

@Test func `lines of many workers are never mixed`() throws {
    let script = """
        function task(item)
          for i = 1, 20 do io.write(item) io.write(" ", i, "\\n") end
          os.execute("for i in 1 2 3; do echo " .. item .. " sh; done")
        end
        """
    let expected = (1...60).map { item in
        (1...20).map { "\(item) \($0)\n" }.joined() + String(repeating: "\(item) sh\n", count: 3)
    }
    try Row("many", script, "seq 60 | pmap -j 4 --chunk 1 t.lua", out: expected.joined()).check()
}

@Test func `io.stderr of many workers comes in whole lines`() throws {
    let script = "function task(item) for i = 1, 5 do io.stderr:write(item, ' ', i, ' ', ('x'):rep(500), '\\n') end end"
    try Row(
        "many", script,
        "seq 200 | pmap -j 4 --chunk 1 t.lua 2>&1 | awk 'NF != 3 || length($3) != 500 { mixed++ } END { print NR, mixed + 0 }'",
        out: "1000 0\n"
    ).check()
}

@Test func `a run goes on when results have waited that neither memory nor the spill file could hold`() throws {
    let script = "function task(n) if n == '1' then os.execute('sleep 0.3') end return ('x'):rep(1000000) end"
    try Row("many", script, "seq 80 | pmap -j 2 --spill 1K t.lua | wc -c", out: "80000080\n").check()
}

/// Each write to standard error in brackets, but for those of C's streams.
private let brackets = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <string.h>
    #include <sys/types.h>
    ssize_t write(int descriptor, const void *bytes, size_t size) {
      static char text[1 << 16] = "[";
      ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
      if (descriptor != 2 || size > sizeof text - 2) return real(descriptor, bytes, size);
      memcpy(text + 1, bytes, size);
      text[size + 1] = ']';
      real(2, text, size + 2);
      return size;
    }
    """

private func bracketed(_ claim: String, _ script: String, _ line: String, out: String = "", err: String) -> Row {
    Row(
        claim, ["p.c": brackets, "t.lua": script],
        "clang -shared -fPIC -o p.so p.c && LD_PRELOAD=$PWD/p.so \(line)", out: out, err: err)
}

@Test(arguments: [
    bracketed(
        "a program", "io.stderr:write('a', 1, 2.5, '\\n'):write 'prompt: ' io.stderr:write() io.stderr:write 'x\\r'",
        "pmap run t.lua", err: "[a12.5\n][prompt: ][x\r]"),
    bracketed("a task", "function task(x) io.stderr:write(x, 1, '\\n') end", "pmap -j 1 t.lua ::: a", err: "[a1\n]"),
    bracketed(
        "a task without a worker", "function task(x) io.stderr:write(x, 1, '\\n') end", "pmap -j 0 t.lua ::: a",
        err: "[a1\n]"),
    bracketed(
        "the top level, inputs, setup and teardown",
        "local function say(x) io.stderr:write('from ', x, '\\n') end say 'top' function inputs() say 'inputs' end"
            + " function task() end", "pmap t.lua", err: "[from top\n][from inputs\n]"),
    bracketed(
        "processes and pools",
        "local mp = require 'multiprocessing' local function say(x) io.stderr:write('from ', x, '\\n') end"
            + " local p = mp.Process(say, 'process') p:start() p:join() mp.Pool(1):apply(say, {'pool'})",
        "pmap run t.lua",
        err: "[from process\n][from pool\n]"),
    Row(
        "what is no text is refused as by lua, and what cannot be written is told",
        "print(pcall(io.stderr.write, io.stderr, 'a', nil)) print(io.stderr:write 'x')", "pmap run t.lua 2>/dev/full",
        out: "false\tbad argument #3 to '?' (string expected, got nil)\nnil\tNo space left on device\t28\n"),
])
func `one call of io.stderr:write is one write`(row: Row) throws { try row.check() }

@Test func `lines that processes write to io.stderr are whole`() throws {
    let script = """
        local function write(process)
          for line = 1, 500 do io.stderr:write(process, " ", line, " ", ("y"):rep(line * 10), "\\n") end
        end
        local processes = {}
        for number = 1, 4 do
          processes[number] = require "multiprocessing".Process(write, number)
          processes[number]:start()
        end
        """
    let line = "pmap run t.lua 2>&1 | awk 'NF != 3 || length($3) != $2 * 10 { torn++ } END { print NR, torn + 0 }'"
    #expect(try Run(line, in: Scratch(["t.lua": script])).finish().output == "2000 0\n")
}
