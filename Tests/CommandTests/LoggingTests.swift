// logging: what a line looks like, which are written, and that each is whole, whoever writes and whoever dies.

import Running
import Testing

private func log(
    _ claim: String, _ script: String, out output: String = "", err errors: String = "", status: Int32 = 0
) -> Row {
    Row(
        claim, "local logging = require 'logging' \(script)", "pmap run t.lua", out: output, err: errors, status: status
    )
}

@Test(arguments: [
    log(
        "the default is WARNING and above",
        "logging.debug 'd' logging.info 'i' logging.warning 'w' logging.error 'e' logging.critical 'c'",
        err: "WARNING:root:w\nERROR:root:e\nCRITICAL:root:c\n"),
    log(
        "arguments are string.format's", "logging.warning('%d of %s is %5.1f%%', 3, 'x', 12.34)",
        err: "WARNING:root:3 of x is  12.3%\n"),
    log("without arguments nothing is formatted", "logging.warning '100% sure'", err: "WARNING:root:100% sure\n"),
    log(
        "percent signs of a message and of its arguments stay",
        "logging.warning 'a%%20b' logging.warning('%s', '50%% off')",
        err: "WARNING:root:a%%20b\nWARNING:root:50%% off\n"),
    log(
        "arguments that do not fit stand behind the message, and where is said once",
        "for i = 1, 2 do logging.warning('%d', 'x') end\nlogging.warning('lost', 42, nil)\nlogging.warning('%s %s', 1) logging.warning 'on'",
        err: """
            pmap: t.lua:1: the log message "%d" does not fit its arguments: argument 1 (number expected, got string)
            WARNING:root:%d [x]
            WARNING:root:%d [x]
            pmap: t.lua:2: the log message "lost" does not fit its arguments: it has 0 places for 2
            WARNING:root:lost [42, nil]
            pmap: t.lua:3: the log message "%s %s" does not fit its arguments: argument 2 (no value)
            WARNING:root:%s %s [1]
            WARNING:root:on

            """),
    log(
        "what has no text does not end the program",
        "local odd = setmetatable({}, {__tostring = function() error 'no' end}) logging.warning(odd) logging.warning('x', odd)",
        err: "WARNING:root:(a table that has no text)\npmap: ‹…›\nWARNING:root:x [(a table that has no text)]\n"),
    log(
        "a level, by name or number",
        "logging.basicConfig{level = 'debug'} logging.debug 'd' logging.basicConfig{level = logging.ERROR} logging.warning 'w'",
        err: "DEBUG:root:d\n"),
    log("a level of one's own", "logging.log(35, 'x %d', 1)", err: "Level 35:root:x 1\n"),
    log(
        "levels are inherited by name",
        "logging.getLogger 'a':setLevel 'INFO' local c = logging.getLogger 'a.b.c' c:info 'one' logging.getLogger 'ab':info 'two'"
            + " logging.getLogger 'a.b':setLevel 'ERROR' c:info 'three' print(c:isEnabledFor(logging.ERROR), c:isEnabledFor 'WARNING', c == logging.getLogger 'a.b.c')",
        out: "true\tfalse\ttrue\n", err: "INFO:a.b.c:one\n"),
    log(
        "every field",
        "logging.basicConfig{format = '%(levelname)-8s|%(name)s|%(filename)s:%(lineno)03d|%(processName)s|%(message)s%%'}\nlogging.error 'x'",
        err: "ERROR   |root|t.lua:002|MainProcess|x%\n"),
    log(
        "time and process", "logging.basicConfig{format = '%(asctime)s %(process)d %(message)s'} logging.error 'x'",
        err: "20‹…›-‹…›-‹…› ‹…›:‹…›:‹…›,‹…› ‹…› x\n"),
    log(
        "a form of time",
        "logging.basicConfig{format = '%(asctime)s %(message)s', datefmt = 'year %Y'} logging.error 'x'",
        err: "year 20‹…› x\n"),
    log(
        "to standard output", "print 'a' logging.basicConfig{stream = io.stdout} logging.error 'b' print 'c'",
        out: "a\nERROR:root:b\nc\n"),
    log(
        "to a file, which is appended to",
        "for i = 1, 2 do logging.basicConfig{filename = 'f'} logging.error(i) end io.write(io.open('f'):read 'a')",
        out: "ERROR:root:1\nERROR:root:2\n"),
    log(
        "to a file that is begun anew",
        "for i = 1, 2 do logging.basicConfig{filename = 'f', filemode = 'w'} logging.error(i) end io.write(io.open('f'):read 'a')",
        out: "ERROR:root:2\n"),
    log(
        "a handler",
        "logging.getLogger 'a':addHandler(function(r) print(r.levelname, r.name, r.message) end) logging.getLogger 'a.b':error 'x' logging.error 'y'",
        out: "ERROR\ta.b\tx\n", err: "ERROR:a.b:x\nERROR:root:y\n"),
    log(
        "a handler that fails, after its line",
        "logging.getLogger():addHandler(function() error('no handler', 0) end) print(pcall(logging.error, 'x'))",
        out: "false\tno handler\n", err: "ERROR:root:x\n"),
    log(
        "other names of warning and critical", "logging.warn('%d', 1) logging.getLogger 'a':fatal 'x'",
        err: "WARNING:root:1\nCRITICAL:a:x\n"),
    log(
        "disabled up to a level, and no more",
        "logging.disable 'ERROR' logging.error '1' logging.exception '2' logging.critical '3' print(logging.getLogger():isEnabledFor 'ERROR')"
            + " logging.disable() logging.critical '4' logging.disable(logging.NOTSET) logging.error '5'",
        out: "false\n", err: "CRITICAL:root:3\nERROR:root:5\n"),
    log(
        "a logger travels as its name", "local l = logging.getLogger 'a.b' pmap.loads(pmap.dumps(l)):error 'x'",
        err: "ERROR:a.b:x\n"),
])
func `what is logged`(row: Row) throws { try row.check() }

