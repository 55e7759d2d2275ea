// One answer from all items: what is joined, in which order, what comes out, and what goes wrong.

import Glibc
import Running
import Testing

private let words = ["words.txt": "b\na\nb\n2\n10\n"]

@Test(arguments: [
    ("count", "10\n"), ("sum", "55\n"), ("min", "1\n"), ("max", "10\n"), ("mean", "5.5\n"),
    ("variance", "9.1666666666667\n"), ("distinct", "10\n"), ("top:3", "[\"10\",\"9\",\"8\"]\n"),
    ("quantiles:0.5", "5.5\n"), ("quantiles:0,0.5,1", "[1,5.5,10]\n"), ("a + b", "55\n"), ("a", "1\n"),
    ("sum,mean", "55\t5.5\n"), ("count, min,max , variance", "10\t1\t10\t9.1666666666667\n"),
    ("quantiles:0,0.5,top:2,distinct", "[1,5.5]\t[\"10\",\"9\"]\t10\n"), ("sum,sum", "55\t55\n"),
    ("(select(2, max, a + b))", "55\n"),
])
func `ten numbers are joined by a ready reducer, several side by side, or an expression`(reduce: String, total: String)
    throws
{
    try Row("", [:], "seq 10 | pmap -e item --reduce '\(reduce)'", out: total).check()
}

/// In C up to 64.
@Test(arguments: [15, 16, 64, 65])
func `so many reducers stand side by side, with a value for all or one for each`(count: Int) throws {
    func list(_ word: String) -> String { repeatElement(word, count: count).joined(separator: ",") }
    let line = "for e in item '\(list("item"))'; do seq 10 | pmap -e \"$e\" --reduce \(list("mean")); done"
    let row = repeatElement("5.5", count: count).joined(separator: "\t") + "\n"
    try Row("", [:], line, out: row + row).check()
}

