// require, -l and -D: what a task finds there beside its script.

import Testing

private let greeting = "return { greet = function(name) return 'hello ' .. name end }"

@Test(arguments: [
    Row(
        "a module beside the script, from another folder",
        ["sub/t.lua": "local g = require 'greeting' return g.greet", "sub/greeting.lua": greeting],
        "pmap sub/t.lua ::: you", out: "hello you\n"),
    Row(
        "a module required first in a task, after the folder was left",
        ["sub/t.lua": "function task(x) return require 'greeting'.greet(x) end", "sub/greeting.lua": greeting],
        "pmap sub/t.lua ::: you", out: "hello you\n"),
    Row(
        "-l under another name", ["greeting.lua": greeting, "t.lua": "print(g.greet 'you', greeting)"],
        "LUA_PATH='./?.lua' pmap -l g=greeting -e 'g.greet(item), greeting == nil' ::: you; LUA_PATH='./?.lua' pmap run -l g=greeting t.lua",
        out: "hello you\ttrue\nhello you\tnil\n"),
    Row(
        "-l without one of its names", ["t.lua": ""],
        "pmap -l g= -e item ::: a; pmap run -l =g t.lua; pmap -l '' -e item ::: a",
        err: """
            pmap: -l g=: write MODULE, or NAME=MODULE
            pmap: -l =g: write MODULE, or NAME=MODULE
            pmap: -l '': write the name of a module

            """, status: 2),
    Row(
        "a module of LUA_PATH",
        ["t.lua": "return require 'greeting'.greet", "lib/greeting.lua": greeting],
        "LUA_PATH='./lib/?.lua;;' pmap t.lua ::: you", out: "hello you\n"),
    Row(
        "the script's own module, where pmap has one of the same name",
        [
            "t.lua":
                "print(require 'logging'.greet 'me', require 'subprocess' == pmap.null, require 'popen2'.popen2 ~= nil)",
            "logging.lua": greeting, "subprocess.lua": "return pmap.null",
        ],
        "pmap run t.lua", out: "hello me\ttrue\ttrue\n"),
    Row(
        "pmap's own, in a task, which says what process it is in",
        """
        local mp, logging = require "multiprocessing", require "logging"
        logging.basicConfig { format = "%(processName)s %(message)s", stream = io.stdout }
        function task(x)
          local process = mp.current_process()
          logging.error(x)
          return process.pid == mp.getpid(), process.daemon, mp.parent_process().name
        end
        """, "pmap -j 1 t.lua ::: a", out: "Worker-1 a\ntrue\ttrue\tMainProcess\n"),
    Row(
        "lpeg, loaded before the fork",
        "local lpeg = require 'lpeg' local word = lpeg.C(lpeg.R 'az' ^ 1) return function(x) return word:match(x) end",
        "pmap -j 2 t.lua ::: abc1 de2", out: "abc\nde\n"),
    Row(
        "cjson, loaded in the worker",
        "function task(x) return require 'cjson'.decode(x).name end",
        #"pmap -j 2 t.lua ::: '{"name":"Ada"}' '{"name":"Bob"}'"#, out: "Ada\nBob\n"),
    Row(
        "-l requires a module first, into a global of its name", [:],
        "pmap -l lpeg -e 'lpeg.P(item):match(\"abc\")' ::: a ab", out: "2\n3\n"),
    Row(
        "-l finds modules in the work folder, for -e", ["greeting.lua": greeting],
        "pmap -l greeting -e 'greeting.greet(item)' ::: you", out: "hello you\n"),
    Row(
        "-l of a module that is not there", [:],
        "pmap -l nosuch -e item ::: a", err: "pmap: module 'nosuch' not found:‹…›", status: 2),
])
func `require finds what lua finds, and what lies beside the script`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "in the task and at the top level",
        "local top = pmap.args.name return function(x) return top, pmap.args.name, x end",
        "pmap -D name=value t.lua ::: a", out: "value\tvalue\ta\n"),
    Row(
        "more than one, one with = in its value, one that is empty", [:],
        "pmap -D a=1 -D b=x=y -D c= -e 'pmap.args.a, pmap.args.b, pmap.args.c' ::: i", out: "1\tx=y\t\n"),
    Row(
        "after FILE as well", ["f": "i\n"],
        "pmap -e 'pmap.args.a' f -D a=1", out: "1\n"),
    Row(
        "the last of two wins", [:],
        "pmap -D a=1 -D a=2 -e 'pmap.args.a' ::: i", out: "2\n"),
    Row(
        "one that was not said is nil", [:],
        "pmap -e 'pmap.args.a == nil' ::: i", out: "true\n"),
    Row(
        "without a value", [:],
        "pmap -D a -e item ::: i", err: "pmap: -D a: write NAME=VALUE\n", status: 2),
])
func `-D gives a string to the script`(row: Row) throws { try row.check() }

