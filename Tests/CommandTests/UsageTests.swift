// The command line: what each wrong one is answered with, and what help and version say.

import Running
import Testing

/// `options` are wrong in a line that is otherwise right.
private func wrong(_ options: String, _ message: String) -> Row {
    Row(options, [:], "pmap \(options) -e item ::: a", err: "pmap: \(message)\n", status: 2)
}

@Test(arguments: [
    wrong("--jbos 2", "unknown option '--jbos'; did you mean '--jobs'?"),
    wrong("--nosuch", "unknown option '--nosuch'; pmap --help lists them"),
    wrong("--unord", "unknown option '--unord'; did you mean '--unordered'?"),
    wrong("-errors f", "unknown option '-errors'; did you mean '--errors'?"),
    wrong("-uZ", "unknown option '-Z'; pmap --help lists them"),
    wrong("-Z", "unknown option '-Z'; pmap --help lists them"),
    wrong("-j many", "-j many: write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong("-j ''", "-j '': write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong("-j 1.5", "-j 1.5: write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong(
        "-f json", "unknown format \"json\": did you mean jsonl? (lines, nul, jsonl, msgpack, fields, csv, tsv, blocks)"
    ),
    wrong("-t json", "unknown format \"json\": did you mean jsonl? (lines, nul, jsonl, msgpack, csv, tsv, lua, none)"),
    wrong("-f lua", "unknown format \"lua\": write lines, nul, jsonl, msgpack, fields, csv, tsv or blocks"),
    wrong("-f none", "unknown format \"none\": write lines, nul, jsonl, msgpack, fields, csv, tsv or blocks"),
    wrong("-t xml", "unknown format \"xml\": write lines, nul, jsonl, msgpack, csv, tsv, lua or none"),
    wrong("--chunk 0", "--chunk 0: write a number of items, 1 or more"),
    wrong("--chunk x", "--chunk x: write a number of items, 1 or more"),
    wrong("--max-tasks 0", "--max-tasks 0: write a number of items, 1 or more"),
    wrong("--on-error ignore", "--on-error ignore: write drop, keep or stop"),
    wrong("--seed x", "--seed x: write an integer"),
    wrong("--spill lots", "--spill lots: write a size, as in 500M or 10G"),
    wrong("-D =x", "-D =…: write NAME=VALUE"),
    wrong("--errors /nosuch/f", "--errors /nosuch/f: No such file or directory"),
    wrong("-o out", "-o: write to a file with > FILE"),
    wrong("-e item", "-e twice; write all of the code behind one -e"),
    wrong("--errors a --errors=b", "--errors twice; failures are written to one file"),
    wrong("--journal a --journal a", "--journal twice; a run has one journal"),
    wrong("--halt now,fail=1 --halt soon,success=2", "--halt twice; write one condition"),
    wrong(
        "--chaos kill=5% --chaos delay=1%", "--chaos twice; write all faults in one: kill=5%,delay=10%"),
    wrong("--errors ''", "--errors '': write the name of a file"),
    wrong("--errors=", "--errors '': write the name of a file"),
    wrong("--errors -", "--errors -: write ./- for a file of that name"),
    wrong("--journal ''", "--journal '': write the name of a file"),
    wrong("--journal -", "--journal -: write ./- for a file of that name"),
    wrong("-a ''", "-a '': write the name of a file"),
    wrong("-l ''", "-l '': write the name of a module"),
    wrong("-D ''", "-D '': write NAME=VALUE"),
    wrong("-0 -f jsonl", "-0 is --from nul; it cannot go with --from jsonl"),
    wrong("--errors .", "--errors .: Is a directory"),
    wrong("--just-print", "--just-print: write --dry-run; or try the task on one item: pmap -j0 SCRIPT ::: ITEM"),
    wrong(
        "--dry-run --journal j",
        "--dry-run with --journal: leave one of them out; pmap journal FILE shows what runs have kept"),
    wrong("--stat", "unknown option '--stat'; did you mean '--stats'?"),
    wrong("--trac", "unknown option '--trac'; did you mean '--trace'?"),
    wrong("--tag -t jsonl", "--tag with --to jsonl: only lines have something in front of them"),
    wrong("--filter=yes", "--filter=yes: --filter takes no value; write --filter"),
    wrong("-j", "missing value for -j; write -j N"),
    wrong("-uj", "missing value for -j; write -j N"),
    wrong("--timeout", "missing value for --timeout; write --timeout SECONDS"),
    wrong("--on-error", "missing value for --on-error; write --on-error drop|keep|stop"),
    wrong("--errors --seed=3", "missing value for --errors; write --errors FILE"),
    wrong("-j4e", "-j 4e: write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong("--jobs many", "--jobs many: write a number of workers: N, N%, +N, -N, or 0 for none"),
    wrong("-I {}", "-I: the item is the variable item in the task, and {} in the command of --sh"),
    Row(
        "names that name nothing", "options = { errors = '' } task = print",
        "pmap -e '' ::: a; pmap ''; pmap -e item ''; pmap run ''; pmap journal ''; pmap help ''; pmap t.lua ::: a",
        err: """
            pmap: -e '': write an expression of item and index, or the body of a function
            pmap: '' is the name of no file; an empty variable of the shell may stand there, as the script
            pmap: '' is the name of no file; an empty variable of the shell may stand there, as an input
            pmap: '' is the name of no file; an empty variable of the shell may stand there, as the script
            pmap: write pmap journal FILE; a script of that name is ./journal
            pmap: help: there is nothing about ''; pmap help lists what there is
            pmap: t.lua: options.errors: '': write the name of a file

            """, status: 2),
    Row(
        "nan", "options = { timeout = 0 / 0 } task = print",
        "pmap --timeout nan -e item ::: a; pmap --backoff nan -e item ::: a; pmap t.lua ::: a",
        err: """
            pmap: --timeout nan: write a time in seconds, as in 0.5, 5m or 2h
            pmap: --backoff nan: write a time in seconds, as in 0.5, 5m or 2h
            pmap: ‹…›nan: write a time in seconds, as in 0.5, 5m or 2h

            """, status: 2),
])
func `a wrong option is answered with what to write`(row: Row) throws { try row.check() }

@Test(arguments: [
    wrong("--ctag", "--ctag: write --tag, or return what is to stand in front of the result"),
    wrong("-N0", "-N 0: write a number of items, 1 or more"),
    wrong("-uI{}", "-I: the item is the variable item in the task, and {} in the command of --sh"),
    wrong("--delay=1", "--delay: wait in the task: pmap.sleep(SECONDS)"),
    wrong("--nice 5", "--nice: write nice -n N pmap …"),
    wrong("--shuf", "--shuf: write shuf FILE | pmap …"),
    wrong("-S host", "-S: write --on ssh:HOST; the script and its modules are sent"),
    wrong("--pipe", "--pipe: write --from blocks:1M; files are read in parallel anyway"),
    wrong("--resume", "--resume: write --journal FILE; the same command goes on from there"),
    wrong("-c item", "-c: write -e CODE, or --sh COMMAND; a script needs no option: pmap SCRIPT"),
    wrong(
        "--sh gzip -9",
        "--sh gzip -9: quote the command: --sh 'gzip -9 -e …'; an option of pmap stands in front of --sh"),
    wrong("--sh gzip x -9", "unknown option '-9'; if it is one of the command's, quote that: --sh 'gzip -9 …'"),
    wrong(
        "-f task.lua", "-f task.lua: this is no format; the script needs no option: pmap task.lua"),
])
func `words of parallel, xargs and others are answered with what to write here`(row: Row) throws { try row.check() }

@Test func `every word of other programs has an answer, and none is a guess`() throws {
    let words = """
        --pbar --tagstring --csv -I{} -i --log --delay --nice --shuf --load --pipe --header -S --colsep
        --results --resume --just-print --keep-going --threads -d --delimiter --ungroup --line-buffer --block
        --batch --quote --no-notice --sem --wd --env --tmpdir --memfree --fail-fast --initializer --json --verbose -c
        """
    for word in words.split(whereSeparator: \.isWhitespace) {
        let outcome = try Run("pmap \(word) x -e item ::: a", in: Scratch()).finish()
        #expect(outcome.ending == .exit(2) && !outcome.errors.contains("unknown option"), "\(word): \(outcome.errors)")
    }
}

@Test(arguments: [
    Row(
        "how bytes are read, of a script's own items", "inputs = { 1 } task = tostring options = { from = 'jsonl' }",
        "pmap t.lua; echo 2 | pmap t.lua -; pmap -f csv t.lua; echo 2 | pmap -0 t.lua; pmap --skip 1 t.lua; pmap -f csv --no-header t.lua",
        out: "1\n2\n",
        err: [
            "-f csv", "-0", "--skip 1", "-f csv",
        ].map {
            "pmap: \($0): the items are the script's inputs, which are values already; leave it out, or name a FILE, or - for standard input\n"
        }.joined(), status: 2),
    Row(
        "a command that the shell has split", [:],
        "pmap --sh echo {} ::: a; pmap --sh wc lines -u {/} files; pmap --sh ls x ::: a",
        err: """
            pmap: --sh echo: the command is one word; write --sh 'echo {}'
            pmap: --sh wc: the command is one word; write --sh 'wc lines {/} files'
            pmap: --sh ls: the command is one word; write --sh 'ls x'

            """, status: 2),
    Row(
        "an option behind the word of a command, whose it may be", ["a": ""],
        "pmap --sh gzip -k ::: a; pmap --sh wc -l -- a; pmap --sh=tar -x --to-stdout -f ::: a; pmap --sh sort -j2 -u a; ls",
        out: "a\n",
        err: [
            ("gzip -k", "gzip -k"), ("wc -l", "wc -l …"), ("tar -x", "tar -x --to-stdout -f"),
            ("sort -j2", "sort -j2 -u …"),
        ].map {
            "pmap: --sh \($0.0): quote the command: --sh '\($0.1)'; an option of pmap stands in front of --sh\n"
        }.joined(), status: 0),
    Row(
        "an option behind a command in quotes, and elsewhere", ["a": "x\n"],
        "pmap --sh 'echo -n {}' -u ::: a; pmap -k --sh echo ::: b; pmap --sh echo a -k; pmap --sh echo -- a",
        out: "a\nb\nx\nx\n"),
    Row(
        "a program for a script", [:], "pmap echo {} ::: a",
        err: "pmap: echo: no such script; a command for the shell stands behind --sh: pmap --sh 'echo {}'\n", status: 2),
    Row(
        "a program without {}", [:], "pmap echo ::: a",
        err: "pmap: echo: no such script; a command for the shell stands behind --sh: pmap --sh echo\n", status: 2),
    Row(
        "a program with words around the item", [:], "pmap convert {} to/{}.png ::: a",
        err:
            "pmap: convert: no such script; a command for the shell stands behind --sh: pmap --sh 'convert {} to/{}.png'\n",
        status: 2),
    Row(
        "CODE for a script", [:], "pmap 'item:upper()' ::: a",
        err: "pmap: item:upper(): no such script; CODE stands behind -e: pmap -e CODE\n", status: 2),
    Row(
        "the input before the script", ["data.csv": "a,b\n1,2\n", "task.lua": "return print"], "pmap data.csv task.lua",
        err: "pmap: data.csv:2: '=' expected near '1'; the script comes first: pmap task.lua data.csv\n", status: 2),
    Row(
        "{} in CODE that does not compile", [:], "pmap -e 'gzip -9 {}' ::: a",
        err:
            "pmap: -e:1: ‹…›; a command for the shell stands behind --sh: pmap --sh 'gzip -9 {}'\n", status: 2),
    Row(
        "{} in a line for the shell", [:], "pmap -e 'os.execute(\"gzip -9 {}\")' ::: a",
        err: "pmap: -e: {} in a string stays as it is; write \"gzip -9 \" .. item\n", status: 2),
    Row(
        "{} in a program's words", [:], "pmap -e 'io.popen(\"wc {} x\"):read()' ::: a",
        err: "pmap: -e: {} in a string stays as it is; write \"wc \" .. item .. \" x\"\n", status: 2),
    Row("{} that is a table", [:], "pmap -t jsonl -e '{}, {item}' ::: a", out: "[[],[\"a\"]]\n"),
    Row(
        "{} that is for another program", [:], "pmap -e 'io.popen(\"echo {} \" .. item):read()' ::: a", out: "{} a\n"),
])
func `what users of parallel type is answered in words of pmap`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "nothing at all", [:], "pmap",
        err:
            "pmap: no script; write pmap SCRIPT [FILE …], pmap SCRIPT ::: ITEM …, pmap -e CODE, or pmap --sh COMMAND; pmap --help tells more\n",
        status: 2),
    Row(
        "only :::", [:], "pmap ::: a",
        err:
            "pmap: no script; write pmap SCRIPT [FILE …], pmap SCRIPT ::: ITEM …, pmap -e CODE, or pmap --sh COMMAND; pmap --help tells more\n",
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
        "files and :::", ["f": ""], "pmap -e item f ::: a",
        err: "pmap: f and ':::'; items come from files or from arguments, not from both\n", status: 2),
    Row(
        "- and :::", [:], "pmap -e item - ::: a",
        err: "pmap: - and ':::'; items come from files or from arguments, not from both\n", status: 2),
    Row(
        "standard input for the script, and nothing for the items", [:], "pmap -", input: "function task() end",
        err: "pmap: standard input is the script already; name a FILE, or write ::: ITEM …\n", status: 2),
    Row(
        "the same by its other name", [:], "pmap /dev/stdin", input: "function task() end",
        err: "pmap: standard input is the script already; name a FILE, or write ::: ITEM …\n", status: 2),
    Row(
        "a command in one word", [:], "pmap 'echo {}.txt' ::: a",
        err:
            "pmap: echo {}.txt: no such script; a command for the shell stands behind --sh: pmap --sh 'echo {}.txt'\n",
        status: 2),
    Row(
        "a command in one word without {}", [:], "pmap 'cat -n' ::: a",
        err: "pmap: cat -n: no such script; a command for the shell stands behind --sh: pmap --sh 'cat -n'\n",
        status: 2),
    Row(
        "a command for a shell", [:], "pmap 'cat {} | wc -l' ::: a",
        err:
            "pmap: cat {} | wc -l: no such script; a command for the shell stands behind --sh: pmap --sh 'cat {} | wc -l'\n",
        status: 2),
    Row(
        "a name of two words", [:], "pmap 'my script.lua' ::: a", err: "pmap: my script.lua: no such script\n",
        status: 2),
    Row(
        "no memory", [:], "pmap --memory 0 -e item ::: a",
        err: "pmap: --memory 0: write a size, as in 500M or 10G\n", status: 2),
    Row(
        "standard input for the script and for the items", [:], "pmap - -", input: "return 1",
        err: "pmap: standard input is the script already; name a FILE, or write ::: ITEM …\n", status: 2),
])
func `a wrong command line is answered with a right one`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row("a number", [:], "pmap -j 3 -e item ::: a", out: "a\n"),
    Row("glued", [:], "pmap -j3 -e item ::: a", out: "a\n"),
    Row("clustered", [:], "pmap -kj2 -e item ::: a", out: "a\n"),
    Row("clustered, the last one with a value behind it", [:], "pmap -kj 2 -e item ::: a", out: "a\n"),
    Row("glued CODE", [:], "pmap -eitem ::: a", out: "a\n"),
    Row("a value that begins with -", [:], "pmap -e -1 --seed -3 ::: a", out: "-1\n"),
    Row("behind -- stand words", ["-x": "a\n"], "pmap -e item -- -x", out: "a\n"),
    Row(
        "--workers, --processes, --max-workers", [:], "pmap --workers 2 --processes=2 --max-workers 2 -e item ::: a",
        out: "a\n"),
    Row("-n 1, -N1, -L1: one item a call", [:], "pmap -n 1 -N1 -L1 --max-args=1 -e item ::: a", out: "a\n"),
    Row(
        "-a FILE", ["f": "a\n", "t.lua": "return string.upper"], "pmap -a f t.lua; pmap --arg-file=f t.lua",
        out: "A\nA\n"),
    Row("-r of xargs", [:], "pmap -r -e item < /dev/null"),
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
        "pmap -j 2 -u --chunk 1 -e 'if item == \"late\" then os.execute \"await grep -q early out\" end return item' ::: late early > out; cat out",
        out: "early\nlate\n"),
    Row(
        "long names of the short ones", ["f": "a\0"], "pmap --from nul --to jsonl --keep-order -e item f",
        out: "\"a\"\n"),
    Row("options behind FILE", ["f": "a\n"], "pmap -e item f -t jsonl --chunk 1", out: "\"a\"\n"),
    Row("--spill takes a size", [:], "pmap --spill 1M -e item ::: a", out: "a\n"),
])
func `options are taken in the forms that people write`(row: Row) throws { try row.check() }

