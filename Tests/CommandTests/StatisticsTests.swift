// The statistics of a run: that they agree with its job log, whatever happens in it, and which advice real runs get.

import Running
import Testing

/// Each item says what becomes of it.
private let kinds = """
    function task(item)
      if item:match "^error" then error("no", 0) end
      if item:match "^nothing" then return end
      if item:match "^killed" then os.execute "kill -9 $PPID" end
      if item:match "^exit" then os.exit(tonumber(item:match "%d")) end
      if item:match "^late" then while true do end end
      if item:match "^again" and os.execute("mkdir 'tried " .. item .. "' 2>&-") then error "again" end
      return item .. item
    end
    """

/// Compares each number with the rows of the job log that it sums up, and prints the counts.
private let checker = """
    import csv, json, os, sys
    stats = json.load(open("stats"))
    rows = list(csv.DictReader(open("log"), delimiter="\\t", quoting=csv.QUOTE_NONE))
    def count(outcome): return sum(row["Outcome"] == outcome for row in rows)
    items = stats["items"]
    assert items["succeeded"] == count("ok"), (items, count("ok"))
    assert items["failed"] == {kind: count(kind) for kind in ("error", "crash", "timeout")}, items
    assert items["records"] == sum(row["Receive"] != "0" for row in rows), items
    written = os.path.getsize("out") if "joining" in stats else sum(int(row["Receive"]) for row in rows)
    assert stats["output_bytes"] == written, stats["output_bytes"]
    for worker in stats["workers"]:
        own = [row for row in rows if int(row["Worker"]) == worker["worker"]]
        assert worker["items"] == len(own), (worker, len(own))
        assert worker["busy_seconds"] >= sum(float(row["JobRuntime"]) for row in own) - 1e-6 * len(own), worker
    busy = sum(worker["busy_seconds"] for worker in stats["workers"])
    assert abs(stats["task_seconds"] - busy) < 1e-6
    lost = stats["lost"]
    assert abs(busy - lost["retry_seconds"] - lost["killed_seconds"] - sum(float(row["JobRuntime"]) for row in rows)) < 1e-6 * (len(rows) + 1)
    assert abs(stats["speed_up"] - busy / stats["wall_seconds"]) < 1e-6
    assert abs(stats["efficiency"] - stats["speed_up"] / len(stats["workers"])) < 1e-6
    assert lost["deaths"] == sum(worker["deaths"] for worker in stats["workers"])
    longest = sorted((float(row["JobRuntime"]) for row in rows), reverse=True)[:10]
    slowest = [item["task_seconds"] for item in stats["slowest"]]
    assert slowest == sorted(slowest, reverse=True) and len(slowest) == min(10, len(slowest))
    ended = [item for item in stats["slowest"] if item["outcome"] != "killed"]
    assert len(stats["slowest"]) - len(ended) <= lost["killed"] and lost["killed"] <= items["skipped"]
    if not lost["retries"]:
        times = [item["task_seconds"] for item in ended]
        assert all(abs(a - b) < 1e-6 for a, b in zip(longest, times)), (longest, times)
        sources = {row["Source"]: row["Outcome"] for row in rows}
        assert all(sources[item["source"]] == item["outcome"] for item in ended)
    assert 1 <= len(stats["advice"]) <= 3 and int(stats["seed"]) >= 0
    failed = items["failed"]
    print(stats["ending"], items["succeeded"], failed["error"], failed["crash"], failed["timeout"],
        items["skipped"], items["restored"], items["blank"], lost["retries"], lost["deaths"])
    if lost["killed"] or lost["replacements"] > lost["deaths"]: print(lost["killed"], "killed", lost["replacements"], "replaced")
    old = {kind: count for kind, count in items["restored_failed"].items() if count}
    if old: print("had failed:", old)
    """

