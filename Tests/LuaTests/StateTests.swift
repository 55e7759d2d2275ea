// Loading a script into a state.

import Testing

@testable import Lua

@Test func `a script's value comes back`() throws {
    let state = try State()
    let stack = state.stack
    let source = Array("return 1 + 1, ...".utf8)
    try unsafe source.withUnsafeBytes { try unsafe stack.load($0, name: "@x.lua") }
    stack.push("hello")
    try stack.call(arguments: 1, results: -1)
    #expect(stack.integer(1) == 2)
    #expect(stack.string(2) == "hello")
}
