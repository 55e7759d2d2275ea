// Being stopped and going on: Ctrl-Z, and a host or a machine that sleeps.

import Testing

/// A task that says when it begins, and works for 0.3 s of its own time.
private let busy = """
    function task(item)
      io.stderr:write "begun\\n"
      local start = os.clock()
      while os.clock() - start < 0.3 do end
      return item
    end
    """

private let waiting = """
    function task(item)
      io.stderr:write "begun\\n"
      os.execute "await test -e go"
      return item
    end
    """

/// `host` as a shell variable, once `count` items have begun.
private func background(_ options: String, begun count: Int) -> String {
    """
    : > err; pmap \(options) 2> err & host=$!
    await '[ $(grep -c begun err) -ge \(count) ]'

    """
}

@Test(arguments: [
    Row(
        "Ctrl-Z and fg", busy,
        background("-j 2 --chunk 1 --timeout 5 t.lua ::: a b c d", begun: 2)
            + "kill -TSTP $host; await all_stopped $host; echo stopped; kill -CONT $host; wait $host; s=$?; grep -v begun err; exit $s",
        out: "stopped\na\nb\nc\nd\n"),
    Row(
        "Ctrl-Z also stops what tasks have started",
        "function task(x) io.stderr:write 'begun\\n' os.execute 'touch there; until [ -e go ]; do :; done' return x end",
        background("-j 1 t.lua ::: a", begun: 1)
            + "await test -e there; kill -TSTP $host; await all_stopped $host; echo stopped; touch go; kill -CONT $host; wait $host",
        out: "stopped\na\n"),
    Row(
        "Ctrl-Z and fg while results are joined",
        "function task(x) return x end\nfunction reduce(a) return a end\n"
            + "function finish(x) io.stderr:write 'begun\\n' repeat until io.open 'go' return x end",
        background("-j 2 t.lua ::: a b", begun: 1)
            + "kill -TSTP $host; await all_stopped $host; echo stopped; touch go; kill -CONT $host; wait $host",
        out: "stopped\na\n"),
    Row(
        "Ctrl-Z and fg of a script with a pool in a pool",
        """
        local mp = require "multiprocessing"
        local function work(x)
          io.stderr:write "begun\\n"
          local start = os.clock()
          while os.clock() - start < 0.3 do end
          return x
        end
        local function twice(x)
          local inner <close> = mp.Pool(1)
          return inner:apply(work, { x }) .. work(x)
        end
        local pool <close> = mp.Pool(2)
        print(table.concat(pool:map(twice, { "a", "b", "c" }, 1), " "))
        """,
        """
        set -m; exec 2> /dev/null # job control tells of its jobs
        : > err; pmap run t.lua 2> err & host=$!
        await '[ $(grep -c begun err) -ge 2 ]'
        kill -TSTP -- -$host; await all_stopped $host; echo stopped
        kill -CONT -- -$host; wait $host; s=$?; grep -v begun err; exit $s
        """,
        out: "stopped\naa bb cc\n"),
    Row(
        "Ctrl-Z, and killed while it is stopped", busy,
        background("-j 2 --chunk 1 t.lua ::: a b c d", begun: 2)
            + "kill -TSTP $host; await all_stopped $host; kill -9 $host; wait $host 2>/dev/null",
        status: 137),
    // The first two items end when `go` is there, long after their time by the clock.
    Row(
        "a host that sleeps longer than the time limit, while its workers go on", waiting,
        background("-j 2 --chunk 1 --timeout 2 t.lua ::: a b c d", begun: 2)
            + "kill -STOP $host; sleep 2.1; touch go; kill -CONT $host; wait $host; s=$?; grep -v begun err; exit $s",
        out: "a\nb\nc\nd\n"),
    Row(
        "a machine that sleeps longer than the time limit", waiting,
        background("-j 2 --chunk 1 --timeout 2 t.lua ::: a b c d", begun: 2)
            + "workers=$(cat /proc/$host/task/*/children); kill -STOP $host $workers; sleep 2.1; touch go; kill -CONT $host $workers; wait $host; s=$?; grep -v begun err; exit $s",
        out: "a\nb\nc\nd\n"),
])
func `time in which a run is stopped does not count`(row: Row) throws { try row.check() }
