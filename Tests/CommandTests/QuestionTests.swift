// SIGUSR1 and Ctrl-\ ask who waits where, and end nothing.

import Glibc
import Running
import Testing

/// Asks until `answer` has come, then lets the script go on that waits for a file `stop`; what it has written, the answers
/// before that one aside; `first` is what each of them begins with.
private func ask(
    _ line: String, _ script: String, by number: Int32, answer: String, first: String? = nil, mayRepeat: Bool = false
) throws {
    let folder = try Scratch(["t.lua": script])
    let run = try Run("exec " + line, in: folder)
    try run.wait(errors: "begun")
    let isAnswered = { steady(String(decoding: run.errors, as: UTF8.self)).contains(answer) }
    var questions = 0
    repeat {
        run.signal(number)
        questions += 1
        try run.wait(errors: first ?? "pmap: ", times: questions)
        try run.wait(errors: first ?? answer.split(separator: "\n").last.map { String($0.prefix(12)) } ?? "")
    } while mayRepeat && !isAnswered() && questions < 100_000
    _ = try Run("touch stop", in: folder).finish()
    let outcome = try run.finish()
    #expect(outcome.ending == .exit(0) && outcome.output.hasPrefix("done\n"))
    #expect(steady(outcome.errors).contains(answer), "\(outcome.errors)")
}

@Test(arguments: [SIGUSR1, SIGQUIT], ["pmap run", "pmap -j 0 --from lines", "pmap -j 2"])
func `a signal asks who waits where, and everything goes on`(number: Int32, verb: String) throws {
    let loop = "io.stderr:write 'begun\\n' repeat until io.open 'stop'"
    if verb == "pmap run" {
        try ask(
            "pmap run t.lua", loop + " print 'done'", by: number,
            answer: "pmap: who waits where\npmap:   MainProcess (pid N) runs at t.lua:1\n")
    } else {
        let answer =
            verb == "pmap -j 2"
            ? "pmap: 0 items done so far\npmap:   worker 1 (pid N) runs :::1\n"
            : "pmap: who waits where\npmap:   MainProcess (pid N) runs at t.lua:2\n"
        try ask("\(verb) t.lua ::: done", "function task(item)\n\(loop)\nreturn item end", by: number, answer: answer)
    }
}

@Test(arguments: [false, true])
func `a question is answered with since when an item runs, and what waits`(isTimed: Bool) throws {
    let script = """
        function task(item)
          if item == "1" then
            io.stderr:write "begun\\n"
            repeat until io.open "stop"
            return "done"
          end
          if item == "3" then return item end
          if item == "2" and os.execute "mkdir tried 2>&-" then error "no" end
        end
        """
    let log = isTimed ? "--joblog log " : ""
    let time = isTimed ? "for" : "for at most"
    try ask(
        "pmap -j 2 --chunk 1 --retries 1 --backoff 6 \(log)t.lua 0< <(seq 3; await test -e stop)", script, by: SIGUSR1,
        answer: """
            pmap: 1 item done so far
            pmap:   worker 1 (pid N) runs -:1, \(time) 2 s
            pmap:   worker 2 (pid N) is idle
            pmap:   1 failed item is run again
            pmap:   the input has nothing for now
            pmap:   results wait for those of earlier items, as -u would not let them

            """, first: "done so far", mayRepeat: true)
}

@Test func `who waits is said with what it waits for, and where`() throws {
    let script = """
        local mp = require "multiprocessing"
        local lock, pool = mp.Lock(), mp.Pool(1)
        pool:map(tostring, { 1 })
        lock:acquire()
        local waiting = mp.Process(function() lock:acquire() end)
        waiting:start()
        mp.Process(function() repeat until io.open "stop" lock:release() end):start()
        io.stderr:write "begun\\n"
        while not waiting:join(60) do end
        print "done"
        """
    try ask(
        "pmap run t.lua", script, by: SIGUSR1,
        answer: """
            pmap: who waits where
            pmap:   MainProcess (pid N) waits for Process-1 to end, with a timeout, at t.lua:9
            pmap:   PoolWorker-1 (pid N) waits for a task of its pool
            pmap:   Process-1 (pid N) waits for a lock that MainProcess holds at t.lua:5
            pmap:   Process-2 (pid N) runs

            """, mayRepeat: true)
}

@Test(arguments: ["pmap run t.lua", "pmap -j 0 t.lua ::: a", "pmap -j 2 t.lua ::: a"])
func `a second SIGQUIT within two seconds ends by that signal`(line: String) throws {
    let script = "function task() io.stderr:write 'begun\\n' while true do end end if arg then task() end"
    let run = try Run("ulimit -c 0; exec " + line, in: Scratch(["t.lua": script]))
    try run.wait(errors: "begun")
    run.signal(SIGQUIT)
    try run.wait(errors: "pmap: ")
    #expect(try run.finish(sending: SIGQUIT).ending == .signal(SIGQUIT))
}

@Test func `so it does while results are joined, and what was asked for of the run is written`() throws {
    let finish = "io.stderr:write 'begun\\n' while true do end"
    let scratch = try Scratch([:])
    let run = try Run(
        "ulimit -c 0; exec pmap --stats=/dev/stdout --report report -j 2 --reduce count --finish \"\(finish)\" -e item ::: a b",
        in: scratch)
    try run.wait(errors: "begun")
    run.signal(SIGQUIT)
    try run.wait(errors: "pmap: all items are done")
    let outcome = try run.finish(sending: SIGQUIT)
    #expect(outcome.ending == .signal(SIGQUIT))
    #expect(outcome.output.contains("\"ending\": \"signal\""))
    let report = try Run("grep -c '\"endingKind\":\"signal\"' report", in: scratch, input: "").finish().output
    #expect(report == "1\n")
}

@Test func `a question that reaches a whole group ends none of it`() throws {
    let script = """
        local mp = require "multiprocessing"
        mp.Process(function() io.stderr:write "begun\\n" repeat until io.open "stop" print "done" end):start()
        """
    for number in [SIGUSR1, SIGQUIT] {
        let folder = try Scratch(["t.lua": script])
        let run = try Run("exec pmap run t.lua", in: folder)
        try run.wait(errors: "begun")
        run.signalGroup(number)
        try run.wait(errors: "pmap: who waits where")
        _ = try Run("touch stop", in: folder).finish()
        #expect(try run.finish().ending == .exit(0))
    }
}
