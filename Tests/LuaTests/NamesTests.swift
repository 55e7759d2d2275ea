// Values that are sent by name: modules, their members, registered classes; and tagged tables.

import Bytes
import Testing

@testable import Lua

private let modules = """
    package.preload.shapes = function()
      local Point = {} Point.__index = Point
      function Point.new(x) return setmetatable({x = x}, Point) end
      function Point:twice() return Point.new(self.x * 2) end
      return {Point = Point, area = function() return 42 end, limits = {1, 2}}
    end
    package.preload.counter = function()
      local Counter = {} Counter.__index = Counter
      return setmetatable(Counter, {__call = function(class) return setmetatable({n = 0}, class) end})
    end
    shapes, counter = require "shapes", require "counter"
    Account = {} Account.__index = Account
    """

/// Each claim is about `a`, the value sent, and `b`, the value received.
@Test(arguments: [
    ("string", "a == b"),
    ("shapes", "a == b"),
    ("shapes.area", "a == b"),
    ("shapes.Point", "a == b"),
    ("shapes.limits", "a ~= b and b[2] == 2"),
    ("shapes.Point.new(3)", "getmetatable(b) == shapes.Point and b:twice().x == 6"),
    ("counter", "a == b"),
    ("counter()", "getmetatable(b) == counter and b.n == 0"),
    ("print", "a == b"),
    ("Account", "a == b"),
    ("setmetatable({1, 2, x = {}}, Account)", "getmetatable(b) == Account and b[2] == 2 and b.x"),
    ("function() return Account, shapes end", "a ~= b and b() == Account and select(2, b()) == shapes"),
    (
        "(function() local P = shapes.Point return function(x) return P.new(x) end end)()",
        "getmetatable(b(1)) == shapes.Point"
    ),
    ("late_function", "a ~= b and b() == 1"),
    ("(function() local t = setmetatable({}, Account) t.me = t return t end)()", "b.me == b and a ~= b"),
    ("array {}", "getmetatable(a) == getmetatable(b) and #b == 0"),
    ("array {1, nil, 3}", "getmetatable(a) == getmetatable(b) and b[3] == 3"),
    ("object {1, 2}", "getmetatable(a) == getmetatable(b) and b[2] == 2"),
    ("{object {}, array {array {}}}", "getmetatable(a[2][1]) == getmetatable(b[2][1])"),
    ("null", "a == b"), ("{null, x = null, [null] = 1}", "b[1] == null and b.x == null and b[null] == 1"),
    ("(function() local n = null return function() return n end end)()", "b() == null"),
])
func `things with a name are the receiver's own`(expression: String, claim: String) throws {
    let harness = try RoundTripHarness()
    let stack = harness.stack
    try harness.run(modules + " function late_function() return 1 end return Account", results: 1)
    stack.registerClass(name: "Account")
    stack.pushGlobals()
    for kind in TableTags.Kind.allCases {
        stack.push { stack in
            TableTags(stack).tag(1, as: kind, in: stack)
            return 1
        }
        stack.rawSet(-2, field: "\(kind)")
    }
    stack.pushNull()
    stack.rawSet(-2, field: "null")
    try harness.run("return " + expression, results: 1)
    try harness.roundTrip()
    stack.rawSet(1, field: "b")
    stack.rawSet(1, field: "a")
    try harness.run("return " + claim, results: 1)
    #expect(stack.boolean(-1))
}

@Test func `a module that the receiver has not loaded is required there`() throws {
    let sender = try RoundTripHarness(), receiver = try RoundTripHarness()
    try sender.run(modules + " return {shapes, shapes.area, shapes.Point.new(5)}", results: 1)
    try sender.roundTrip()
    try receiver.run(modules.replacing("shapes, counter = ", with: "local _, _ = 1, 2 --"), results: 0)
    #expect(receiver.refusal(of: sender.buffer.array) == nil)
    receiver.stack.pushGlobals()
    receiver.stack.insert(at: -2)
    receiver.stack.rawSet(-2, field: "b")
    try receiver.run("return b[1] == require 'shapes' and b[2] == b[1].area and b[3]:twice().x == 10", results: 1)
    #expect(receiver.stack.boolean(-1))
}

@Test func `a module or class that the receiver lacks is named`() throws {
    let sender = try RoundTripHarness(), receiver = try RoundTripHarness()
    try sender.run(modules + " return shapes", results: 1)
    try sender.roundTrip()
    let message = receiver.refusal(of: sender.buffer.array)?.description
    #expect(message?.hasPrefix("at byte 3: module 'shapes' not found:") == true, "\(message ?? "")")
    #expect(receiver.stack.top == 0)
}

@Test func `a member that was replaced no longer has its name`() throws {
    let harness = try RoundTripHarness()
    try harness.run(modules + " old = shapes.area return {shapes.area}", results: 1)
    try harness.roundTrip()
    try harness.run("shapes.area = function() return 43 end return old", results: 1)
    try harness.roundTrip()
    #expect(harness.stack.identity(-1) != harness.stack.identity(-2))
    try harness.run("return shapes.area", results: 1)
    try harness.roundTrip()
    #expect(harness.stack.identity(-1) == harness.stack.identity(-2))
}

@Test func `bytecode that this run did not write is refused`() throws {
    let harness = try RoundTripHarness()
    try harness.run("return function() return 1 end", results: 1)
    try harness.roundTrip()
    harness.stack.top = 0
    let bytes = harness.buffer.array
    for place in 6..<bytes.count - 1 {
        var changed = bytes
        changed[place] ^= 1
        #expect(harness.refusal(of: changed) != nil)
    }
}
