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

func text(ofDocument name: String) throws -> String {
    try String(contentsOf: Scratch.checkout.appending(path: name), encoding: .utf8)
}

@Test(arguments: documents)
func `a document's links lead to files`(document: String) throws {
    let folder = Scratch.checkout.appending(path: document).deletingLastPathComponent()
    for link in try text(ofDocument: document).matches(of: /\]\((?!https?:)([^)#]+)[^)]*\)/) {
        let file = folder.appending(path: String(link.1))
        #expect(FileManager.default.fileExists(atPath: file.path()), "\(document): \(link.1)")
    }
}

/// Files are named from Sources on; a list of names may leave the folder out after the first.
@Test func `every file that the tour of the source names exists`() throws {
    var folder = ""
    var found = 0
    for word in try text(ofDocument: "Sources/README.md").matches(of: /`([A-Za-z_*\/+.]+\.(?:swift|c|h|cpp|lua))`/) {
        var name = String(word.1)
        if name.contains("/") { folder = String(name[...name.lastIndex(of: "/")!]) } else { name = folder + name }
        let path = Scratch.checkout.appending(path: "Sources/\(name)").path()
        let exists = name.contains("*") || FileManager.default.fileExists(atPath: path)
        #expect(exists, "Sources/\(name)")
        found += 1
    }
    #expect(found >= 20)
}

@Test func `the README's rows of the benchmark are rows of the benchmark's table`() throws {
    let rows = try text(ofDocument: "README.md").split(separator: "\n").filter { $0.hasPrefix("| W") }
    let all = Set(try text(ofDocument: "Tests/Bench/README.md").split(separator: "\n"))
    #expect(rows.count == 6)
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