/// The counts that the checker prints: ending, succeeded, error, crash, timeout, skipped, restored, blank, retries, deaths.
@Test(arguments: [
    Row(
        "with failures, deaths, timeouts and retries", ["t.lua": kinds, "check.py": checker],
        "pmap -j 2 --timeout 0.2 --retries 1 --stats=stats --joblog log t.lua ::: a error killed late exit3 exit0 again nothing > /dev/null 2>&1; python3 check.py",
        out: "completed 3 1 3 1 0 0 0 6 6\n"),
    Row(
        "without workers", ["t.lua": kinds, "check.py": checker],
        "pmap -j 0 --timeout 0.2 --retries 1 --stats=stats --joblog log t.lua ::: a error late again nothing > /dev/null 2>&1; python3 check.py",
        out: "completed 3 1 0 1 0 0 0 3 0\n"),
    Row(
        "unordered, of many items, and with a hundred workers", ["check.py": checker],
        "for each in -u -j1 '-j 100 --chunk 3' '--max-tasks 100'; do seq 3000 | pmap $each --stats=stats --joblog log -e item > /dev/null; python3 check.py; done",
        out: String(repeating: "completed 3000 0 0 0 0 0 0 0 0\n", count: 4) + "0 killed ‹…› replaced\n"),
    Row(
        "of a run that goes on from a journal", ["t.lua": kinds, "check.py": checker],
        """
        pmap --journal j t.lua ::: a error b > /dev/null 2>&1
        pmap --journal j --stats=stats --joblog log t.lua ::: a error b c error2 > /dev/null 2>&1; python3 check.py
        """, out: "completed 1 1 0 0 0 3 0 0 0\nhad failed: {'error': 1}\n"),
    Row(
        "with error records, in every format", ["t.lua": kinds, "check.py": checker],
        """
        for each in lines jsonl nul lua none; do
          pmap -t $each --on-error keep -D k=v --timeout 0.2 --stats=stats --joblog log t.lua ::: a error killed nothing late error-k=v > out 2> /dev/null
          python3 check.py; [ $(grep -o '"output_bytes": [0-9]*' stats | cut -c 17-) = $(wc -c < out) ] && grep '"records"' stats
        done
        """,
        out: String(repeating: "completed 2 2 1 1 0 0 0 0 1\n    \"records\": 5,\n", count: 4)
            + "completed 2 2 1 1 0 0 0 0 1\n    \"records\": 0,\n"),
    Row(
        "blank lines, and bytes of the input", ["in": "1\n\n22\n", "check.py": checker],
        "pmap -f jsonl --stats=stats --joblog log -e item in > /dev/null; python3 check.py; grep input_bytes stats",
        out: "completed 2 0 0 0 0 0 1 0 0\n  \"input_bytes\": 6,\n"),
    Row(
        "of a run that ends before its time", ["t.lua": kinds, "check.py": checker],
        """
        pmap -j 1 --halt now,fail=1 --stats=stats --joblog log t.lua ::: a error b c > /dev/null 2>&1; python3 check.py
        pmap -j 2 --chunk 1 --halt now,done=1 --stats=stats --joblog log -e 'pmap.sleep(index == 1 and 0.2 or 100)' ::: a b c > /dev/null 2>&1
        python3 check.py
        pmap -j 2 --chunk 1 --retries 3 --backoff 100 --halt now,success=1 --stats=stats --joblog log \
          -e 'if index == 1 then error "no" end pmap.sleep(index == 2 and 0.2 or 100) return item' ::: a b c > /dev/null 2>&1
        python3 check.py
        """,
        out:
            "halted 1 1 0 0 2 0 0 0 0\nhalted 1 0 0 0 2 0 0 0 0\n1 killed 0 replaced\nhalted 1 1 0 0 1 0 0 0 0\n1 killed 0 replaced\n"
    ),
    Row(
        "of a run that dies of all its items", ["check.py": checker],
        "seq 1000 | pmap -j 2 --stats=stats --joblog log -e 'os.execute \"kill -9 $PPID\"' > /dev/null 2>&1; python3 check.py | sed -n 1p | cut -d ' ' -f 1,2,3,5",
        out: "crash_limit 0 0 0\n"),
    Row(
        "of a run that a signal ends", ["check.py": checker],
        """
        pmap -j 2 --chunk 1 --stats=stats --joblog log -e 'if index == 3 then pmap.sleep(1000) end return item' ::: {1..9} > /dev/null 2> err &
        await grep -q "^9.*:::9$" log; kill $!; await grep -q finishing err; kill $!; wait; python3 check.py
        """, out: "signal 8 0 0 0 1 0 0 0 0\n1 killed 0 replaced\n", err: "‹…›"),
    Row(
        "of a run without workers that a signal ends", ["check.py": checker],
        """
        pmap -j 0 --stats=stats --joblog log -e 'if index == 3 then io.stderr:write "here\\n" while true do end end return item' ::: {1..9} > /dev/null 2> err &
        await grep -q here err; kill $!; await grep -q finishing err; kill $!; wait; python3 check.py; grep -c killed.: stats
        """, out: "signal 2 0 0 0 7 0 0 0 0\n1 killed 0 replaced\n1\n", err: "‹…›"),
    Row(
        "of a run whose results are joined: bytes are those of the output", ["check.py": checker],
        """
        for each in -j0 '-j 2 --chunk 3' '-j 2 --by-key'; do
          seq 3000 | pmap $each --stats=stats --joblog log --reduce count -e item > out
          python3 check.py; grep -c _seconds <(sed -n '/"joining"/,/}/p' stats)
        done
        """, out: String(repeating: "completed 3000 0 0 0 0 0 0 0 0\n4\n", count: 3)),
    Row(
        "of a run whose reader is gone", [:],
        "seq 1000000 | pmap --stats=stats -e item | head -n 1; await grep ending stats",
        out: "1\n  \"ending\": \"output_closed\",\n"),
])
func `the statistics and the job log of a run agree`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "as the last of the messages, in 80 columns", kinds,
        "pmap -j 2 --seed 7 --stats t.lua ::: a error nothing 2>&1 > /dev/null | sed -E 's/ +[0-9.]+ (s|ms|µs|kB|MB)\\b/ N/g'",
        out: """
            pmap: :::2: no
            ‹…›
            pmap: 1 of 3 items failed (1 error)
            pmap: statistics:
            	  items    2 succeeded, 1 failed (1 error)
            	  records  1 item gave one; ‹…›
            	  time N wall, N processor, N in tasks
            	  speed-up ‹…›
            	  lost N at the start, N at the end, N in the host
            	  slowest N  :::‹…›
            	  workers            items       busy     deaths     shared    private
            	              1‹…›
            	              2‹…›
            	  seed     7
            	  advice   ‹…›
            """, status: 1),
    Row(
        "of a script's own options", "options = {stats = 'own', jobs = 1} function task(x) return x end",
        "pmap t.lua ::: a; grep -c succeeded own; pmap --stats=mine t.lua ::: a; grep -c succeeded mine",
        out: "a\n1\na\n1\n"),
    Row(
        "onto a full disk", [:], "pmap --stats=/dev/full -e item ::: a", out: "a\n",
        err: "pmap: write /dev/full: No space left on device\n", status: 3),
    Row(
        "into the input", ["in": "a\n"], "pmap --stats=in -e item in; cat in",
        out: "a\n", err: "pmap: --stats in and the input in are one file; name another one\n"),
    Row("into a folder", [:], "pmap --stats=. -e item ::: a", err: "pmap: --stats .: Is a directory\n", status: 2),
    Row(
        "into no file", [:], "pmap --stats= -e item ::: a",
        err: "pmap: --stats '': write the name of a file\n", status: 2),
    Row(
        "and as text", [:], "pmap --stats=a --stats -e item ::: a",
        err: "pmap: --stats twice; statistics are written to one place\n", status: 2),
    Row(
        "twice", [:], "pmap --stats=a --stats=b -e item ::: a",
        err: "pmap: --stats twice; statistics are written to one place\n", status: 2),
])
func `statistics are written where they are wanted`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "of rows that are several lines, from a pipe", [:],
        """
        { echo a,b; for i in {1..100}; do printf '%d,"\\n"\\n' $i; done; } > in
        task='if item.a == "50" then pmap.sleep(0.3) end return 1'
        cat in | pmap -j 2 --chunk 40 -f csv --stats=stats --report report -e "$task" > /dev/null
        grep -m 1 -o -e '"-:.*"' stats; grep -o -e '\\[50,[-0-9,]*"-:[-0-9]*"' report | cut -d '"' -f 2
        cat in | pmap -j 2 -f csv -n 2 --stats=stats -e 'if item[2].a == "50" then pmap.sleep(0.3) end return 1' > /dev/null
        grep -m 1 -o -e '"-:.*"' stats
        """, out: "\"-:100\"\n-:100\n\"-:98-101\"\n")
])
func `the slowest items are named by their own lines`(row: Row) throws { try row.check() }

