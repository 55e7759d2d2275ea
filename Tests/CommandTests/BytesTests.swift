// Words of the command line, names of files and the environment are bytes, and none of them is lost on the way.

import Testing

/// The name of a file that is not UTF-8, as bash reads it.
private let name = "$'f\\xff'"

/// `line` writes bytes, which are read in hexadecimal.
private func bytes(_ claim: String, _ files: [String: String] = [:], _ line: String, _ hex: String) -> Row {
    Row(claim, files, "{ \(line); } | od -An -v -tx1 | tr -d '\\n'", out: hex)
}

@Test(arguments: [
    bytes("items", [:], "pmap -e item ::: $'a\\xffb' $'\\xc3'", " 61 ff 62 0a c3 0a"),
    bytes("items of -j 0", [:], "pmap -j0 -e item ::: $'\\xff'", " ff 0a"),
    bytes("CODE", [:], "pmap -e $'item .. \"\\xff\"' ::: a", " 61 ff 0a"),
    bytes("CODE that is a body", [:], "pmap -e $'local s = \"\\xfe\" return s' ::: a", " fe 0a"),
    bytes("-D", [:], "pmap -D $'x\\xff=\\xfe' -e 'pmap.args[\"x\\xff\"]' ::: a", " fe 0a"),
    bytes("-D glued, of pmap run", ["t.lua": "print(pmap.args.x)"], "pmap run -Dx=$'\\xfe' t.lua", " fe 0a"),
    bytes("arguments of pmap run", ["t.lua": "print(..., arg[1])"], "pmap run t.lua $'\\xff'", " ff 09 ff 0a"),
    bytes("an input", [:], "echo a > \(name); pmap -e item \(name)", " 61 0a"),
    bytes("a large input", [:], "seq 10000 > \(name); pmap -e item \(name) | tail -n1", " 31 30 30 30 30 0a"),
    bytes("a script", [:], "echo 'return string.upper' > \(name); pmap \(name) ::: a", " 41 0a"),
    bytes("a script of pmap run", [:], "echo 'print(arg[0])' > \(name); pmap run \(name)", " 66 ff 0a"),
    bytes(
        "the folder of a script", ["s.lua": "return require 'm'", "m.lua": "return string.upper"],
        "mkdir \(name); mv *.lua \(name); pmap \(name)/s.lua ::: a", " 41 0a"),
    bytes(
        "LUA_PATH", ["s.lua": "return require 'm'", "m.lua": "return string.upper"],
        "mkdir \(name); mv m.lua \(name); LUA_PATH=$PWD/\(name)/?.lua pmap s.lua ::: a", " 41 0a"),
    bytes(
        "-l", ["s.lua": "return string.upper"], "echo 'print \"here\"' > \(name).lua; pmap -l \(name) s.lua ::: a",
        " 68 65 72 65 0a 41 0a"),
    bytes("--errors", [:], "pmap --errors \(name) -e 'error()' ::: a 2> /dev/null; ls", " 66 ff 0a"),
    bytes("--errors of options", [:], "pmap -j0 --errors=\(name) -e 'error()' ::: a 2> /dev/null; ls", " 66 ff 0a"),
    bytes(
        "--errors of a script", ["t.lua": "options = { errors = 'f\\xff' } task = error"],
        "pmap t.lua ::: a 2> /dev/null; rm t.lua; ls", " 66 ff 0a"),
    bytes(
        "--journal", [:],
        "pmap --journal \(name) -e item ::: a; ls; pmap journal \(name) | grep -cF \"f\\\\xff' -e item\"",
        " 61 0a 66 ff 0a 31 0a"),
    bytes(
        "TMPDIR", [:], "mkdir \(name); TMPDIR=$PWD/\(name) pmap -e 'os.getenv \"TMPDIR\":sub(-2)' ::: a", " 66 ff 0a"),
])
func `every byte of the command line arrives`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "an input", [:], "pmap -e item \(name)",
        err: "pmap: f\\255: no such file; to give items as arguments write ::: f\\255\n", status: 2),
    Row("a script", [:], "pmap \(name)", err: "pmap: f\\255: no such script\n", status: 2),
    Row("a script of pmap run", [:], "pmap run \(name)", err: "pmap: f\\255: no such script\n", status: 2),
    Row(
        "an option", [:], "pmap $'-\\xff' -e item", err: "pmap: unknown option '-\\255'; pmap --help lists them\n",
        status: 2),
    Row(
        "a value", [:], "pmap -j $'\\xff' -e item",
        err: "pmap: -j \\255: write a number of workers: N, N%, +N, -N, or 0 for none\n", status: 2),
    Row(
        "a place in an input", [:], "echo a > \(name); pmap -e 'error(\"no\", 0)' \(name)",
        err: "pmap: f\\255:1: no\n\(traceback)" + lastLine(1, of: 1, "1 error"), status: 1),
    Row(
        "a name that would write into the terminal", [:], "pmap -e item $'a\\e[1m\\nb'",
        err: "pmap: a\\27[1m\\nb: no such file; to give items as arguments write ::: a\\27[1m\\nb\n", status: 2),
    Row(
        "an item that the journal's key is made of", [:],
        "pmap --journal j -e item ::: $'\\xff' > /dev/null; pmap --journal j -e item ::: $'\\xfe' > /dev/null"),
    Row(
        "a value of -D that changes what is done", [:],
        "for d in $'\\xff' $'\\xfe'; do pmap --journal j -D x=$d -e '#pmap.args.x' ::: a; done", out: "1\n1\n",
        err: "pmap: j: -D has changed since the last run; what it gave is not used\n"),
])
func `what is not UTF-8 is shown in messages, and told apart`(row: Row) throws { try row.check() }