@Test(arguments: [
    Row("count and sum are 0", [:], "pmap -e item --reduce count :::; pmap -e item --reduce sum :::", out: "0\n0\n"),
    Row(
        "others are nothing", [:], "for r in min mean variance top:1 'a + b'; do pmap -e item --reduce \"$r\" :::; done"
    ),
    Row("side by side each has its own nothing", [:], "pmap -e item --reduce sum,mean,count :::", out: "0\t\t0\n"),
    Row("finish gets nil", [:], "pmap -e item --reduce 'a + b' --finish 'tostring(total)' :::", out: "nil\n"),
    Row("with keys nothing", [:], "pmap -e item --by-key --reduce count :::"),
    Row("so it is where no item has a record", [:], "pmap -e nil --reduce sum ::: 1 2", out: "0\n"),
    Row(
        "so it is where all fail", [:], "pmap -e 'error(item, 0)' --reduce sum ::: 1", out: "0\n",
        err: "pmap: :::1: 1\n\(traceback)pmap: 1 of 1 items failed (1 error)\n", status: 1),
])
func `nothing comes to nothing, or 0`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "a table, which reduce may change",
        "function task(n) return { n = n + 0 } end function reduce(a, b) a.n = a.n + b.n return a end",
        "seq 100 | pmap -t jsonl t.lua", out: "{\"n\":5050}\n"),
    Row(
        "the same table each time is a copy each time",
        "local t = { 0 } function task(n) t[1] = n + 0 return t end function reduce(a, b) a[1] = a[1] + b[1] return a end",
        "seq 1000 | pmap -t jsonl t.lua", out: "[500500]\n"),
    Row(
        "several values are a list",
        "function task(n) return n + 0, 1 end function reduce(a, b) return { a[1] + b[1], a[2] + b[2] } end",
        "seq 100 | pmap -t jsonl t.lua", out: "[5050,100]\n"),
    Row(
        "records of one item from left to right",
        "function task(n) pmap.emit(n .. 'a') pmap.emit(n .. 'b') return n .. 'c' end function reduce(a, b) return a .. b end",
        "pmap t.lua ::: 1 2 3", out: "1a1b1c2a2b2c3a3b3c\n"),
    Row(
        "a reducer of its own",
        "function task(n) return n + 0 end reduce = { lift = function(n) return { n } end, merge = function(a, b) return { a[1] * b[1] } end, finish = function(t) return t[1] end } function finish(n) return 'product ' .. n end",
        "pmap t.lua ::: 2 3 7", out: "product 42\n"),
    Row(
        "a ready one", "function task(n) return n + 0 end reduce = pmap.top(2)", "pmap t.lua ::: 2 3 7", out: "[7,3]\n"),
    Row(
        "several ready ones", "function task(n) return n + 0 end reduce = { pmap.top(2), pmap.sum }",
        "pmap t.lua ::: 2 3 7",
        out: "[7,3]\t12\n"),
    Row(
        "a list of one is that one", "function task(n) return n + 0 end reduce = { pmap.count }",
        "pmap t.lua ::: 2 3 7",
        out: "3\n"),
    Row(
        "each of several ready ones has its own value",
        "function task(n) return n, 'x' .. n, n * 2 end reduce = { pmap.mean, pmap.distinct, pmap.max }",
        "pmap t.lua ::: 2 3 7", out: "4.0\t3\t14\n"),
    Row(
        "all get a value that is a list of more than they are",
        "function task(n) return { n + 0, 'a', 'b' } end reduce = { pmap.top(1), pmap.count }", "pmap t.lua ::: 2 3 7",
        out: "[[7,\"a\",\"b\"]]\t3\n"),
    Row(
        "finish gets the list of what several come to, in which null is nothing",
        "function task(n) return n + 0 end reduce = { pmap.sum, pmap.variance } function finish(t) return #t, t[1], t[2] == pmap.null end",
        "pmap t.lua ::: 7", out: "2\t7\ttrue\n"),
    Row(
        "the options of a script", "options = { reduce = 'sum', by_key = true } function task(n) return n % 2, n end",
        "pmap t.lua ::: 1 2 3", out: "0\t2\n1\t4\n"),
    Row(
        "the command line's instead", "function task(n) return n + 0 end function reduce() error 'no' end",
        "pmap --reduce max t.lua ::: 1 2",
        out: "2\n"),
    Row(
        "what a filter keeps", [:], "seq 20 | pmap --filter -e 'item:find \"1\"' --reduce sum", out: "146\n"),
    Row("what commands write", [:], "pmap --sh 'echo {} | wc -c' --reduce sum ::: a bc", out: "5\n"),
    Row("batches", [:], "seq 10 | pmap --batch 4 -e '#item' --reduce 'a .. b'", out: "442\n"),
])
func `results are joined`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row("by count", words, "pmap -e item --by-key --reduce count words.txt", out: "10\t1\n2\t1\na\t1\nb\t2\n"),
    Row(
        "without a reducer: lists", words, "pmap -t jsonl -e 'item, index' --by-key words.txt",
        out: "[\"10\",[5]]\n[\"2\",[4]]\n[\"a\",[2]]\n[\"b\",[1,3]]\n"),
    Row(
        "in order: booleans, numbers by value, strings by bytes", [:],
        "pmap -f jsonl -e 'item, 1' --by-key --reduce sum <<< $'\"ä\"\\n\"a\"\\n\"Z\"\\n10\\n9\\n1.0\\n1\\n-0.5\\ntrue\\nfalse\\n\"\"'",
        out: "false\t1\ntrue\t1\n-0.5\t1\n1\t2\n9\t1\n10\t1\n\t1\nZ\t1\na\t1\nä\t1\n"),
    Row(
        "as csv", ["in.csv": "k,v\nx,1\n\"y,z\",2\nx,3\n"],
        "pmap -f csv -t csv -e 'item.k, item.v' --by-key --reduce sum in.csv",
        out: "x,4\n\"y,z\",2\n"),
    Row(
        "by several reducers side by side", ["in.csv": "k,v,w\nx,1,a\ny,2,b\nx,4,c\n"],
        "pmap -f csv -e 'item.k, item.v' --by-key --reduce sum,mean,variance in.csv",
        out: "x\t5\t2.5\t4.5\ny\t2\t2.0\t\n"),
    Row(
        "each of which may have its own value", ["in.csv": "k,v,w\nx,1,a\ny,2,b\nx,4,c\n"],
        "pmap -f csv -t jsonl -e 'item.k, item.v, item.w, item.v' --by-key --reduce max,count,sum in.csv",
        out: "[\"x\",4,2,5]\n[\"y\",2,1,2]\n"),
    Row(
        "several, of more keys than fit memory", [:],
        """
        seq 700000 > in
        pmap --by-key --reduce count,sum,max -e '("%099d%099d"):format(item % 600000, 0), item' in > out
        awk '{ n[$1 % 600000]++; s[$1 % 600000] += $1; m[$1 % 600000] = $1 }
          END { for (k = 0; k < 600000; k++) printf "%099d%099d\\t%d\\t%d\\t%d\\n", k, 0, n[k], s[k], m[k] }' in |
          cmp - out && echo same
        """, out: "same\n"),
    Row(
        "to finish, which goes through them in order",
        "function task(w) return w, 1 end reduce = pmap.sum function finish(g) for k, n in pairs(g) do print(k, n) end return g.b, g.x end options = { by_key = true }",
        "pmap t.lua ::: c b c", out: "b\t1\nc\t2\n1\t\n"),
    Row(
        "more of them than fit memory", [:],
        """
        seq 700000 > in
        pmap --by-key --reduce count -e '("%099d%099d"):format(item % 600000, 0)' in > out
        awk '{ n[$1 % 600000]++ } END { for (k = 0; k < 600000; k++) printf "%099d%099d\\t%d\\n", k, 0, n[k] }' in |
          cmp - out && echo same
        """, out: "same\n"),
    Row(
        "lists that do not fit memory", [:],
        """
        seq 600000 > in
        pmap --by-key -t jsonl -e 'math.tointeger(item) % 300000, { -item }' in > out
        awk '{ k = $1 % 300000; l[k] = l[k] c[k] "[-" $1 "]"; c[k] = "," }
          END { for (k = 0; k < 300000; k++) print "[" k ",[" l[k] "]]" }' in | cmp - out && echo same
        """, out: "same\n"),
    Row(
        "what is no key fails its item", [:],
        "pmap -e '({ nil, {}, 0/0, \"x\" })[tonumber(item)], 1' --by-key --reduce sum ::: 1 2 3 4",
        out: "x\t1\n",
        err: "pmap: :::1: a key is a string, a number or a boolean, not nil\n"
            + "pmap: :::2: a key is a string, a number or a boolean, not table\npmap: :::3: a key is not nan\n"
            + "pmap: 3 of 4 items failed (3 error)\n", status: 1),
    Row(
        "a key alone has nothing to add", [:], "pmap -e item --by-key --reduce sum ::: a",
        err: "pmap: :::1: the record has a key and no value; return key, value\npmap: 1 of 1 items failed (1 error)\n",
        status: 1),
])
func `results of one key are joined, and written by key`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "what is no number fails its item", [:], "pmap -e item --reduce sum ::: 1 abc 0x10 ' 2 ' 1e1", out: "29.0\n",
        err: "pmap: :::2: 'abc' is no number\npmap: 1 of 5 items failed (1 error)\n", status: 1),
    Row(
        "also side by side", [:], "pmap -e item --reduce count,mean ::: 1 abc", out: "1\t1.0\n",
        err: "pmap: :::2: 'abc' is no number\npmap: 1 of 2 items failed (1 error)\n", status: 1),
    Row(
        "neither one value nor one for each", [:], "pmap -e 'item, 2, 3' --reduce count,mean ::: 1", out: "0\t\n",
        err:
            "pmap: :::1: 3 values for 2 reducers; return one for all of them, or one for each\npmap: 1 of 1 items failed (1 error)\n",
        status: 1),
    Row(
        "what cannot travel fails its item", [:], "pmap -e io.stdout --reduce a ::: 1",
        err: "pmap: :::1: cannot send userdata (FILE*) at result\npmap: 1 of 1 items failed (1 error)\n", status: 1),
    Row(
        "an error", "function task(n) return n end\nfunction reduce(a, b) error 'no' end",
        "seq 4 > in; pmap -j1 --chunk 4 t.lua in",
        err: "pmap: t.lua:2: no (while joining in:1 with in:2)\n\(traceback)", status: 1),
    Row(
        "an error of a key", [:],
        "pmap -j1 --chunk 4 --by-key -e 'item:sub(1, 1), item' --reduce 'nil, \"no\"' ::: a1 b1 a2",
        err: "pmap: key a: no (while joining :::1 with :::3)\n", status: 1),
    Row(
        "more keys than fit memory and the disk", [:],
        "seq 600000 | pmap --spill 1k --by-key --reduce count -e '(\"%099d%099d\"):format(item, 0)'",
        err: "pmap: there are more keys than fit memory, and no room for them on disk; see --spill and TMPDIR\n",
        status: 1),
    Row(
        "nil", "function task(n) return n end\nfunction reduce(a, b) local c = a + b end", "pmap -j1 t.lua ::: 1 2",
        err:
            "pmap: reduce has returned nil; return the two values joined into one (while joining :::1 with :::2)\n",
        status: 1),
    Row(
        "a reducer that exits", [:], "pmap -e item --reduce 'os.exit(3)' ::: 1 2",
        err: "pmap: the script's process (pid N) that joins results exited with status 3\n", status: 1),
    Row(
        "one that is killed", [:], "pmap -l mp=multiprocessing -e item --reduce 'os.execute \"kill -9 $PPID\"' ::: 1 2",
        err: "pmap: the script's process (pid N) that joins results was killed by SIGKILL\n", status: 1),
    Row(
        "one that takes too long", [:],
        "pmap -j1 --chunk 2 --timeout 0.2 -e item --reduce '(function() while true do end end)()' ::: 1 2",
        err: "pmap: timed out after 0.2 s at --reduce:1 (while joining :::1 with :::2)\n\(traceback)", status: 1),
    Row(
        "without a worker", [:],
        "pmap -j0 --timeout 0.2 -e item --reduce '(function() while true do end end)()' ::: 1 2",
        err: "pmap: timed out after 0.2 s at --reduce:1 (while joining :::1 with :::2)\n\(traceback)", status: 1),
    Row(
        "finish", [:], "pmap -e item --reduce a --finish 'error(\"no\", 0)' ::: 1",
        err: "pmap: finish: no\n\(traceback)",
        status: 1),
    Row(
        "finish that gives nil and a reason", [:], "pmap -e item --reduce a --finish 'nil, \"no\"' ::: 1",
        err: "pmap: finish: no\n", status: 1),
    Row(
        "finish that takes too long", [:], "pmap --timeout 0.2 -e item --reduce a --finish 'while true do end' ::: 1",
        err: "pmap: finish: timed out after 0.2 s at --finish:1\n\(traceback)", status: 1),
    Row(
        "a total that is no text", [:], "pmap -e print --reduce a ::: 1",
        err: "pmap: finish: cannot write a function as lines at result\n",
        status: 1),
    Row(
        "reduce with nil and a reason", [:], "pmap -e item --reduce 'nil, \"no\"' ::: 1 2",
        err: "pmap: no (while joining :::1 with :::2)\n", status: 1),
    Row(
        "reduce with two values", [:], "pmap -e item --reduce 'a, b' ::: 1 2",
        err: "pmap: reduce has returned 2 values; return a list of them (while joining :::1 with :::2)\n", status: 1),
    Row(
        "a sum that is too large for an integer", [:], "pmap -e item --reduce sum ::: 9223372036854775807 1",
        err:
            "pmap: the sum of the integers is outside 64 bits; return floats, as item + 0.0 (while joining :::1 with :::2)\n",
        status: 1),
    Row(
        "a program that goes on in reduce", [:],
        "pmap --timeout 0.2 -e item --reduce 'os.execute \"sleep 600\"' ::: 1 2",
        err:
            "pmap: timed out after 0.2 s; the script's process (pid N) that joins results did not stop and was killed\n",
        status: 1),
    Row(
        "a program that goes on in finish", [:],
        "pmap -j0 --timeout 0.2 -e item --reduce a --finish 'os.execute \"sleep 600\"' ::: 1 2",
        err:
            "pmap: timed out after 0.2 s; the script's process (pid N) that joins results did not stop and was killed\n",
        status: 1),
    Row(
        "finish, which has emitted something", [:],
        "pmap -e item --reduce a --finish 'pmap.emit(1) error(\"no\", 0)' ::: 1", err: "pmap: finish: no\n\(traceback)",
        status: 1),
    Row(
        "pmap.index in finish", [:], "pmap -e item --reduce a --finish pmap.index ::: 1",
        err: "pmap: finish: --finish:1: pmap.index is there inside a task only\n\(traceback)", status: 1),
    Row(
        "a full output", [:], "pmap -e item --reduce sum ::: 1 > /dev/full",
        err: "pmap: write standard output: No space left on device\n", status: 3),
    Row(
        "an input that ends too early", [:], "pmap -e item --reduce sum <(seq 100000 | gzip | head -c 100)",
        err: "pmap: ‹…›\n", status: 3),
])
func `what goes wrong in joining ends the run, and there is no output`(row: Row) throws { try row.check() }

