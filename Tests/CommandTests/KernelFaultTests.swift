// A kernel and a C library that do what they may but seldom do: clocks that jump, calls that are interrupted, no further
// process, a full disk, no memory. Where C is preloaded it is compiled by the test itself.

import Running
import Testing

/// Puts `code` between pmap and the C library: the line begins by building it, and names it as `$preloaded`.
private func preloading(
    _ claim: String, _ code: String, script: String = "", _ line: String, out: String = "", err: String = "",
    status: Int32 = 0
) -> Row {
    Row(
        claim, ["p.c": "#define _GNU_SOURCE\n" + code, "t.lua": script],
        "clang -shared -fPIC -o p.so p.c && preloaded=LD_PRELOAD=$PWD/p.so && " + line, out: out, err: err,
        status: status)
}

/// Every look at the time of day is ten days before or after the last one.
private let jumpingClock = """
    #include <dlfcn.h>
    #include <sys/time.h>
    #include <time.h>
    int clock_gettime(clockid_t clock, struct timespec *now) {
      static int looks;
      int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
      int answer = real(clock, now);
      if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += (looks++ % 2 ? 10 : -10) * 86400;
      return answer;
    }
    time_t time(time_t *seconds) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      return seconds ? *seconds = now.tv_sec : now.tv_sec;
    }
    int gettimeofday(struct timeval *restrict now, void *restrict zone) {
      now->tv_usec = 0;
      now->tv_sec = time(0);
      return 0;
    }
    """

@Test(arguments: [
    preloading(
        "a time limit strikes the item that takes too long, and no other", jumpingClock,
        "env $preloaded pmap -j 2 --timeout 0.5 -e 'while item == \"x\" do end return math.abs(os.time() - os.time()) > 86400' ::: a x b",
        out: "true\ntrue\n",
        err: "pmap: :::2: timed out after 0.5 s at -e:1\n" + traceback + lastLine(1, of: 3, "1 timeout"), status: 1),
    preloading(
        "a retry comes when it is due", jumpingClock,
        "env $preloaded pmap -j 1 --retries 1 --backoff 0.05 -e 'if not io.open(\"again\") then io.open(\"again\", \"w\"):close() error() end return item' ::: a b",
        out: "a\nb\n"),
])
func `clocks that jump by days make nothing early or late`(row: Row) throws { try row.check() }

/// A Ctrl-C in the C library, after Lua has looked for one and before it waits for input.
private let lateInterrupt = """
    #include <signal.h>
    #include <stdio.h>
    #include <unistd.h>
    void flockfile(FILE *file) {
      static int calls;
      if (file == stdin && calls++ == 0) kill(getpid(), SIGINT);
    }
    void funlockfile(FILE *file) {}
    """

@Test(arguments: [
    preloading(
        "a loop over lines", lateInterrupt, script: "local next = io.lines(nil, 'n', 'l') print(pcall(next))",
        "mkfifo f && env $preloaded pmap run t.lua <> f", out: "false\t‹…›interrupted!\n"),
    preloading(
        "a line", lateInterrupt, script: "print(pcall(function() local line = io.read() return line end))",
        "mkfifo f && env $preloaded pmap run t.lua <> f", out: "false\tt.lua:1: interrupted!\n"),
    preloading(
        "one that is caught, and what is read afterwards", lateInterrupt,
        script:
            "print(pcall(function() local line = io.read() return line end)) io.popen('echo more > f'):close() print(io.read())",
        "mkfifo f && env $preloaded pmap run t.lua <> f", out: "false\tt.lua:1: interrupted!\nmore\n"),
])
func `a Ctrl-C just before a wait ends the wait`(row: Row) throws { try row.check() }

/// A handled signal every 0.3 ms in the host and in every worker, without SA_RESTART: whatever can be interrupted is.
private let storm = """
    #include <pthread.h>
    #include <signal.h>
    #include <sys/time.h>
    static void nothing(int number) { (void)number; }
    static void begin(void) {
      struct itimerval every = {{0, 300}, {0, 300}};
      struct sigaction action = {.sa_handler = nothing};
      sigaction(SIGALRM, &action, 0);
      setitimer(ITIMER_REAL, &every, 0);
    }
    __attribute__((constructor)) static void start(void) {
      begin();
      pthread_atfork(0, 0, begin);
    }
    """

