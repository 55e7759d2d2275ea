// Faults on purpose: the output is the same bytes.

import Running
import Testing

private let plain = """
    function task(item, index)
      if item % 10 == 3 then return item, math.random(1000) end
      return item, index
    end
    """

@Test(arguments: [
    "-j 2", "-j 3 --chunk 1", "-j 2 --chunk 1000", "-j 2 --backoff 0.001", "-j 2 -t jsonl", "-j 1 --max-tasks 7",
    "-j 2 --journal j", "-j 2 --timeout 5",
])
func `under chaos with retries the output is that of a quiet run`(options: String) throws {
    try Row(
        "chaos", plain,
        "seq 2000 > f; to=\(options.contains("jsonl") ? "jsonl" : "lines"); pmap -j 0 --seed 3 -t $to t.lua f > quiet; pmap \(options) --seed 3 --retries 9 --chaos kill=5%,delay=1%,error=3% t.lua f | cmp - quiet"
    ).check()
}

@Test(arguments: [
    Row(
        "errors without retries", [:],
        "seq 1000 | pmap -j 2 --seed 1 --chaos error=10% -e item 2> e | wc -l; tail -1 e",
        out: "‹…›\npmap: ‹…› of 1000 items failed (‹…› error)\n"),
    Row(
        "what is drawn is the same for any number of workers", [:],
        "for j in 0 1 3; do seq 1000 | pmap -j $j --seed 1 --chaos error=10% -e item 2> /dev/null | md5sum; done | uniq | wc -l; true",
        out: "1\n"),
    Row(
        "delays only", [:], "seq 50 | pmap -j 2 --chaos delay=100% -e item | paste -sd ' ' | cut -c 1-9",
        out: "1 2 3 4 5\n"),
    Row(
        "no such fault", [:], "pmap --chaos fire=5% -e item ::: a",
        err: "pmap: --chaos fire=5%: write kill, delay or error and how many items, as in kill=5%,delay=10%\n",
        status: 2),
    Row(
        "no percentage", [:], "pmap --chaos kill=5 -e item ::: a",
        err: "pmap: --chaos kill=5: write kill, delay or error and how many items, as in kill=5%,delay=10%\n", status: 2
    ),
    Row(
        "kill without workers", [:], "pmap -j 0 --chaos kill=5% -e item ::: a",
        err: "pmap: --chaos kill with -j 0: there is no worker to be killed; leave one of them out\n", status: 2),
])
func `chaos in its contexts`(row: Row) throws { try row.check() }
