// The definitions that editors read, the modules, and the reference say the same.

import Foundation
import Running
import Testing

@Test(arguments: ["lua5.4 scripts/reference --check", "pmap run scripts/reference --modules"])
func `definitions, modules and reference do not differ`(check: String) throws {
    let outcome = try Run("cd '\(Scratch.checkout.path())' && \(check)", in: try Scratch()).finish()
    #expect(outcome == .silence)
}

@Test func `pmap help knows every name of the reference`() throws {
    var module = ""
    var owner = ""
    var names: [String] = []
    for line in try text(ofDocument: "Sources/LuaModules/README.md").split(separator: "\n") {
        if line.hasPrefix("## ") {
            module = String(line.dropFirst(3))
            owner = module
            names.append(module)
        } else if line.hasPrefix("### ") {
            owner = module + "." + line.dropFirst(4)
            names.append(owner)
        } else if let row = line.firstMatch(of: /^\| `\w*([.:]\w+)[(`]/) {
            names.append(owner + row.1)
        }
    }
    #expect(names.count > 250)
    let folder = try Scratch(["names": names.map { $0 + "\n" }.joined()])
    let outcome = try Run("xargs -n 1 -P 2 pmap help < names > answers", in: folder).finish()
    #expect(outcome == .silence)
    let headings = try folder.text(of: "answers").split(separator: "\n").map { $0.prefix { $0 != "(" } }
    #expect(Set(names).subtracting(headings.map(String.init)) == [])
}