@Test(arguments: [
    preloading(
        "a file", storm,
        "seq 200000 > f; env $preloaded pmap -j 2 --max-tasks 5000 -e 'item, #item' f | cmp - <(awk '{ print $0 \"\\t\" length }' f)"
    ),
    preloading(
        "a pipe", storm,
        "seq 200000 | env $preloaded pmap -j 2 --max-tasks 5000 -e item | cmp - <(seq 200000)"),
    preloading(
        "an iterator", storm,
        "env $preloaded pmap -j 2 <(echo 'local n = 0 function inputs() n = n + 1 return n <= 20000 and n or nil end function task(x) return x end') | cmp - <(seq 20000)"
    ),
    preloading(
        "deaths and time limits", storm,
        "seq 60 | env $preloaded pmap -j 2 --chunk 4 --timeout 5 -e 'if item % 20 == 0 then os.exit(3) end return item' 2>err | cmp - <(seq 60 | grep -v '[246]0'); tail -1 err",
        out: lastLine(3, of: 60, "3 crash")),
    preloading(
        "results on disk, and a slow reader", storm,
        "seq 8000 | env $preloaded pmap -j 2 -e 'if index == 1 then os.execute \"sleep 0.3\" end return (\"x\"):rep(10000)' | { sleep 0.2; wc -c; }",
        out: "80008000\n"),
])
func `calls that are interrupted all the time change nothing`(row: Row) throws { try row.check() }

/// fork succeeds as often as FORKS says, and once more for each worker that may be replaced.
private let fewForks = """
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdlib.h>
    #include <unistd.h>
    pid_t fork(void) {
      static int forks;
      if (++forks > atoi(getenv("FORKS"))) return errno = EAGAIN, -1;
      return ((pid_t (*)(void))dlsym(RTLD_NEXT, "fork"))();
    }
    """

/// The fork of the number FAILS fails.
private let failingFork = """
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdlib.h>
    #include <unistd.h>
    pid_t fork(void) {
      static int forks;
      if (++forks == atoi(getenv("FAILS"))) return errno = EAGAIN, -1;
      return ((pid_t (*)(void))dlsym(RTLD_NEXT, "fork"))();
    }
    """

@Test(arguments: [
    preloading(
        "the first", failingFork, "FAILS=1 env $preloaded pmap -j 1 -e item ::: a b", out: "a\nb\n"),
    preloading(
        "that of a replacement", failingFork, "FAILS=3 env $preloaded pmap -j 1 --max-tasks 1 -e item ::: a b c d",
        out: "a\nb\nc\nd\n"),
    preloading(
        "that of one of several workers", failingFork,
        "FAILS=2 env $preloaded pmap -j 2 --chunk 1 -e item ::: a b c d", out: "a\nb\nc\nd\n",
        err: "pmap: cannot start a further worker (\(noFork)); going on with fewer\n"),
])
func `a fork that fails once is tried again`(row: Row) throws { try row.check() }

/// The first process that is forked is killed before it has done anything.
private let dyingFork = """
    #include <dlfcn.h>
    #include <signal.h>
    #include <unistd.h>
    pid_t fork(void) {
      static int forks;
      int is_first = forks++ == 0;
      pid_t child = ((pid_t (*)(void))dlsym(RTLD_NEXT, "fork"))();
      if (child == 0 && is_first) kill(getpid(), SIGKILL);
      return child;
    }
    """

private func dying(_ claim: String, _ script: String, out: String) -> Row {
    preloading(claim, dyingFork, script: script, "env $preloaded pmap run t.lua", out: out)
}

@Test(arguments: [
    dying(
        "a pool's supervisor",
        "local pool = require 'multiprocessing'.Pool(2) print(pcall(pool.map, pool, tostring, { 1 })) pool:terminate()",
        out: "false\tthe pool's supervisor has died\n"),
    dying(
        "an executor's supervisor",
        "local one = require 'concurrent.futures'.ProcessPoolExecutor(2) print(pcall(function() return one:submit(tostring, 1):result() end))",
        out: "false\tthe pool's supervisor has died\n"),
    dying(
        "a manager", "local manager = require 'multiprocessing'.Manager() print(pcall(manager.list, manager))",
        out: "false\tthe manager has ended\n"),
    dying(
        "one of several that are waited for",
        "local mp = require 'multiprocessing' local p = mp.Process(print) p:start() print(#mp.wait { p, mp.Queue() }, p.exitcode)",
        out: "1\t-9\n"),
])
func `a process that is killed before it has begun has ended, for all that wait for it`(row: Row) throws {
    try row.check()
}