@Test func `a worker that dies as it joins is a message, and nothing is lost`() throws {
    try Row(
        "",
        """
        function task(n) return n + 0 end
        function reduce(a, b) if os.execute "mkdir died 2>&-" then os.execute "kill -9 $PPID" end return a + b end
        """, "seq 1000 | pmap -j 2 t.lua", out: "500500\n",
        err:
            "pmap: the worker (pid N) was killed by SIGKILL while it joined results; none is lost, another process joins them\n"
    ).check()
}

@Test(arguments: [
    Row(
        "a fail goal: nothing", [:], "pmap -j1 --on-error stop -e 'item * 1' --reduce sum ::: 1 a 2 2> log; echo $?",
        out: "1\n"),
    Row(
        "another goal: what was joined", [:],
        "seq 100 | pmap -j1 --chunk 1 --halt now,success=2 -e item --reduce count 2> log; echo $?",
        out: "2\n0\n"),
    Row(
        "a signal: nothing", [:],
        "{ pmap -j1 --chunk 1 -e 'if index == 2 then os.execute \"kill -TERM $(ps -o ppid= $PPID)\" end return item' --reduce count --finish 'print \"no\"' ::: 1 2 3; } 2> log || echo $?",
        out: "143\n"),
    Row(
        "another goal, while a function makes items without end",
        "function inputs() return 1 end reduce = pmap.count function task(n) return n end",
        "for jobs in 0 2; do pmap -j$jobs --halt soon,success=1 t.lua 2> log | grep -c '[1-9]'; done", out: "1\n1\n"),
])
func `a run that ends early`(row: Row) throws { try row.check() }

