// Signals, readers that leave, and the host's own death: what is written by then, and nothing left running.

import Glibc
import Running
import Testing

/// Says when it begins, and takes as long as its item says.
private let slow = """
    function task(item)
      io.stderr:write("begun\\n")
      os.execute("sleep " .. item)
      return item
    end
    """

@Test(arguments: [(SIGINT, ""), (SIGTERM, ""), (SIGHUP, ""), (SIGINT, "-u"), (SIGTERM, "-j 1")])
func `the first signal lets running items finish, writes what is done, and ends pmap by that signal`(
    number: Int32, options: String
) throws {
    let run = try Run("exec pmap -j 2 --chunk 1 \(options) t.lua ::: 0.3 0.4 60 60", in: Scratch(["t.lua": slow]))
    let workers = options == "-j 1" ? 1 : 2
    try run.wait(errors: "begun", times: workers)
    run.signal(number)
    let outcome = try run.finish()
    #expect(outcome.output == (workers == 1 ? "0.3\n" : "0.3\n0.4\n"))
    let name = [SIGINT: "Ctrl-C", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"][number] ?? ""
    let items = workers == 1 ? "1 running item" : "2 running items"
    #expect(
        outcome.errors.replacing("begun\n", with: "") == "pmap: finishing \(items); \(name) again stops now\n")
    #expect(outcome.ending == .signal(number))
}

@Test(arguments: [SIGINT, SIGTERM])
func `the second signal ends the running items too`(number: Int32) throws {
    let run = try Run("exec pmap -j 2 --chunk 1 t.lua ::: 60 60 60", in: Scratch(["t.lua": slow]))
    try run.wait(errors: "begun", times: 2)
    run.signal(number)
    try run.wait(errors: "finishing 2 running items")
    run.signal(number)
    let outcome = try run.finish()
    #expect(outcome.output == "" && outcome.ending == .signal(number))
}

@Test func `what was finished before Ctrl-C is written, though an earlier item is not`() throws {
    let run = try Run("exec pmap -j 2 --chunk 1 t.lua ::: 0 0 0.4 0 0.4 60 60", in: Scratch(["t.lua": slow]))
    try run.wait(errors: "begun", times: 4)
    run.signal(SIGINT)
    #expect(try run.finish().output.hasPrefix("0\n0\n0.4\n0\n"))
}

@Test func `Ctrl-C from a terminal reaches pmap alone, not the tasks`() throws {
    // The shell's process group gets it, as from a terminal.
    let run = try Run("pmap -j 1 --chunk 1 t.lua ::: 0.3 60; echo not reached", in: Scratch(["t.lua": slow]))
    try run.wait(errors: "begun")
    run.signalGroup(SIGINT)
    let outcome = try run.finish()
    #expect(outcome.output == "0.3\n" && outcome.ending == .signal(SIGINT))
}

@Test func `a SIGHUP that was ignored at the start stays ignored`() throws {
    let run = try Run("trap '' HUP; exec pmap -j 1 t.lua ::: 0.3", in: Scratch(["t.lua": slow]))
    try run.wait(errors: "begun")
    run.signal(SIGHUP)
    let outcome = try run.finish()
    #expect(outcome.output == "0.3\n" && outcome.ending == .exit(0))
}

@Test func `while nothing runs a signal ends pmap at once`() throws {
    let run = try Run("exec pmap -e item", in: Scratch(), input: nil)
    run.write("a\n")
    try run.wait(output: "a\n")
    run.signal(SIGINT)
    #expect(try run.finish(closingInput: false).ending == .signal(SIGINT))
}

@Test(arguments: ["-e 'while true do end' ::: a b", "-e 'os.execute(\"sleep 600\")' ::: a b", "-e item"])
func `when the host is killed its workers are gone within a second`(arguments: String) throws {
    let run = try Run(
        "exec pmap -j 2 -l ready \(arguments)", in: Scratch(["ready.lua": "io.stderr:write 'ready\\n'"]), input: nil)
    try run.wait(errors: "ready")
    usleep(100_000)
    run.signal(SIGKILL)
    #expect(try run.finish(closingInput: false).ending == .signal(SIGKILL))
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
        "(pmap -e 'os.execute(\"sleep 60\")' ::: a b; echo $? >&2) | true", err: "141\n"),
])
func `a reader that leaves ends the run quietly`(row: Row) throws {
    let start = ContinuousClock.now
    try row.check()
    #expect(ContinuousClock.now - start < .seconds(10))
}

@Test func `a reader that leaves is noticed while input is awaited`() throws {
    let run = try Run("(pmap -e item; echo $? >&2) | true", in: Scratch(), input: nil)
    try run.wait(errors: "141\n")
    #expect(try run.finish(closingInput: false).errors == "141\n")
}