private let noFork = "fork: Resource temporarily unavailable"

@Test(arguments: [
    preloading(
        "two of four workers", fewForks,
        "FORKS=2 env $preloaded pmap -j 4 --chunk 1 -e item ::: a b c d e f", out: "a\nb\nc\nd\ne\nf\n",
        err: "pmap: cannot start a further worker (\(noFork)); going on with fewer\n"),
    preloading(
        "no worker", fewForks, "FORKS=0 env $preloaded pmap -j 1 -e item ::: a b",
        err: "pmap: no worker could be started: \(noFork)\n", status: 3),
    preloading(
        "none of several workers", fewForks, "FORKS=0 env $preloaded pmap -j 3 -e item ::: a b c d",
        err: "‹…›pmap: no worker could be started: \(noFork)\n", status: 3),
    preloading(
        "no replacement of one of two workers", fewForks,
        "FORKS=2 env $preloaded pmap -j 2 --chunk 1 -e 'if item == \"x\" then os.exit(3) end return item' ::: a x b c d",
        out: "a\nb\nc\nd\n",
        err: "‹…›pmap: :::2: the worker (pid N) exited (3) before returning a result; the others went on\n‹…›"
            + lastLine(1, of: 5, "1 crash"), status: 1),
    preloading(
        "no replacement of the only worker", fewForks,
        "FORKS=1 env $preloaded pmap -j 1 --chunk 1 -e 'if item == \"x\" then os.exit(3) end return item' ::: a x b c d",
        out: "a\n",
        err: "pmap: :::2: the worker (pid N) exited (3) before returning a result; the others went on\n‹…›"
            + "pmap: no worker could be started: \(noFork)\n", status: 3),
    preloading(
        "no process for the script's iterator", fewForks,
        "FORKS=0 env $preloaded pmap -j 1 <(echo 'function inputs() end task = print')",
        err: "‹…›\(noFork)\n", status: 3),
])
func `without a further process a run goes on with what it has, or says so`(row: Row) throws { try row.check() }

/// Whether `line` succeeds, which tries what only root may do, and not in every container.
private func isPermitted(_ line: String) -> Bool {
    (try? Run(line, in: Scratch()).finish().ending) == .exit(0)
}

private let mayMount = isPermitted("unshare -m mount -t tmpfs none .")

/// With `d`, a file system of 64 KB that is gone with the line.
private func onSmallDisk(
    _ claim: String, _ line: String, out: String = "", err: String = "", status: Int32 = 0
) -> Row {
    Row(
        claim, ["line": "mkdir d; mount -t tmpfs -o size=64k none d; " + line], "unshare -m bash -o pipefail line",
        out: out, err: err, status: status)
}

private let noSpace = "No space left on device\n"

@Test(
    .enabled(if: mayMount, "mounting a file system is not permitted here"),
    arguments: [
        onSmallDisk(
            "standard output", "seq 100000 > f; pmap -j 2 -e item f > d/out; s=$?; cmp -n 65536 d/out f; exit $s",
            err: "pmap: write standard output: " + noSpace, status: 3),
        onSmallDisk(
            "standard output with -j 0",
            "seq 100000 > f; pmap -j 0 -e item f > d/out; s=$?; cmp -n 65536 d/out f; exit $s",
            err: "pmap: write standard output: " + noSpace, status: 3),
        onSmallDisk(
            "the spill folder",
            "seq 1000 | TMPDIR=$PWD/d pmap -j 2 -e 'if index == 1 then os.execute \"sleep 0.3\" end return (\"x\"):rep(100000)' | wc -c; ls d",
            out: "100001000\n"),
        onSmallDisk(
            "the file of --errors",
            "seq 2000 | pmap -j 2 --errors d/e -e 'if index % 2 == 1 then error(item, 0) end return item' 2>err | cmp - <(seq 2 2 2000); s=$?; tail -2 err; exit $s",
            out: lastLine(1000, of: 2000, "1000 error") + "pmap: write d/e: " + noSpace, status: 3),
    ])
func `a disk that fills up on the way is said, and what fits is right`(row: Row) throws { try row.check() }

/// Nothing is mounted on /proc.
private func withoutProc(_ claim: String, _ line: String, out: String = "", err: String = "", status: Int32 = 0) -> Row
{
    Row(
        claim, ["line": "umount -l /proc; " + line, "t.lua": "print(arg[0], ...)"], "unshare -m bash -o pipefail line",
        input: "1\n2\n3\n", out: out, err: err, status: status)
}

