// No item waits behind a slow one while a worker is idle.

import Testing

/// The item x waits until all others have been run, which are in its chunk or in the next one of its worker.
private let waiting = """
    function task(item)
      if item == "x" then
        os.execute "await '[ $(cat ran 2>/dev/null | wc -l) = 39 ]'"
      else
        io.open("ran", "a"):write(item, "\\n"):close()
      end
      return item
    end
    """

@Test(
    arguments: ["1", "2", "5", "38", "39", "40"],
    ["-j 2", "-j 5", "-j 2 -u", "-j 2 --journal j", "-j 2 -t jsonl", "-j 2 --retries 2"])
func `the items behind a slow one go to another worker, and none is run twice`(place: String, options: String) throws {
    try Row(
        "behind \(place)", waiting,
        """
        seq 40 | sed 's/^\(place)$/x/' > f
        pmap --chunk 20 \(options) t.lua f | tr -d '"' | sort > out; sort f | cmp - out; grep -v x f | sort > g; sort ran | cmp - g
        """
    ).check()
}

@Test(arguments: [
    Row(
        "of a pipe", waiting, "seq 40 | sed 's/^3$/x/' | pmap -j 2 --chunk 20 t.lua | sed -n 3p", out: "x\n"),
    Row(
        "of a list",
        "inputs = {} for i = 1, 40 do inputs[i] = i == 3 and 'x' or tostring(i) end " + waiting,
        "pmap -j 2 --chunk 20 t.lua | sed -n 3p", out: "x\n"),
    Row(
        "of an iterator",
        "local i = 0 function inputs() i = i + 1 if i <= 40 then return i == 3 and 'x' or tostring(i) end end "
            + waiting,
        "pmap -j 2 --chunk 20 t.lua | sed -n 3p", out: "x\n"),
    Row(
        "whose worker dies then",
        waiting
            + " local wait = task function task(item) wait(item) if item == 'x' then os.execute 'kill -9 $PPID' end return item end",
        "seq 40 | sed 's/^3$/x/' > f; pmap -j 2 --chunk 20 t.lua f | wc -l; sort ran | uniq -d", out: "39\n",
        err: "pmap: f:3: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 40, "1 crash"), status: 0),
])
func `items of any kind are taken back`(row: Row) throws { try row.check() }
