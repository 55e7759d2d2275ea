// Every folder of examples/ but the lessons does what it says: its `command`, typed in that folder, prints `expected`.

import Foundation
import Running
import Testing

private let examples = Scratch.checkout.appending(path: "examples")
private let names = ((try? FileManager.default.contentsOfDirectory(atPath: examples.path())) ?? [])
    .filter { $0 != "lessons" }.sorted()

@Test(arguments: names)
func `an example prints what it promises`(name: String) throws {
    let folder = try Scratch(copyOf: "examples")
    let command = try folder.text(of: "\(name)/command")
    #expect(command.hasPrefix("pmap ") && command.hasSuffix("\n") && command.split(separator: "\n").count == 1)
    let outcome = try Run("cd \(name); \(command)", in: folder).finish()
    #expect(outcome.output == (try folder.text(of: "\(name)/expected")))
    #expect(outcome.errors.isEmpty)
    #expect(outcome.ending == .exit(0))
}

@Test func `there are examples`() {
    #expect(names.count >= 6)
}
