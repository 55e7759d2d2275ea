// Copies that the script's own code makes of a process of the run: they are strangers to its pipes.

import Testing

/// What is said of a copy that has come back from `what`.
private func copy(of what: String) -> String {
    "pmap: \(what) forked a process (pid N) that came back from it: it ends here, and only its original goes on; let it "
        + "call os.exit\n"
}

/// Forks in the item 3, and waits until the copy is gone.
private func onThree(_ fork: String) -> String {
    """
    local mp = require "multiprocessing"
    function task(item)
      if item == "3" then
        \(fork)
        while #mp.active_children() > 0 do end
      end
      return item
    end
    """
}

private func eight(_ options: String = "-j 2") -> String { "pmap \(options) t.lua ::: 1 2 3 4 5 6 7 8" }
private let all = (1...8).map { "\($0)\n" }.joined()

@Test(arguments: [
    Row("a task that goes on in both", onThree("mp.fork()"), eight(), out: all, err: copy(of: "item 3")),
    Row(
        "without a worker", onThree("mp.fork()"), eight("-j 0"), out: all, err: copy(of: "item 3")),
    Row(
        "one item at a time", onThree("mp.fork()"), eight("-j 2 --timeout 20"), out: all, err: copy(of: "item 3")),
    Row(
        "a task whose copy fails", onThree("if mp.fork() == 0 then error 'no' end"), eight(), out: all,
        err: copy(of: "item 3")),
    Row(
        "what the copy prints", onThree("if mp.fork() == 0 then print 'copied' end"), eight("-j 2 -t jsonl"),
        out: all.replacing(/\d/) { "\"\($0.output)\"" }, err: copy(of: "item 3") + "copied\n"),
    Row("a copy that ends by itself", onThree("if mp.fork() == 0 then os.exit(true, true) end"), eight(), out: all),
    Row(
        "fork(2) of a C module",
        [
            "strange.c": """
            #include <lua.h>
            #include <sys/wait.h>
            #include <unistd.h>
            static int split(lua_State *L) { if (fork() > 0) wait(NULL); return 0; }
            int luaopen_strange(lua_State *L) { lua_pushcfunction(L, split); return 1; }
            """,
            "t.lua": """
            local split = require "strange"
            function task(item) if item == "3" then split() end return item end
            """,
        ], "clang -shared -fPIC -I/usr/include/lua5.4 -o strange.so strange.c && \(eight())", out: all,
        err: copy(of: "item 3")),
    Row(
        "setup",
        """
        local mp = require "multiprocessing"
        function setup() mp.fork() while #mp.active_children() > 0 do end end
        function task(item) return item end
        """, "pmap -j 1 t.lua ::: a", out: "a\n",
        err: copy(of: "a function of the script")),
    Row(
        "inputs",
        """
        local mp = require "multiprocessing"
        local made = 0
        function inputs()
          made = made + 1
          if made == 2 then mp.fork() while #mp.active_children() > 0 do end end
          return made < 4 and made or nil
        end
        function task(item) return item end
        """, "pmap -j 2 t.lua", out: "1\n2\n3\n", err: copy(of: "a function of the script")),
    Row(
        "the top of the script",
        "local mp = require 'multiprocessing' mp.fork() while #mp.active_children() > 0 do end "
            + "function task(item) return item end", "pmap -j 2 t.lua ::: a b", out: "a\nb\n",
        err: copy(of: "a function of the script")),
    Row(
        "a task of a pool",
        """
        local mp = require "multiprocessing"
        local pool <close> = mp.Pool(2)
        print(table.unpack(pool:map(function(item)
          if item == 3 then
            local pid = mp.fork()
            if pid > 0 then mp.waitpid(pid) end
          end
          return item
        end, { 1, 2, 3, 4, 5, 6 })))
        """, "pmap run t.lua", out: "1\t2\t3\t4\t5\t6\n", err: copy(of: "item 3")),
    Row(
        "the target of a process",
        """
        local mp = require "multiprocessing"
        local process = mp.Process(function()
          if mp.fork() > 0 then while #mp.active_children() > 0 do end end
          return mp.getpid()
        end)
        process:start()
        print(process:result() == process.pid)
        """, "pmap run t.lua", out: "true\n"),
    Row(
        "a process and a pool in a task",
        """
        local mp = require "multiprocessing"
        function task(item)
          local process <close> = mp.Process(function(x) return x * 2 end, tonumber(item))
          process:start()
          local pool <close> = mp.Pool(2)
          return process:result(), table.unpack(pool:map(function(x) return x + item end, { 1, 2 }))
        end
        """, "pmap -j 2 t.lua ::: 1 2", out: "2\t2\t3\n4\t3\t4\n"),
])
func `a copy that the script forks does nothing of what its original does`(row: Row) throws { try row.check() }
