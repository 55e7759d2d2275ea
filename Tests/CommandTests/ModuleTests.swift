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
        """, "pmap -j 1 t.lua ::: a", out: "PoolWorker-1 a\ntrue\ttrue\tMainProcess\n"),
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
