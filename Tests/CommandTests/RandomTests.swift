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
