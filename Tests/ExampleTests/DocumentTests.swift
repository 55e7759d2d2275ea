// What the documents say is so: files that they name exist, figures that two of them have are the same, and the journal's
// tables are those that a journal has.

import Foundation
import Running
import Testing

/// Every document of the checkout.
let documents = [
    "README.md", "Sources/README.md", "Sources/Journal/README.md", "Sources/LuaModules/README.md",
    "Tests/Bench/README.md", "examples/lessons/README.md",
]

/// Where the documents are: a package of tests alone may have links to parts of the checkout.
private let root = Scratch.checkout.appending(path: "Sources").resolvingSymlinksInPath().deletingLastPathComponent()

func text(ofDocument name: String) throws -> String {
    try String(contentsOf: root.appending(path: name), encoding: .utf8)
}

@Test(arguments: documents)
func `a document's links lead to files`(document: String) throws {
    let folder = root.appending(path: document).deletingLastPathComponent()
    for link in try text(ofDocument: document).matches(of: /\]\((?!https?:)([^)#]+)[^)]*\)/) {
        let file = folder.appending(path: String(link.1))
        #expect(FileManager.default.fileExists(atPath: file.path()), "\(document): \(link.1)")
    }
}

@Test func `every file that the tour of the source names exists`() throws {
    let names = try text(ofDocument: "Sources/README.md").matches(of: /`(\w+\/[\w+\/]+\.(?:swift|c|lua|txt))`/)
    let missing = names.map { String($0.1) }.filter { name in
        let file = root.appending(path: name.hasPrefix("Tests/") ? name : "Sources/\(name)")
        return !FileManager.default.fileExists(atPath: file.path())
    }
    #expect(missing == [])
    #expect(names.count > 50)
}

@Test func `the modules of the tour import what the package says`() throws {
    let package = try text(ofDocument: "Package.swift")
    var declared: [String: Set<Substring>] = [:]
    let target =
        /[.](?:executableT|t)arget\(\s*name: "(\w+)"(?:, exclude: \[[^\]]*\])?(?:,\s*dependencies: \[([^\]]*)\])?/
    for found in package.matches(of: target) {
        declared[String(found.1)] = Set((found.2 ?? "").matches(of: /\w+/).map(\.output))
    }
    var described: [String: Set<Substring>] = [:]
    for line in try text(ofDocument: "Sources/README.md").split(separator: "\n") {
        guard let row = line.wholeMatch(of: /\| `(\w+)` \| .* \| (–|`.*`) \|/) else { continue }
        described[String(row.1)] = Set(row.2.matches(of: /\w+/).map(\.output))
    }
    let folders = try FileManager.default.contentsOfDirectory(
        atPath: root.appending(path: "Sources").path())
    // A library of the system has a folder with its name and nothing to import.
    #expect(Set(described.keys) == Set(folders).subtracting(["README.md", "CLua", "CSQLite"]))
    for (module, imports) in described { #expect(declared[module] == imports, "\(module)") }
}

@Test func `the README's rows of the benchmark are rows of the benchmark's table`() throws {
    let rows = try text(ofDocument: "README.md").split(separator: "\n").filter { $0.hasPrefix("| W") }
    let all = Set(try text(ofDocument: "Tests/Bench/README.md").split(separator: "\n"))
    #expect(rows.count == 4)
    #expect(rows.filter { !all.contains($0) } == [])
}

@Test func `the journal's document has the tables and columns that a journal has`() throws {
    let folder = try Scratch()
    let query = """
        SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' ORDER BY t.rowid, c.cid
        """
    let run = try Run("pmap --journal j -e item ::: a > /dev/null && sqlite3 j \"\(query)\"", in: folder)
    let real = try run.finish().output.split(separator: "\n").map(String.init)
    var table = ""
    var described: [String] = []
    for line in try text(ofDocument: "Sources/Journal/README.md").split(separator: "\n") {
        if line.hasPrefix("### ") { table = String(line.dropFirst(4)) }
        if let column = line.firstMatch(of: /^\| `(\w+)` \|/) { described.append("\(table).\(column.1)") }
    }
    #expect(described.sorted() == real.sorted())
    #expect(!real.isEmpty)
}

@Test func `the README's table of options has those that help shows`() throws {
    let help = try Run("pmap --help", in: try Scratch()).finish().output
    let shown = help.split(separator: "\n").filter { $0.hasPrefix("  -") }.map { $0.dropFirst(2).prefix(24) }
    let rows = try text(ofDocument: "README.md").split(separator: "\n").filter { $0.hasPrefix("| `-") }
    let described = rows.flatMap { $0.split(separator: "|")[0].split(separator: ", ") }
    #expect(names(in: described) == names(in: shown))
    #expect(names(in: shown).count > 40)
}

/// `-j`, `--jobs`
private func names(in texts: [Substring]) -> Set<Substring> {
    Set(texts.flatMap { $0.matches(of: /(?:^|[ `])(--?[A-Za-z0-9][a-z-]*)/).map(\.1) })
}