/// A run, and a part of the sentence that it gets.
@Test(arguments: [
    ("pmap -j 2 -e item ::: a b", "the start of the workers ‹…›: -j0 does without them"),
    ("pmap -j 0 -e item ::: a b", "the run took ‹…›, and its tasks ‹…› together: there is nothing to gain"),
    (
        "echo 'function setup() pmap.sleep(0.5) end task = print' > t.lua; pmap -j 2 t.lua ::: a b > /dev/null",
        "of the run went by before the first item began: setup, and the start of the workers"
    ),
    (
        "pmap -j 4 --chunk 1 -t none -e 'pmap.sleep(index > 4 and 0.6 or 0.1)' ::: {1..6}",
        "workers had nothing left to do for ‹…› of the run: put long items first"
    ),
    (
        "seq 8 | pmap -j 2 --chunk 1 --spill 1M -e 'pmap.sleep(index == 1 and 0.5 or 0) return (\"x\"):rep(8000000)' > /dev/null",
        "results waited for one early item"
    ),
    ("pmap -j 4 -e 'pmap.sleep(0.3)' -t none ::: a b", "there were 2 items for 4 of them: -j2 is as fast"),
    (
        "pmap -j 2 --chunk 1 -e 'pmap.sleep(index == 4 and 0.6 or 0.15)' -t none ::: a b c d",
        ":::4 (‹…›): put long items first"
    ),
    (
        "pmap -j 2 --chunk 1 -e 'pmap.sleep(index == 1 and 0.5 or 0.05)' -t none ::: a b c d",
        ":::1 (‹…›): no number of workers makes that shorter, only smaller items do"
    ),
    ("seq 3000000 | pmap -j 2 -e item > /dev/null", "about what it costs to hand one to a worker"),
    (
        "pmap -j 2 --chunk 1 -e 'pmap.sleep(0.1) return item' ::: {1..12} > /dev/null",
        "tasks waited, as for a disk or the network"
    ),
    ("pmap -j 1 -e 'pmap.sleep(0.05) return item' ::: {1..10} > /dev/null", "one process ran all items"),
    ("seq 3000000 | pmap -j 0 -e item > /dev/null", "more workers would change little"),
    ("(echo a; sleep 0.5; echo b) | pmap -j 2 -e item > /dev/null", "workers waited for the input"),
    (
        "seq 10 | pmap -j 1 -e '(\"x\"):rep(1000000)' | (sleep 0.7; cat > /dev/null)",
        "the reader of standard output was slow"
    ),
    (
        "seq 100 | pmap -j 2 -e 'if index % 5 == 0 then os.exit(1) end return 1' > /dev/null",
        "a worker dies every 5 items"
    ),
    ("seq 100 | pmap -j 2 --max-tasks 1 -e item > /dev/null", "let --max-tasks be more"),
    (
        "pmap -j 1 --retries 2 -e 'pmap.sleep(0.05) error \"x\"' ::: a b",
        "of the time in tasks went into attempts that failed"
    ),
    (
        """
        echo 'function setup() if io.open "dead" then pmap.sleep(0.5) end end
        function task(x)
          if x == "dies" or x == "ends" then io.open(x == "dies" and "dead" or "over", "w"):close() end
          if x == "dies" then os.exit(1) end
          while not io.open "over" do pmap.sleep(0.01) end
        end' > t.lua; pmap -j 2 --chunk 1 t.lua ::: waits dies ends > /dev/null
        """,
        "nothing stands out; the workers were in tasks"
    ),
    ("seq 3 | pmap -j 2 --halt now,fail=1 --journal j -e item < /dev/null", "no item was run"),
    (
        "pmap -j 2 --reduce sum --finish 'pmap.sleep(0.5) return total' -e 1 ::: a b > /dev/null",
        "of the run went by after the last item, in the script's own process"
    ),
])
func `a run gets the advice that its numbers give`(line: String, sentence: String) throws {
    try expect(sentence, of: line)
}

