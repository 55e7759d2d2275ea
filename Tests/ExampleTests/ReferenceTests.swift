// The definitions that editors read, the modules, and the README's reference say the same.

import Foundation
import Running
import Testing

@Test(arguments: ["lua5.4 scripts/reference --check", "pmap run scripts/reference --modules"])
func `definitions, modules and README do not differ`(check: String) throws {
    let outcome = try Run("cd '\(Scratch.checkout.path())' && \(check)", in: try Scratch()).finish()
    #expect(outcome == .silence)
}
