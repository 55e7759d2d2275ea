// What a script changes around it: its folder, the mask of new files' modes, the locale. Its tasks get it so; pmap itself
// goes on as it was started.

import Running
import Testing

private let library = """
    #include <signal.h>
    #include <sys/stat.h>
    #include <unistd.h>
    int leave(void *state) { return chdir("/"); }
    int hide(void *state) { umask(0777); return 0; }
    int ignore(void *state) { signal(SIGCHLD, SIG_IGN); return 0; }
    """

/// With `c(name)` for the functions above, and a file f of five lines.
private func withLibrary(
    _ claim: String, _ script: String, _ line: String, out: String, err: String = "", status: Int32 = 0
) -> Row {
    Row(
        claim,
        [
            "c.c": library, "f": "1\n2\n3\n4\n5\n",
            "t.lua": "local c = function(name) return package.loadlib('./c.so', name) end\n" + script,
        ],
        "clang -shared -fPIC -o c.so c.c && " + line, out: out, err: err, status: status)
}

private let leaving = "c 'leave'() function task(x) return x, io.popen 'pwd':read() end"
private let left = (1...5).map { "\($0)\t/\n" }.joined()

@Test(arguments: [
    withLibrary("files of the command line", leaving, "pmap -j 2 --chunk 1 t.lua f", out: left),
    withLibrary("files of the command line, with -j 0", leaving, "pmap -j 0 t.lua f", out: left),
    withLibrary("the file of --errors", leaving, "pmap --errors errors t.lua f; ls errors", out: left + "errors\n"),
    withLibrary(
        "files of the command line, when a task leaves",
        "local leave = c 'leave' function task(x) leave() return x end",
        "pmap -j 1 --chunk 1 --max-tasks 3 t.lua f f", out: "1\n2\n3\n4\n5\n1\n2\n3\n4\n5\n"),
    withLibrary(
        "a file that is not there is named as it was typed", leaving, "pmap t.lua nosuch", out: "",
        err: "pmap: nosuch: no such file; to give items as arguments write ::: nosuch\n", status: 2),
])
func `a script that goes to another folder takes its tasks along, not pmap`(row: Row) throws { try row.check() }

@Test(arguments: [
    withLibrary(
        "of the script's top level", "c 'hide'() function task(x) io.open('made', 'w'):close() return x end",
        "umask 022; pmap --errors errors t.lua f > out; stat -c '%a %n' errors made", out: "644 errors\n0 made\n"),
    withLibrary(
        "of a task", "local hide = c 'hide' function task(x) hide() return x end",
        "umask 022; pmap -j 0 --errors errors t.lua f > out; stat -c %a errors", out: "644\n"),
])
func `a file mask does not reach pmap's own files`(row: Row) throws { try row.check() }

@Test(arguments: [
    withLibrary(
        "of workers", "c 'ignore'() function task(x) if x == '3' then os.execute 'kill -9 $PPID' end return x end",
        "pmap -j 2 t.lua f", out: "1\n2\n4\n5\n",
        err: "pmap: f:3: the worker (pid N) was killed by SIGKILL while it ran this item; the others went on\n"
            + lastLine(1, of: 5, "1 crash"), status: 1),
    withLibrary(
        "of the script's own process for items",
        "c 'ignore'() function inputs() os.execute 'kill -9 $PPID' end function task() end", "pmap t.lua", out: "",
        err: "pmap: inputs: the script's process (pid N) was killed by SIGKILL\n", status: 3),
    withLibrary(
        "of programs",
        "c 'ignore'() function task(x) return select(3, os.execute('exit ' .. x)), io.popen('exit 4'):close() end",
        "pmap -j 1 t.lua ::: 3", out: "3\t\texit\t4\n"),
    withLibrary(
        "of processes, and of their programs",
        "c 'ignore'() local mp = require 'multiprocessing' local p = mp.Process(os.execute, 'kill -9 $PPID') p:start() p:join()"
            + " print(p.exitcode, require 'subprocess'.run{'false'}.returncode) c 'ignore'()"
            + " local pid = mp.fork() if pid == 0 then os.exit(5) end print(select(2, mp.waitpid(pid)))",
        "pmap run t.lua", out: "-9\t1\n5\n"),
])
func `a script that ignores SIGCHLD hides no end`(row: Row) throws { try row.check() }

