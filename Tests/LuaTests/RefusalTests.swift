// Values that cannot be sent, and the messages about them.

import Bytes
import Testing

@testable import Lua

@Test(arguments: [
    ("io.stdout", "cannot send userdata (FILE*) at result"),
    ("{handlers = {1, 2, io.stdout}}", "cannot send userdata (FILE*) at result.handlers[3]"),
    ("{rows = {1, 2, {name = coroutine.create(print)}}}", "cannot send a coroutine at result.rows[3].name"),
    (
        "{['odd key'] = {[1.5] = {[true] = {[-1] = io.stdin}}}}",
        "cannot send userdata (FILE*) at result[\"odd key\"][1.5][true][-1]"
    ),
    (
        "{x = setmetatable({}, {})}",
        "cannot send a table with a metatable at result.x: register its class with pmap.register"
    ),
    ("{x = {[io.stdout] = 1}}", "cannot send userdata (FILE*) as a key at result.x"),
    ("{x = {[{1, io.stdout}] = 1}}", "cannot send userdata (FILE*) at result.x[a key][2]"),
    ("{[{}] = io.stdout}", "cannot send userdata (FILE*) at result[table]"),
    (
        "{f = string.gmatch('', '')}",
        "cannot send a C function at result.f: it is not directly in a loaded module"
    ),
    (
        "{f = (function() local handle = {io.stdout} return function() return handle end end)()}",
        "cannot send userdata (FILE*) at result.f(upvalue 'handle')[1]"
    ),
    (
        "(function() local t = io.stdout for i = 1, 1000 do t = {t} end return t end)()",
        "cannot send userdata (FILE*) at result[1][1][1][1][1][1][1][1]…[1][1][1][1][1][1][1][1]"
    ),
    ("{a = 1, nan = {_1 = {['1x'] = io.stdout}}}", "cannot send userdata (FILE*) at result.nan._1[\"1x\"]"),
])
func `what cannot travel is refused with its path, before a byte is written`(
    expression: String, message: String
) throws {
    let harness = try RoundTripHarness()
    harness.buffer.append("before")
    try harness.run("return " + expression, results: 1)
    let error = #expect(throws: EncodeError.self) {
        try harness.encoder.encode(-1, of: harness.stack, into: &harness.buffer, root: "result")
    }
    #expect(error?.description == message)
    #expect(harness.buffer.array == Array("before".utf8))
    #expect(harness.stack.top == 1)
    harness.stack.pop()
    try harness.run("return {1, {2}}", results: 1)
    try harness.roundTrip()
    #expect(try harness.difference() == nil)
}

@Test func `metamethods never run`() throws {
    let harness = try RoundTripHarness()
    try harness.run(
        """
        local boom = function() error "a metamethod ran" end
        local class = {__index = boom, __pairs = boom, __len = boom, __newindex = boom, __eq = boom, __tostring = boom}
        local object = setmetatable({1, 2, x = {3}}, class)
        return class, object
        """, results: 2)
    harness.stack.insert(at: -2)
    harness.stack.registerClass(name: "boom")
    try harness.roundTrip()
    #expect(try harness.difference() == nil)
}

@Test(
    arguments: [
        ([0xc1], DecodeError.unknownTag(0xc1, at: 0)),
        ([0x92, 0x01, 0xc1], .unknownTag(0xc1, at: 2)),
        ([0xdd, 0xff, 0xff, 0xff, 0xff], .truncated(at: 5, needed: 0xffff_ffff)),
        ([0xdf, 0xff, 0xff, 0xff, 0xff, 0x01], .truncated(at: 5, needed: 0x1_ffff_fffd)),
        ([0xdb, 0xff, 0xff, 0xff, 0xff], .truncated(at: 5, needed: 0xffff_ffff)),
        ([0xc9, 0xff, 0xff, 0xff, 0xff, 0x50], .truncated(at: 6, needed: 0xffff_ffff)),
        ([0xd4, 0x01, 0x10], .unknownExtension(1, at: 2)),
        ([0x81, 0xc0, 0x01], .badKey("nil", at: 1)),
        ([0x81, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0, 0x01], .badKey("nan", at: 1)),
        ([0x81, 0xca, 0x7f, 0xc0, 0, 0, 0x01], .badKey("nan", at: 1)),
        ([0xd6, 81, 0, 0, 0, 0], .malformed(.reference, at: 2)),
        ([0xc7, 3, 80, 0x92, 0x01, 0x02], nil),
        ([0xc7, 4, 80, 0x92, 0x01, 0x02, 0x03], .overrun(at: 6)),
        ([0xc7, 3, 80, 0x93, 0x01, 0x02], .overrun(at: 4)),
        ([0x91, 0xc7, 1, 80, 0x90], .unknownExtension(80, at: 4)),
        ([0xc7, 6, 80, 0xd6, 81, 0, 0, 0, 0], .malformed(.reference, at: 5)),
        ([0xc7, 1, 83, 0x01], .malformed(.array, at: 3)),
        ([0xc7, 2, 85, 0x01, 0x90], .malformed(.instance, at: 3)),
        (
            [0xd4, 89, 0x41],
            .unresolved(
                "no class is registered here as A; register it before the process is made that receives it", at: 2)
        ),
        ([0xc7, 10, 86, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0x90], .foreignFunction(at: 3)),
    ] as [([UInt8], DecodeError?)])
func `hostile bytes are an error that says where`(bytes: [UInt8], expected: DecodeError?) throws {
    let harness = try RoundTripHarness()
    #expect(harness.refusal(of: bytes) == expected)
    #expect(harness.stack.top == (expected == nil ? 1 : 0))
}
