// The page of --report: its numbers are those of the job log, in a browser it is drawn without an error, and nothing in it
// is more than data.

import Foundation
import Running
import Testing

/// The data of a page.
private struct Report {
    let page: String
    private let data: [String: Any]

    init(_ folder: Scratch, _ name: String = "r.html") throws {
        page = try folder.text(of: name)
        let text = page.firstMatch(
            of: /<script type="application\/json" id="data">(.*?)<\/script>/.dotMatchesNewlines())
        data = try #require(
            try JSONSerialization.jsonObject(with: Data((text?.1 ?? "").utf8)) as? [String: Any])
    }

    func number(_ object: String, _ name: String) -> Int { (data[object] as? [String: Any])?[name] as? Int ?? -1 }
    func text(_ name: String) -> String { (data["run"] as? [String: Any])?[name] as? String ?? "" }
    var workers: [[String: Any]] { data["workers"] as? [[String: Any]] ?? [] }
    var advice: [String] { data["advice"] as? [String] ?? [] }
    var groups: [[String: Any]] { data["groups"] as? [[String: Any]] ?? [] }
    var marks: [[Any]] { data["marks"] as? [[Any]] ?? [] }

    func sum(_ name: String) -> Int { workers.reduce(0) { $0 + ($1[name] as? Int ?? 0) } }
    func counts(_ name: String) -> Int { number("counts", name) }
}

/// A row of a job log.
private struct LogRow {
    let (seconds, outcome, attempts, worker): (Double, String, Int, Int)

    static func rows(_ folder: Scratch, _ name: String = "log") throws -> [LogRow] {
        try folder.text(of: name).split(separator: "\n").dropFirst().map { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            return LogRow(
                seconds: Double(columns[3]) ?? -1, outcome: String(columns[9]), attempts: Int(columns[10]) ?? -1,
                worker: Int(columns[11]) ?? -1)
        }
    }
}

private let faults = """
    return function(item)
      local n = tonumber(item)
      if n % 7 == 0 then error("a multiple of seven") end
      if n == 20 then os.execute("kill -9 $PPID") end
      if n == 30 then while true do end end
      return n
    end
    """

