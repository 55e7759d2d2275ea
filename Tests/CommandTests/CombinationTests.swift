// Items behind `:::` and its relatives, as GNU parallel has them.

import Foundation
import Running
import Testing

/// GNU parallel, which comes first among programs of that name.
let hasParallel = FileManager.default.isExecutableFile(atPath: "/usr/bin/parallel")

private let joined = "-e 'table.concat(item, \"-\")'"

/// Sources of words, and the items of them. No item has a space in it.
private let sources: [(sources: String, items: String)] = [
    ("::: a b ::: 1 2", "a-1 a-2 b-1 b-2"),
    ("::: a b ::: 1 2 ::: X Y", "a-1-X a-1-Y a-2-X a-2-Y b-1-X b-1-Y b-2-X b-2-Y"),
    ("::: a b c :::+ 1 2", "a-1 b-2"),
    ("::: a b :::+ 1 2 3", "a-1 b-2"),
    ("::: a b :::+ 1 2 3 ::: X Y", "a-1-X a-1-Y b-2-X b-2-Y"),
    ("::: a b ::: X Y Z :::+ 1 2", "a-X-1 a-Y-2 b-X-1 b-Y-2"),
    ("::: a b c :::+ X Y Z :::+ 1 2", "a-X-1 b-Y-2"),
    (":::: two three", "x-1 x-2 x-3 y-1 y-2 y-3"),
    ("::: a b c ::::+ two three", "a-x-1 b-y-2"),
    ("::: a :::: two", "a-x a-y"),
    (":::: two ::: a b", "x-a x-b y-a y-b"),
    (":::: - :::+ a b", "x-a y-b"),
    ("::: a b ::: -n {}", "a--n a-{} b--n b-{}"),
]

private let files = ["two": "x\ny\n", "three": "1\n2\n3"]

@Test(arguments: sources)
func `every combination of the sources is an item, the last varies fastest`(sources: String, items: String) throws {
    let lines = items.split(separator: " ").map { "\($0)\n" }.joined()
    try Row(sources, files, "pmap \(joined) \(sources)", input: "x\ny\n", out: lines).check()
}

@Test(.enabled(if: hasParallel, "GNU parallel is not installed"), arguments: sources)
func `they are those of GNU parallel`(sources: String, items: String) throws {
    let places = "{1}-{2}" + (items.split(separator: " ")[0].count { $0 == "-" } == 2 ? "-{3}" : "")
    let lines = items.split(separator: " ").map { "\($0)\n" }.joined()
    if sources.contains("-n") { return }  // two hyphens more
    let line = "mkdir .parallel; touch .parallel/will-cite; HOME=$PWD parallel -k echo '\(places)' \(sources)"
    try Row(sources, files, line, input: "x\ny\n", out: lines).check()
}

