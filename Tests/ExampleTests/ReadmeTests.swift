// What a document shows is what happens. Each ```console block is typed line by line, in a copy of examples/:
// a line `$ command` runs, and what follows up to the next one is what the terminal then shows. A backslash
// goes on in the next line; a line that is only … stands for any lines.

import Foundation
import Running
import Testing

@Test(arguments: documents)
func `what a document shows is what happens`(document: String) throws {
    let blocks = Session.blocks(of: try text(ofDocument: document))
    #expect(document != "README.md" || !blocks.isEmpty)
    for block in blocks {
        let folder = try Scratch(copyOf: "examples")
        for step in block.steps {
            // One shell per command; a `cd` is remembered, as it would be in one terminal.
            let line =
                "cd \"$(cat ../cwd 2>/dev/null || pwd)\"; { \(step.command)\n} 2>&1; status=$?; pwd > ../cwd; exit $status"
            let shown = try Run(line, in: folder).finish().output
            #expect(step.shows(shown), "\(step.command)\nshows:\n\(shown)\n\(document):\n\(step.expected)")
        }
    }
}

/// A block of a document: commands, each with what it shows.
struct Session {
    struct Step {
        var command: String
        var expected: String

        func shows(_ text: String) -> Bool {
            var rest = Substring(text)
            let pieces = ("\n" + expected).components(separatedBy: "\n…\n")
            rest = Substring("\n" + text)
            guard rest.hasPrefix(pieces[0]), rest.hasSuffix(pieces[pieces.count - 1]) else { return false }
            for piece in pieces {
                guard let found = rest.firstRange(of: piece) else { return false }
                rest = rest[found.upperBound...]
            }
            return pieces.count > 1 || rest.isEmpty
        }
    }

    var steps: [Step] = []

    static func blocks(of markdown: String) -> [Session] {
        var blocks: [Session] = []
        var inside = false
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            switch (inside, line) {
            case (false, "```console"):
                inside = true
                blocks.append(Session())
            case (true, "```"): inside = false
            case (true, _): blocks[blocks.count - 1].add(line)
            case (false, _): break
            }
        }
        return blocks
    }

    private mutating func add(_ line: Substring) {
        if line.hasPrefix("$ ") {
            steps.append(Step(command: String(line.dropFirst(2)), expected: ""))
        } else if let last = steps.indices.last {
            if steps[last].expected.isEmpty && steps[last].command.hasSuffix("\\") {
                steps[last].command += "\n" + line
            } else {
                steps[last].expected += line + "\n"
            }
        }
    }
}
