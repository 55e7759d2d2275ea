// Hostile bytes: truncated, changed, invented. `scripts/fuzz` searches for more of them, for longer.

import Bytes
import Chance
import Testing

@testable import Lua

/// Messages with every form among them: the public suite's, and those of the extensions.
func samples(_ harness: RoundTripHarness) throws -> [[UInt8]] {
    try harness.run("return {}", results: 1)
    harness.stack.registerClass(name: "sample")
    let own = try [
        "{id = 17, name = 'x', v = {1, 2.5, -3}}", "{{{{}}}, string, print, _G}",
        "(function() local t = {} t.self = t t[t] = t return t end)()",
        "(function() local n, t = 0, {} return {function() n = n + 1 return t end, function() return n, t end} end)()",
        "setmetatable({1, {2}}, require 'sample')",
    ].map { expression in
        try harness.run("package.loaded.sample = package.loaded.sample or {} return " + expression, results: 1)
        try harness.roundTrip()
        harness.stack.pop(2)
        return harness.buffer.array
    }
    return try Vector.all().filter { $0.meaning["ext"] == nil }.map(\.encoding) + own
}

@Test func `of every message a strict prefix asks for more`() throws {
    let harness = try RoundTripHarness()
    for sample in try samples(harness) {
        #expect(harness.refusal(of: sample) == nil)
        harness.stack.pop()
        for length in 0..<sample.count {
            let refusal = harness.refusal(of: Array(sample[..<length]))
            guard case .truncated(let offset, let needed) = refusal else {
                Issue.record("\(sample) cut at \(length): \(String(describing: refusal))")
                continue
            }
            #expect(offset <= length && needed > 0 && needed <= sample.count - length)
        }
    }
    #expect(harness.stack.top == 0)
}

@Test func `a message with one byte changed is a value or an error`() throws {
    let harness = try RoundTripHarness()
    for sample in try samples(harness) {
        for place in sample.indices {
            var bytes = sample
            let changes = sample.count < 64 ? Array(UInt8.min...UInt8.max) : [0, 1, 0x7f, 0x80, 0xff, bytes[place] ^ 1]
            for change in changes {
                bytes[place] = change
                if harness.refusal(of: bytes) == nil { harness.stack.pop() }
            }
        }
    }
    #expect(harness.stack.top == 0)
}

@Test func `mutated messages neither crash nor leave anything on the stack`() throws {
    let rounds = 20_000
    let harness = try RoundTripHarness()
    let samples = try samples(harness)
    var random = Seeded(1)
    var values = 0
    for _ in 0..<rounds {
        var bytes = samples.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, samples, &random) }
        if harness.refusal(of: bytes) == nil {
            values += 1
            harness.stack.pop()
        }
        guard harness.stack.top == 0 else {
            Issue.record("the stack is not as it was after \(bytes)")
            return
        }
    }
    #expect(values > 0 && values < rounds)
}

private func mutate(_ bytes: inout [UInt8], _ samples: [[UInt8]], _ random: inout Seeded) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes.removeSubrange(place...)
    case 1: bytes.insert(contentsOf: samples.randomElement(using: &random) ?? [], at: place)
    case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
    case 3:
        let code = UInt8.random(in: 79...90, using: &random)
        bytes.insert(contentsOf: [0xc7, UInt8(bytes.count & 0xff), code], at: place)
    default: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
    }
}