@Test(arguments: [
    Row(
        "--tag", [:], "pmap --tag -e item --reduce sum",
        err: "pmap: --tag: results are joined, and no item has a record of its own\n", status: 2),
    Row(
        "--on-error keep", [:], "pmap --on-error keep -e item --reduce sum",
        err:
            "pmap: --on-error keep: results are joined, and no item has a record of its own; --errors FILE keeps failures\n",
        status: 2),
    Row(
        "--finish alone", [:], "pmap -e item --finish total ::: 1",
        err: "pmap: --finish: nothing joins the results; write --reduce\n", status: 2),
    Row(
        "a name that nothing has", [:], "pmap -e item --reduce cuont ::: 1",
        err:
            "pmap: cuont: no reducer, and no function, has that name; write count, sum, min, max, mean, variance, distinct, top, quantiles, or an expression of a and b\n",
        status: 2),
    Row(
        "one of several names", [:], "pmap -e item --reduce sum,cuont ::: 1",
        err:
            "pmap: cuont: no reducer has that name; write count, sum, min, max, mean, variance, distinct, top, quantiles\n",
        status: 2),
    Row(
        "a list of functions", "return { task = print, reduce = { math.max, math.min } }", "pmap t.lua ::: 1",
        err: "pmap: t.lua: a list in reduce has ready reducers, as { pmap.sum, pmap.top(10) }\n", status: 2),
    Row(
        "a parameter that is no number", [:], "pmap -e item --reduce quantiles:a ::: 1",
        err: "pmap: quantiles:a: 'a' is no number\n", status: 2),
    Row(
        "no expression", [:], "pmap -e item --reduce 'a +' ::: 1",
        err: "pmap: --reduce:1: unexpected symbol near <eof>\n", status: 2),
    Row(
        "top of how many", [:], "pmap -e item --reduce top ::: 1",
        err: "pmap: top takes how many: top:10, or pmap.top(10)\n", status: 2),
    Row(
        "quantiles", [:], "pmap -e item --reduce quantiles:2 ::: 1",
        err: "pmap: quantiles takes numbers from 0 to 1: quantiles:0.5,0.95\n", status: 2),
    Row(
        "a parameter too many", [:], "pmap -e item --reduce sum:3 ::: 1", err: "pmap: sum:3: write sum alone\n",
        status: 2),
    Row(
        "a table that is no reducer", "return { task = print, reduce = {} }", "pmap t.lua ::: 1",
        err: "pmap: t.lua: reduce is a function of two values, or { lift = …, merge = …, finish = … }\n", status: 2),
])
func `what cannot be joined is refused`(row: Row) throws { try row.check() }