private let largest = "9223372036854775807"

@Test(arguments: [
    "--chunk \(largest)", "--memory \(largest)", "--memory 8589934591G", "--max-tasks \(largest)",
    "--retries \(largest)",
    "--seed \(largest)", "--seed -9223372036854775808", "--seed 18446744073709551615", "--spill \(largest)",
    "--spill 0",
    "--timeout 999999h", "--backoff 999999h", "--halt now,fail=\(largest)", "--halt soon,done=\(largest)", "-j 100%",
    "-j -\(largest)", "-j -9223372036854775808", "--chunk 1 --max-tasks \(largest)", "--chunk \(largest) -u",
])
func `numbers at their limits are numbers`(options: String) throws {
    for inputs in ["f", "- < f", "::: a b"] {
        try Row(options, ["f": "a\nb\n"], "pmap \(options) -e item \(inputs) | sort", out: "a\nb\n").check()
    }
}

@Test(arguments: [
    wrong("--chunk 9223372036854775808", "--chunk 9223372036854775808: write a number of items, 1 or more"),
    wrong("--memory 8589934592G", "--memory 8589934592G: write a size, as in 500M or 10G"),
    wrong("--memory -1", "--memory -1: write a size, as in 500M or 10G"),
    wrong("--seed 18446744073709551616", "--seed 18446744073709551616: write an integer"),
    wrong("--timeout 1e999", "--timeout 1e999: write a time in seconds, as in 0.5, 5m or 2h"),
    wrong("--timeout nan", "--timeout nan: write a time in seconds, as in 0.5, 5m or 2h"),
    wrong("--backoff 1000000h", "--backoff 1000000h: write a time in seconds, as in 0.5, 5m or 2h"),
    wrong("-j +\(largest)", "-j +\(largest): at most 4096 workers"),
    wrong("-j \(largest)%", "-j \(largest)%: write a number of workers: N, N%, +N, -N, or 0 for none"),
])
func `numbers beyond their limits are refused`(row: Row) throws { try row.check() }

