// Random values, nested, shared and cyclic, encoded and decoded.

import Testing

@testable import Lua

/// Builds a value from a seed; deterministic, so that a failure can be reproduced.
private let generator = """
    local seed = ...
    math.randomseed(seed)
    local random, made = math.random, {}
    local special = {0.0, -0.0, 1/0, -1/0, 0/0, math.maxinteger, math.mininteger, 2^53, 5e-324, "", "\\0", true, false}
    local function scalar(key)
      local kind = random(6)
      if kind == 1 then return random(-40, 300) end
      if kind == 2 then return random(0) end
      if kind == 3 then return (random() - 0.5) * 10 ^ random(-30, 30) end
      if kind == 4 then
        local bytes = {}
        for i = 1, random(0, random(4) == 1 and 300 or 12) do bytes[i] = string.char(random(0, 255)) end
        return table.concat(bytes)
      end
      local value = special[random(#special)]
      if key and value ~= value then return 1 end
      return value
    end
    local function value(depth, key)
      local kind = random(10)
      if depth == 0 or kind <= 4 then return scalar(key) end
      if kind == 5 and #made > 0 then return made[random(#made)] end
      local t = {}
      made[#made + 1] = t
      for i = 1, random(0, 5) do
        if kind <= 8 then t[#t + 1] = value(depth - 1) end
        if kind >= 8 then t[value(random(8) == 1 and depth - 1 or 0, true)] = value(depth - 1) end
      end
      return t
    end
    local list = {}
    for i = 1, 1000 do
      if random(3) > 1 then made = {} end
      list[i] = value(random(0, 6))
    end
    return list
    """

@Test(arguments: [false, true])
func `a hundred thousand random values come back as they were, whoever reads them`(isReadInSwift: Bool) throws {
    let harness = try RoundTripHarness(isReadInSwift: isReadInSwift)
    for seed in 1...100 {
        let source = Array(generator.utf8)
        try unsafe source.withUnsafeBytes { try unsafe harness.stack.load($0, name: "=generator") }
        harness.stack.push(Int64(seed))
        try harness.stack.call(arguments: 1, results: 1)
        try harness.roundTrip()
        let difference = try harness.difference()
        #expect(difference == nil, "seed \(seed)")
        #expect(harness.stack.top == 0)
    }
}
