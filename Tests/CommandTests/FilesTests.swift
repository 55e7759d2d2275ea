// Two names of one file: what a run writes to is no other file of the same run.

import Testing

/// Refused, with everything as it was.
private func refused(_ words: String, _ names: String) -> Row {
    Row(
        words, ["in": "a\n", "t.lua": "return string.upper"],
        "cp in old; ln in hard; ln -s in soft; pmap \(words); status=$?; cmp in old && ls; exit $status",
        out: "hard\nin\nold\nsoft\nt.lua\n", err: "pmap: \(names) are one file; name another one\n", status: 2)
}

@Test(arguments: [
    refused("--errors in t.lua in", "--errors in and the input in"),
    refused("--errors ./in t.lua in", "--errors ./in and the input in"),
    refused("--errors hard t.lua in", "--errors hard and the input in"),
    refused("--errors soft t.lua in", "--errors soft and the input in"),
    refused("--errors in t.lua < in", "--errors in and standard input"),
    refused("--errors t.lua t.lua in", "--errors t.lua and the script t.lua"),
    refused("--journal in t.lua in", "--journal in and the input in"),
    refused("--journal t.lua t.lua in", "--journal t.lua and the script t.lua"),
    refused("--errors x --journal x t.lua in", "--journal x and --errors x"),
    refused("--errors x --journal ./x t.lua in", "--journal ./x and --errors x"),
    refused("--errors x-wal --journal x t.lua in", "x-wal of the journal and --errors x-wal"),
    refused("t.lua in 1<> in", "standard output and the input in"),
    refused("t.lua in 1<> t.lua", "standard output and the script t.lua"),
    refused("--errors in t.lua in - < soft", "--errors in and the input in"),
])
func `two names of one file are refused, and nothing is written`(row: Row) throws { try row.check() }

private let failing = "pmap -t lines -e 'if item == \"b\" then error(\"no\", 0) end return item' ::: a b 2> /dev/null"

@Test(arguments: [
    Row(
        "the options of a script", ["in": "a\n", "t.lua": "options = { errors = 'in' } task = print"],
        "pmap t.lua in; cat in",
        out: "a\n", err: "pmap: --errors in and the input in are one file; name another one\n"),
    Row(
        "an input that the shell has emptied", ["in": "a\n"], "pmap -e item in > in",
        err: "pmap: standard output and the input in are one file; name another one\n", status: 2),
    Row(
        "the output by its name", [:], "pmap --errors out -e item ::: a > out",
        err: "pmap: --errors out and standard output are one file; name another one\n", status: 2),
    Row(
        "the output as journal", [:], "pmap --journal out -e item ::: a > out",
        err: "pmap: --journal out and standard output are one file; name another one\n", status: 2),
    Row(
        "another run's journal", [:],
        "pmap --journal j -e item ::: a; pmap --errors j -e item ::: a; pmap journal j | head -n 1",
        out: "a\nj: 1 ok\n",
        err: "pmap: --errors j: this is a journal, or another database, and is left as it is; name another file\n"),
    Row("one input twice", ["in": "a\n"], "pmap -e item in ./in", out: "a\na\n"),
    Row("one device", [:], "pmap --errors /dev/null -e item ::: a > /dev/null < /dev/null"),
    Row("output and messages in one file", [:], "pmap -e item ::: a > out 2>&1; cat out", out: "a\n"),
    Row(
        "output behind the input, which would be read as well", ["in": "a\n"], "pmap -e item in >> in", out: "",
        err: "pmap: standard output and the input in are one file; name another one\n", status: 2),
])
func `a file of two uses is refused, unless that harms nobody`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row("a file", [:], failing.replacing("-t", with: "--errors /dev/stdout -t") + " > out; grep -c . out", out: "2\n"),
    Row(
        "a file that is appended to", ["out": "first\n"],
        failing.replacing("-t", with: "--errors /dev/stdout -t") + " >> out; head -n 1 out; grep -c . out",
        out: "first\n3\n"),
    Row("/dev/fd/1", [:], failing.replacing("-t", with: "--errors /dev/fd/1 -t") + " > out; grep -c . out", out: "2\n"),
    Row(
        "a pipe", [:], failing.replacing("-t", with: "--errors /dev/stdout -t") + " | grep -c .", out: "2\n", status: 1),
    Row(
        "another descriptor", ["log": "first\n"],
        failing.replacing("-t", with: "--errors /dev/fd/5 -t") + " 5>> log > /dev/null; head -n 1 log; grep -c . log",
        out: "first\n2\n"),
    Row(
        "one that is closed", [:], "pmap --errors /dev/fd/7 -e item ::: a",
        err: "pmap: --errors /dev/fd/7: Bad file descriptor\n", status: 2),
])
func `errors are appended to a descriptor that is open`(row: Row) throws { try row.check() }