/// A tree of what was joined with what: any other grouping is another text.
private let tree = """
    function task(item)
      if item % 7 == 0 then return nil end
      if item % 11 == 0 then error "x" end
      if item % 13 == 0 then pmap.emit(item % 3, item .. "a") end
      return item % 3, item + 0.1
    end
    function reduce(a, b) return "(" .. a .. " " .. b .. ")" end
    """

@Test(arguments: ["", "--by-key"])
func `what is joined with what depends on the numbers of the items alone`(keys: String) throws {
    let script = keys.isEmpty ? tree.replacing("item % 3, item", with: "item") : tree
    let line = """
        run() { pmap "$@" \(keys) 2> log || [ $? = 1 ]; }
        seq 1003 > in; gzip -k in
        run -j0 t.lua in > expected
        for jobs in 0 1 2 7; do for chunk in 1 3 64 100 1000; do
          for input in "t.lua in" "t.lua in.gz" "t.lua"; do
            run -j$jobs --chunk $chunk $input < in | cmp - expected || echo "$jobs $chunk $input"
          done
        done; done
        run -j3 --chunk 50 --retries 30 --chaos kill=2%,error=5% t.lua in | cmp - expected
        for turn in 1 2; do run -j2 --journal j.db t.lua in | cmp - expected; done
        (echo 0; cat in) | run -j2 t.lua > expected
        (echo 0; cat in) | run -j2 --journal j.db t.lua | cmp - expected
        wc -l < expected
        """
    try Row("", script, line, out: keys.isEmpty ? "1\n" : "3\n").check()
}

