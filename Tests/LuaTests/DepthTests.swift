// Nesting and sharing at sizes where recursion would overflow, or work be quadratic.

import Testing
import Wire

@testable import Lua

@Test(arguments: [
    "{t}", "{x = t}", "{[t] = 1}", "{a = 1, b = 2, x = t, c = {}}", "function() return t end", "pmap_mark({t})",
])
func `nesting is limited by memory alone`(link: String) throws {
    let mirror = try Mirror()
    mirror.stack.push { stack in
        TableMarks(stack).mark(1, as: .array, in: stack)
        return 1
    }
    mirror.stack.pushGlobals()
    mirror.stack.insert(at: -2)
    mirror.stack.rawSet(-2, field: "pmap_mark")
    mirror.stack.pop()
    let depth = link == "{t}" ? 1_000_000 : 50_000
    try mirror.run("local t = {} for i = 1, \(depth) do local inner = t t = (function(t) return \(link) end)(inner) end return t", results: 1)
    try mirror.reflect()
    #expect(mirror.stack.top == 2)
    if !link.contains("function") && !link.contains("[t]") { #expect(try mirror.difference() == nil) }
}

@Test func `a million open arrays are no overflow`() throws {
    let mirror = try Mirror()
    let bytes = [UInt8](repeating: 0x91, count: 1_000_000)
    #expect(mirror.refusal(of: bytes) == .truncated(at: 1_000_000, needed: 1))
    #expect(mirror.stack.top == 0)
}

@Test(arguments: [[0xdd, 0x00, 0x0f, 0x00, 0x00], [0xdf, 0x00, 0x07, 0x80, 0x00, 0xa0]] as [[UInt8]])
func `what is claimed is not allocated`(head: [UInt8]) throws {
    let mirror = try Mirror()
    let bytes = (0..<(2_000_000 / head.count)).flatMap { _ in head }
    let before = mirror.state.bytesInUse
    #expect(mirror.refusal(of: bytes) != nil)
    #expect(mirror.state.bytesInUse - before < 64 * bytes.count)
}

@Test func `a table that is met a million times is written once`() throws {
    let mirror = try Mirror()
    try mirror.run("local row, t = {('x'):rep(1000)}, {} for i = 1, 1000000 do t[i] = row end return t", results: 1)
    try mirror.reflect()
    #expect(mirror.buffer.count < 7_000_000)
    #expect(try mirror.difference() == nil)
}
