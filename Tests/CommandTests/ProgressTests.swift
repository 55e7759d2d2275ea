// What a person sees of a run that goes on: in a terminal that tmux draws, and elsewhere.

import Running
import Testing

/// Items of 20 ms; some fail, one writes to standard error, and one takes longer.
private let slow = """
    function task(item)
      local number = tonumber(item)
      pmap.sleep(number == 40 and 2.5 or 0.02)
      if number == 70 then io.stderr:write "a word\\n" end
      if number % 60 == 0 then return nil, "no " .. number end
      return number
    end
    """

/// Types `line` into a shell in a terminal of 100 columns, then does the steps of `script`; `shows PATTERN` waits for a screen
/// that has it, `type KEYS` types, `lines` counts those with a percentage.
private func inTmux(_ line: String, _ script: String) -> String {
    """
    cat > line <<'END'
    \(line)
    END
    terminal() { tmux -u -S sock -f /dev/null "$@"; }
    screen() { terminal capture-pane -p; }
    shows() {
      for _ in $(seq 400); do screen | grep -q -e "$1" && return; sleep 0.02; done
      echo "not shown: $1"; screen; terminal kill-server; exit 1
    }
    type() { terminal send-keys "$@"; }
    lines() { screen | grep -c '^ *[0-9]*%'; }
    seq 200 > in
    export LC_ALL=C.UTF-8
    terminal new-session -d -x 100 -y 30 'exec env PS1="$ " bash --norc --noprofile -i'
    shows '^\\$'
    type '. ./line' Enter
    \(script)
    terminal kill-server
    """
}

private let run = "pmap -j 2 t.lua in > out; echo ended $?"

@Test(arguments: [
    Row(
        "how far, how fast, how long still, what has failed", ["t.lua": slow],
        inTmux(
            run,
            """
            shows ' [0-9]*% [█▏▎▍▌▋▊▉░]* [0-9]* of ~*[0-9]* · [0-9.]*/s · 0:0[0-9] · 0:[0-9]* left · [0-9] failed$'
            shows '· in:40 for 2 s$'
            echo $(lines); shows 'ended 1'; echo $(lines); screen | grep -v '^\\$\\|^$'; wc -l < out
            """),
        out:
            "1\n0\na word\npmap: in:60: no 60 ‹…›\npmap: in:120: no 120\npmap: in:180: no 180\npmap: 3 of 200 items failed (3 error)\nended 1\n197\n"
    ),
    Row(
        "messages stand above it", ["t.lua": slow],
        inTmux(
            run,
            """
            shows 'a word'; shows '%'; screen | sed '/^$/d' | tail -1 | grep -c '%'; screen | grep -n 'a word$' | wc -l
            shows 'ended 1'
            """),
        out: "1\n1\n"),
    Row(
        "in a window that gets narrower", ["t.lua": slow],
        inTmux(
            run,
            """
            shows '% .* left'; terminal resize-window -x 30 -y 30
            shows '^ *[0-9]*% .*of ~*[0-9]*\\( · .*\\)*$'; screen | grep -E '^.{31,}$'; shows 'ended 1'; echo $(lines)
            """),
        out: "0\n"),
    Row(
        "stopped by Ctrl-Z, and going on", ["t.lua": slow],
        inTmux(
            "pmap -j 2 t.lua in > out",
            """
            shows '%'; type C-z; shows 'Stopped'; echo $(lines); type fg Enter; shows '%'; type C-c; shows 'skipped'
            echo $(lines)
            """),
        out: "0\n0\n"),
    Row(
        "ended by Ctrl-C", ["t.lua": slow],
        inTmux(
            run,
            """
            shows '%'; type C-c; shows 'skipped'; shows '^\\$$'; echo $(lines)
            screen | grep -o 'finishing [12] running items*; Ctrl-C again stops now' | sed 's/[12]/N/; s/items/item/'
            """),
        out: "0\nfinishing N running item; Ctrl-C again stops now\n"),
    Row(
        "a worker that stands stopped",
        "function task(n) if n == '3' then os.execute 'echo $PPID > stopped; kill -STOP $PPID' end return n end",
        inTmux(
            "pmap -j 2 t.lua in > out; echo ended $?",
            """
            shows 'in:3: worker [12] is stopped (pid [0-9]*)$'; kill -CONT $(cat stopped); shows '^ended 0'
            """)),
    Row(
        "in the background nothing is written", ["t.lua": slow],
        inTmux(
            "pmap -j 2 t.lua in > out 2> errors & sleep 0; pmap -j 2 t.lua in > other & wait %2; echo ended",
            "shows ended; echo $(lines); screen | grep -c -e 'no 60'"),
        out: "0\n1\n"),
    Row(
        "a pager has the screen for itself", ["t.lua": slow],
        inTmux(
            "pmap -j 2 t.lua in | less",
            """
            shows '^199$\\|^28$'; for _ in 1 2 3 4 5 6 7 8 9 10; do screen | grep '%'; sleep 0.1; done
            type q; shows '^\\$$'; echo $(lines)
            """),
        out: "0\n"),
    Row(
        "where nobody wants it", ["t.lua": slow],
        inTmux("pmap --no-progress -j 2 t.lua in > out; echo ended $?", "shows '^ended 1'; echo $(lines)"), out: "0\n"),
    Row(
        "on a terminal that cannot erase", ["t.lua": slow],
        inTmux("TERM=dumb pmap -j 2 t.lua in > out; echo ended $?", "shows '^ended 1'; echo $(lines)"), out: "0\n"),
    Row(
        "where results are written to the same terminal", ["t.lua": slow],
        inTmux("pmap -j 2 t.lua in; echo ended $?", "shows '^ended 1'; echo $(lines)"), out: "0\n"),
])
func `a terminal shows how far a run is`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "where no terminal is, a line every ten seconds", "function task(n) pmap.sleep(n / 10) return n end",
        "pmap --progress -j 1 t.lua ::: 5 6 120 1 2> errors; grep -c '^pmap:  50% [[#.]*] 2 of 4, 0.[0-9]*/s, 0:1[0-9], ' errors; wc -l < errors",
        out: "5\n6\n120\n1\n1\n1\n"),
    Row("words of others", [:], "pmap --bar --eta -e item ::: a", out: "a\n"),
    Row("a short run says nothing", [:], "pmap --progress -e item ::: a b", out: "a\nb\n"),
])
func `progress can be asked for`(row: Row) throws { try row.check() }