@Test(arguments: [
    Row(
        "nan has no place", [:], "pmap -e 'index == 3 and 0/0 or item' --reduce min ::: 5 6 7 0", out: "0\n",
        err: "pmap: :::3: nan has no place among numbers\npmap: 1 of 4 items failed (1 error)\n", status: 1),
    Row(
        "a mean of large integers", [:], "pmap -e item --reduce mean ::: 9223372036854775807 9223372036854775807",
        out: "9.2233720368548e+18\n"),
    Row("nil among values is null", [:], "pmap -e '1, nil, 3' -t jsonl --reduce a ::: 1", out: "[1,null,3]\n"),
    Row(
        "the ends of quantiles are exact", [:], "seq 100000 | pmap -e item --reduce quantiles:0,1", out: "[1,100000]\n"),
    Row("a function of Lua's", [:], "pmap -e item --reduce math.max ::: 5 7 6", out: "7\n"),
    Row(
        "random numbers of reduce are those of the seed", [:],
        "for jobs in 0 1 2 5; do seq 3000 | pmap -j$jobs --seed 4 -e 'math.random()' --reduce 'a + b + math.random()'; done | uniq | wc -l",
        out: "1\n"),
    Row(
        "keys that cannot be written do not cost others", [:],
        "pmap -t jsonl --by-key --reduce count -e 'item, 1' ::: a $'b\\xff' c $'d\\xff'",
        out: "[\"a\",1]\n[\"c\",1]\n",
        err: "pmap: key b\\255: cannot write a string that is not UTF-8 as jsonl at result[1] (and 1 more like this)\n",
        status: 1),
    Row(
        "processes that finish leaves are waited for", [:],
        "pmap -l mp=multiprocessing -e item --reduce count --finish 'mp.Process(function() os.execute \"touch made\" end):start() return total' ::: 1; ls made",
        out: "1\nmade\n"),
    Row(
        "what finish emits leaves while it runs", [:],
        "pmap -e item --reduce a --finish 'for i = 1, math.huge do pmap.emit(i) end' ::: 1 | head -2", out: "1\n2\n",
        status: 141),
    Row(
        "as does what it prints", [:],
        "pmap -e item --reduce a --finish 'for i = 1, math.huge do print(i) end' ::: 1 | head -2; pmap -t csv -e item --reduce a --finish 'for i = 1, 1e5 do print(i) end return 0' ::: 1 2> err; sort -n err | uniq | wc -l",
        out: "1\n2\n0\n100000\n"),
    Row(
        "also when it fails then", [:],
        "pmap -e item --reduce a --finish 'for i = 1, 1e5 do pmap.emit(i) end error(\"no\", 0)' ::: 1 > out; echo $?; head -1 out",
        out: "1\n1\n", err: "pmap: finish: no\n\(traceback)"),
    Row(
        "what it prints is in front of what it emits then", [:],
        """
        for to in lines csv; do
          pmap -t $to -e item --reduce a --finish 'for i = 1, 1e5 do pmap.emit { n = i } if i == 2 then print "x" end end return { n = 0 }' ::: 1 > out
          head -2 out; tail -1 out; wc -l < out
        done
        """,
        out: "x\n{\"n\":1}\n{\"n\":0}\n100002\nn\n1\n0\n100002\n", err: "x\n"),
    Row(
        "a journal has all items while finish runs", [:],
        "pmap --journal j -e item --reduce count --finish 'os.execute \"touch begun; sleep 600\"' ::: 1 2 3 2> log & { await ls begun; kill -9 $!; wait $!; } > log2 2>&1 || true; pmap journal j | head -1",
        out: "j: 3 ok\n"),
])
func `it is as one expects`(row: Row) throws { try row.check() }

