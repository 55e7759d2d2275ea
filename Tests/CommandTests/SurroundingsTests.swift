// What a script changes around it: its folder, the mask of new files' modes, the locale. Its tasks get it so; pmap itself
// goes on as it was started.

import Running
import Testing

private let library = """
    #include <sys/stat.h>
    #include <unistd.h>
    int leave(void *state) { return chdir("/"); }
    int hide(void *state) { umask(0777); return 0; }
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
