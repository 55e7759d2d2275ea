// The command line: what each wrong one is answered with, and what help and version say.

import Running
import Testing

/// `options` are wrong in a line that is otherwise right.
private func wrong(_ options: String, _ message: String) -> Row {
    Row(options, [:], "pmap \(options) -e item ::: a", err: "pmap: \(message)\n", status: 2)
}

@Test(arguments: [
    wrong("--jbos 2", "unknown option '--jbos'; did you mean '--jobs'?"),
    wrong("--colour", "unknown option '--colour'; pmap --help lists them"),
    wrong("-Z", "unknown option '-Z'; pmap --help lists them"),
    wrong("-j many", "-j many: write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong("-j ''", "-j '': write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong("-j 1.5", "-j 1.5: write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong("-f json", "unknown format \"json\": did you mean jsonl? (lines, nul, jsonl)"),
    wrong("-t json", "unknown format \"json\": did you mean jsonl? (lines, nul, jsonl, lua, none)"),
    wrong("-f lua", "unknown format \"lua\": write lines, nul or jsonl"),
    wrong("-f none", "unknown format \"none\": write lines, nul or jsonl"),
    wrong("-t xml", "unknown format \"xml\": write lines, nul, jsonl, lua or none"),
    wrong("--chunk 0", "--chunk 0: write a number of items, 1 or more"),
    wrong("--chunk x", "--chunk x: write a number of items, 1 or more"),
    wrong("--max-tasks 0", "--max-tasks 0: write a number of items, 1 or more"),
    wrong("--on-error ignore", "--on-error ignore: write drop, keep or stop"),
    wrong("--seed x", "--seed x: write an integer"),
    wrong("--spill lots", "--spill lots: write a size, as in 500M or 10G"),
    wrong("-D =x", "-D =x: write NAME=VALUE"),
    wrong("--errors /nosuch/f", "--errors /nosuch/f: No such file or directory"),
    wrong("-o out", "-o: write to a file with > FILE"),
    wrong("-0 -f jsonl", "-0 is --from nul; it cannot go with --from jsonl"),
    wrong("--errors .", "--errors .: Is a directory"),
    wrong("--dry-run", "--dry-run: try the task on one item: pmap -j0 SCRIPT ::: ITEM"),
    wrong("--colsep ,", "--colsep: split the item in the task"),
    wrong("-I {}", "-I: the item is the variable item in the task"),
    wrong("-n 1", "unknown option '-n'; pmap --help lists them"),
    wrong("-a f", "-a: write the file behind the script: pmap SCRIPT FILE"),
])
func `a wrong option is answered with what to write`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "nothing at all", [:], "pmap",
        err:
            "pmap: no script; write pmap SCRIPT [FILE …], pmap SCRIPT ::: ITEM …, or pmap -e CODE; pmap --help tells more\n",
        status: 2),
    Row(
        "only :::", [:], "pmap ::: a",
        err:
            "pmap: no script; write pmap SCRIPT [FILE …], pmap SCRIPT ::: ITEM …, or pmap -e CODE; pmap --help tells more\n",
        status: 2),
    Row(
        "an option of the other pmap", [:], "pmap -x 1234",
        err:
            "pmap: unknown option '-x'; the pmap that shows the memory map of a process is another program, from procps\n",
        status: 2),
    Row(
        "a value that is missing", ["t.lua": ""], "pmap t.lua -j", err: "pmap: missing value for -j; write -j N\n",
        status: 2),
    Row(
        "a second :::", [:], "pmap -e item ::: a ::: b",
        err: "pmap: a second ':::'; items of one kind stand behind one ':::'\n", status: 2),
    Row(
        "files and :::", ["f": ""], "pmap -e item f ::: a",
        err: "pmap: f and ':::'; items come from files or from arguments, not from both\n", status: 2),
    Row(
        "- and :::", [:], "pmap -e item - ::: a",
        err: "pmap: - and ':::'; items come from files or from arguments, not from both\n", status: 2),
    Row(
        "standard input for the script and for the items", [:], "pmap - -", input: "return 1",
        err: "pmap: standard input is the script already; name a FILE, or write ::: ITEM …\n", status: 2),
])
func `a wrong command line is answered with a right one`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row("a number", [:], "pmap -j 3 -e item ::: a", out: "a\n"),
    Row("glued", [:], "pmap -j3 -e item ::: a", out: "a\n"),
    Row("long, with =", [:], "pmap --jobs=3 -e item ::: a", out: "a\n"),
    Row("-P", [:], "pmap -P 3 -e item ::: a", out: "a\n"),
    Row("a share of the processors", [:], "pmap -j 50% -e item ::: a", out: "a\n"),
    Row("more than there are processors", [:], "pmap -j +1 -e item ::: a", out: "a\n"),
    Row("fewer", [:], "pmap -j -1 -e item ::: a", out: "a\n"),
    Row("far fewer is one", [:], "pmap -j -1000 -e item ::: a", out: "a\n"),
    Row("none", [:], "pmap -j 0 -e item ::: a", out: "a\n"),
    Row("--max-procs of xargs", [:], "pmap --max-procs 2 -e item ::: a", out: "a\n"),
    Row("-k is accepted", [:], "pmap -k -e item ::: a", out: "a\n"),
    Row("--unordered gives the same records", [:], "seq 100 | pmap -u --chunk 1 -e item | sort -n | cmp - <(seq 100)"),
    Row(
        "-u gives what is finished first", [:],
        "pmap -j 2 -u --chunk 1 -e 'os.execute(\"sleep \" .. item) return item' ::: 0.5 0", out: "0\n0.5\n"),
    Row(
        "long names of the short ones", ["f": "a\0"], "pmap --from nul --to jsonl --keep-order -e item f",
        out: "\"a\"\n"),
    Row("options behind FILE", ["f": "a\n"], "pmap -e item f -t jsonl --chunk 1", out: "\"a\"\n"),
    Row("--spill takes a size", [:], "pmap --spill 1M -e item ::: a", out: "a\n"),
])
func `options are taken in the forms that people write`(row: Row) throws { try row.check() }

@Test func `the number of workers follows the processors this process may use`() throws {
    let script = "function setup(worker) io.stderr:write('w\\n') end function task() os.execute('sleep 0.05') end"
    for (options, prefix, workers) in [
        ("", "taskset -c 0", 1), ("-j 2", "taskset -c 0", 2), ("-j +1", "taskset -c 0", 2),
        ("-j 300%", "taskset -c 0", 3),
    ] {
        try Row(
            options, script, "\(prefix) pmap \(options) --chunk 1 t.lua ::: 1 2 3 4 5 6 7 8 2>&1 | grep -c w",
            out: "\(workers)\n"
        ).check()
    }
}

@Test func `help names every option, version the program`() throws {
    let help = try Run("pmap --help", in: Scratch()).finish()
    #expect(help.ending == .exit(0) && help.errors == "")
    let options = [
        "-j", "--jobs", "-f", "--from", "-t", "--to", "-0", "-u", "--unordered", "-k", "-e", "-D", "-l", "-h", "--help",
        "-V", "--version", "--filter", "--chunk", "--on-error", "--seed", "--max-tasks", "--errors", "--spill", ":::",
    ]
    #expect(options.filter { !help.output.contains($0) }.isEmpty)
    #expect(try Run("pmap -h", in: Scratch()).finish() == help)

    let version = try Run("pmap --version", in: Scratch()).finish()
    #expect(version.output.wholeMatch(of: /pmap \d+\.\d+.*\n/) != nil && version.ending == .exit(0))
    #expect(try Run("pmap -V", in: Scratch()).finish() == version)
}
