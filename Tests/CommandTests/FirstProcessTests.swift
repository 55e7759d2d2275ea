// pmap as the first process of a container: signals without a handler do not reach it, and all orphans are left to it.

import Glibc
import Running
import Testing

private let unshare = "unshare --fork --pid --mount-proc"
private let mayUnshare = (try? Run("\(unshare) true", in: Scratch()).finish().ending) == .exit(0)

private let loop = "io.stderr:write 'ready\\n' while true do end"

@Test(
    .enabled(if: mayUnshare, "a namespace for processes cannot be made here"),
    arguments: [
        ("pmap run t.lua", loop), ("pmap -j 0 t.lua ::: a", "\(loop) function task() end"),
        ("pmap t.lua", "\(loop) function task() end"),
    ], [SIGTERM, SIGINT, SIGHUP, SIGUSR2])
func `a signal ends the first process of a container by 128 and its number`(
    how: (line: String, script: String), number: Int32
) throws {
    let run = try Run(
        "set -m; \(unshare) \(how.line) & read go; kill -$go $(cat /proc/$!/task/*/children); wait $!",
        in: Scratch(["t.lua": how.script]), input: nil)
    try run.wait(errors: "ready")
    run.write("\(number)\n")
    #expect(try run.finish().ending == .exit(128 + number))
}

private let awaitNone = "repeat until io.popen('ps -e -o stat= | grep -c Z'):read 'n' == 0"

@Test(
    .enabled(if: mayUnshare, "a namespace for processes cannot be made here"),
    arguments: [
        Row(
            "tasks leave none",
            "function task(x) os.execute '(true &) & (true &)' if x == '200' then \(awaitNone) end end",
            "seq 200 | \(unshare) pmap -j 2 t.lua"),
        Row(
            "a program leaves none",
            "for i = 1, 200 do os.execute '(true &) & (true &)' end \(awaitNone)",
            "\(unshare) pmap run t.lua"),
        Row("its status is pmap's", "os.exit(7)", "\(unshare) pmap run t.lua", status: 7),
        Row("its death is told", "os.execute 'kill -9 $PPID'", "\(unshare) pmap run t.lua", status: 137),
        Row(
            "a reader that leaves ends it", "while true do print 'y' end",
            "\(unshare) pmap run t.lua | head -n 1; echo ${PIPESTATUS[0]}", out: "y\n141\n"),
        Row(
            "its standard input and output are pmap's alone",
            "os.execute 'ls /proc/1/fd | wc -l'", "\(unshare) pmap run t.lua", out: "0\n"),
    ])
func `as the first process of a container pmap reaps orphans, and ends as ever`(row: Row) throws { try row.check() }
