// The job log and the trace: what they have of each item, however it ended, and that they are whole at any moment.

import Running
import Testing

/// Each item says what becomes of it.
private let kinds = """
    local tries = pmap.args.tries
    function task(item)
      if item:match "^error" then error("no", 0) end
      if item:match "^nothing" then return end
      if item:match "^killed" then os.execute "kill -9 $PPID" end
      if item:match "^exit" then os.exit(3) end
      if item:match "^late" then while true do end end
      if item:match "^again" and os.execute("mkdir 'tried " .. item .. "' 2>&-") then error "again" end
      return item .. item
    end
    """

/// Without times, workers and pids.
private let columns = "sort -n log | cut -f 1,2,5-11,14"
private let header =
    "Seq\tHost\tSend\tReceive\tExitval\tSignal\tCommand\tOutcome\tAttempts\tSource\n"

@Test(arguments: [
    Row(
        "of each item once, with how it ended", kinds,
        "pmap -j 2 --timeout 0.2 --retries 1 --joblog log t.lua ::: a error killed late exit again nothing 2>&- | sort; "
            + columns,
        out: "aa\nagainagain\n" + header + """
            1	:	1	3	0	0	a	ok	1	:::1
            2	:	5	0	1	0	error	error	2	:::2
            3	:	6	0	0	9	killed	crash	2	:::3
            4	:	4	0	-1	15	late	timeout	2	:::4
            5	:	4	0	3	0	exit	crash	2	:::5
            6	:	5	11	0	0	again	ok	2	:::6
            7	:	7	0	0	0	nothing	ok	1	:::7

            """),
    Row(
        "tries that were not begun do not count", [:],
        "pmap -j 2 --halt now,success=1 --retries 2 --backoff 1 --joblog log"
            + " -e 'if item == \"ok\" then pmap.sleep(0.2) return 1 end error \"x\"' ::: 1 ok 2>&-; " + columns,
        out: "1\n" + header + "1\t:\t1\t0\t1\t0\t1\terror\t1\t:::1\n2\t:\t2\t2\t0\t0\tok\tok\t1\t:::2\n"),
    Row(
        "without workers", kinds,
        "pmap -j 0 --timeout 0.2 --joblog log t.lua ::: a error late nothing 2>&-; " + columns,
        out: "aa\n" + header + """
            1	:	1	3	0	0	a	ok	1	:::1
            2	:	5	0	1	0	error	error	1	:::2
            3	:	4	0	-1	15	late	timeout	1	:::3
            4	:	7	0	0	0	nothing	ok	1	:::4

            """),
    Row(
        "an item is escaped, and cut where it is long",
        ["in": "a\tb\na\\tb\nc\u{1B}[31md\nnäht\n\n" + String(repeating: "x", count: 1200) + "\n"],
        "pmap -t none --joblog log -e item in; " + columns + " | cut -c 1-60",
        out: header.prefix(60) + "\n" + """
            1	:	3	0	0	0	a\\tb	ok	1	in:1
            2	:	4	0	0	0	a\\\\tb	ok	1	in:2
            3	:	7	0	0	0	c\\27[31md	ok	1	in:3
            4	:	5	0	0	0	näht	ok	1	in:4
            5	:	0	0	0	0		ok	1	in:5
            6	:	1200	0	0	0	xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

            """),
    Row(
        "an item, or a name, that is not UTF-8, or has a tab", [:],
        #"printf '\344\t\n' > $'a\tb'; pmap -t none --joblog log -e item a*; "# + columns,
        out: header + "1\t:\t2\t0\t0\t0\t\\228\\t\tok\t1\ta\\tb:1\n"),
    Row(
        "of many items, of which some are escaped or long",
        [
            "make.py": #"""
            for i in range(1, 5001):
                print(i, "" if i % 7 else "\t\\" if i % 3 else "x" * (990 + i % 20), sep="")
            """#,
            "read.py": #"""
            for i, line in enumerate(open("in"), 1):
                item = line[:-1].replace("\\", "\\\\").replace("\t", "\\t")
                print(i, len(line) - 1, len(line), "0\t0", item if len(item) < 1001 else item[:1000] + "…", f"ok\t1\tin:{i}", sep="\t")
            """#,
        ],
        """
        python3 make.py > in; python3 read.py > rows
        for each in -j0 '-j2 --chunk 999' '-j2 --report report --progress'; do
          pmap $each --joblog log -e item in > /dev/null 2>&1; \(columns) | tail -n +2 | cut -f 1,3- | cmp - rows
        done
        """),
    Row(
        "of a list, of a function, of JSON", [:],
        """
        echo "inputs = {3, 'x', {k = 1}} function task(x) return 1 end" > a.lua
        echo "local n = 0 function inputs() n = n + 1 if n < 3 then return {n} end end function task(x) return 1 end" > b.lua
        for each in a.lua b.lua '-f jsonl -e item.k'; do
          printf '{"k": 1}\\n\\n{"k": 2}\\n' | pmap --joblog log $each > /dev/null
          tail -n +2 log | sort -n | cut -f 1,5-6,9-11,14
        done
        """,
        out: """
            1	1	2	3	ok	1	inputs[1]
            2	3	2	"x"	ok	1	inputs[2]
            3	7	2	{"k":1}	ok	1	inputs[3]
            1	3	2	[1]	ok	1	inputs[1]
            2	3	2	[2]	ok	1	inputs[2]
            1	8	2	{"k": 1}	ok	1	-:1
            3	8	2	{"k": 2}	ok	1	-:3

            """),
    Row(
        "what a journal has is not run, and not in it", kinds,
        "pmap --journal j t.lua ::: a b > /dev/null; pmap --journal j --joblog log t.lua ::: a b c 2>&-; " + columns,
        out: "aa\nbb\ncc\n" + header + "3\t:\t1\t3\t0\t0\tc\tok\t1\t:::3\n"),
    Row(
        "on standard error", kinds, "pmap --joblog - t.lua ::: a 2>&1 > /dev/null | cut -f 1,9,10",
        out: "Seq\tCommand\tOutcome\n1\ta\tok\n"),
    Row(
        "into a pipe, whose reader is slow", [:],
        "seq 30000 | pmap -t none --joblog >(sleep 0.5; wc -l > lines) -e item; await test -s lines; cat lines",
        out: "30001\n"),
    Row(
        "of a hundred workers", [:],
        "seq 3000 > in; pmap -j 100 --chunk 1 --joblog log -t none -e item in; tail -n +2 log | cut -f 1 | sort -n | cmp - in"
    ),
    Row(
        "into the input", ["in": "a\n"], "pmap --joblog in -e item in; cat in",
        out: "a\n", err: "pmap: --joblog in and the input in are one file; name another one\n"),
    Row(
        "into a folder", [:], "pmap --joblog . -e item ::: a", err: "pmap: --joblog .: Is a directory\n", status: 2),
    Row(
        "onto a full disk", [:], "pmap --joblog /dev/full -e item ::: a",
        out: "a\n", err: "pmap: write /dev/full: No space left on device\n", status: 3),
    Row(
        "of a run that is killed, up to the last second", [:],
        """
        pmap -j 2 --chunk 1 --joblog log --trace trace -e 'if index == 3 then pmap.sleep(1000) end return item' ::: {1..9} > /dev/null &
        await grep -q "^9.*ok.*:::9$" log && kill -9 $!; wait 2>&-
        tail -n +2 log | cut -f 1,9,10 | sort -n
        """,
        out: "1\t1\tok\n2\t2\tok\n4\t4\tok\n5\t5\tok\n6\t6\tok\n7\t7\tok\n8\t8\tok\n9\t9\tok\n", err: "‹…›"),
])
func `the job log has a line for each item`(row: Row) throws { try row.check() }

/// Reads a log as programs read that of GNU parallel: runtimes are numbers, and starts lie in the run.
private let reader = """
    import csv, json, sys, time
    began = float(sys.argv[1])
    rows = list(csv.DictReader(open("log"), delimiter="\\t", quoting=csv.QUOTE_NONE))
    assert list(rows[0])[:9] == "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command".split()
    for row in rows:
        assert began - 1 <= float(row["Starttime"]) <= time.time(), row
        assert 0 <= float(row["JobRuntime"]) <= time.time() - began, row
        int(row["Pid"])
    slow = [row for row in rows if float(row["JobRuntime"]) >= 0.1]
    print(len(rows), *(row["Seq"] for row in slow))
    """

@Test(arguments: [
    Row(
        "times are those of each item", ["read.py": reader],
        """
        now=$(date +%s); seq 20 | pmap -j 3 --chunk 7 --joblog log -t none -e 'if item == "5" then pmap.sleep(0.1) end return 1'
        python3 read.py $now
        """, out: "20 5\n")
])
func `the job log is read as that of GNU parallel`(row: Row) throws { try row.check() }

/// Checks each event of a trace against the fields of its phase, that no two slices of a track overlap, and that it has each
/// item of the job log, also one whose end is missing.
private let checker = """
    import csv, decimal, json, sys
    text = open("trace").read()
    whole = text.endswith("\\n]\\n")
    events = json.loads(text if whole else text.rstrip().rstrip(",") + "]", parse_float=decimal.Decimal)
    fields = {
        "M": {"args"}, "X": {"ts", "dur"}, "C": {"ts", "args"}, "i": {"ts", "s"},
    }
    tracks = {}
    for event in events:
        needed = {"ph", "name", "pid", "tid"} | fields[event["ph"]]
        assert needed <= set(event) <= needed | {"args", "cname"}, event
        assert isinstance(event["name"], str) and isinstance(event["pid"], int), event
        if event["ph"] == "X":
            assert event["ts"] >= 0 and event["dur"] >= 0, event
            tracks.setdefault(event["tid"], []).append(event)
    for track in tracks.values():
        track.sort(key=lambda event: event["ts"])
        for one, next in zip(track, track[1:]):
            assert one["ts"] + one["dur"] <= next["ts"], (one, next)
    items = [event["args"] for track in tracks.values() for event in track if "outcome" in event.get("args", ())]
    done = sum(item.get("items", 1) for item in items if item["outcome"] == "ok")
    rows = list(csv.DictReader(open("log"), delimiter="\\t", quoting=csv.QUOTE_NONE))
    assert done == sum(row["Outcome"] == "ok" for row in rows), (done, len(rows))
    failed = sorted(item["item"] for item in items if item["outcome"] != "ok")
    marks = sorted({event["name"] for event in events if event["ph"] == "i"})
    names = sorted(event["args"]["name"] for event in events if event["ph"] == "M")
    if len(sys.argv) == 1: print(*failed, "|", *names, "|", *marks, sep=" ")
    print(done, "done", "whole" if whole else "cut off")
    """

@Test(arguments: [
    Row(
        "with failures, deaths, timeouts and retries", ["t.lua": kinds, "check.py": checker],
        "pmap -j 1 --timeout 0.2 --retries 1 --trace trace --joblog log t.lua ::: a error killed late again b 2>&- > /dev/null; python3 check.py",
        out: """
            2 2 3 3 4 4 5 | host pmap t.lua worker 1 | crash: :::3 died: was killed by SIGKILL end error: :::2 \
            retry: :::2 retry: :::3 retry: :::4 retry: :::5 timeout: :::4
            3 done whole

            """),
    Row(
        "with a try that was not begun", ["check.py": checker],
        "pmap -j 2 --halt soon,success=1 --retries 2 --backoff 9 --trace trace --joblog log"
            + " -e 'if item == \"ok\" then pmap.sleep(0.2) return 1 end error \"x\"' ::: 1 ok 2>&- > /dev/null; python3 check.py",
        out: "1 | host pmap -e worker 1 worker 2 | end error: :::1 retry: :::1\n1 done whole\n"),
    Row(
        "of many short items", ["check.py": checker],
        "seq 20000 | pmap -j 2 --trace trace --joblog log -t none -e item; python3 check.py -",
        out: "20000 done whole\n"),
    Row(
        "without workers, unordered, with a hundred workers", ["check.py": checker],
        "for each in -j0 -u '-j 100 --chunk 3'; do seq 2000 | pmap $each --trace trace --joblog log -t none -e item; python3 check.py -; done",
        out: "2000 done whole\n2000 done whole\n2000 done whole\n"),
    Row(
        "with an item that was killed as the run ended", ["check.py": checker],
        "pmap -j 2 --chunk 1 --halt now,success=1 --trace trace --joblog log -e 'pmap.sleep(index == 1 and 0.2 or 100) return 1' ::: a b > /dev/null; python3 check.py",
        out: "2 | host pmap -e worker 1 worker 2 | died: was killed by SIGKILL end\n1 done whole\n", err: "‹…›"),
    Row(
        "of a run whose results are joined", ["check.py": checker],
        "seq 50 | pmap -j 1 --trace trace --joblog log --reduce sum --finish 'pmap.sleep(0.3) return total' -e item; grep -c '\"after the items\".*\"dur\":[3-9]' trace; python3 check.py",
        out: "1275\n1\n| host joining pmap -e worker 1 | end\n50 done whole\n"),
    Row(
        "of a run that is killed", ["check.py": checker],
        """
        pmap -j 2 --chunk 1 --joblog log --trace trace -e 'if index == 3 then pmap.sleep(1000) end return item' ::: {1..9} > /dev/null &
        await grep -q item..9, trace && await grep -q :::9 log && kill -9 $!; wait 2>&-; python3 check.py -
        """, out: "8 done cut off\n", err: "‹…›"),
    Row(
        "with names and messages that are no JSON", ["a \"b\\\n": "x\n", "check.py": checker],
        #"pmap -j 1 --trace trace --joblog log -e 'error("\"\\\n\1</script>", 0)' 'a "b\'* 2>&-; python3 check.py"#,
        out: "‹…›0 done whole\n"),
])
func `a trace is read by a program that knows the format`(row: Row) throws { try row.check() }