@Test(arguments: [
    "t.lua n", "-u --retries 2 t.lua n", "-j 3 --retries 1 --timeout 0.2 t.lua n", "--chunk 1 -j 100 t.lua n",
    "--journal j t.lua n", "-j 0 -e 'assert(tonumber(item) % 3 > 0)' n", "-e item /dev/null", "-e item ::: a",
    "--chaos error=10% --seed 5 -j 2 -e item n", "--halt soon,fail=2 t.lua n", "--max-tasks 10 -e item n",
    "--from jsonl -e item b",
])
func `the numbers of a page are those of the job log`(line: String) throws {
    let numbers = (1...60).map { "\($0)\n" }.joined()
    let timeout = line.contains("--timeout") ? "" : "--timeout 1 "
    let folder = try Scratch(["t.lua": faults, "n": numbers, "b": "1\n\n2\n\n\n3\n"])
    _ = try Run("pmap \(timeout)--report r.html --joblog log \(line) > /dev/null 2>&1", in: folder).finish()
    let report = try Report(folder), rows = try LogRow.rows(folder)
    for outcome in ["ok", "error", "timeout", "crash"] {
        #expect(report.counts(outcome) == rows.count { $0.outcome == outcome }, "\(outcome)")
    }
    #expect(report.number("durations", "count") == rows.count)
    let longest = rows.map(\.seconds).max() ?? 0
    #expect(abs(Double(report.number("durations", "most")) / 1e9 - longest) < 1e-6)
    for worker in report.workers {
        let number = worker["worker"] as? Int, done = (worker["ok"] as? Int ?? 0) + (worker["failed"] as? Int ?? 0)
        #expect(done == rows.count { $0.worker == number })
    }
    // The last try of an item that was given up is no try any more.
    if !line.contains("--halt") { #expect(report.counts("retried") == rows.reduce(0) { $0 + $1.attempts - 1 }) }
    #expect(report.marks.count == rows.count + report.counts("retried"), "few items are all drawn by themselves")
    #expect(report.groups.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == rows.count { $0.outcome != "ok" })
}

@Test func `a page has no values of definitions`() throws {
    let folder = try Scratch(["t.lua": "return function(item) error('key=' .. pmap.args.key .. ' is wrong') end"])
    _ = try Run("pmap -D key=hunter2 --report r.html t.lua ::: key=hunter2", in: folder).finish()
    #expect(try Report(folder).groups.first?["message"] as? String == "t.lua:1: key=… is wrong")
    #expect(try !folder.text(of: "r.html").contains("hunter2"))
}

@Test func `what a journal has is counted, and not drawn`() throws {
    let folder = try Scratch()
    _ = try Run("pmap --journal j -e 'item + 0' ::: 1 x 3", in: folder).finish()
    _ = try Run("pmap --journal j --report r.html -e 'item + 0' ::: 1 x 3 4 5", in: folder).finish()
    let report = try Report(folder)
    #expect((report.counts("restored"), report.counts("ok"), report.marks.count) == (3, 2, 2))
    #expect((report.counts("restoredFailures"), report.counts("error")) == (1, 0))
}

@Test func `a page has the advice of --stats`() throws {
    let folder = try Scratch()
    _ = try Run("pmap -j 2 --report r.html --stats=s -e 'pmap.sleep(item / 100)' ::: 1 1 1 1 200", in: folder).finish()
    let statistics = try JSONSerialization.jsonObject(with: Data(folder.text(of: "s").utf8)) as? [String: Any]
    #expect(try Report(folder).advice == statistics?["advice"] as? [String])
    #expect(try Report(folder).advice.first?.contains("one item ran alone, :::5") == true)
}

@Test(arguments: [
    ("pmap --report r.html -e item ::: a", "every item has run"),
    ("pmap --report r.html --halt now,fail=1 -e 'error(1)' ::: a", "ended early by --halt now,fail=1"),
    ("pmap --report r.html -j0 --halt soon,success=2 -e item ::: a b c", "ended early by --halt soon,success=2"),
    ("pmap --report r.html -j1 -e 'os.execute(\"kill -INT $PPID; sleep 1\")' ::: a; true", ""),
    ("pmap --report r.html -e item ::: $(seq 9) | true; true", ""),
    (
        "pmap --report r.html -j2 --chunk 1 -e 'os.execute(\"kill -9 $PPID\")' ::: $(seq 2000); true",
        "ended because no item had succeeded and ‹…›"
    ),
    ("pmap --report r.html -e 'item' -l no.such ::: a; test ! -s r.html && exec cp /dev/null r.html", "no run"),
])
func `a page says how the run ended`(line: String, ending: String) throws {
    let folder = try Scratch()
    _ = try Run(line, in: folder).finish()
    if ending == "no run" { return #expect(try folder.text(of: "r.html").isEmpty) }
    let text = try Report(folder).text("ending")
    #expect(ending.isEmpty ? !text.isEmpty : matches(text, ending), "\(line): \(text)")
}

@Test func `a run that a signal ends has its page`() throws {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let folder = try Scratch()
        let run = try Run(
            "exec pmap --report r.html -j1 -e 'pmap.sleep(index > 1 and 9 or 0) return item'", in: folder, input: nil)
        run.write("a\n")
        try run.wait(lines: 1)
        run.write("b\n")
        run.signal(signal)
        run.signal(signal)
        #expect(try run.finish().ending == .signal(signal))
        let report = try Report(folder)
        #expect(report.text("ending").hasPrefix("ended by SIG"))
        #expect(report.workers.allSatisfy { $0["deaths"] as? Int == 0 })
    }
}

@Test func `an item that is killed as the run ends is on the page, and no death`() throws {
    let folder = try Scratch()
    let line = "--halt now,success=1 -e 'pmap.sleep(index == 1 and 0.2 or 100) return 1' ::: a b"
    _ = try Run("pmap --report r.html -j 2 --chunk 1 \(line)", in: folder).finish()
    let report = try Report(folder)
    #expect((report.counts("ok"), report.counts("killed"), report.counts("skipped")) == (1, 1, 1))
    #expect(report.marks.count == 2 && report.workers.allSatisfy { $0["deaths"] as? Int == 0 })
}

@Test(arguments: [
    Row(
        "", "return function() end", "pmap --report no/r.html t.lua ::: a",
        err: "pmap: --report no/r.html: No such file or directory\n", status: 2),
    Row(
        "", "return function() end", "pmap --report a --report b t.lua ::: a",
        err: "pmap: --report twice; there is one report\n",
        status: 2),
    Row(
        "", "return function() end", "pmap --report - t.lua ::: a",
        err: "pmap: --report -: write ./- for a file of that name\n",
        status: 2),
    Row(
        "", "return function() end", "pmap --report r --joblog r t.lua ::: a",
        err: "pmap: ‹…› and ‹…› are one file; name another one\n", status: 2),
    Row(
        "", "return function() end", "pmap --report t.lua t.lua ::: a",
        err: "pmap: --report t.lua and the script t.lua are one file; name another one\n", status: 2),
])
func `a page that cannot be written is refused before the run`(row: Row) throws { try row.check() }

// MARK: In a browser

/// Answers of a page to steps of `browse`, whose last one is checked: no error, and no request.
private func browse(_ folder: Scratch, _ steps: String..., page: String = "r.html") throws -> [String] {
    let words = steps.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
    let outcome = try Run("browse \(page) \(words)", in: folder, limit: .seconds(100)).finish()
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.last == #"{"errors": [], "requests": []}"#, "\(outcome.output)\(outcome.errors)")
    return Array(lines.dropLast())
}

private let range = "(({from, to}) => to - from)(document.getElementById('range').dataset)"
private let overflow = "document.documentElement.scrollWidth - innerWidth"
private let tip = "document.getElementById('tip').innerText"

@Test func `a page is drawn in every size and scheme, hovered, and zoomed by wheel, keys and buttons`() throws {
    let folder = try Scratch(["t.lua": faults, "n": (1...60).map { "\($0)\n" }.joined()])
    _ = try Run("pmap --report r.html --timeout 0.3 -j 2 --retries 1 t.lua n", in: folder).finish()
    let answers = try browse(
        folder, "size=390x800", overflow, "dark", overflow, "size=1600x900", overflow, "light",
        "hover=#lanes canvas,0.3,0.25", tip, "hover=#lanes canvas,0.3,0.75", tip, range, "wheel=#lanes canvas,-400",
        range,
        "click=#all", "key=Tab", "key=+", range, "key=ArrowDown", "document.activeElement.textContent", "key=0", range,
        "click=#in", range,
        "click=#slowest tbody button", range, "document.querySelectorAll('.group').length", "print=r.pdf", "paper",
        overflow)
    let numbers = answers.map { Double($0) ?? .nan }
    #expect(numbers[0] == 0 && numbers[1] == 0 && numbers[2] == 0, "nothing is wider than the window")
    #expect(answers[3...4].contains { $0.contains("n:30") }, "\(answers[3...4])")
    #expect(numbers[6] < numbers[5], "the wheel zooms")
    #expect(numbers[7] < numbers[5], "a key zooms")
    #expect(answers[8] == #""worker 2""#)
    #expect(numbers[9] == numbers[5], "all of it again")
    #expect(numbers[10] == numbers[5] / 2, "a button zooms")
    #expect(numbers[11] < numbers[5], "an item of the table is shown")
    #expect(answers[12] == "3")
    #expect(numbers[13] == 0, "nor than the paper")
}

@Test(arguments: [
    "-e item /dev/null", "-e item ::: a", "-j 0 -e 'error(item)' ::: a b", "-j 100 -e item ::: $(seq 3000)",
    "-e 'error(index)' ::: $(seq 500)",
])
func `a page of any run is drawn`(line: String) throws {
    let folder = try Scratch()
    _ = try Run("pmap --report r.html \(line)", in: folder).finish()
    let shown = "document.querySelector('[data-name=failed] dd').textContent"
    let report = try Report(folder)
    #expect(try browse(folder, "size=390x800", overflow, shown) == ["0", "\"\(report.counts("error"))\""])
}

@Test func `what looks like a page in names, messages and tracebacks is text`() throws {
    let evil = "</script><img src=x onerror=alert(1)><!--<script>\u{2028}&amp;"
    let name = "evil \(evil.replacing("/", with: ":")).lua"
    let script = """
        local function fail(text) error(text) end
        return function(item) fail(item .. "\(evil.replacing("\"", with: "\\\""))\\255") end
        """
    let folder = try Scratch([name: script])
    let quoted = "'\(name)'"
    _ = try Run("pmap --report r.html -D 'x=\(evil)' --journal j \(quoted) ::: '\(evil)' $'\\xff'", in: folder).finish()
    let answers = try browse(
        folder, "document.querySelectorAll('img').length", "document.scripts.length",
        "document.querySelector('.message').textContent.includes('</script><img')",
        "document.getElementById('title').textContent.includes('<img')", "document.querySelectorAll('.group').length",
        "document.getElementById('command').textContent.includes('x=…')")
    #expect(answers == ["0", "3", "true", "true", "2", "true"])
}
