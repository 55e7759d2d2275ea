// A machine that gives less than was asked for: descriptors, processes, file sizes, memory, disk.

import Glibc
import Running
import Testing

private let fewer = "pmap: cannot start a further worker (‹…›); going on with fewer\n"

@Test(arguments: [
    Row("44 descriptors", [:], "ulimit -n 44; seq 100 | pmap -j 4 -e item | tail -1", out: "100\n"),
    Row(
        "enough descriptors for some workers", [:],
        "ulimit -n 32; seq 100 | pmap -j 4 --chunk 1 -e item | cmp - <(seq 100)",
        err: "‹…›" + fewer),
    Row(
        "too few descriptors for any worker", [:], "ulimit -n 11; pmap -j 1 -e item ::: a b",
        err: "pmap: no worker could be started: ‹…›: Too many open files\n", status: 3),
    Row(
        "too few descriptors for any of several workers", [:],
        "ulimit -n 11; pmap -j 4 -e item ::: a b 2>&1 | tail -1",
        out: "pmap: no worker could be started: ‹…›: Too many open files\n", status: 3),
    Row(
        "any number of descriptors", [:],
        """
        seq 50 > f
        for n in $(seq 4 40); do
          (ulimit -n $n; exec pmap -j 3 --chunk 1 -e item f) > out 2> err
          case $? in
            0) cmp out f ;;
            2 | 3) grep -q '^pmap: .*: Too many open files$' err || cat err ;;
            *) echo "$n: $?" ;;
          esac
        done
        """),
    Row("more workers than items", [:], "pmap -j 300 -e item ::: a b c", out: "a\nb\nc\n"),
    Row(
        "more workers than there can be", [:], "pmap -j 10000 -e item ::: a",
        err: "pmap: -j 10000: at most 4096 workers\n", status: 2),
    Row(
        "a share of the processors beyond what there can be", [:], "pmap -j 10000000% -e item ::: a",
        err: "pmap: -j 10000000%: write a number of workers: N, N%, +N, -N, or 0 for none\n", status: 2),
])
func `a run goes on with what there is, or says what is missing`(row: Row) throws { try row.check() }

/// Runs `./p`, a copy of pmap, as a user who may have so many processes and has no other.
private func alone(processes: Int, _ arguments: String) -> String {
    """
    chmod 755 .. .; cp "$(command -v pmap)" p; user=$((100000 + $$))
    setpriv --reuid=$user --regid=$user --clear-groups bash -c 'ulimit -u \(processes); exec ./p \(arguments)'
    """
}

@Test(
    .enabled(if: getuid() == 0, "only root may become another user"),
    arguments: [
        Row(
            "processes for some workers", [:], alone(processes: 3, "-j 4 --chunk 1 -e item ::: a b c"),
            out: "a\nb\nc\n",
            err:
                "pmap: cannot start a further worker (fork: Resource temporarily unavailable); going on with fewer\n‹…›"
        ),
        Row(
            "no process", [:], alone(processes: 1, "-j 1 -e item ::: a b"),
            err: "pmap: no worker could be started: fork: Resource temporarily unavailable\n", status: 3),
        Row("no process, and none is needed", [:], alone(processes: 1, "-j 0 -e item ::: a b"), out: "a\nb\n"),
    ])
func `a run that may not have processes goes on, or says so`(row: Row) throws { try row.check() }

@Test(
    .enabled(if: getuid() == 0, "only root may become another user"),
    arguments: [
        bomb(
            "programs without end", "local kept = {} while true do kept[#kept + 1] = io.popen 'exec sleep 600' end",
            err: "pmap: :::2: timed out after 0.5 s at t.lua:1\n" + traceback + lastLine(1, of: 3, "1 timeout")),
        bomb(
            "a shell that doubles", "os.execute 'bomb() { bomb | bomb & }; bomb 2> /dev/null' while true do end",
            err: "pmap: :::2: timed out after 0.5 s at t.lua:1\n" + traceback
                + lastLine(1, of: 3, "1 timeout")),
    ])
func `a task that starts processes without end is ended with all of them`(row: Row) throws { try row.check() }

/// A task that starts processes until there are none to be had.
private func bomb(_ claim: String, _ code: String, err: String) -> Row {
    Row(
        claim, "function task(item) if item == 'x' then \(code) end return item end",
        alone(processes: 40, "-j 2 --chunk 1 --timeout 0.5 t.lua ::: a x b"), out: "a\nb\n", err: err, status: 1)
}

