// The textbook's programs print what CPython prints for the same programs beside them: scripts/textbook compares both.

import Foundation
import Running
import Testing

private let folder = Scratch.checkout.appending(path: "Tests/Textbook")
private let programs = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? [])
    .filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(4)) }.sorted()

@Test(arguments: programs)
func `a program of the textbook prints what CPython prints`(program: String) throws {
    let copy = try Scratch(copyOf: "Tests/Textbook")
    let outcome = try Run("pmap run \(program).lua", in: copy).finish()
    #expect(outcome == Outcome(output: try copy.text(of: "\(program).txt"), errors: "", ending: .exit(0)))
}

@Test func `each program of the textbook is there for Lua and for Python`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
    #expect(files == programs.flatMap { ["\($0).lua", "\($0).py", "\($0).txt"] }.sorted())
    #expect(programs.count >= 10)
}
