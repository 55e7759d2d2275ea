// Values encoded and decoded, within one state.

import Testing

@testable import Lua

@Test(arguments: [
    "nil", "true", "false", "0", "-1", "127", "128", "-32", "-33", "255", "256", "-128", "-129", "65535", "65536",
    "-32768", "-32769", "2147483647", "4294967295", "4294967296", "-2147483648", "-2147483649", "math.maxinteger",
    "math.mininteger", "0.0", "-0.0", "1.0", "1e16", "2.0^53", "0/0", "1/0", "-1/0", "5e-324", "1.7976931348623157e308",
    "''", "'\\0\\255'", "('x'):rep(31)", "('x'):rep(32)", "('x'):rep(255)", "('x'):rep(256)", "('x'):rep(70000)",
    "{}", "{1,2,3}", "{1,nil,3}", "{a=1,2,3}", "{[2^53]=1,[1.5]=2,[true]=3,[false]=4,[-1]=5}", "{{},{{}},{x={}}}",
    "(function() local t = {} for i=1,100000 do t[i]=i end return t end)()",
    "(function() local t = {} for i=1,1000 do t['k'..i]=i end return t end)()",
    "(function() local t = {} for i=1,15 do t[i]='x' end return {t, x=t[1]} end)()",
    "(function() local t = {} for i=1,16 do t[i]={i} end return t end)()",
    "(function() local t = {} for i=1,65536 do t[i]={i} end return t end)()",
    "(function() local t = {} for i=1,65536 do t[i..'']={i} end return t end)()",
    "{[3]='c',[2]='b',[1]='a'}", "{[10]=1,[20]=2}", "{x={[16]='y'}}", "{['1']=1, [1]=2}",
    "(function() local t = {} for i=1,99 do t={t} end return t end)()",
    "(function() local t = {} for i=1,150 do t={x=t,1} end return t end)()",
    "(function() local t = {} t[1]=t t.x=t return t end)()",
    "(function() local a = {} return {a,a,{a}} end)()",
    "(function() local t = {} t[t]=1 return t end)()",
    "{[{}]={}}", "string", "{string.format, print, io}", "_G", "{_G, string}",
])
func `a value comes back as it was`(expression: String) throws {
    let harness = try RoundTripHarness()
    try harness.run("return " + expression, results: 1)
    try harness.roundTrip()
    #expect(try harness.difference() == nil)
    #expect(harness.stack.top == 0)
}

@Test(arguments: [
    ("function(x) return x + 1 end", "f(1) == 2"),
    ("(function() local n = 0 return function() n = n + 1 return n end end)()", "f() == 1 and f() == 2"),
    ("(function() local function f(n) return n == 0 and 1 or n * f(n-1) end return f end)()", "f(5) == 120"),
    (
        "(function() local n = 0 return {up = function() n = n + 1 end, get = function() return n end} end)()",
        "f.up() == nil and f.get() == 1"
    ),
    ("(function() local t = {} function t.self() return t end return t end)()", "f.self() == f"),
    ("function() return _ENV == _G and print ~= nil end", "f()"),
    ("(function() local a, b function a() return b end function b() return a end return a end)()", "f()() == f"),
    ("(function() local x return function() return x == nil end end)()", "f()"),
    ("print", "f == print"), ("string.rep", "f == string.rep"),
])
func `a function comes back with its upvalues`(expression: String, claim: String) throws {
    let harness = try RoundTripHarness()
    try harness.run("return " + expression, results: 1)
    try harness.roundTrip()
    harness.stack.pushGlobals()
    harness.stack.insert(at: -2)
    harness.stack.rawSet(-2, field: "f")
    try harness.run("return " + claim, results: 1)
    #expect(harness.stack.boolean(-1))
}