// MARK: A folder that may not be entered

private let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
private let mayDropRights = (try? Run("\(nobody) true", in: Scratch()).finish().ending) == .exit(0)

private func whereNobodyMayBe(
    _ claim: String, _ line: String, out: String = "", err: String = "", status: Int32 = 0
) -> Row {
    Row(
        claim, [:], "exec 2>&1; mkdir -m 700 d; cd d; echo a > f; " + line.replacing("pmap", with: "\(nobody) pmap"),
        input: "a\n", out: out + err, status: status)
}

@Test(
    .enabled(if: mayDropRights, "the rights of root cannot be given up here"),
    arguments: [
        whereNobodyMayBe("arguments", "pmap -j 2 -e 'item, io.popen \"echo x\":read()' ::: a b", out: "a\tx\nb\tx\n"),
        whereNobodyMayBe("standard input", "pmap -e item", out: "a\n"),
        whereNobodyMayBe("without workers", "pmap -j 0 -e item", out: "a\n"),
        whereNobodyMayBe("a program", "echo 'print(1)' | pmap run -", out: "1\n"),
        whereNobodyMayBe(
            "a file there", "pmap -e item f", err: "pmap: f: cannot read it: Permission denied\n", status: 2),
        whereNobodyMayBe(
            "a script there", "pmap f", err: "pmap: f: cannot read the script: Permission denied\n", status: 2),
        whereNobodyMayBe(
            "the file of --errors", "pmap --errors e -e item ::: a", err: "pmap: --errors e: Permission denied\n",
            status: 2),
    ])
func `a folder that may not be entered is no hindrance where nothing in it is named`(row: Row) throws {
    try row.check()
}

@Test func `a decimal comma does not reach pmap`() throws {
    let inComma = "os.setlocale \"comma\" assert((\"%.1f\"):format(1.5) == \"1,5\")"
    let folder = try Scratch([
        "t.lua": inComma
            + " options = { timeout = 1.5, backoff = 0.25 } function task(item) return { item + 0.5 } end"
    ])
    let table = [
        // Making the locale takes a second, so that there is one for all.
        ("localedef -i de_DE -f UTF-8 ./comma", ""),
        ("pmap -t jsonl -e '\(inComma) return {1.5, 1e300, -0.0}' ::: a", "[1.5,1e+300,-0.0]\n"),
        // In lines a number is what tostring makes of it, also in this.
        ("pmap -t lines -e '\(inComma) return 1.5, {1e300}' ::: a", "1,5\t[1e+300]\n"),
        ("pmap -t lua -e '\(inComma) return {1.5, 1e300}' ::: a", "{1.5, 1e+300}\n"),
        ("pmap -j 1 -f jsonl -t jsonl -e '\(inComma) return item' ::: 1.5 '[1e3]' 2.5", "1.5\n[1000.0]\n2.5\n"),
        ("pmap -j 0 -f jsonl -t jsonl -e '\(inComma) return item' ::: 1.5 '[1e3]' 2.5", "1.5\n[1000.0]\n2.5\n"),
        ("pmap -j 2 -f jsonl t.lua ::: 1 2.25", "[1.5]\n[2.75]\n"),
        ("LC_ALL=comma pmap --timeout 1.5 -t jsonl -e '(\"%.1f\"):format(1.5), 1.5' ::: a", "[\"1.5\",1.5]\n"),
    ]
    for (line, output) in table {
        let outcome = try Run("export LOCPATH=$PWD; \(line)", in: folder).finish()
        #expect(outcome == Outcome(output: output, errors: "", ending: .exit(0)), "\(line)")
    }
}
