// math.random: the same for the same seed, whoever runs the item; different for different items and runs.

import Running
import Testing

private let draw = "-e 'math.random(0), math.random(100), math.random()'"

@Test func `a run with --seed gives the same bytes for any workers and chunking`() throws {
    let folder = try Scratch()
    func drawn(_ options: String) throws -> String {
        let outcome = try Run("seq 500 | pmap --seed 7 \(options) \(draw)", in: folder).finish()
        #expect(outcome.errors == "" && outcome.ending == .exit(0))
        return outcome.output
    }
    let first = try drawn("-j 0")
    let lines = first.split(separator: "\n")
    #expect(lines.count == 500 && Set(lines).count == 500)
    for options in ["-j 1", "-j 2", "-j 7 --chunk 1", "-j 2 --chunk 33", "-j 2 --chunk 5 --max-tasks 3"] {
        #expect(try drawn(options) == first, "\(options)")
    }
}

@Test(arguments: [
    Row(
        "another seed gives other numbers", [:],
        "for s in 1 2; do pmap --seed $s \(draw) ::: a; done | sort -u | wc -l", out: "2\n"),
    Row(
        "two runs without a seed differ", [:], "for s in 1 2; do pmap \(draw) ::: a; done | sort -u | wc -l", out: "2\n"
    ),
    Row(
        "a task that seeds by itself gets what it asked for", [:],
        "pmap -e 'math.randomseed(5) return math.random(1000)' ::: a b | sort -u | wc -l", out: "1\n"),
    Row(
        "the same item at another place draws other numbers", [:], "pmap --seed 1 \(draw) ::: a a | sort -u | wc -l",
        out: "2\n"),
    Row("a negative seed", [:], "pmap --seed -5 \(draw) ::: a | wc -l", out: "1\n"),
    Row(
        "a seed in the script's options", "options = { seed = 3 } function task() return math.random(0) end",
        "{ pmap t.lua ::: a; pmap --seed 3 t.lua ::: a; } | sort -u | wc -l", out: "1\n"),
    Row(
        "numbers drawn before the fork do not repeat in the items",
        "math.random() function task() return math.random(0) end",
        "pmap -j 2 --chunk 1 t.lua ::: a b c d | sort -u | wc -l", out: "4\n"),
])
func `math.random differs where it should`(row: Row) throws { try row.check() }

/// What a program draws in itself, in processes below it, and in two pools of `workers`.
private func family(_ seeding: String) -> String {
    """
    \(seeding)
    local mp = require "multiprocessing"
    local workers, draws = tonumber(arg[1]), tonumber(arg[2])
    for _ = 1, draws do math.random() end
    local function draw() return math.random(0) end
    local queue = mp.Queue()
    for _ = 1, 2 do
      local process = mp.Process(function()
        local child = mp.Process(function() queue:put(draw()) end)
        child:start()
        child:join()
        queue:put(draw())
      end)
      process:start()
      process:join()
    end
    if mp.fork() == 0 then queue:put(draw()) os.exit(0) end
    for _ = 1, 5 do print(queue:get()) end
    for _ = 1, 2 do
      local pool <close> = mp.Pool(workers)
      for _ = 1, 2 do
        for _, each in ipairs(pool:map(draw, pmap.range(4))) do print(each) end
      end
      for _, each in pool:imap(draw, pmap.range(2)) do print(each) end
      print(pool:starmap(draw, { {}, {} })[2])
    end
    """
}

private let twice = "{ pmap run t.lua 1 0; pmap run t.lua 3 5; } | sort -u | wc -l"

@Test(arguments: [
    Row(
        "in processes and pools, whatever the script draws, for any number of workers",
        family("math.randomseed(42)"), twice, out: "27\n"),
    Row("with a seed of two numbers", family("math.randomseed(4, 2)"), twice, out: "27\n"),
    Row("not without it", family(""), twice, out: "54\n"),
    Row("not after a call without arguments", family("math.randomseed(42) math.randomseed()"), twice, out: "54\n"),
    Row(
        "another seed gives other numbers", family("math.randomseed(arg[1])"),
        "{ pmap run t.lua 1 0; pmap run t.lua 2 0; } | sort -u | wc -l", out: "54\n"),
    Row(
        "in a pool that was made before",
        "local pool <close> = require 'multiprocessing'.Pool(2) pool:map(print, {}) pool:apply(math.random)"
            + " math.randomseed(42) print(pool:apply(math.random, {0}))",
        "for i in 1 2; do pmap run t.lua; done | sort -u | wc -l", out: "1\n"),
    Row(
        "a seed that a process or an item chooses is its own, until it ends",
        """
        local mp = require "multiprocessing"
        math.randomseed(1)
        local function chosen() math.randomseed(5) return math.random(0) end
        local function draw() return math.random(0) end
        local pool <close> = mp.Pool { processes = 1, initializer = math.randomseed, initargs = { 5 } }
        local first, second, third = pool:apply(draw), pool:apply(chosen), pool:apply(draw)
        local process = mp.Process(chosen)
        process:start()
        print(second == process:result(), first ~= second, third ~= second, third ~= first)
        """, "pmap run t.lua", out: "true\ttrue\ttrue\ttrue\n"),
    Row(
        "in the items of a run, as --seed does", "math.randomseed(7) function task() return math.random(0) end",
        "for o in '-j 1' '-j 2 --chunk 1' '-j 0' '--seed 7'; do pmap $o t.lua ::: a b; done | sort -u | wc -l",
        out: "2\n"),
    Row(
        "where the option wins", "math.randomseed(7) function task() return math.random(0) end",
        "{ pmap --seed 8 t.lua ::: a; pmap --seed 8 -e 'math.random(0)' ::: a; } | sort -u | wc -l", out: "1\n"),
    Row(
        "and the journal's seed does not", "math.randomseed(pmap.args.n) function task() return math.random(0) end",
        "for n in 1 2 1; do pmap -D n=$n --journal j t.lua ::: a 2> /dev/null; done | sort -u | wc -l", out: "2\n"),
    Row(
        "in the processes of a task",
        """
        local mp = require "multiprocessing"
        function task()
          local process = mp.Process(math.random, 0)
          process:start()
          return process:result()
        end
        """, "for j in 1 2; do pmap --seed 7 -j $j --chunk 1 t.lua ::: a b; done | sort -u | wc -l", out: "2\n"),
])
func `math.randomseed at the top of a script makes what is below it repeatable`(row: Row) throws { try row.check() }
