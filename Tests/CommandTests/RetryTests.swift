// Items that fail and are run again.

import Testing

/// A task that counts its tries in a file, does `code` before the third, and then succeeds.
private func untilThird(_ code: String) -> String {
    """
    function task(item)
      local tries = io.open(item .. ".tries", "a")
      tries:write "x"
      tries:close()
      local try = #io.open(item .. ".tries"):read "a"
      if try < 3 then \(code) end
      return item, try
    end
    """
}

@Test(arguments: [
    Row("errors", untilThird("error('no', 0)"), "pmap -j 2 --retries 2 t.lua ::: a b c", out: "a\t3\nb\t3\nc\t3\n"),
    Row(
        "deaths", untilThird("os.execute 'kill -9 $PPID'"), "pmap -j 2 --retries 2 t.lua ::: a b c",
        out: "a\t3\nb\t3\nc\t3\n"),
    Row(
        "timeouts", untilThird("while true do end"), "pmap -j 2 --retries 2 --timeout 0.1 t.lua ::: a b",
        out: "a\t3\nb\t3\n"),
    Row("without a worker", untilThird("error('no', 0)"), "pmap -j 0 --retries 2 t.lua ::: a b", out: "a\t3\nb\t3\n"),
    Row(
        "in the middle of a chunk", untilThird("if item == '7' then error('no', 0) end"),
        "pmap -j 2 --retries 2 --chunk 10 t.lua ::: $(seq 12) | cut -f 1 | paste -sd ' '",
        out: "1 2 3 4 5 6 7 8 9 10 11 12\n"),
    Row(
        "after a wait", untilThird("error('no', 0)"), "pmap -j 1 --retries 2 --backoff 0.05 t.lua ::: a b",
        out: "a\t3\nb\t3\n"),
])
func `an item that fails twice succeeds at the third try, in its place`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "too few tries", untilThird("error('try ' .. try, 0)"), "pmap -j 1 --retries 1 t.lua ::: a",
        err: "pmap: :::1: try 2\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "what failed tries print does not count", untilThird("print 'lost' error('no', 0)"),
        "pmap -j 1 --retries 2 t.lua ::: a", out: "a\t3\n"),
    Row(
        "what the last one prints does", untilThird("print('try', try) error('no', 0)"),
        "pmap -j 1 --retries 1 t.lua ::: a",
        err: "try\t2\npmap: :::1: no\n" + traceback + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "the script may refuse",
        untilThird("error('for ever', 0)") + "\nfunction retry_if(message, attempt) return message ~= 'for ever' end",
        "pmap -j 1 --retries 5 t.lua ::: a; cat a.tries", out: "x",
        err: "pmap: :::1: for ever\n" + traceback + lastLine(1, of: 1, "1 error")),
    Row(
        "and is told which try it was",
        untilThird("error('no', 0)") + "\nfunction retry_if(message, attempt) return attempt < 2 end",
        "pmap -j 1 --retries 5 t.lua ::: a; cat a.tries", out: "xx",
        err: "pmap: :::1: no\n" + traceback + lastLine(1, of: 1, "1 error")),
    Row(
        "an error in what decides is told behind the item's own",
        untilThird("error('no', 0)") + "\nfunction retry_if(message) return message.x.y end",
        "pmap -j 1 --retries 5 --errors e t.lua ::: a; cat a.tries; grep -c 'and retry_if failed' e", out: "x1\n",
        err: "pmap: :::1: no (and retry_if failed: t.lua:9: attempt to index a nil value (field 'x'))\n" + traceback
            + lastLine(1, of: 1, "1 error")),
    Row(
        "random numbers are those of the first try",
        "local first = {} function task(item) local r = math.random(1e9) local f = io.open(item, 'r') if not f then io.open(item, 'w'):write(r):close() error 'again' end return r == f:read 'n' end",
        "pmap -j 2 --retries 1 --seed 3 t.lua ::: a b", out: "true\ntrue\n"),
    Row(
        "the number of tries is in the file of errors", [:],
        "pmap -j 1 --retries 2 --errors e -e 'error(\"no\", 0)' ::: a 2> /dev/null; grep -o '\"attempts\":[0-9]*' e",
        out: "\"attempts\":3\n"),
    Row(
        "less than no retries", [:], "pmap --retries -1 -e item ::: a",
        err: "pmap: --retries -1: write a number of tries after the first, 0 or more\n", status: 2),
])
func `retries end, and only the last try shows`(row: Row) throws { try row.check() }

@Test(arguments: [0, 1, 2])
func `a run that stops at a failure does not stop at one that is tried again`(workers: Int) throws {
    try Row(
        "stop", untilThird("if item == 'c' then error('no', 0) end"),
        "pmap -j \(workers) --chunk 5 --on-error stop --retries 2 t.lua ::: a b c d e f | cut -f 1 | paste -sd ' '",
        out: "a b c d e f\n"
    ).check()
}

@Test func `workers that are killed at random lose nothing`() throws {
    let task = """
        function task(item, index)
          local chance = io.open("/dev/urandom"):read(1):byte()
          if chance < 3 then os.execute "kill -9 $PPID" end
          if chance < 6 then os.exit(0) end
          if chance < 9 then error "unlucky" end
          return index, item
        end
        """
    try Row(
        "at random", task, "seq 3000 > in; pmap -j 3 --retries 30 t.lua in | awk '$1 != NR || $2 != NR' ; echo $?",
        out: "0\n"
    ).check()
}

@Test func `a run in which everything dies ends with one clear line`() throws {
    try Row(
        "everything dies", [:], "seq 1000 | pmap -j 2 -e 'os.exit(1)'",
        err: "‹…›pmap: no item has succeeded and 100 workers have died; try one item: pmap -j0 -e CODE ::: ITEM\n",
        status: 3
    ).check()
}
