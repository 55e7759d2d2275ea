// Tasks at a terminal, which is pmap's own, and is lent to one item after the other.

import Running
import Testing

/// What is typed after what was read.
private typealias Keys = (after: String, typed: String)

/// Runs `line` as the leader of a session that has a terminal; what that shows is the output.
private func atTerminal(_ line: String, _ keys: Keys...) -> String {
    let steps = keys.map { "('\($0.after)', '\($0.typed)'), " }.joined()
    return """
        cat > line <<'END'
        \(line)
        END
        cat > type.py <<'END'
        import os, pty, sys
        steps, shown, place = [\(steps)], "", 0
        process, terminal = pty.fork()
        if process == 0: os.execvp("bash", ["bash", "line"])
        while True:
            try: shown += os.read(terminal, 4096).decode()
            except OSError: break
            while steps and steps[0][0] in shown[place:]:
                text, typed = steps.pop(0)
                place = shown.index(text, place) + len(text)
                os.write(terminal, typed.encode())
        sys.stdout.write(shown.replace("\\r", ""))
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
        END
        python3 type.py < /dev/null
        """
}

/// Asks twice; whoever has an answer has the terminal.
private let twice = """
    function task(item)
      local program = "printf 'first? ' > /dev/tty; read x < /dev/tty; printf 'second? ' > /dev/tty; read y < /dev/tty; echo $x $y"
      assert(os.execute(program))
      return item
    end
    """

/// `second` asks when `first` has the terminal, and says so.
private let inTurn = """
    function task(item)
      os.execute("echo $(ps -o pgid= -p $$) > " .. item)
      if item == "second" then
        os.execute "await '[ -s first ] && [ $(ps -o tpgid= -p $$) = $(cat first) ]'; echo asks > /dev/tty"
      end
      os.execute("read x < /dev/tty; echo $x")
      return item
    end
    """

@Test(arguments: [
    Row(
        "in one order", inTurn,
        atTerminal("stty -echo; pmap -j 2 --chunk 1 t.lua ::: first second", ("asks", #"one\ntwo\n"#)),
        out: "asks\none\nfirst\ntwo\nsecond\n"),
    Row(
        "in the other", inTurn,
        atTerminal("stty -echo; pmap -j 2 --chunk 1 t.lua ::: second first", ("asks", #"one\ntwo\n"#)),
        out: "asks\ntwo\nsecond\none\nfirst\n"),
    Row(
        "and no time counts for who waits", [:],
        atTerminal(
            "stty -echo; echo go; pmap -j 2 --chunk 1 --timeout 1.5 -e 'os.execute \"read x < /dev/tty; sleep 0.9\" return item' ::: a b; echo $?",
            ("go", #"one\ntwo\n"#)),
        out: "go\na\nb\n0\n"),
    Row(
        "in setup and teardown",
        "function setup() local t <close> = io.open '/dev/tty' word = t:read() end "
            + "function task(item) return item .. word end function teardown() os.execute 'read x < /dev/tty' end",
        atTerminal("stty -echo; echo go; pmap -j 1 t.lua ::: a b; echo $?", ("go", #"one\ntwo\n"#)),
        out: "go\naone\nbone\n0\n"),
    Row(
        "whichever way the program is started", [:],
        atTerminal(
            """
            stty -echo; echo go; pmap -j 2 -e 'local f <close> = io.popen "read x < /dev/tty; echo $x" return f:read()' ::: a
            pmap -e 'return require("subprocess").check_output("read x < /dev/tty; printf $x", {shell = true})' ::: a
            """, ("go", #"one\ntwo\n"#)),
        out: "go\none\ntwo\n"),
])
func `the terminal is lent to one item after the other`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "Ctrl-C",
        "function task() return os.execute 'stty -echo < /dev/tty; read x < /dev/tty; echo ready > /dev/tty; exec sleep 60' end",
        atTerminal(
            "trap : INT; stty -echoctl; echo go; pmap -j 1 t.lua ::: a b; echo $?; stty -a | grep -ow -e '-*echo'; [ $(ps -o tpgid= -p $$) = $$ ] && echo foreground",
            ("go", #"x\n"#), ("ready", #"\x03"#)),
        out:
            "go\n‹…›ready\npmap: finishing 1 running item; Ctrl-C again stops now\npmap: :::1: signal 2\npmap: 1 of 2 items failed (1 error), 1 was skipped\n130\necho\nforeground\n"
    ),
    Row(
        "Ctrl-C twice, which the program ignores",
        "function task() os.execute \"trap '' INT; stty -echo < /dev/tty; read x < /dev/tty; echo ready > /dev/tty; sleep 60\" end",
        atTerminal(
            "trap : INT; stty -echoctl; echo go; pmap -j 1 t.lua ::: a b; echo $?; stty -a | grep -ow -e '-*echo'",
            ("go", #"x\n"#), ("ready", #"\x03"#), ("again", #"\x03"#)),
        out:
            "go\n‹…›ready\npmap: finishing 1 running item; Ctrl-C again stops now\npmap: 0 of 2 items were done, 2 were skipped\n130\necho\n"
    ),
    Row(
        "Ctrl-Z, and fg", twice,
        atTerminal(
            "set -m; stty -echo -echoctl; pmap -j 1 t.lua ::: a; echo stopped; fg > /dev/null; echo $?",
            ("first", #"one\n"#),
            ("second", #"\x1a"#), ("stopped", #"two\n"#)),
        out: "first? second? stopped\none two\na\n0\n"),
])
func `keys that reach whoever has the terminal mean pmap`(row: Row) throws { try row.check() }

private let asking = "-e 'if item == \"b\" then os.execute \"read x < /dev/tty\" end return item'"

@Test(arguments: [
    Row(
        "in the background", [:], atTerminal("set -m; { pmap -j 1 \(asking) ::: b; echo $?; } & wait"),
        out:
            "pmap: :::1: the worker (pid ‹…›) was killed: it or its program wanted to read from the terminal, and pmap is not in the foreground there; the others went on\npmap: 1 of 1 items failed (1 crash)\n1\n"
    ),
    Row(
        "which gives the items", [:],
        atTerminal(
            "stty -echo; echo go; pmap -j 1 --chunk 1 \(asking) -; echo $?", ("go", #"a\nb\n"#), ("others", #"\x04"#)),
        out:
            "go\na\n‹…›pmap: -:2: the worker (pid ‹…›) was killed: it or its program wanted to read from the terminal, from which pmap reads the items; the others went on\n‹…›pmap: 1 of 2 items failed (1 crash)\n1\n"
    ),
    Row(
        "that is not there", [:], "setsid -w pmap -j 1 -e 'return os.execute \"read x < /dev/tty\"' ::: a",
        err:
            "sh: 1: cannot open /dev/tty: No such device or address\npmap: :::1: exit 2\npmap: 1 of 1 items failed (1 error)\n",
        status: 1),
])
func `an item that may not have the terminal fails`(row: Row) throws { try row.check() }

@Test func `what a task writes does not stop its worker, though the terminal stops others that do`() throws {
    let line = "stty tostop; pmap -j 1 -t none -e 'io.stderr:write(item, \"\\n\")' ::: a b 2>&1"
    try Row("stty tostop", [:], atTerminal(line), out: "a\nb\n").check()
}