@Test func `the number of workers follows the processors this process may use`() throws {
    for (options, prefix, workers) in [
        ("", "taskset -c 0", 1), ("-j 2", "taskset -c 0", 2), ("-j +1", "taskset -c 0", 2),
        ("-j 300%", "taskset -c 0", 3),
    ] {
        let script = """
            function setup() os.execute "echo w >> workers" end
            function task() os.execute "await '[ $(grep -c w workers) -ge \(workers) ]'" end
            """
        try Row(
            options, script, "\(prefix) pmap \(options) --chunk 1 t.lua ::: 1 2 3 4 5 6 7 8; grep -c w workers",
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

    #expect(try Run("pmap help options", in: Scratch()).finish() == help)

    let version = try Run("pmap --version", in: Scratch()).finish()
    #expect(version.output.wholeMatch(of: /pmap \d+\.\d+.*\n/) != nil && version.ending == .exit(0))
    #expect(try Run("pmap -V", in: Scratch()).finish() == version)
}

@Test(arguments: [
    Row(
        "an option", [:], "pmap help --seed; pmap help seed",
        out: String(
            repeating: "  --seed N                The seed of math.random: the same seed gives the same output.\n",
            count: 2)),
    Row(
        "a short option", [:], "pmap help u", out: "  -u, --unordered         Write results as they finish.\n"),
    Row("pmap run", [:], "pmap run --help", out: "pmap run: a Lua program‹…›-D NAME=VALUE‹…›"),
    Row("pmap help run is the same", [:], "pmap help run | cmp - <(pmap run -h)"),
    Row("pmap journal", [:], "pmap journal --help", out: "pmap journal: ‹…›pmap journal FILE‹…›"),
    Row("pmap help journal is the same", [:], "pmap help journal | cmp - <(pmap journal -h)"),
    Row("an option of other programs", [:], "pmap help ctag", out: "--ctag: write --tag‹…›"),
    Row(
        "no name", [:], "pmap help",
        out: "pmap help NAME shows what there is about:\n\n  options ‹…›\n  concurrent.futures      ‹…›"),
    Row(
        "a function of a module, by any end of its name, in any case",
        [:],
        """
        for name in pool.MAP Pool.map mp.Pool:map; do pmap help $name | cmp - <(pmap help multiprocessing.Pool:map); done
        pmap help Pool:map
        """,
        out: "multiprocessing.Pool:map(f, items [, chunksize])\n\n  ‹…›\n  chunksize   integer, may be left out\n‹…›"),
    Row(
        "what several things are called", [:], "pmap help wait | grep '^[^ ]'",
        out: """
            multiprocessing.wait(list [, timeout])
            multiprocessing.AsyncResult:wait([timeout])
            multiprocessing.Condition:wait([timeout])
            multiprocessing.Event:wait([timeout])
            multiprocessing.Barrier:wait([timeout])
            concurrent.futures.wait(list [, timeout [, return_when]])
            subprocess.Popen:wait([timeout])

            """),
    Row(
        "an option that is also a name of the modules", [:], "pmap help errors",
        out: "  --errors FILE ‹…›\n\nmultiprocessing.Error.errors\n\n‹…›"),
    Row(
        "no line is wider than the terminal", [:],
        """
        for columns in 60 200; do
          script -qec "stty cols $columns; for name in multiprocessing starmap_async options --timeout run; do pmap help \\$name; done" \
            /dev/null | tr -d '\\r' | LC_ALL=C.UTF-8 wc -L
        done
        """, out: "60\n100\n"),
    Row(
        "what is neither", [:], "pmap help frogs",
        err: "pmap: help: there is nothing about 'frogs'; pmap help lists what there is\n", status: 2),
    Row(
        "what is written a little otherwise", [:],
        "for name in Pool:mapp --tiemout pool.aply async; do pmap help $name; done",
        err: """
            pmap: help: there is nothing about 'Pool:mapp'; did you mean Pool:map or Pool:imap?
            pmap: help: there is nothing about '--tiemout'; did you mean --timeout or timeout?
            pmap: help: there is nothing about 'pool.aply'; did you mean Pool:apply?
            pmap: help: there is nothing about 'async'; did you mean map_async, apply_async or AsyncResult?

            """, status: 2),
    Row(
        "a value of pmap run that is missing", [:], "pmap run -D",
        err: "pmap: run: missing value for -D; write -D NAME=VALUE\n", status: 2),
])
func `help knows every word of the command`(row: Row) throws { try row.check() }
