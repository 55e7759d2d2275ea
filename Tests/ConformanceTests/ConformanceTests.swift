// The cases of Tests/Conformance, each in a `pmap run` of its own: it ends with status 0, writes nothing, and leaves
// nothing running, unless lines in front of it say otherwise:
//
//     --! status 3
//     --! errors pmap: deadlock: ‹…›        what goes to standard error; ‹…› stands for anything, \n for a line's end
//     --! output apple\n

import Foundation
import Running
import Testing

struct Case: Sendable, CustomTestStringConvertible {
    var file: String
    var name: String
    var status: Int32 = 0
    var output = ""
    var errors = ""

    var testDescription: String { "\(file) \(name)" }

    fileprivate static let folder = Scratch.checkout.appending(path: "Tests/Conformance")

    static let all: [Case] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()) ?? []
        return files.filter { $0 != "cases.lua" }.flatMap(read)
    }()

    private static func read(_ file: String) -> [Case] {
        let text = (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? ""
        var cases: [Case] = []
        var next = Case(file: file, name: "")
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /--! (status|output|errors) (.*)/) {
                let value = String(match.2).replacing("\\n", with: "\n")
                switch match.1 {
                case "status": next.status = Int32(value) ?? -1
                case "output": next.output = value
                default: next.errors = value
                }
            } else if let match = line.prefixMatch(of: /function cases\.(\w+)/) {
                next.name = String(match.1)
                cases.append(next)
                next = Case(file: file, name: "")
            }
        }
        return cases
    }
}

@Test(arguments: Case.all.filter { $0.file != "deadlocks.lua" })
func `a case passes and leaves nothing running`(each: Case) throws { try each.start().check(each) }

/// All at once: they do little else than wait for a second or two.
@Test func `a deadlock is reported, and nothing else is taken for one`() throws {
    let cases = Case.all.filter { $0.file == "deadlocks.lua" }
    #expect(cases.count > 20)
    for (run, each) in try cases.map({ (try $0.start(), $0) }) { try run.check(each) }
}

extension Case {
    fileprivate func start() throws -> Run {
        // A case can wait for what is expected on standard error.
        let also = errors.isEmpty ? "" : " 2> >(exec tee errors >&2); exit $?"
        return try Run("pmap run \(file) \(name)\(also)", in: Scratch(copyOf: "Tests/Conformance"), limit: .seconds(90))
    }
}

extension Run {
    fileprivate func check(_ each: Case) throws {
        let outcome = try finish()
        #expect(outcome.ending == .exit(each.status), "\(each.name): \(outcome.output)\(outcome.errors)")
        #expect(matches(outcome.output, each.output), "\(each.name): output:\n\(outcome.output)")
        #expect(matches(outcome.errors, each.errors), "\(each.name): errors:\n\(outcome.errors)")
    }
}

@Test(arguments: Set(Case.all.map(\.file)).sorted())
func `every case of a file is among these`(file: String) throws {
    let folder = try Scratch(copyOf: "Tests/Conformance")
    let outcome = try Run("pmap run \(file)", in: folder).finish()
    let names = Case.all.filter { $0.file == file }.map(\.name)
    #expect(outcome == Outcome(output: names.map { $0 + "\n" }.joined(), errors: "", ending: .exit(0)))
}

/// Whether `text` is `pattern`, in which ‹…› stands for anything and N for a process number.
private func matches(_ text: String, _ pattern: String) -> Bool {
    let text = text.replacing(/\(pid \d+\)/, with: "(pid N)")
    var pieces = pattern.split(separator: "‹…›", omittingEmptySubsequences: false)
    let last = pieces.removeLast()
    guard let first = pieces.first else { return text == pattern }
    guard text.hasPrefix(first) else { return false }
    var rest = text.dropFirst(first.count)
    for piece in pieces.dropFirst() {
        guard let found = rest.firstRange(of: piece) else { return false }
        rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(last)
}
