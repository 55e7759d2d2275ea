// Workers that do not come to their first item: another one takes their place, as long as there is hope.

import Testing

/// `what` is done in the third `setup` of the run, which counts them in a file.
private func inThirdSetup(_ what: String) -> String {
    """
    function setup()
      local file <close> = io.open("setups", "a")
      file:write "x"
      local place = file:seek "end"
      file:flush()
      if place == 3 then \(what) end
    end
    function task(item) return item end
    """
}

@Test(arguments: [
    Row(
        "a death by a signal", inThirdSetup("os.execute 'kill -9 $PPID'"),
        "pmap -j 1 --max-tasks 1 t.lua ::: a b c d e", out: "a\nb\nc\nd\ne\n"),
    Row(
        "one of several workers", inThirdSetup("os.execute 'kill -9 $PPID'"),
        "pmap -j 3 --max-tasks 1 t.lua ::: a b c d e", out: "a\nb\nc\nd\ne\n"),
    Row(
        "an error", inThirdSetup("error 'not now'"), "pmap -j 1 --max-tasks 1 t.lua ::: a b c d e",
        out: "a\nb\nc\nd\ne\n"),
    Row(
        "os.exit", inThirdSetup("os.exit(3)"), "pmap -j 1 --max-tasks 1 t.lua ::: a b c d e", out: "a\nb\nc\nd\ne\n"),
    Row(
        "errors without end, after the first",
        "function setup() local file <close> = io.open('setups', 'a') file:write 'x' "
            + "if file:seek 'end' > 1 then error('no more', 0) end end function task(item) return item end",
        "pmap -j 1 --max-tasks 1 t.lua ::: a b", out: "a\n",
        err: "pmap: t.lua: setup failed in every worker: no more\n" + traceback, status: 3),
])
func `a worker that does not come to its first item is replaced`(row: Row) throws { try row.check() }
