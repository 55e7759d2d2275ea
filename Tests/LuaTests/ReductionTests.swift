// What is joined with what: random items in random chunks, by a function that shows the tree, against the rule written
// down plainly.

import Bytes
import Chance
import Testing

@testable import Lua

/// The tree of these items, of which some have none or several values: those of an aligned block of 2ⁿ numbers are joined
/// before anything outside it.
private func tree(_ items: [(item: Int, values: [String])]) -> String? {
    func joined(_ block: ArraySlice<(item: Int, values: [String])>, _ start: Int, _ size: Int) -> String? {
        if block.isEmpty { return nil }
        if size == 1 {
            return block.first.flatMap { $0.values.dropFirst().reduce($0.values.first) { "(\($0 ?? "") \($1))" } }
        }
        let middle = block.firstIndex { $0.item - 1 >= start + size / 2 } ?? block.endIndex
        let left = joined(block[..<middle], start, size / 2)
        let right = joined(block[middle...], start + size / 2, size / 2)
        guard let left, let right else { return left ?? right }
        return "(\(left) \(right))"
    }
    return joined(items[...], 0, 1 << 12)
}

private func partials(_ items: ArraySlice<(item: Int, values: [String])>) -> ByteBuffer {
    var buffer = ByteBuffer()
    for (item, values) in items {
        for value in values {
            buffer.append(native: UInt64(item))
            buffer.append(native: UInt64(item))
            buffer.append(native: UInt64(value.utf8.count + 1))
            buffer.append(UInt8(0xa0 | value.utf8.count))
            buffer.append(value)
        }
    }
    return buffer
}

@Test func `the tree of joins is the same for any chunks, and for chunks of chunks`() throws {
    let state = try State()
    let stack = state.stack
    try stack.load(Array("local a, b = ... return '(' .. a .. ' ' .. b .. ')'".utf8), name: "=join")
    let plan = JoinPlan(
        kind: .call, lift: .nothing, join: stack.makeReference(), lifting: 0, hasKeys: false, takesGroups: false)
    var (encoder, decoder) = (Encoder(stack), Decoder(stack))
    for seed in 0..<400 {
        var random = Seeded(seed)
        let count = 1 + random.below(300)
        let items = (1...count).map { item in
            (item: item, values: (0..<[0, 1, 1, 1, 2, 3][random.below(6)]).map { "\(item)\(["", "b", "c"][$0])" })
        }
        let height = stack.top
        var parts = ByteBuffer()
        var start = 0
        while start < count {
            let end = min(count, start + 1 + random.below([2, 20, 400][random.below(3)]))
            let raw = partials(items[start..<end])
            if random.below(4) == 0 {
                parts.append(raw)  // as those of a worker that has died
            } else {
                var reduction = Reduction(plan, on: stack)
                reduction.limit(to: start + 1..<end + 1)
                #expect(try reduction.add(raw, 0..<raw.count, &decoder) == raw.count)
                try reduction.joinRest()
                try reduction.append(to: &parts, &encoder)
            }
            stack.top = height
            start = end
        }
        var total = Reduction(plan, on: stack)
        var offset = 0
        while offset < parts.count {  // cut anywhere
            let end = min(parts.count, offset + 1 + random.below(200))
            let used = try total.add(parts, offset..<end, &decoder)
            offset += used
            if used == 0 { offset += try total.add(parts, offset..<parts.count, &decoder) }
        }
        try total.joinRest()
        total.detach()
        total.pushTotal()
        #expect(stack.string(-1) == tree(items), "seed \(seed)")
        stack.top = height
    }
}