@Test(arguments: [
    log(
        "what was raised by error", "local ok, e = pcall(error, 'no', 0) logging.exception('job %d', 3, e)",
        err: "ERROR:root:job 3\nno\n\(traceback)"),
    log(
        "what was raised in another process",
        "local p = require 'multiprocessing'.Process(function() error 'deep' end) p:start() local ok, e = pcall(p.result, p) logging.exception('job', e)",
        err: "Process-1: t.lua:1: deep\n\(traceback)ERROR:root:job\nt.lua:1: deep\n\(traceback)"),
    log(
        "where it was raised, not where it is logged",
        "local function risky() error 'boom' end\nlocal ok, e = pcall(function() risky() return 1 end)\npcall(error)\nok, e = pcall(risky)\npcall(print)\n"
            + "local lines = {} logging.getLogger():addHandler(function(r) lines = r.message end)\n"
            + "logging.exception('job', e) print(lines:match '\\n\tt.lua:1:', lines:match '\\n\tt.lua:4:', lines:match '\\n\tt.lua:7:')",
        out: "\n\n\tt.lua:1:\t\n\tt.lua:4:\tnil\n", err: "ERROR:root:job\nt.lua:1: boom\n\(traceback)"),
    log(
        "what was caught just now, when the message says nothing of it",
        "local ok, e = pcall(error, 'no', 0) logging.exception 'job' logging.exception('job: %s', e)",
        err: "ERROR:root:job\nno\n\(traceback)ERROR:root:job: no\n\(traceback)"),
    log(
        "no traceback of what was caught nowhere, or long ago",
        "pcall(error, 'no', 0) pcall(print) logging.exception 'job' logging.exception('job', 'made up')",
        out: "\n", err: "ERROR:root:job\nERROR:root:job\nmade up\n"),
    log(
        "what debug.traceback made",
        "local ok, e = xpcall(error, debug.traceback, 'no', 0) logging.exception('job', e)",
        err: "ERROR:root:job\nno\n\(traceback)"),
    log(
        "the error alone",
        "local e = require 'multiprocessing.errors' local ok, e = xpcall(function() error('no', 0) end, e.capture) logging.exception(e)",
        err: "ERROR:root:no\n\(traceback)"),
])
func `exception adds a traceback`(row: Row) throws { try row.check() }