/// A module that says what it is called, and whether it believes to be a script.
private let named = """
    local name = __name__
    if __name__ == "__main__" then print "wrong" end
    return function() return name, __name__ end
    """

@Test(arguments: [
    Row(
        "in a program, and in a module while it is loaded",
        [
            "t.lua": """
            local sub = require "named"
            package.preload.early = function() return __name__ end
            print(sub())
            print(require "early", pcall(require, "broken"))
            if __name__ == "__main__" then print(__name__) end
            """, "named.lua": named, "broken.lua": "error(__name__, 0)",
        ], "pmap run t.lua", out: "named\t__main__\nearly\tfalse\tbroken\n__main__\n"),
    Row(
        "in a script with a task, in a module that it loads late, and under -l",
        ["t.lua": "local name = __name__ function task() return name, (require 'named'()) end", "named.lua": named],
        "pmap t.lua ::: a; pmap -l named -e '__name__, (named())' ::: a", out: "__main__\tnamed\n__main__\tnamed\n"),
])
func `__name__ says who is the script`(row: Row) throws { try row.check() }

private func misunderstood(_ script: String, _ message: String, line: String = "pmap run t.lua") -> Row {
    Row(message, script, line, err: "pmap: t.lua:1: \(message)\n\(traceback)", status: 1)
}

@Test(arguments: [
    misunderstood(
        "local time = require 'time'",
        "there is no module 'time'; write os.time(), os.clock(), pmap.clock() and pmap.sleep(seconds)"),
    misunderstood(
        "require 'asyncio'",
        "there is no module 'asyncio'; write coroutine.wrap for coroutines, or require \"concurrent.futures\" for calls in processes"
    ),
    misunderstood(
        "require 'signal'",
        "there is no module 'signal'; write process:terminate(), process:kill() and process:interrupt()"),
    misunderstood(
        "require 'sys'",
        "there is no module 'sys'; write arg, io.stdin, io.stdout, io.stderr and os.exit(status)"),
    misunderstood("pmap:dumps(1)", "write pmap.dumps(…), with a dot"),
    misunderstood("pmap:array()", "write pmap.array(…), with a dot"),
    misunderstood("pmap:sleep(1)", "write pmap.sleep(…), with a dot"),
    misunderstood(
        "local mp = require 'multiprocessing' local W = setmetatable({}, { __index = mp.Process }) W.__index = W setmetatable({}, W):start()",
        "mp.Process is a function and no class to inherit from; call it, and keep the object in a field of yours"),
    misunderstood(
        "local mp = require 'multiprocessing' local W = setmetatable({}, { __index = mp.Lock }) print(W.acquire)",
        "mp.Lock is a function and no class to inherit from; call it, and keep the object in a field of yours"),
    misunderstood("print(os.getpid())", "attempt to call a nil value (field 'getpid'); write mp.getpid()"),
    misunderstood(
        "time.sleep(1)",
        "attempt to index a nil value (global 'time'); write os.time(), os.clock() and pmap.sleep(seconds)"),
    misunderstood(
        "Process(print)",
        "attempt to call a nil value (global 'Process'); write local Process = require \"multiprocessing\".Process"),
    misunderstood("print({ daemon = True })", "True is written true in Lua"),
    misunderstood("if x == False then end", "False is written false in Lua"),
    misunderstood(
        "local l <close> = require 'multiprocessing'.Lock()",
        "variable 'l' got a non-closable value; write local held <close> = lock:hold()"),
    misunderstood(
        "local d = require 'multiprocessing'.Manager():dict() d:keys()",
        "attempt to call a nil value (method 'keys'); write dict.key, pairs(dict), or mp.update(dict, key, f): a dict has no methods"
    ),
    misunderstood("nothing()", "attempt to call a nil value (global 'nothing')"),
    Row(
        "in a task, too", "function task() return os.getpid() end", "pmap t.lua ::: a",
        err: "pmap: :::1: t.lua:1: attempt to call a nil value (field 'getpid'); write mp.getpid()\n\(traceback)"
            + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "and in a process",
        "local p = require 'multiprocessing'.Process(function() os.getpid() end) p:start() print(select(2, pcall(p.result, p)))",
        "pmap run t.lua 2> /dev/null", out: "t.lua:1: attempt to call a nil value (field 'getpid'); write mp.getpid()\n"
    ),
    Row(
        "a module of one's own comes first", ["t.lua": "print(require 'time')", "time.lua": "return 'mine'"],
        "pmap run t.lua", out: "mine\t./time.lua\n"),
    Row(
        "a name that is set is one's own", "True = 1 print(True, rawget(_G, 'False'))", "pmap run t.lua",
        out: "1\tnil\n"),
])
func `words of Python's are answered with what to write`(row: Row) throws { try row.check() }