@Test(arguments: [
    Row("one source of words gives strings", [:], "pmap -e 'item .. \"!\"' ::: a 'b c'", out: "a!\nb c!\n"),
    Row("one file gives its lines", files, "pmap -e 'item .. \"!\"' :::: three", out: "1!\n2!\n3!\n"),
    Row("one file is read as behind the script", files, "pmap -f jsonl -e 'item + 1' :::: three", out: "2\n3\n4\n"),
    Row(
        "a failure of its lines has their place", files, "pmap -e 'error(item, 0)' :::: two 2>&1 | grep -o 'two:.*'",
        out: "two:1: x\ntwo:2: y\n", status: 1),
    Row(
        "a source without a word has no combination, which is said", ["no": ""],
        "pmap \(joined) ::: a b :::; pmap \(joined) :::: no ::: a; pmap \(joined) ::: a :::+; pmap \(joined) ::: :::",
        err: """
            pmap: no items: nothing stands behind ':::' number 2, and each combination has a word of every source
            pmap: no items: no has no lines, and each combination has a word of every source
            pmap: no items: nothing stands behind ':::+' number 2, and each combination has a word of every source

            """),
    Row("an item has its number", [:], "pmap -e 'index' ::: a b ::: 1 2", out: "1\n2\n3\n4\n"),
    Row(
        "a batch is a list of combinations", [:],
        "pmap --batch 2 -e '#item .. item[1][1] .. item[1][2] .. item[#item][2]' ::: a ::: 1 2 3", out: "2a12\n1a33\n"),
    Row(
        "a word of JSON is its value", [:], "pmap -f jsonl -e 'item[1] + item[2]' ::: 1 2 ::: 3 4", out: "4\n5\n5\n6\n"),
    Row(
        "a word of fields is a list", [:], "pmap -f fields -e 'item[1][2] .. item[2][1]' ::: 'a b' ::: 'c d'",
        out: "bc\n"),
    Row(
        "a word that is no value fails its items, and keeps its place", [:],
        "pmap -f jsonl -e 'item[1]' ::: 1 '' ::: 3 x",
        out: "1\n",
        err: """
            pmap: :::2: word 2: not JSON: a comma, colon, bracket or value is missing, or one too many
            pmap: :::3: word 1: not JSON: there is no value
            pmap: :::4: word 1: not JSON: there is no value
            \(lastLine(3, of: 4, "3 error"))
            """, status: 1),
    Row("a tag is the words", [:], "pmap --tag -e '#item' ::: a 'b c' ::: 1", out: "a 1\t2\nb c 1\t2\n"),
    Row("a filter writes the words", [:], "pmap --filter -e 'item[1] == \"b\"' ::: a b ::: 1 2", out: "b 1\nb 2\n"),
    Row(
        "a filter of another format writes a list", [:], "pmap --filter -t jsonl -e true ::: a ::: 1 2",
        out: "[\"a\",\"1\"]\n[\"a\",\"2\"]\n"),
    Row(
        "a dry run shows the words", [:], "pmap --dry-run -e item ::: a ::: 1 2 2> err",
        out: "1\t-\t:::1\ta 1\n2\t-\t:::2\ta 2\n"),
    Row(
        "the job log has the words as the command", [:],
        "pmap --joblog log -j1 -e 'nil' ::: 'a b' ::: 1 2; cut -f1,9,14 log",
        out: "Seq\tCommand\tSource\n1\ta b 1\t:::1\n2\ta b 2\t:::2\n"),
    Row(
        "--errors has the words as the input", [:],
        "pmap --errors f -e 'error()' ::: a ::: 1 2> err; grep -o '\"input\":[^,]*' f", out: "\"input\":\"a 1\"\n"),
    Row(
        "a journal knows them again, also among others", [:],
        "for words in 1 '1 2'; do pmap --journal j -e 'item[1] .. item[2]' ::: a b ::: $words; done",
        out: "a1\nb1\na1\na2\nb1\nb2\n", err: "pmap: 2 of 4 items were done in an earlier run, says j\n"),
    Row(
        "a batch is as large as can be", [:],
        "N=9000000000000000000; pmap --batch $N -e '#item' ::: a b ::: 1 2; seq 3 | pmap --batch $N -e '#item'",
        out: "4\n3\n"),
    Row(
        "a journal takes a list for no line", ["f": "a\0b\0\n"],
        "pmap --journal j -e 'type(item)' f; pmap --journal j -e 'type(item)' ::: a ::: b", out: "string\ntable\n",
        err: "pmap: j: ::: has changed since the last run; what it gave is not used\n"),
    Row(
        "any byte is in a word", [:], "pmap -e 'item[1] .. item[2]' ::: $'\\xff\\n' ::: \"'\" | od -An -tx1",
        out: " ff 0a 27 0a\n"),
    Row(
        "a million million are counted, and not made", [:],
        "W=$(seq 1000); pmap --halt now,fail=1 -j1 -e 'error(index, 0)' ::: $W ::: $W ::: $W ::: $W 2>&1 | tail -1",
        out: "pmap: 1 of 1000000000000 items failed (1 error), 999999999999 were skipped\n", status: 1),
    Row("a NUL ends a word of a file with -0", ["f": "a\nb\0c\0"], "pmap -0 -e '#item[1]' :::: f ::: 1", out: "3\n1\n"),
])
func `combinations are items like all others`(row: Row) throws { try row.check() }

private func refused(_ sources: String, _ message: String) -> Row {
    Row(sources, ["two": "x\ny\n", "nul": "a\0b\n"], "pmap -e item \(sources)", err: "pmap: \(message)\n", status: 2)
}

@Test(arguments: [
    refused(":::+ a", ":::+ goes along with the words in front of it; the first ones stand behind :::"),
    refused("::::+ two", "::::+ goes along with the words in front of it; the first ones stand behind ::::"),
    refused("::: a ::::", ":::: write the file whose lines are the words"),
    refused("two ::: a", "two and ':::'; items come from files or from arguments, not from both"),
    refused("two :::: two", "two and '::::'; items come from files or from arguments, not from both"),
    refused("-a two ::: a", "two and ':::'; items come from files or from arguments, not from both"),
    refused(":::: no ::: a", "no: no such file; to give items as arguments write ::: no"),
    refused(":::: no", "no: no such file; to give items as arguments write ::: no"),
    refused(":::: . ::: a", ".: a folder has no lines; name the files in it, as in ./*"),
    refused(":::: - -", "- twice; standard input can be read once"),
    refused(":::: nul ::: a", "nul:1: a NUL, which no word has; -0 takes it as the end of a word"),
    refused("--errors two ::: a :::: two", "--errors two and the input two are one file; name another one"),
    refused("-f csv ::: a ::: b", "--from csv: items behind ':::' are words, and no lines of a file"),
    Row(
        "standard input is the script", [:], "pmap - :::: -", input: "task = print",
        err: "pmap: standard input is the script already; name a FILE, or write ::: ITEM …\n", status: 2),
    Row(
        "too many to be counted", [:], "W=$(seq 1000); pmap -e item ::: $W ::: $W ::: $W ::: $W ::: $W ::: $W",
        err: "pmap: there are more than 2^53 combinations of the words; leave out a ':::'\n", status: 2),
])
func `sources that cannot be are refused`(row: Row) throws { try row.check() }
