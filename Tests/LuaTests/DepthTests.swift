// Nesting and sharing at sizes where recursion would overflow, or work be quadratic.

import Bytes
import Testing

@testable import Lua

@Test(arguments: [
    "{t}", "{x = t}", "{[t] = 1}", "{a = 1, b = 2, x = t, c = {}}", "function() return t end", "pmap_mark({t})",
])
func `nesting is limited by memory alone`(link: String) throws {
    let harness = try RoundTripHarness()
    harness.stack.push { stack in
        TableTags(stack).tag(1, as: .array, in: stack)
        return 1
    }
    harness.stack.pushGlobals()
    harness.stack.insert(at: -2)
    harness.stack.rawSet(-2, field: "pmap_mark")
    harness.stack.pop()
    let depth = link == "{t}" ? 1_000_000 : 50_000
    try harness.run(
        """
        local t = {}
        for i = 1, \(depth) do
          t = (function(t) return \(link) end)(t)
        end
        return t
        """, results: 1)
    try harness.roundTrip()
    #expect(harness.stack.top == 2)
    if !link.contains("function") && !link.contains("[t]") { #expect(try harness.difference() == nil) }
}

@Test func `a million open arrays are no overflow`() throws {
    let harness = try RoundTripHarness()
    let bytes = [UInt8](repeating: 0x91, count: 1_000_000)
    #expect(harness.refusal(of: bytes) == .truncated(at: 1_000_000, needed: 1))
    #expect(harness.stack.top == 0)
}

@Test(arguments: [[0xdd, 0x00, 0x0f, 0x00, 0x00], [0xdf, 0x00, 0x07, 0x80, 0x00, 0xa0]] as [[UInt8]])
func `what is claimed is not allocated`(head: [UInt8]) throws {
    let harness = try RoundTripHarness()
    let bytes = (0..<(2_000_000 / head.count)).flatMap { _ in head }
    let before = harness.state.bytesInUse
    #expect(harness.refusal(of: bytes) != nil)
    #expect(harness.state.bytesInUse - before < 64 * bytes.count)
}

@Test func `a table that is met a million times is written once`() throws {
    let harness = try RoundTripHarness()
    try harness.run("local row, t = {('x'):rep(1000)}, {} for i = 1, 1000000 do t[i] = row end return t", results: 1)
    try harness.roundTrip()
    #expect(harness.buffer.count < 7_000_000)
    #expect(try harness.difference() == nil)
}
