// `--sh`: commands for the shell, beside those of GNU parallel.

import Running
import Testing

/// Templates of commands and the items for them, of which parallel makes the same.
private let commands: [(template: String, items: String)] = [
    (
        "echo {}",
        "::: a 'b  c' \"it's\" \"'\" '' '$HOME `x` \\ \" ! ~ * ? [a] (b) <c> ;&|#' $'new\\nline' $'tab\\t' -n '{}' é"
    ),
    ("echo", "::: a 'b  c'"),
    ("echo \"{}\" x", "::: a b.c '$x'"),
    (
        "echo {.} {/} {//} {/.}",
        "::: a/b.c/d.tar.gz a.b/c .bash a/.b x. / // /a a a/ a// a//b /a/b/ . .. a.b. '' 'a b/c d.e' './-n'"
    ),
    ("echo {#}: {}", "::: a b c"),
    ("echo {1} {2} {3}x {-1}", "::: a b ::: 1 2"),
    ("echo {1.} {1/} {1//} {1/.} {2.} {-1.}", "::: a/b.c ::: d/e.f"),
    ("echo {} x{}y {.} z{/}", "::: a.b b ::: 1"),
    ("echo", "::: 'a b' c ::: '1 2'"),
    ("echo {} {2}{1}", "::: a b c :::+ 1 2"),
    ("echo {+} {..} {#.} {.1} {a,b} ${HOME:0:0}", "::: a/b.c"),
    ("echo a; echo {}; false || echo c", "::: 1 2"),
    ("printf '%s|' {} a; echo", "::: 'x y' ::: ''"),
    ("cat {} 2> /dev/null; true", "::: no t.lua no"),
    ("echo {} | tr a-z A-Z", ":::: lines"),
    ("true", "::: a b"),
    ("echo ''", "::: a b"),
]

private let files = ["t.lua": "two\nlines\n", "lines": "a\nb  c\n\n'\n"]
private let parallel = "mkdir -p .parallel; touch .parallel/will-cite; HOME=$PWD PARALLEL_SHELL=/bin/bash parallel -k"

@Test(.enabled(if: hasParallel, "GNU parallel is not installed"), arguments: commands)
func `a command writes the bytes that it writes under parallel`(template: String, items: String) throws {
    let scratch = try Scratch(files)
    let quoted = "'" + template.replacing("'", with: "'\\''") + "'"
    let expected = try Run("\(parallel) \(quoted) \(items)", in: scratch).finish()
    let outcome = try Run("PMAP_SHELL=/bin/bash pmap --sh \(quoted) \(items)", in: scratch).finish()
    #expect(outcome == expected)
}

@Test(.enabled(if: hasParallel, "GNU parallel is not installed"), arguments: commands)
func `a dry run shows the command that parallel shows`(template: String, items: String) throws {
    let scratch = try Scratch(files)
    let quoted = "'" + template.replacing("'", with: "'\\''") + "'"
    let items = items.replacing("$'new\\nline'", with: "")  // parallel leaves its quotes out here
    let expected = try Run("\(parallel) --dry-run \(quoted) \(items)", in: scratch).finish()
    #expect(try Run("pmap --dry-run --sh \(quoted) \(items)", in: scratch).finish() == expected)
}

@Test(
    .enabled(if: hasParallel, "GNU parallel is not installed"),
    arguments: [
        "echo x{}y", "echo {1}-{2}-{3}", "echo x{}y{.} {#}_{}", "echo {1}x{} {}{2}", "echo a;echo x{};echo y", "echo",
    ])
func `a batch stands in a command as under parallel -N`(template: String) throws {
    let scratch = try Scratch()
    for items in ["::: a.b 'c d' e", "::: a b c ::: 1 2"] {
        let expected = try Run("\(parallel) -N2 '\(template)' \(items)", in: scratch).finish()
        #expect(try Run("pmap --batch 2 --sh '\(template)' \(items)", in: scratch).finish() == expected)
    }
}

