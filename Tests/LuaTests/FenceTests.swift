// Errors raised in Lua, at the boundary with Swift.

import Testing

@testable import Lua

extension Stack {
    /// Stack: → results of the chunk
    func run(_ source: String, results: Int32 = 0) throws {
        let source = Array(source.utf8)
        try unsafe source.withUnsafeBytes { try unsafe load($0, name: "@script.lua") }
        try call(arguments: 0, results: results)
    }

    /// Stack: value →
    func setGlobal(_ name: String) {
        pushGlobals()
        insert(at: -2)
        rawSet(-2, field: name)
        pop()
    }
}

@Test func `an error that Swift throws is caught by the script, with its position`() throws {
    let state = try State()
    state.stack.push { stack throws(LuaError) in throw LuaError(message: "no such thing: \(stack.string(1) ?? "")") }
    state.stack.setGlobal("find")
    try state.stack.run("local ok, message = pcall(function()\n  find('x')\nend)\nreturn ok, message", results: 2)
    #expect(!state.stack.boolean(1))
    #expect(state.stack.string(2) == "script.lua:2: no such thing: x")
    let error = #expect(throws: LuaError.self) { try state.stack.run("find 'y'") }
    #expect(error?.message == "script.lua:1: no such thing: y")
    #expect(state.stack.top == 2)
}

@Test func `a host function is released when the state is closed`() throws {
    final class Token {}
    weak var watched: Token?
    do {
        let state = try State()
        let token = Token()
        watched = token
        state.stack.push { _ in withExtendedLifetime(token) { 0 } }
        state.stack.pop()
    }
    #expect(watched == nil)
}

@Test(arguments: [
    ("error 'plain'", "script.lua:1: plain"),
    ("error('plain', 0)", "plain"),
    ("error(nil)", "(error object is a nil value)"),
    ("error(false)", "(error object is a boolean value)"),
    ("error(setmetatable({}, {__tostring = function() return 'told' end}))", "told"),
    ("error(setmetatable({}, {__tostring = function() error 'again' end}))", "(error object is a table value)"),
    ("error(setmetatable({}, {__tostring = function() return 1 end}))", "1"),
    ("error(setmetatable({}, {__name = 'Thing', __metatable = false}))", "(error object is a table value)"),
    ("local function f() return f() + 1 end f()", "script.lua:1: stack overflow"),
])
func `whatever is raised has a message`(source: String, message: String) throws {
    let state = try State()
    state.stack.push(1 as Int64)
    let error = #expect(throws: LuaError.self) { try state.stack.run(source) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    #expect(error?.traceback?.contains("stack traceback:") == true)
    #expect(state.stack.top == 1)
}

@Test func `a memory limit is an ordinary error in the script`() throws {
    let state = try State()
    state.limitMemory(to: 10 << 20)
    try state.stack.run("return pcall(function() local t = {} for i = 1, 1e7 do t[i] = {i} end end)", results: 2)
    #expect(!state.stack.boolean(1))
    #expect(state.stack.string(2) == "not enough memory")
    #expect(state.refusedAllocations > 0)
    state.stack.top = 0
    let error = #expect(throws: LuaError.self) { try state.stack.run("return ('x'):rep(20 << 20)") }
    #expect(error?.message == "not enough memory")
    #expect(state.stack.top == 0)
    state.limitMemory(to: nil)
    try state.stack.run("return #('x'):rep(20 << 20)", results: 1)
    #expect(state.stack.integer(1) == 20 << 20)
}

@Test func `a frozen heap is left alone and goes on working`() throws {
    let state = try State()
    try state.stack.run("data = {} for i = 1, 10000 do data[i] = {i, 'text ' .. i} end")
    state.freeze()
    #expect(state.bytesInUse == 0)
    try state.stack.run("for i = 1, 10000 do data[i] = nil end data = nil collectgarbage() collectgarbage()")
    #expect(state.bytesInUse < 1 << 20)
    try state.stack.run("local t = {} for i = 1, 10000 do t[i] = 'new ' .. i end return #table.concat(t)", results: 1)
    #expect(state.stack.integer(1) == 78_894)
}

@Test func `a growing string does not fill the heap`() throws {
    let state = try State()
    try state.stack.run("local s = '' for i = 1, 30000 do s = s .. 'line\\n' end return #s", results: 1)
    #expect(state.stack.integer(1) == 150_000)
    #expect(state.bytesInUse < 8 << 20)
}
