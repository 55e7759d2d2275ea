// Signals, readers that leave, and the host's own death: what is written by then, and nothing left running.

import Foundation
import Glibc
import Running
import Testing

/// Says when it begins, and ends in no time that a test waits for.
private let endless = """
    function task(item)
      io.stderr:write("begun\\n")
      os.execute("sleep 600")
      return item
    end
    """

/// Says when it begins, and ends when there is a file of its item's name.
private let waiting = """
    function task(item)
      io.stderr:write("begun\\n")
      os.execute("await test -e " .. item)
      return item
    end
    """

@Test(arguments: [
    (SIGINT, ""), (SIGTERM, ""), (SIGHUP, ""), (SIGINT, "-u"), (SIGTERM, "-j 1"), (SIGINT, "-j 0"), (SIGTERM, "-j 0"),
    (SIGHUP, "-j 0"),
])
func `the first signal lets running items finish, writes what is done, and ends pmap by that signal`(
    number: Int32, options: String
) throws {
    let folder = try Scratch(["t.lua": waiting])
    let run = try Run("exec pmap -j 2 --chunk 1 \(options) t.lua ::: a b c d", in: folder)
    let workers = options.hasPrefix("-j") ? 1 : 2
    try run.wait(errors: "begun", times: workers)
    run.signal(number)
    try run.wait(errors: "finishing")
    // Without order the one that is done first comes first; in order it waits.
    try folder.write(Data(), to: "b")
    if options == "-u" { try run.wait(output: "b\n") }
    try folder.write(Data(), to: "a")
    let outcome = try run.finish()
    #expect(outcome.output == (workers == 1 ? "a\n" : options == "-u" ? "b\na\n" : "a\nb\n"))
    let name = [SIGINT: "Ctrl-C", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"][number] ?? ""
    let items = workers == 1 ? "1 running item" : "2 running items"
    let done = workers == 1 ? "1 of 4 items was done, 3 were skipped" : "2 of 4 items were done, 2 were skipped"
    #expect(
        outcome.errors.replacing("begun\n", with: "")
            == "pmap: finishing \(items); \(name) again stops now\npmap: \(done)\n")
    #expect(outcome.ending == .signal(number))
}

@Test(arguments: [SIGINT, SIGTERM])
func `the second signal ends the running items too`(number: Int32) throws {
    let run = try Run("exec pmap -j 2 --chunk 1 t.lua ::: a b c", in: Scratch(["t.lua": endless]))
    try run.wait(errors: "begun", times: 2)
    run.signal(number)
    try run.wait(errors: "finishing 2 running items")
    run.signal(number)
    let outcome = try run.finish()
    #expect(outcome.output == "" && outcome.ending == .signal(number))
}

/// Returns its item once there is a file `go`; says when it has begun to wait for that.
private let goingOn = "io.stderr:write 'begun\\n' os.execute 'await test -e go' "

@Test(arguments: [
    ("setup", "finishing setup in 1 worker", "", "0 of 2 items were done, 2 were skipped"),
    ("teardown", "finishing teardown in 1 worker", "a\nb\n", "2 of 2 items were done"),
])
func `Ctrl-C while no item runs says what is waited for`(function: String, words: String, out: String, last: String)
    throws
{
    let script = "function task(x) return x end function \(function)() \(goingOn) end"
    let folder = try Scratch(["t.lua": script])
    let run = try Run("exec pmap -j 1 t.lua ::: a b", in: folder)
    try run.wait(errors: "begun")
    run.signal(SIGINT)
    try run.wait(errors: "stops now")
    try folder.write(Data(), to: "go")
    let outcome = try run.finish()
    #expect(outcome.output == out)
    #expect(outcome.errors == "begun\npmap: \(words); Ctrl-C again stops now\npmap: \(last)\n")
    #expect(outcome.ending == .signal(SIGINT))
}

