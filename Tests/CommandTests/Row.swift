// A row of a table: these files × this command line → exactly what the user reads.
//
// What differs from run to run is replaced before it is compared: a traceback is `traceback`, a process number
// is N. In what is expected ‹…› stands for anything.

import Running
import Testing

/// What stands for the lines of any traceback.
let traceback = "‹traceback›\n"

struct Row: Sendable, CustomTestStringConvertible {
    var claim: String
    var files: [String: String]
    var line: String
    var input: String
    var output: String
    var errors: String
    var status: Int32

    init(
        _ claim: String, _ files: [String: String] = [:], _ line: String, input: String = "", out output: String = "",
        err errors: String = "", status: Int32 = 0
    ) {
        (self.claim, self.files, self.line, self.input) = (claim, files, line, input)
        (self.output, self.errors, self.status) = (output, errors, status)
    }

    /// With one file, t.lua.
    init(
        _ claim: String, _ script: String, _ line: String, input: String = "", out output: String = "",
        err errors: String = "", status: Int32 = 0
    ) {
        self.init(claim, ["t.lua": script], line, input: input, out: output, err: errors, status: status)
    }

    var testDescription: String { claim }

    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try Run(line, in: try Scratch(files), input: input).finish()
        let errors = steady(outcome.errors, keepingMemory: errors.contains(outOfMemory))
        let good =
            matches(outcome.output, output) && matches(errors, self.errors) && outcome.ending == .exit(status)
        #expect(
            good,
            """
            \(claim): \(line)
            \(differing("output", outcome.output, output))\(differing("errors", errors, self.errors))\
            \(outcome.ending), expected \(status)
            """, sourceLocation: sourceLocation)
    }
}

/// What is said of a worker that was killed when the kernel has killed anybody for want of memory, such as a process of another
/// test.
private let outOfMemory = " (possibly out of memory)"

/// `errors` with tracebacks and process numbers replaced, and nothing of memory unless that is expected.
func steady(_ errors: String, keepingMemory: Bool = false) -> String {
    (keepingMemory ? errors : errors.replacing(outOfMemory, with: ""))
        .replacing(/stack traceback:\n(?:\t.*\n)*/, with: traceback)
        .replacing(/\(pid \d+\)/, with: "(pid N)")
}

/// The last line of a run with failures: `lastLine(3, of: 10000, "2 error, 1 crash")`.
func lastLine(_ count: Int, of total: Int, _ kinds: String) -> String {
    "pmap: \(count) of \(total) items failed (\(kinds))\n"
}

/// Whether `text` is `pattern`, in which ‹…› stands for anything.
func matches(_ text: String, _ pattern: String) -> Bool {
    let pieces = pattern.split(separator: "‹…›", omittingEmptySubsequences: false)
    guard pieces.count > 1 else { return text == pattern }
    guard text.hasPrefix(pieces[0]) else { return false }
    var rest = text.dropFirst(pieces[0].count)
    for piece in pieces[1..<(pieces.count - 1)] where !piece.isEmpty {
        guard let found = rest.firstRange(of: piece) else { return false }
        rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(pieces[pieces.count - 1])
}

private func differing(_ name: String, _ got: String, _ expected: String) -> String {
    matches(got, expected) ? "" : "\(name):\n\(got)expected \(name):\n\(expected)\n"
}
