// Every folder of examples/lessons/ does what it says: its lesson.lua, run as a reader runs it, prints `expected`,
// and on standard error nothing, or `expected-errors`, in which a line that is only … stands for any lines.

import Foundation
import Running
import Testing

private let lessons = Scratch.checkout.appending(path: "examples/lessons")
private let names = ((try? FileManager.default.contentsOfDirectory(atPath: lessons.path())) ?? [])
    .filter { $0 != "README.md" }.sorted()

@Test(arguments: names)
func `a lesson prints what it promises`(name: String) throws {
    let folder = lessons.appending(path: name)
    let expected = try text(of: folder.appending(path: "expected"))
    let errors = (try? text(of: folder.appending(path: "expected-errors"))) ?? ""
    let line = "cd '\(Scratch.checkout.path())' && pmap run examples/lessons/\(name)/lesson.lua"
    let outcome = try Run(line, in: try Scratch()).finish()
    #expect(outcome.output == expected)
    #expect(Session.Step(command: "", expected: errors).shows(outcome.errors), "\(outcome.errors)")
    #expect(outcome.ending == .exit(0))
}

@Test(arguments: names)
func `a lesson begins by saying what it teaches, and the list of lessons has it`(name: String) throws {
    let lesson = try text(of: lessons.appending(path: "\(name)/lesson.lua"))
    let head = lesson.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("--") }
    #expect((3...14).contains(head.count))
    let list = try text(of: lessons.appending(path: "README.md"))
    #expect(list.contains("| [`\(name)`](\(name)/lesson.lua) |"))
}

@Test func `there are lessons`() {
    #expect(names.count >= 20)
}

private func text(of file: URL) throws -> String {
    String(decoding: try Data(contentsOf: file), as: UTF8.self)
}
