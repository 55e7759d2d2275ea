// What a script may be, and what it is told when it is not.

import Bytes
import Lua
import Testing

@testable import Script

private func script(_ text: String, name: ByteString = "t.lua") throws -> LoadedScript {
    let script = try LoadedScript(name: name, LoadedScript.Settings())
    try script.load(Array(text.utf8))
    return script
}

private func refusal(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch { return "\(error)" }
}

private let noTask = "t.lua: no task: write function task(item) … end, or return a function"
private let localTask = "t.lua: no task: it is local here; write function task(item), or return task"
private let oddReturn = "return a function, or a table with task, inputs, …"

@Test(arguments: [
    ("", noTask), ("x = 1", noTask), ("function tasks() end", "t.lua: no task: tasks is none; write task"),
    ("-- local task", noTask),
    ("--local function task() end", noTask),
    ("local function task() end", localTask), ("local task = function() end", localTask),
    ("  local  function  task(item) end", localTask), ("local task_list = {}", noTask),
    ("return {}", "t.lua: no task in the table it returns; write task = function(item) … end"),
    ("return 5", "t.lua: it returns a number; \(oddReturn)"),
    ("return 'x'", "t.lua: it returns a string; \(oddReturn)"),
    ("return true", "t.lua: it returns a boolean; \(oddReturn)"),
    ("task = 5", "t.lua: task is a number, not a function"),
    ("task = {}", "t.lua: task is a table, not a function"),
    ("return { task = print, setup = 'x' }", "t.lua: setup is a string, not a function"),
    ("function task() end teardown = 1", "t.lua: teardown is a number, not a function"),
    (
        "function task() end inputs = 5",
        "t.lua: inputs is a number; write a list, or a function that returns the next item"
    ),
    ("function task() end options = 'x'", "t.lua: options is a string; write a table, as in { jobs = 2 }"),
    ("\u{1B}Lua", "t.lua: this is Lua bytecode; give the source text"),
    ("x =", "t.lua:1: unexpected symbol near <eof>"),
    ("\n\nerror('no', 1)", "t.lua:3: no"), ("error('no', 0)", "t.lua: no"),
    ("error({})", "t.lua: (error object is a table value)"),
    ("#!/usr/bin/pmap\nx =", "t.lua:2: unexpected symbol near <eof>"),
])
func `a script that cannot be used is told why`(text: String, message: String) {
    #expect(refusal { _ = try script(text) } == message)
}

@Test(
    arguments: [
        "function task() end", "task = setmetatable({}, { __call = function() end })", "return function() end",
        "return { task = function() end }", "local task = function() end return { task = task }",
        "\u{FEFF}function task() end", "#!/usr/bin/pmap\nfunction task() end", "#", "\u{FEFF}# x\nreturn print",
    ] as [String])
func `a script has a task in one of these ways`(text: String) throws {
    if text == "#" { return #expect(refusal { _ = try script(text) } == noTask) }
    #expect(try script(text).has(.task))
}

@Test func `what a script defines is found wherever it defines it`() throws {
    let all =
        "setup = print teardown = print inputs = { 1, 2, 3 } options = { jobs = 2 } retry_if = print reduce = print finish = print"
    for text in [
        all + " function task() end", all + " return print",
        "return { task = print, setup = print, teardown = print, inputs = { 1, 2, 3 }, options = { jobs = 2 }, retry_if = print, reduce = print, finish = print }",
    ] {
        let script = try script(text)
        for name in ScriptName.allCases { #expect(script.has(name), "\(name) of \(text)") }
        #expect(script.listedItems == 3)
        #expect(try script.options() == [ScriptOption(name: "jobs", value: "2")])
        #expect(script.state.stack.top == 0)
    }
    let bare = try script("return print")
    #expect(!bare.has(.inputs) && bare.listedItems == nil)
    #expect(try bare.options() == [])
    #expect(try script("inputs = print return print").listedItems == nil)
}

@Test(
    arguments: [
        ("{}", []), ("{ jobs = 2, from = 'jsonl' }", [("from", "jsonl"), ("jobs", "2")]),
        ("{ on_error = 'keep' }", [("on_error", "keep")]), ("{ quiet = true, verbose = false }", [("quiet", nil)]),
        ("{ x = 1.5, y = -3, z = '' }", [("x", "1.5"), ("y", "-3"), ("z", "")]),
        ("{ errors = '\\xff' }", [("errors", ByteString([0xff]))]),
    ] as [(String, [(ByteString, ByteString?)])])
func `options are names and values`(options: String, pairs: [(ByteString, ByteString?)]) throws {
    let found = try script("options = \(options) return print").options()
    #expect(found == pairs.map { ScriptOption(name: $0, value: $1) })
}

@Test(arguments: [
    ("{ 'quiet' }", "t.lua: options: a key is a number, not the name of an option"),
    ("{ [{}] = 1 }", "t.lua: options: a key is a table, not the name of an option"),
    ("{ jobs = {} }", "t.lua: options.jobs is a table; write a string, number or boolean"),
    ("{ jobs = print }", "t.lua: options.jobs is a function; write a string, number or boolean"),
])
func `options that are none are refused by name`(options: String, message: String) throws {
    let script = try script("options = \(options) return print")
    #expect(refusal { _ = try script.options() } == message)
}

private let wantsBody = "-e: write the body, not a function: -e 'item:upper()' or -e 'return item:upper()'"

/// The code, and what the task gives for the item "x" with the index 7, or why there is no task.
@Test(arguments: [
    ("item", "x"), ("item .. index", "x7"), ("item, index", "x"), ("return item", "x"),
    ("if index > 1 then return 'y' end", "y"),
    ("local x = item return x .. x", "xx"), ("item -- comment", "x"), ("return item -- comment", "x"), ("", "nil"),
    ("f = 1", "nil"), ("function(x) return x end", wantsBody), ("function task(x) end", wantsBody),
    ("local function task(x) end", wantsBody), ("function f() end return 'z'", "z"),
    ("local x = = 1", "-e:1: unexpected symbol near '='"),
])
func `-e takes an expression or a body`(code: String, result: String) throws {
    let script = try LoadedScript(name: "-e", LoadedScript.Settings())
    let refusal = refusal { try script.load(inline: ByteString(code)) }
    if refusal != "no error" { return #expect(refusal == result) }
    let stack = script.state.stack
    script.push(.task)
    stack.push("x")
    stack.push(Int64(7))
    try stack.call(arguments: 2, results: 1)
    #expect((stack.string(-1) ?? "\(stack.type(-1))") == result)
    stack.pop()
    #expect(stack.top == 0)
}

@Test func `what a script is loaded with is there`() throws {
    var settings = LoadedScript.Settings()
    settings.arguments = ["name": "value", "empty": ""]
    settings.modules = ["table"]
    let script = try LoadedScript(name: "t.lua", settings)
    try script.load(Array("assert(pmap.args.name == 'value' and pmap.args.empty == '') return table.concat".utf8))
    settings.modules = ["no_such_module"]
    let refusal = refusal { _ = try LoadedScript(name: "t.lua", settings) }
    #expect(refusal.hasPrefix("module 'no_such_module' not found:"))
}