/// Those of numbers are joined in C by a run, and by `pmap.map` in Lua.
@Test(arguments: ["sum", "mean", "variance", "min", "max", "count", "sum,mean,variance,min,max,count,mean"])
func `what ready reducers come to is the same to the last bit in C and Lua, for any number of workers and any chunks`(
    reduce: String
) throws {
    let files = [
        "numbers.lua": """
        function number(n) return n % 5 == 0 and n or n % 1013 / 7 * 10 ^ (n % 9) end
        function shown(total)
          if type(total) ~= "table" then total = { total } end
          for place, value in ipairs(total) do total[place] = math.type(value) .. ("%.17g"):format(value) end
          return table.concat(total, " ")
        end
        """,
        "t.lua":
            "require 'numbers' function task(n) n = tonumber(n) if n % 7 > 0 then return number(n) end end finish = shown",
        "map.lua": """
        require "numbers"
        local options = { reduce = arg[1] }
        print(shown(pmap.map(function(n) if n % 7 > 0 then return number(n) end end, pmap.range(2003), options)))
        """,
    ]
    let line = """
        seq 2003 > in
        pmap run map.lua '\(reduce)' > expected
        for jobs in 0 1 2 7; do for chunk in 1 3 64 1000; do
          pmap -j$jobs --chunk $chunk --reduce '\(reduce)' t.lua in | cmp - expected || echo "$jobs $chunk"
        done; done
        pmap -j3 --chunk 50 --retries 30 --chaos kill=2%,error=5% --reduce '\(reduce)' t.lua in 2> log | cmp - expected
        head -1000 in | pmap -j2 --journal j.db --reduce '\(reduce)' t.lua > half
        pmap -j2 --journal j.db --reduce '\(reduce)' t.lua in 2> log | cmp - expected && wc -l < expected
        """
    try Row("", files, line, out: "1\n").check()
}