/// What has one processor, and is in front of all others on it, is not slowed down by what else this machine does. Linux weighs
/// sessions first, sched(7), "The autogroup feature".
private let alone =
    "{ echo -20 > /proc/self/autogroup; } 2>&- || true; nice -n -20 taskset -c $(taskset -cp $$ | grep -o '[0-9]*$') "

@Test(
    .serialized,
    arguments: [
        (
            "rm -rf j; seq 9999 > in; \(alone)pmap -j 1 --journal j -e 'return index' in > /dev/null",
            "pmap's own process was busy ‹…›, which no worker can help with"
        ),
        (
            "\(alone)pmap -j 2 -t none -e 'local t = os.clock() while os.clock() - t < 0.2 do end' ::: a b",
            "the processor was busy: more workers than -j1 make nothing faster"
        ),
        (
            "\(alone)pmap -j 1 -t none -e 'local t = os.clock() while os.clock() - t < 0.2 do end' ::: a b",
            "only a faster task or more processors make this shorter"
        ),
        (
            "\(alone)pmap -j 1 --reduce sum --finish 'local t = os.clock() while os.clock() - t < 0.3 do end' -e 1 ::: a b > /dev/null",
            "the script's own process was busy joining"
        ),
    ])
func `a run that keeps a processor busy gets the advice that its numbers give`(line: String, sentence: String) throws {
    try expect(sentence, of: line)
}

private func expect(_ sentence: String, of line: String) throws {
    let line = line.replacing("pmap -j", with: "pmap --stats=stats -j") + " 2> /dev/null; grep -A 5 advice stats"
    // The numbers are this machine's, which may have had something else to do.
    var output = ""
    for _ in 0..<10 where !matches(output, "‹…›\(sentence)‹…›") {
        output = try Run(line, in: try Scratch([:]), input: "").finish().output
    }
    #expect(matches(output, "‹…›\(sentence)‹…›"), "\(line)\n\(output)")
}
