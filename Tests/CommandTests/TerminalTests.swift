// Tasks at a terminal, which is pmap's own: workers are in the background there.

import Running
import Testing

/// Runs `line` as the leader of a session that has a terminal; what is written to that is the output.
private func atTerminal(_ line: String) -> String {
    """
    cat > line <<'END'
    \(line)
    END
    python3 -c 'import pty, os, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(["bash", "line"])))' < /dev/null | tr -d '\\r'
    """
}

@Test(arguments: [
    Row(
        "a program that reads from it", [:],
        atTerminal("pmap -j 1 -e 'if item == \"b\" then os.execute \"read x < /dev/tty\" end return item' ::: a b c"),
        out:
            "a\nc\n‹…›pmap: :::2: the worker (pid ‹…›) was killed: it or its program wanted to read from the terminal, which a task cannot; the others went on\n‹…›pmap: 1 of 3 items failed (1 crash)\n"
    ),
    Row(
        "what it writes, though the terminal stops others that do", [:],
        atTerminal("stty tostop; pmap -j 1 -t none -e 'io.stderr:write(item, \"\\n\")' ::: a b 2>&1"), out: "a\nb\n"),
])
func `what a task does at a terminal does not stop its worker`(row: Row) throws { try row.check() }
