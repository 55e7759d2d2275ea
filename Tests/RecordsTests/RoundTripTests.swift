import Lua
import Records
import Testing

/// Random, and the same each time.
private struct Lehmer: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6364136223846793005 &+ 1442695040888963407
        return (state >> 33) ^ (state << 31)
    }
}

private func randomString(_ random: inout Lehmer) -> String {
    let pieces = ["a", "é", "😀", "\\n", "\\\"", "\\\\", "\\u0001", "x y", "0123456789", "\u{7F}", "\u{2028}"]
    return (0..<Int.random(in: 0..<8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
}

private func randomFloat(_ random: inout Lehmer) -> String {
    let value = Double(bitPattern: random.next())
    return value.isFinite ? value.description : "0.5"
}

/// A JSON text in the form the writer gives it: sorted keys, no spaces.
private func randomJSON(_ random: inout Lehmer, depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
    case 0: return "null"
    case 1: return Bool.random(using: &random) ? "true" : "false"
    case 2: return String(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
    case 3: return randomFloat(&random)
    case 4, 5: return "\"\(randomString(&random))\""
    case 6:
        let count = Int.random(in: 0..<6, using: &random)
        return "[" + (0..<count).map { _ in randomJSON(&random, depth: depth - 1) }.joined(separator: ",") + "]"
    default:
        let keys = Set(
            (0..<Int.random(in: 0..<(depth == 1 ? 90 : 8), using: &random)).map { _ in
                "k\(Int.random(in: 0..<1000, using: &random))é"
            })
        let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return "{" + sorted.map { "\"\($0)\":" + randomJSON(&random, depth: depth - 1) }.joined(separator: ",") + "}"
    }
}

@Test(arguments: 1...20)
func `random JSON comes back byte for byte`(seed: UInt64) throws {
    let harness = try RecordHarness()
    var random = Lehmer(state: seed)
    for _ in 0..<200 {
        let text = randomJSON(&random, depth: 4)
        #expect(try harness.convert(text, to: .jsonl) == text)
    }
}

@Test(arguments: 1...10)
func `load reads back what was written as lua`(seed: UInt64) throws {
    let harness = try RecordHarness()
    var random = Lehmer(state: seed)
    for _ in 0..<100 {
        let literal = try harness.convert(randomJSON(&random, depth: 4), to: .lua)
        #expect(try harness.write(literal, as: .lua) == literal + "\n")
    }
}

@Test func `load reads back every byte and the deepest table`() throws {
    let harness = try RecordHarness()
    _ = try harness.push(
        "(function() local t = {}; for i = 0, 255 do t[i] = string.char(i) .. '1' end; return t end)()")
    let literal = try harness.writeTop(1, as: .lua)
    #expect(!literal.dropLast().contains("\n"))
    let count = try harness.push(
        "(function(t) for i = 0, 255 do assert(t[i] == string.char(i) .. '1') end return true end)(\(literal))")
    #expect(count == 1 && harness.stack.boolean(-1))
    let deep = String(repeating: "{a = ", count: 180) + "1" + String(repeating: "}", count: 180)
    #expect(try harness.write(deep, as: .lua) == deep + "\n")
}