private let kilobytes = "'(\"x\"):rep(1000)'"
private let slowFirst = "'if index == 1 then os.execute \"sleep 0.5\" end return (\"x\"):rep(1000)'"

/// 200 MB of results, or as much as is said, where one process gets 150 MB of addresses.
@Test(arguments: [
    Row("a slow reader", [:], "seq 200000 | pmap -j 2 -e \(kilobytes) | { sleep 0.5; wc -c; }", out: "200200000\n"),
    Row(
        "a slow reader of a file", [:], "seq 200000 > f; pmap -j 2 -e \(kilobytes) f | { sleep 0.5; wc -c; }",
        out: "200200000\n"),
    Row(
        "a slow reader with -j 0", [:], "seq 100000 | pmap -j 0 -e \(kilobytes) | { sleep 0.5; wc -c; }",
        out: "100100000\n"),
    Row("a slow first item", [:], "seq 200000 | pmap -j 2 -e \(slowFirst) | wc -c", out: "200200000\n"),
    Row(
        "a slow first item and no room on the disk", [:], "seq 200000 | pmap -j 2 --spill 0 -e \(slowFirst) | wc -c",
        out: "200200000\n"),
    Row(
        "a slow first item and nowhere to spill", [:], "seq 200000 | TMPDIR=/nosuch pmap -j 2 -e \(slowFirst) | wc -c",
        out: "200200000\n"),
    Row("many items", [:], "seq 5000000 | pmap -j 2 -e item | tail -1", out: "5000000\n"),
    Row(
        "an item that asks for more than there is", [:],
        "pmap -j 2 -e 'item == \"x\" and item:rep(1 << 30) or item' ::: a x b",
        out: "a\nb\n", err: "pmap: :::2: not enough memory\n" + lastLine(1, of: 3, "1 error"), status: 1),
])
func `memory stays bounded`(row: Row) throws {
    var row = row
    row.line = "ulimit -v 150000; " + row.line
    try row.check()
}

private let noMemory = "pmap: f:1: the machine has no memory for it\n"

/// A first line of 600 MB where a process gets less.
@Test(arguments: [
    Row(
        "in a file", [:], "pmap -j 2 -e '#item' f", out: "1\n2\n", err: noMemory + lastLine(1, of: 3, "1 error"),
        status: 1),
    Row(
        "in a file, without workers", [:], "pmap -j 0 -e '#item' f", out: "1\n2\n",
        err: noMemory + lastLine(1, of: 3, "1 error"), status: 1),
    Row(
        "in a pipe", [:], "cat f | pmap -j 2 -e '#item'", err: "pmap: the machine has no memory for ‹…› bytes\n",
        status: 3),
])
func `a record that is more than the memory is one failure, or one line`(row: Row) throws {
    var row = row
    row.line = "truncate -s 600M f; printf '\\n5\\n10\\n' >> f; ulimit -v 500000; " + row.line
    try row.check()
}

@Test func `more in queues than there is memory is an error, and what is taken makes room`() throws {
    let script = """
        local queue, big, put = require "multiprocessing".Queue(), ("x"):rep(64 << 20), 0
        local _, failure = pcall(function()
          while true do
            queue:put(big)
            put = put + 1
          end
        end)
        for _ = 1, put do assert(queue:get() == big) end
        queue:put(big)
        print(failure)
        """
    try Row(
        "", script, "ulimit -v 1500000; pmap run t.lua",
        out: "t.lua:4: the shared memory is exhausted: ‹…›; take what is in queues, and close what is not needed\n"
    ).check()
}

@Test(arguments: [
    Row(
        "results that wait", [:],
        "cd ..; seq 200000 | pmap -j 2 -e \(slowFirst) | { head -c 1000 > /dev/null; ls | grep -v '^bin$\\|^work$'; cat > /dev/null; }; ls",
        out: "bin\nwork\n"),
    Row(
        "a run that is killed while results wait", [:],
        "cd ..; { seq 200000 | pmap -j 2 -e 'if index == 1 then os.execute \"sleep 600\" end return (\"x\"):rep(1000)' & }; await \"ls -l /proc/$!/fd | grep -q deleted\"; kill -9 $!; ls",
        out: "bin\nwork\n"),
])
func `no file is left`(row: Row) throws { try row.check() }