@Test(arguments: [
    Row("lines of standard input", [:], "pmap --sh 'echo {}!'", input: "a\nb c\n", out: "a!\nb c!\n"),
    Row("lines of a file", files, "pmap --sh 'echo {}!' t.lua", out: "two!\nlines!\n"),
    Row(
        "a name of the worker", [:], "pmap -j1 --sh 'echo {%}' ::: a b; pmap -j0 --sh 'echo {#}' ::: a",
        out: "1\n1\n1\n"),
    Row(
        "fields of rows", ["f.csv": "name,given name,path\n\"a b\",x,d/e.f\n"],
        "pmap -f csv --sh 'echo {name}, {given name}, {path/.} { print } {a,b}' f.csv",
        out: "a b, x, e { print } {a,b}\n"),
    Row(
        "rows without names", ["f.csv": "1,2\n"], "pmap -f csv --no-header --sh 'echo {2} {}' f.csv", out: "2 1 2\n"),
    Row(
        "a list of JSON", [:], "pmap -f jsonl --sh 'echo {2} {}'", input: "[1,2.5,true,\"x y\"]\n",
        out: "2.5 1 2.5 true x y\n"),
    Row("another shell", [:], "PMAP_SHELL=bash pmap --sh 'a=(1 2 {}); echo ${#a[@]}' ::: x", out: "3\n"),
    Row(
        "a record has no newline at its end", [:], "pmap -t jsonl --sh 'printf {}' ::: 'a\\n\\n' b '' '\\n'",
        out: """
            "a\\n"
            "b"
            ""

            """),
    Row("a tag", [:], "pmap --tag --sh 'echo 1; echo {}' ::: a", out: "a\t1\na\ta\n"),
    Row("what it says is heard", [:], "pmap --sh 'echo said >&2; echo {}' ::: a", out: "a\n", err: "said\n"),
    Row(
        "a status is the failure", [:], "pmap -j1 --sh 'exit {}' ::: 0 3 127",
        err: """
            pmap: :::2: exit 3
            pmap: :::3: exit 127
            \(lastLine(2, of: 3, "2 error"))
            """, status: 1),
    Row(
        "with the last lines of what it said; what it wrote is heard before", [:],
        "pmap --sh 'echo out {}; seq 7 >&2; exit 1' ::: a",
        err: "1\n2\nout a\npmap: :::1: exit 1: 3\n\t4\n\t5\n\t6\n\t7\n" + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "a command that is missing", [:], "pmap --sh nosuch ::: a",
        err: "pmap: :::1: exit 127: ‹…›nosuch‹…›not found\n\(lastLine(1, of: 1, "1 error"))", status: 1),
    Row(
        "a signal", [:], "pmap --sh 'kill -9 $$; echo {}' ::: a",
        err: "pmap: :::1: killed by SIGKILL\n\(lastLine(1, of: 1, "1 error"))", status: 1),
    Row(
        "the job log has the status, and the signal", [:],
        "pmap -j1 --joblog log --sh 'kill -{} $$; exit {}' ::: 0 3 2> /dev/null || cut -f7-10 log",
        out: "Exitval\tSignal\tCommand\tOutcome\n0\t0\t0\tok\n0\t3\t3\terror\n"),
    Row(
        "a time-out ends it, and what it has started", [:],
        "pmap --timeout 0.3 --sh 'sleep 77{} & sleep 77{}; echo' ::: 3; pgrep -f '^sleep 773'",
        err: "pmap: :::1: timed out after 0.3 s\n\(lastLine(1, of: 1, "1 timeout"))", status: 1),
    Row("a retry", [:], "pmap --retries 2 --sh 'test -e {} || { touch {}; exit 1; }; echo ok' ::: x", out: "ok\n"),
    Row(
        "a journal", [:],
        "for words in 1 '1 2'; do pmap --journal j --sh 'echo ran >> log; echo {}' ::: $words; done; wc -l < log",
        out: "1\n1\n2\n2\n", err: "pmap: 1 of 2 items was done in an earlier run, says j\n"),
    Row(
        "another command is another run of the journal", [:],
        "pmap --journal j --sh 'echo {}' ::: 1; pmap --journal j --sh 'echo x{}' ::: 1; PMAP_SHELL=bash pmap --journal j --sh 'echo x{}' ::: 1 2> /dev/null; pmap journal j | head -1",
        out: "1\nx1\nx1\nj: 3 ok\n", err: "pmap: j: --sh has changed since the last run; what it gave is not used\n"),
    Row(
        "a filter keeps at 0, drops at 1, and fails above", [:], "pmap --filter --sh 'test {} -gt 1' ::: 1 2 x 3",
        out: "2\n3\n", err: "pmap: :::3: exit 2: ‹…›\n\(lastLine(1, of: 4, "1 error"))", status: 1),
    Row(
        "a NUL in the item", [:], "printf 'a\\0b\\nc\\n' | pmap --sh 'echo {}'", out: "c\n",
        err: "pmap: -:1: the item has a NUL, which no command can have\n\(lastLine(1, of: 2, "1 error"))", status: 1),
    Row(
        "a command that is too long", [:], "head -c 131067 /dev/zero | tr '\\0' x | pmap --sh 'echo {}'",
        err: "pmap: -:1: the command has 131072 bytes, and the kernel takes 131071\n\(lastLine(1, of: 1, "1 error"))",
        status: 1),
    Row(
        "one that just fits", [:], "head -c 131060 /dev/zero | tr '\\0' x | pmap --sh 'echo {}' | wc -c",
        out: "131061\n"),
    Row(
        "a row has no words", ["f.csv": "a\n1\n"], "pmap -f csv --sh echo f.csv",
        err:
            "pmap: f.csv:2: the item has names, and the command has none of them; write {NAME} for a field of it\n\(lastLine(1, of: 1, "1 error"))",
        status: 1),
    Row(
        "a dry run shows the commands", files, "pmap --dry-run --filter --sh 'rm {} > {.}.x' t.lua; ls",
        out: "rm two > two.x\nrm lines > lines.x\nlines\nt.lua\n"),
    Row("long output", [:], "pmap --sh 'seq 100000 {}' ::: 300000 > a; seq 100000 300000 | cmp - a"),
])
func `a command is a task like others`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "no command", [:], "pmap --sh '' ::: a",
        err: "pmap: --sh '': write a command for the shell, as in --sh 'gzip {}'\n", status: 2),
    Row("two", [:], "pmap --sh 'a 1' --sh b ::: a", err: "pmap: --sh twice; join commands with ; or &&\n", status: 2),
    Row("code as well", [:], "pmap --sh 'a 1' -e b ::: a", err: "pmap: -e and --sh; a run has one task\n", status: 2),
    Row(
        "of a script", "options = { sh = 'echo' } task = print", "pmap t.lua ::: a",
        err: "pmap: t.lua: options.sh: write it on the command line: --sh\n", status: 2),
    Row(
        "a file that is none", [:], "pmap --sh echo no",
        err: "pmap: no: no such file; to give items as arguments write ::: no\n", status: 2),
    Row(
        "Perl", [:], "pmap --sh 'echo {= s/a/b/ =}' ::: a",
        err: "pmap: {= s/a/b/ =} is Perl; write a script with a task that calls pmap.sh: pmap help pmap.sh\n", status: 2
    ),
])
func `a command that cannot be is refused`(row: Row) throws { try row.check() }