@Test func `an item that waits for another try when Ctrl-C comes has failed as it did`() throws {
    let script = "function task(x) if x == 'a' then error('no', 0) end \(goingOn) return x end"
    let folder = try Scratch(["t.lua": script])
    let run = try Run("exec pmap -j 1 --chunk 1 --retries 3 --backoff 1000 --errors e t.lua ::: a b", in: folder)
    try run.wait(errors: "begun")
    run.signal(SIGINT)
    try run.wait(errors: "stops now")
    try folder.write(Data(), to: "go")
    let outcome = try run.finish()
    #expect(outcome.output == "b\n" && outcome.ending == .signal(SIGINT))
    #expect(
        steady(outcome.errors)
            == "begun\npmap: finishing 1 running item; Ctrl-C again stops now\npmap: :::1: no\n" + traceback
            + lastLine(1, of: 2, "1 error"))
    #expect(try folder.text(of: "e").contains(#""input":"a","kind":"error","message":"no""#))
}

@Test func `what was finished is written, though an earlier item is killed by a second Ctrl-C`() throws {
    let script = "function task(x) if x ~= 'b' then io.stderr:write 'begun\\n' os.execute 'sleep 600' end return x end"
    let run = try Run("exec pmap -j 2 --chunk 1 t.lua ::: a b c", in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun", times: 2)
    run.signal(SIGINT)
    try run.wait(errors: "stops now")
    run.signal(SIGINT)
    let outcome = try run.finish()
    #expect(outcome.output == "b\n" && outcome.ending == .signal(SIGINT))
    #expect(outcome.errors.hasSuffix("pmap: 1 of 3 items was done, 2 were skipped\n"))
}

@Test func `what nobody has read after a second Ctrl-C is counted`() throws {
    let script = """
        function task() \(goingOn) return ("x"):rep(1000000) end
        function teardown() io.stderr:write "torn\\n" end
        """
    let folder = try Scratch(["t.lua": script])
    let run = try Run("mkfifo p; exec 9<> p; exec pmap -j 1 t.lua ::: a > p", in: folder)
    try run.wait(errors: "begun")
    run.signal(SIGINT)
    try run.wait(errors: "stops now")
    try folder.write(Data(), to: "go")
    try run.wait(errors: "torn")
    run.signal(SIGINT)
    let outcome = try run.finish()
    let expected =
        "‹…›pmap: 1 of 1 items was done\npmap: 934465 bytes of results were not written: nobody has read standard output\n"
    #expect(matches(outcome.errors, expected) && outcome.ending == .signal(SIGINT), "\(outcome.errors)")
}

/// Its second item has the host interrupted, and ends when the host has said so.
private let interrupting = """
    local done = 0
    function task(item)
      done = done + 1
      if done == 2 then os.execute "kill -INT $(ps -o ppid= $PPID); await grep -q finishing err" end
      return item
    end
    """

@Test(arguments: [
    ("a file", "pmap -j 1 --chunk 1 t.lua f", "2 of 5 items were done, 3 were skipped"),
    (
        "a stream, whose rest cannot be counted",
        "{ cat f; await grep -q finishing err; } | pmap -j 1 --chunk 1 t.lua",
        "2 of 3 items were done, 1 was skipped; the rest of the input was not read"
    ),
    (
        "with a journal", "pmap --journal j -j 1 --chunk 1 t.lua f",
        "2 of 5 items were done, 3 were skipped\npmap: 2 items are in j; the same command goes on from there"
    ),
    (
        "where items have failed", "pmap -j 1 --chunk 1 -l t -e 'task(item) error(\"no\", 0)' f",
        "2 of 5 items failed (2 error), 3 were skipped"
    ),
])
func `a run that a signal ends says how much was done`(claim: String, line: String, last: String) throws {
    let files = ["t.lua": interrupting, "f": "a\nb\nc\nd\ne\n"]
    let outcome = try Run(": > err; \(line) 2> err; s=$?; cat err >&2; exit $s", in: Scratch(files)).finish()
    #expect(outcome.errors.hasSuffix("pmap: \(last)\n"))
    #expect(outcome.ending == .exit(130))
}

@Test func `what was finished before Ctrl-C is written, though an earlier item is not`() throws {
    let folder = try Scratch(["t.lua": waiting, "a": "", "b": "", "d": ""])
    let run = try Run("exec pmap -j 2 --chunk 1 t.lua ::: a b c d e f", in: folder)
    try run.wait(errors: "begun", times: 5)  // of d's worker another time
    run.signal(SIGINT)
    try run.wait(errors: "finishing")
    for name in ["c", "e"] { try folder.write(Data(), to: name) }
    #expect(try run.finish().output == "a\nb\nc\nd\ne\n")
}

@Test func `Ctrl-C from a terminal reaches pmap alone, not the tasks`() throws {
    // The shell's process group gets it, as from a terminal.
    let folder = try Scratch(["t.lua": waiting])
    let run = try Run("pmap -j 1 --chunk 1 t.lua ::: a b; echo not reached", in: folder)
    try run.wait(errors: "begun")
    run.signalGroup(SIGINT)
    try run.wait(errors: "finishing")
    try folder.write(Data(), to: "a")
    let outcome = try run.finish()
    #expect(outcome.output == "a\n" && outcome.ending == .signal(SIGINT))
}

@Test(arguments: [("HUP", SIGHUP), ("INT", SIGINT), ("TERM", SIGTERM), ("QUIT", SIGQUIT)])
func `a signal that was ignored at the start stays ignored`(name: String, number: Int32) throws {
    let folder = try Scratch(["t.lua": waiting])
    let run = try Run("trap '' \(name); exec pmap -j 1 t.lua ::: a", in: folder)
    try run.wait(errors: "begun")
    run.signal(number)
    try folder.write(Data(), to: "a")
    let outcome = try run.finish()
    #expect(outcome.output == "a\n" && outcome.ending == .exit(0))
}

@Test(arguments: ["-j 2", "-j 0"])
func `while nothing runs a signal ends pmap at once`(jobs: String) throws {
    let run = try Run("exec pmap \(jobs) -e item", in: Scratch(), input: nil)
    run.write("a\n")
    try run.wait(output: "a\n")
    run.signal(SIGINT)
    #expect(try run.finish(closingInput: false).ending == .signal(SIGINT))
}

@Test(arguments: ["-j 2", "-j 0"], [SIGINT, SIGTERM])
func `a signal ends the wait for the first writer of a named pipe`(jobs: String, number: Int32) throws {
    let line = "set -m; mkfifo p; pmap \(jobs) -e item p & await asleep $!; kill -\(number) $!; wait $!"
    #expect(try Run(line, in: Scratch()).finish().ending == .exit(128 + number))
}

@Test(arguments: ["while true do end", "os.execute 'sleep 600'", ""])
func `when the host is killed its workers are gone within a second`(code: String) throws {
    let script =
        "function setup() io.stderr:write 'ready\\n' end function task() io.stderr:write 'begun\\n' \(code) end"
    let run = try Run("exec pmap -j 2 --chunk 1 t.lua", in: Scratch(["t.lua": script]), input: nil)
    run.write("a\nb\n")
    try run.wait(errors: "ready", times: 2)
    try run.wait(errors: "begun", times: 2)
    run.signal(SIGKILL)
    #expect(try run.finish(closingInput: false).ending == .signal(SIGKILL))
}

/// What C code can do to the worker in which it is called.
private let hardening = """
    #define _GNU_SOURCE
    #include <signal.h>
    #include <unistd.h>
    int block(void *state) { sigset_t all; sigfillset(&all); return sigprocmask(SIG_BLOCK, &all, 0); }
    int ignore(void *state) { for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN); return 0; }
    int drop(void *state) { return setresgid(65534, 65534, 65534) | setresuid(65534, 65534, 65534); }
    int move(void *state) { return setpgid(0, getpgid(getppid())); }
    """

@Test(arguments: ["block", "ignore", "drop", "move"])
func `workers that block or ignore signals, give up rights or leave their group end with the host, alone`(
    deed: String
) throws {
    let script = """
        function setup() package.loadlib("./c.so", "\(deed)")() end
        function task() io.stderr:write "begun\\n" pmap.sleep(600) end
        """
    let line = """
        clang -shared -fPIC -o c.so c.c && { pmap -j 2 t.lua ::: a b & host=$!; read kill; kill -9 $host; wait $host; }
        echo this shell goes on
        """
    let run = try Run(line, in: Scratch(["t.lua": script, "c.c": hardening]), input: nil)
    try run.wait(errors: "begun", times: 2)
    run.write("kill\n")
    let outcome = try run.finish()
    #expect(outcome.output == "this shell goes on\n" && outcome.ending == .exit(0))
}

@Test func `workers whose signals a task blocks end with their item when the host is killed`() throws {
    let script = """
        function task(item)
          if item == "first" then package.loadlib("./c.so", "block")() end
          io.stderr:write "begun\\n"
          while not io.open "go" do pmap.sleep(0.01) end
          return item
        end
        """
    let run = try Run(
        "clang -shared -fPIC -o c.so c.c && exec pmap -j 1 --chunk 2 t.lua ::: first second third",
        in: Scratch(["t.lua": script, "c.c": hardening]))
    try run.wait(errors: "begun")
    run.signal(SIGKILL)
    try run.folder.write(Data(), to: "go")
    #expect(try run.finish().ending == .signal(SIGKILL))
}

@Test func `results come while the input is still being written`() throws {
    let run = try Run("exec pmap -e item", in: Scratch(), input: nil)
    for line in ["one\n", "two\n"] {
        run.write(line)
        try run.wait(output: line)
    }
    #expect(try run.finish().ending == .exit(0))
}

@Test(arguments: [
    Row(
        "a reader that leaves", [:], "seq 1000000 | (pmap -e item; echo $? >&2) | head -1", out: "1\n", err: "141\n",
        status: 141),
    Row(
        "a reader that leaves a file", [:], "seq 1000000 > f; (pmap -e item f; echo $? >&2) | head -1", out: "1\n",
        err: "141\n"),
    Row(
        "a reader that left before anything is written", [:],
        "(pmap -e 'os.execute(\"sleep 600\")' ::: a b; echo $? >&2) | true", err: "141\n"),
])
func `a reader that leaves ends the run quietly`(row: Row) throws { try row.check() }

@Test func `a reader that leaves is noticed while input is awaited`() throws {
    let run = try Run("(pmap -e item; echo $? >&2) | true", in: Scratch(), input: nil)
    try run.wait(errors: "141\n")
    #expect(try run.finish(closingInput: false).errors == "141\n")
}

@Test func `after SIGTERM running items have five seconds`() throws {
    let run = try Run("exec pmap -j 1 --chunk 1 t.lua ::: a b", in: Scratch(["t.lua": endless]))
    try run.wait(errors: "begun")
    let start = ContinuousClock.now
    run.signal(SIGTERM)
    let outcome = try run.finish()
    #expect(outcome.output == "" && outcome.ending == .signal(SIGTERM))
    #expect(ContinuousClock.now - start >= .seconds(4.5))
}

@Test(arguments: [SIGQUIT, SIGKILL, SIGSEGV, SIGABRT])
func `a signal that ends the host at once leaves nothing running`(number: Int32) throws {
    // What tasks start is gone too, also what does not want to be, and what is deeper.
    let script = """
        function task(item)
          io.stderr:write "begun\\n"
          os.execute "trap '' INT TERM HUP; (sleep 600; true) & sleep 600; true"
        end
        """
    let run = try Run("ulimit -c 0; exec pmap -j 2 --chunk 1 t.lua ::: a b", in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun", times: 2)
    run.signal(number)
    if number == SIGQUIT {  // the first one asks
        try run.wait(errors: "done so far")
        run.signal(number)
    }
    #expect(try run.finish().ending == .signal(number))
}

@Test func `an iterator's process is gone with the host`() throws {
    let script = """
        function inputs() io.stderr:write "begun\\n" os.execute "sleep 600" end
        function task(item) return item end
        """
    for number in [SIGKILL, SIGINT] {
        let run = try Run("exec pmap -j 2 t.lua", in: Scratch(["t.lua": script]))
        try run.wait(errors: "begun")
        run.signal(number)
        #expect(try run.finish().ending == .signal(number))
    }
}

@Test(
    arguments: [
        "while true do end", "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()",
        "pmap.sleep(60)", "os.execute 'sleep 60'", "io.popen 'sleep 60':read()",
        "require 'multiprocessing'.Queue():get()",
    ], ["-j 0", "-j 1"])
func `the second signal ends what an item does, without a worker as with one`(code: String, jobs: String) throws {
    let script = """
        function task(item)
          if item == "b" then io.stderr:write "begun\\n" \(code) end
          return item
        end
        function teardown() print "not reached" end
        """
    let run = try Run("exec pmap \(jobs) --chunk 4 t.lua ::: a b c d", in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun\n")
    run.signal(SIGINT)
    try run.wait(errors: "stops now\n")
    run.signal(SIGINT)
    let outcome = try run.finish()
    let errors = """
        begun
        pmap: finishing 1 running item; Ctrl-C again stops now
        pmap: 1 of 4 items was done, 3 were skipped

        """
    #expect(outcome == Outcome(output: "a\n", errors: errors, ending: .signal(SIGINT)))
}

@Test func `a wait in C code ends with the run half a second after the second signal`() throws {
    let script = "function task() io.stderr:write 'begun\\n' return ('a'):rep(5000):find '.-.-.-.-b$' end"
    let run = try Run("exec pmap -j 0 t.lua ::: a", in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun\n")
    run.signal(SIGINT)
    try run.wait(errors: "stops now\n")
    run.signal(SIGINT)
    #expect(try run.finish().ending == .signal(SIGINT))
}

@Test(arguments: ["-j 0", "-j 1"], [SIGINT, SIGTERM])
func `teardown is finished behind the first signal`(jobs: String, number: Int32) throws {
    let script = """
        function task(item) return item end
        function teardown()
          io.stderr:write "begun\\n"
          while not io.open "go" do end
          print "finished"
        end
        """
    let run = try Run("exec pmap \(jobs) t.lua ::: a", in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun\n")
    run.signal(number)
    try run.folder.write(Data(), to: "go")
    let outcome = try run.finish()
    #expect(outcome.output == "a\n" && outcome.ending == .signal(number))
    #expect(outcome.errors.hasSuffix("finished\npmap: 1 of 1 items was done\n"))
}

@Test(arguments: ["-j 0", "-j 1"])
func `no item is begun when a signal has come in setup`(jobs: String) throws {
    let script = """
        function setup() io.stderr:write "begun\\n" while not io.open "go" do end end
        function task(item) return item end
        function teardown() print "torn down" end
        """
    let run = try Run("exec pmap \(jobs) t.lua ::: a b", in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun\n")
    run.signal(SIGTERM)
    try run.wait(errors: "stops now\n")
    try run.folder.write(Data(), to: "go")
    let outcome = try run.finish()
    #expect(outcome.output == "" && outcome.ending == .signal(SIGTERM))
    #expect(outcome.errors.hasSuffix("torn down\npmap: 0 of 2 items were done, 2 were skipped\n"))
}

@Test func `signals that mean nothing, and stops, change nothing`() throws {
    let line = """
        trap '' USR1
        pmap -j 2 --max-tasks 500 -e 'item, #item' < <(seq 60000; sleep 0.3; seq 40000) > out & host=$!
        while kill -0 $host 2>/dev/null; do
          kill -WINCH $host; kill -URG $host; kill -USR1 $host; kill -CHLD $host; kill -STOP $host; kill -CONT $host
          for worker in $(cat /proc/$host/task/*/children); do kill -STOP $worker; kill -CONT $worker; kill -USR1 $worker; done
          sleep 0.001
        done 2>/dev/null
        wait $host; echo $?; { seq 60000; seq 40000; } | awk '{ print $0 "\\t" length }' | cmp - out
        """
    #expect(try Run(line, in: Scratch()).finish() == Outcome(output: "0\n", errors: "", ending: .exit(0)))
}

@Test func `a reader that leaves while an item runs is noticed at once`() throws {
    let run = try Run("exec pmap -j 2 --chunk 1 t.lua ::: a b c", in: Scratch(["t.lua": waiting, "a": ""]))
    try run.wait(errors: "begun", times: 3)
    try run.wait(output: "a\n")
    run.closeOutput()
    let outcome = try run.finish()
    #expect(outcome.ending == .signal(SIGPIPE) && outcome.errors.replacing("begun\n", with: "") == "")
}

/// Standard error is a pipe that is full from the start.
private let full = "mkfifo e; exec 3<> e; head -c 65536 /dev/zero >&3; "

@Test(arguments: [
    Row(
        "signals", "function task(item) if item == 'b' then os.execute 'touch done' end error('no') end",
        full
            + "for signal in TERM INT HUP; do rm -f done; env --default-signal=INT pmap -j 1 t.lua ::: a b 2>&3 3>&- & await test -e done; kill -$signal $!; wait $!; echo $?; done",
        out: "143\n130\n129\n", err: "‹…›"),
    Row(
        "time limits", [:],
        full
            + "pmap -j 2 --timeout 0.1 -e 'while item == \"a\" do end error(\"no\", 0)' ::: a b 2>&3 3>&- & head -c 65536 <&3 > /dev/null; sed '/items failed/q' <&3 | grep -v '^.*traceback\\|^\t'; wait $!; echo $?",
        out:
            "pmap: :::1: timed out after 0.1 s at -e:1\npmap: :::2: no\npmap: 2 of 2 items failed (1 error, 1 timeout)\n1\n"
    ),
    Row(
        "--errors", [:],
        "mkfifo e; exec 3<> e; seq 500 > f; pmap -j 2 --errors e -e 'error((\"x\"):rep(9000), 0)' f 2> err 3>&- & sed '/\"index\":500/q' e | wc -l; wait $!; tail -1 err",
        out: "500\npmap: 500 of 500 items failed (500 error)\n"),
])
func `a reader of standard error that does not read makes nobody deaf`(row: Row) throws { try row.check() }

@Test func `all that is said arrives where somebody has made standard error non-blocking`() throws {
    try Row(
        "a pipe", [:],
        "mkfifo e; exec 3<> e; python3 -c 'import os; os.set_blocking(3, False)'; seq 100 > f; pmap -j 2 -e 'error((\"x\"):rep(3000), 0)' f 2>&3 3>&- & sed '/items failed/q' e | grep -c '^pmap: f:'; wait $!; echo $?",
        out: "100\n1\n"
    ).check()
}

@Test(arguments: ["/dev/zero", "- < /dev/zero", "/dev/zero --max-record 1M"])
func `a record without an end keeps no signal waiting`(input: String) throws {
    let script = "io.stderr:write 'begun\\n' function task(item) return #item end"
    let run = try Run("exec pmap t.lua \(input)", in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun")
    run.signal(SIGTERM)
    #expect(try run.finish().ending == .signal(SIGTERM))
}