@Test(
    .enabled(if: mayMount, "mounting a file system is not permitted here"),
    arguments: [
        withoutProc("arguments", "pmap -j 2 -e 'item, io.popen \"echo x\":read()' ::: a b", out: "a\tx\nb\tx\n"),
        withoutProc("standard input, without workers", "pmap -j 0 -e item", out: "1\n2\n3\n"),
        withoutProc("a pipe on both sides", "seq 100000 | pmap -j 2 -e item | tail -n 1", out: "100000\n"),
        withoutProc(
            "a worker that dies", "pmap -j 2 -e 'if item == \"2\" then os.exit(3) end return item' 2> err",
            out: "1\n3\n", status: 1),
        withoutProc("a program", "pmap run t.lua a b", out: "t.lua\ta\tb\n"),
        withoutProc(
            "a program with processes and programs",
            "echo 'print(require \"multiprocessing\".Pool(2):apply(math.max, {1, 2}), require \"subprocess\".run{\"true\"}.returncode)' | pmap run -",
            out: "2\t0\n"),
        withoutProc(
            "a journal",
            "for i in 1 2; do pmap -j 2 --journal j -e 'print \"ran\" return item' ::: a b > out || exit; done; cat out",
            out: "ran\na\nran\nb\n", err: "pmap: 2 of 2 items were done in an earlier run, says j\n"),
        withoutProc("no script", "pmap 2>&1 | head -c 16", out: "pmap: no script;", status: 2),
    ])
func `without /proc everything works that does not name it`(row: Row) throws { try row.check() }

/// `$group`, a memory control group below our own, for version 1 and 2; it goes with the shell.
private let memoryGroup = """
    own=$(awk -F: '$2 == "memory" || $1 == 0 && $2 == "" { print $2 "" $3; exit }' /proc/self/cgroup)
    case $own in
      memory*) group=$(findmnt -nro TARGET -t cgroup -O memory | head -1)${own#memory}/pmap-test-$$ limit=memory.limit_in_bytes ;;
      *) group=$(findmnt -nro TARGET -t cgroup2 | head -1)$own/pmap-test-$$ limit=memory.max ;;
    esac
    mkdir $group || exit 9
    trap 'rmdir $group' EXIT
    echo 60M > $group/$limit || exit 9
    for swap in $group/memory.swap.max $group/memory.swappiness; do [ ! -e $swap ] || echo 0 > $swap; done
    inside() { (echo $BASHPID > $group/cgroup.procs && exec "$@"); }

    """

private let mayLimitMemory = isPermitted(memoryGroup + "inside true")

@Test(
    .enabled(if: mayLimitMemory, "control groups for memory cannot be made here"),
    arguments: [
        Row(
            "a worker", [:],
            memoryGroup + "inside pmap -j 2 -e 'if item == \"x\" then item:rep(1 << 30) end return item' ::: a x b c",
            out: "a\nb\nc\n",
            err:
                "pmap: :::2: the worker (pid N) was killed by SIGKILL (possibly out of memory) while it ran this item; "
                + "the others went on\n" + lastLine(1, of: 4, "1 crash"), status: 1),
        Row(
            "setup in every worker", "function setup() ('x'):rep(1 << 30) end function task(x) return x end",
            memoryGroup + "inside pmap -j 1 t.lua ::: a b",
            err: "pmap: t.lua: setup failed in every worker: "
                + "the worker (pid N) was killed by SIGKILL (possibly out of memory)\n", status: 2),
    ])
func `whom the kernel kills for want of memory is said to be out of it`(row: Row) throws { try row.check() }

@Test(.enabled(if: mayLimitMemory, "control groups for memory cannot be made here"))
func `a script's processes share what their control group allows, and more is an error`() throws {
    let script = """
        local queue, bytes = require "multiprocessing".Queue(), ("x"):rep(5 << 20)
        local put, message
        repeat put, message = pcall(queue.put, queue, bytes) until not put
        print(queue:qsize(), message)
        """
    try Row(
        "", script, memoryGroup + "inside pmap run t.lua",
        out: "8\tt.lua:3: the shared memory is exhausted: 5242949 bytes more, where 45 MB are all there are; "
            + "take what is in queues, and close what is not needed\n"
    ).check()
}