@Test(arguments: ["sum,mean,variance,count", "max"])
func `numbers and keys of a row come to the same whether a task names them or computes them`(reduce: String) throws {
    let numbers = [
        "12.34", "-0.5", "007", "1e3", ".5", "5.", "0x10", "123456789012345678", "1234567890123456789", "-0", "-0.0",
        " 7 ",
        "0.123456789012345", "0.1234567890123456", "999999999999999", "99999999999999.9", "\"8\"", "\"8.5\"", "0.1",
        "+3",
        "0.000000000000001", "-", ".", "1.2.3", "", "abc", "-12.5", "1-2", "9223372036854775808",
    ]
    let keys = ["a", "", "\"b,\"\"c\"\"\"", "ü", String(repeating: "long", count: 100)]
    var rows = "k,v\n"
    for (place, number) in (numbers + numbers.reversed()).enumerated() {
        rows += "\(keys[place % keys.count]),\(number)\n"
    }
    let line = """
        joined() { pmap -f csv -j2 --chunk 3 --by-key -e "$@" --reduce '\(reduce)' --finish "$finish" in.csv 2> err; sort err; }
        finish='for k, t in pairs(total) do
          for place, n in ipairs(type(t) == "table" and t or { t }) do print(k, place, math.type(n), ("%.17g"):format(n)) end
        end'
        joined 'item.k, item.v' > named
        joined 'local k, v = item.k, item.v return k, v' | cmp - named && grep -c 'is no number' named
        """
    try Row("", ["in.csv": rows], line, out: "12\n").check()
}

@Test func `quantiles of many numbers are off by less than a percent of the rank`() throws {
    let script = """
        function task(n) return (n * 7919 % 100003) / 100003 end
        reduce = pmap.quantiles(0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999)
        function finish(found)
          for place, share in ipairs { 0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999 } do
            assert(math.abs(found[place] - share) < (math.abs(share - 0.5) > 0.48 and 0.001 or 0.01), found[place])
          end
          return "near"
        end
        """
    try Row("", script, "seq 100002 | pmap t.lua", out: "near\n").check()
}

@Test func `a reduce that the script itself calls is its own, unless the script returns it`() throws {
    let helper = "function reduce(a, b) return a + b end total = reduce(1, 2) function task(n) return n + total end"
    try Row(
        "", helper, "pmap t.lua ::: 1 2", out: "4\n5\n",
        err:
            "pmap: t.lua: reduce is taken as the script's own, as it is called there; to have results joined return { task = task, reduce = reduce }\n"
    ).check()
    try Row("", helper + " return { task = task, reduce = reduce }", "pmap t.lua ::: 1 2", out: "9\n").check()
}

@Test(arguments: [
    "-e item --reduce a --finish \"io.stderr:write 'begun\\n' while true do end\"",
    "-e \"io.stderr:write 'begun\\n' while true do end\" --reduce a",
])
func `after a signal it is said that results were not joined`(task: String) throws {
    let run = try Run("pmap \(task) ::: 1", in: Scratch([:]))
    try run.wait(errors: "begun")
    let outcome = try run.finish(sending: SIGTERM)
    #expect(outcome.ending == .signal(SIGTERM))
    #expect(outcome.errors.hasSuffix("pmap: the results were not joined to the end: the output is not complete\n"))
}
