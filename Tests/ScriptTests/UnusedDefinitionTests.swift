// Which names are nearly those of a script's definitions, and what stands in its text.

import Testing

@testable import Script

@Test(
    arguments: [
        (
            .setup, ["setUp", "Setup", "set_up", "SETUP", "setpu", "stup", "setups"],
            ["set", "stop", "step", "sleep", "up"]
        ),
        (
            .teardown, ["tearDown", "teardwon", "tear_down", "teardow", "tardow"],
            ["tear", "down", "setup", "breakdown"]
        ),
        (.retryIf, ["retryIf", "retryif", "retry_fi", "retry"], ["try", "if", "report"]),
        (.inputs, ["input", "Inputs", "inptus"], ["outputs", "items", "import"]),
        (.task, ["Task", "tsak", "tasks", "tas"], ["test", "take", "ask", "tests"]),
    ] as [(ScriptName, [String], [String])])
func `a name is near another or is not`(meant: ScriptName, near: [String], far: [String]) {
    #expect((near + far).filter { UnusedDefinition.isNear($0, meant) } == near)
}

@Test(
    arguments: [
        ("a b a", 2, false), ("local a", 1, true), ("local function a() end", 1, true), ("local x, a = 1", 1, false),
        ("-- a\na", 1, false), ("--[[ a\n a ]] a", 1, false), ("--a", 0, false), ("x.a = 'a' aa a1 _a", 2, false),
        ("local\n\ta", 1, true), ("function a() local b end", 1, false), ("", 0, false), ("a -", 1, false),
    ] as [(String, Int, Bool)])
func `the names of a text are counted outside its comments`(text: String, count: Int, isLocal: Bool) {
    let words = ScriptWords(Array(text.utf8), counting: ["a"])
    #expect(words.count(of: "a") == count)
    #expect(words.locals.contains("a") == isLocal)
}