@Test(arguments: [
    log(
        "a dot", "logging.getLogger().info 'x'", err: "pmap: t.lua:1: write logger:info(…), with a colon\n\(traceback)",
        status: 1),
    log(
        "no level", "logging.basicConfig{level = 'LOUD'}",
        err: "pmap: t.lua:1: \"LOUD\" is not a level; write \"INFO\", or logging.INFO\n\(traceback)", status: 1),
    log(
        "no field", "logging.basicConfig{format = '%(thread)s'}",
        err: "pmap: t.lua:1: %(thread) is no field of a message\n\(traceback)", status: 1),
    log(
        "a field without a letter", "logging.basicConfig{format = '%(message)'}",
        err:
            "pmap: t.lua:1: write %(message)s in the format: a letter as in string.format follows a field\n\(traceback)",
        status: 1),
    log(
        "a percent sign alone", "logging.basicConfig{format = '100% %(message)s'}",
        err:
            "pmap: t.lua:1: \"% \" in the format is no field; write %(message)s for a field, and %% for a percent sign\n\(traceback)",
        status: 1),
    log(
        "no field at all", "logging.basicConfig{format = '{message}'}",
        err: "pmap: t.lua:1: the format has no field; write %(message)s for the message\n\(traceback)", status: 1),
    log(
        "a number of what is text", "logging.basicConfig{format = '%(message)d'}",
        err: "pmap: t.lua:1: %(message)d in the format: ‹…›number expected, got string)\n\(traceback)", status: 1),
    log(
        "a form of time that is none", "logging.basicConfig{datefmt = '%H:%M:%S.%f'}",
        err:
            "pmap: t.lua:1: datefmt is a format of os.date, which \"%H:%M:%S.%f\" is not; write %(msecs)03d in the format for milliseconds\n\(traceback)",
        status: 1),
    log(
        "a form of time that gives a table", "logging.basicConfig{datefmt = '*t'}",
        err: "pmap: t.lua:1: datefmt is a format of os.date, which \"*t\" is not\n\(traceback)", status: 1),
    log(
        "no option", "logging.basicConfig{file = 'f'}",
        err:
            "pmap: t.lua:1: basicConfig has no option file; there are level, format, datefmt, filename, filemode, stream, force\n\(traceback)",
        status: 1),
    log(
        "options that are no table", "logging.basicConfig('INFO')",
        err: "pmap: t.lua:1: the options of basicConfig are a table, { level = … }, not a string\n\(traceback)",
        status: 1),
    log(
        "a handler that is none", "logging.getLogger():addHandler(5)",
        err: "pmap: t.lua:1: a handler is a function, not a number\n\(traceback)", status: 1),
    log(
        "no folder", "logging.basicConfig{filename = 'no/f'}",
        err: "pmap: t.lua:1: cannot write to the log no/f: No such file or directory\n\(traceback)", status: 1),
    log(
        "no room", "logging.basicConfig{filename = '/dev/full'} logging.error 'x'",
        err: "pmap: t.lua:1: cannot write to the log /dev/full: No space left on device\n\(traceback)", status: 1),
])
func `what is wrong is said where it is`(row: Row) throws { try row.check() }

/// 20 processes write 1,000 lines each, every tenth of them of 10,000 bytes; `sink` is where standard error goes.
@Test(arguments: ["2>&1 >/dev/null | cat > out", "2> out", "2>> out"])
func `lines of many processes are whole`(sink: String) throws {
    let script = """
        local logging, mp = require "logging", require "multiprocessing"
        local log = logging.getLogger "log"
        local function write(process)
          for line = 1, 1000 do
            local letter = string.char(97 + process)
            log:error("%d %d %s", process, line, letter:rep(line % 10 == 0 and 10000 or line % 50))
          end
        end
        local all = {}
        for process = 1, 20 do all[process] = mp.Process(write, process) all[process]:start() end
        for _, each in ipairs(all) do each:join() end
        """
    let check = """
        local seen = {}
        for line in io.lines "out" do
          local process, number, letters = line:match "^ERROR:log:(%d+) (%d+) (%a*)$"
          process, number = tonumber(process), tonumber(number)
          local expected = string.char(97 + process):rep(number % 10 == 0 and 10000 or number % 50)
          assert(letters == expected, line:sub(1, 100))
          assert(number == (seen[process] or 0) + 1, "in order")
          seen[process] = number
        end
        for process = 1, 20 do assert(seen[process] == 1000, process) end
        print "whole"
        """
    try Row(
        "20 × 1,000", ["t.lua": script, "check.lua": check], "pmap run t.lua \(sink); pmap run check.lua",
        out: "whole\n"
    ).check()
}

@Test(arguments: [
    Row(
        "a process that is killed right after the call",
        "local logging, mp = require 'logging', require 'multiprocessing' logging.basicConfig{filename = 'f'}"
            + " for i = 1, 20 do local p = mp.Process(function() logging.error(i) os.execute 'kill -9 $PPID' end) p:start() p:join() end"
            + " print(#io.open('f'):read 'a')", "pmap run t.lua", out: "\(20 * "ERROR:root:1\n".utf8.count + 11)\n"),
    Row(
        "a worker that is killed",
        "local logging = require 'logging' function task(x) logging.error('%s', x) os.execute 'kill -9 $PPID' end",
        "pmap -j 1 t.lua ::: a b 2>&1 | grep -c ^ERROR:root:[ab]$", out: "2\n", status: 1),
    Row(
        "a task's lines go to standard error at once, as they are",
        "local logging = require 'logging' function task(x) print 'printed' logging.error('%s', x) return x end",
        "pmap -j 1 t.lua ::: a", out: "printed\na\n", err: "ERROR:root:a\n"),
    Row(
        "in a task, standard output is the task's",
        "local logging = require 'logging' logging.basicConfig{stream = io.stdout} function task(x) print 'printed' logging.error('%s', x) return x end",
        "pmap -j 1 t.lua ::: a", out: "printed\nERROR:root:a\na\n"),
])
func `no line is lost`(row: Row) throws { try row.check() }
