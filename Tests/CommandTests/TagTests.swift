// The item in front of every line of its output, and what a run would do.

import Running
import Testing

@Test(arguments: [
    Row(
        "each line that it prints or gives", [:],
        "pmap --tag -e 'print(1) print(2) io.write(3) return item .. item' ::: a b",
        out: "a\t1\na\t2\na\t3aa\nb\t1\nb\t2\nb\t3bb\n"),
    Row(
        "what its programs print", [:], "pmap --tag -t none -e 'os.execute(item)' ::: 'echo x; echo y'",
        out: "echo x; echo y\tx\necho x; echo y\ty\n"),
    Row(
        "several records, and none", [:],
        "pmap -j 1 --tag -e 'pmap.emit(1) if item == \"a\" then return 2 end' ::: a b",
        out: "a\t1\na\t2\nb\t1\n"),
    Row("with a filter", [:], "pmap --tag --filter -e 'item > \"a\"' ::: a b", out: "b\tb\n"),
    Row(
        "an item of any bytes is one tag, which no other has", [:],
        #"printf 'a\nb\0a\\nb\0a\tb\0\344\0\0331\0\\228\0' | pmap --tag -0 -e '#item'"#,
        out: #"a\nb‹tab›3‹line›a\\nb‹tab›4‹line›a\tb‹tab›3‹line›\228‹tab›1‹line›\0271‹tab›2‹line›\\228‹tab›4‹line›"#
            .replacing("‹tab›", with: "\t").replacing("‹line›", with: "\n")),
    Row(
        "JSON has its own escapes", #"inputs = {'a\nb'} function task(x) return #x end"#,
        #"pmap --tag t.lua; echo '{"k": "a\nb"}' | pmap -f jsonl --tag -e '#item.k'"#,
        out: "\"a\\nb\"\t3\n{\"k\": \"a\\nb\"}\t3\n"),
    Row("a blank item", ["in": "\nx\n"], "pmap --tag -e 1 in", out: "\t1\nx\t1\n"),
    Row(
        "an item of a list, and of JSON", "inputs = {'a', 3, {k = 1}} function task(x) return 1 end",
        "pmap --tag t.lua; echo '{\"k\": 2}' | pmap -f jsonl --tag -e item.k",
        out: "a\t1\n3\t1\n{\"k\":1}\t1\n{\"k\": 2}\t2\n"),
    Row(
        "what a failed item has printed", [:], "pmap --tag -e 'print(1) error(\"no\", 0)' ::: a 2>&1 | sed -n 1p",
        out: "a\t1\n", status: 1),
    Row(
        "a journal knows results with it from those without", [:],
        "pmap --journal j -e item ::: a; pmap --journal j --tag -e item ::: a; pmap --journal j --tag -e item ::: a 2>&-",
        out: "a\na\ta\na\ta\n", err: "‹…›"),
])
func `--tag writes the item in front of every line of its output`(row: Row) throws { try row.check() }

private func none(_ items: String, _ chunks: String, after: String = "") -> String {
    "pmap: --dry-run: \(after)none of \(items) in \(chunks) was run\n"
}

private let loaded = "the script was loaded, and "

@Test(arguments: [
    Row(
        "of fixed chunks", "print 'loaded' function setup() print 'no' end function task(x) print 'no' end",
        "pmap --dry-run --chunk 2 t.lua ::: a 'b\tc' d",
        out: "loaded\n1\t1\t:::1\ta\n2\t1\t:::2\tb\\tc\n3\t2\t:::3\td\n",
        err: none("3 items", "2 chunks", after: loaded)),
    Row(
        "of a pipe, a file, a list, a function", [:],
        """
        echo a > in; echo a | pmap --dry-run -e item; pmap --dry-run -e item in
        echo "inputs = {'a'} task = print" > l.lua; pmap --dry-run l.lua
        echo "local n = 0 function inputs() n = n + 1 if n < 2 then return n end end task = print" > f.lua; pmap --dry-run f.lua
        """,
        out: "1\t-\t-:1\ta\n1\t-\tin:1\ta\n1\t-\tinputs[1]\t\"a\"\n1\t-\tinputs[1]\t1\n",
        err: String(repeating: none("1 item", "chunks that adapt"), count: 2)
            + String(repeating: none("1 item", "chunks that adapt", after: loaded), count: 2)),
    Row(
        "names and items of any bytes", ["a\tb": "c\\nd\n"], "pmap --dry-run -e item a*",
        out: "1\t-\ta\\tb:1\tc\\\\nd\n",
        err: none("1 item", "chunks that adapt")),
    Row(
        "of an input that fails", "function inputs() error 'no' end task = print", "pmap --dry-run t.lua",
        err: "pmap: inputs: t.lua:1: no\n\(traceback)", status: 3),
    Row(
        "files stay as they are", ["log": "old\n"],
        "pmap --dry-run --joblog log --errors log2 -e item ::: a > /dev/null; cat log; ls log2",
        out: "old\n", err: none("1 item", "chunks that adapt") + "ls: ‹…›", status: 2),
    Row(
        "for a reader that has had enough", [:], "seq 100000 | pmap --dry-run -e item | head -n 1",
        out: "1\t-\t-:1\t1\n", status: 141),
])
func `--dry-run shows what would be run, and runs nothing`(row: Row) throws { try row.check() }
