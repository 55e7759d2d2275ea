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

/// `key` gives that of a value, as bytes.
private func partials(
    _ items: ArraySlice<(item: Int, values: [String])>, key: ((String) -> [UInt8])? = nil
) -> ByteBuffer {
    var buffer = ByteBuffer()
    for (item, values) in items {
        for value in values {
            let head = key.map { [Partial.pair] + $0(value) } ?? []
            buffer.append(native: UInt64(item))
            buffer.append(native: UInt64(item))
            buffer.append(native: UInt64(head.count + value.utf8.count + 1))
            buffer.append(head)
            buffer.append(UInt8(0xa0 | value.utf8.count))
            buffer.append(value)
        }
    }
    return buffer
}

private func makePlan(on stack: Stack, hasKeys: Bool) throws -> JoinPlan {
    try stack.load(Array("local a, b = ... return '(' .. a .. ' ' .. b .. ')'".utf8), name: "=join")
    return JoinPlan(
        reducers: [], lift: .nothing, join: stack.makeReference(), lifting: 0, hasKeys: hasKeys, takesGroups: false)
}

@Test func `the tree of joins is the same for any chunks, and for chunks of chunks`() throws {
    let state = try State()
    let stack = state.stack
    let plan = try makePlan(on: stack, hasKeys: false)
    var (encoder, decoder) = (Encoder(stack), Decoder(stack))
    for seed in 0..<400 {
        var random = Seeded(seed)
        let count = 1 + random.below(300)
        let items = (1...count).map { item in
            (item: item, values: (0..<[0, 1, 1, 1, 2, 3][random.below(6)]).map { "\(item)\(["", "b", "c"][$0])" })
        }
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
        total.pushTotal()
        #expect(stack.string(-1) == tree(items), "seed \(seed)")
        stack.pop()
    }
}

// MARK: Keys that do not fit memory

private final class KeysInMemory: KeyRunFile {
    private var bytes: [UInt8] = []
    private var read = 0

    func append(_ bytes: [UInt8]) -> Bool {
        self.bytes += bytes
        return true
    }

    func read(into buffer: inout ByteBuffer) -> Bool {
        let end = min(bytes.count, read + 50)
        buffer.append(bytes[read..<end])
        read = end
        return true
    }
}

/// In their order: false, true, numbers by value, strings by their bytes. 1.0 is 1, and -0.0 is 0.
private let keys: [(bytes: [UInt8], name: String)] = [
    ([0xc2], "false"), ([0xc3], "true"), ([0xff], "-1"), ([0xcb, 0x80] + .init(repeating: 0, count: 7), "0"),
    ([0xcb, 0x3f, 0xe0] + .init(repeating: 0, count: 6), "0.5"), ([1], "1"),
    ([0xcb, 0x3f, 0xf0] + .init(repeating: 0, count: 6), "1"), ([0xa0], "''"), ([0xa1, 0x41], "A"),
    ([0xa2, 0x41, 0x42], "AB"), ([0xa1, 0xff], "\\255"),
]

@Test(arguments: [1, 1 << 10, 20 << 10, 1 << 20])
func `what is joined of each key is the same however often keys go to files`(mostBytes: Int) throws {
    let state = try State()
    let stack = state.stack
    let plan = try makePlan(on: stack, hasKeys: true)
    var tools = JoinTools(plan, stack)
    for seed in 0..<40 {
        var random = Seeded(seed)
        let count = 1 + random.below(400)
        let items = (1...count).map { item in
            (item: item, values: (0..<[0, 1, 1, 1, 2, 3][random.below(6)]).map { "\(item)\(["", "b", "c"][$0])" })
        }
        var keyOf: [String: Int] = [:]
        for value in items.flatMap(\.values) { keyOf[value] = random.below(keys.count) }
        let key = { (value: String) in keys[keyOf[value] ?? 0].bytes }

        var total = Reduction(plan, on: stack)
        total.limit(toBytes: mostBytes)
        var runs = KeyRuns { KeysInMemory() }
        func add(_ bytes: borrowing ByteBuffer) throws {
            var offset = 0
            while offset < bytes.count {
                offset += try total.add(bytes, offset..<bytes.count, &tools.decoder)
                if !total.isFull { continue }
                let newest = total.newest
                try runs.keep(&total, &tools)
                total.clear(first: newest + 1)
            }
        }
        var start = 0
        while start < count {
            let end = min(count, start + 1 + random.below([2, 20, 400][random.below(3)]))
            let raw = partials(items[start..<end], key: key)
            if random.below(4) == 0 {
                try add(raw)
            } else {
                var part = ByteBuffer()
                var reduction = Reduction(plan, on: stack)
                reduction.limit(to: start + 1..<end + 1)
                try reduction.add(raw, 0..<raw.count, &tools.decoder)
                try reduction.joinRest()
                try reduction.append(to: &part, &tools.encoder)
                try add(part)
            }
            start = end
        }
        try runs.keep(&total, &tools)
        var found: [String] = []
        try runs.merge(&tools) { reduction, _ throws(JoinError) in
            try reduction.joinRest()
            for place in 0..<reduction.keyCount {
                reduction.pushValue(place)
                found.append("\(reduction.keyName(place)) = \(stack.string(-1) ?? "")")
                stack.pop()
            }
        }
        var expected: [String] = []
        for place in keys.indices where place == 0 || keys[place].name != keys[place - 1].name {
            let values = items.map { item in
                (item.item, item.values.filter { keys[keyOf[$0] ?? 0].name == keys[place].name })
            }
            if let value = tree(values.filter { !$0.1.isEmpty }) {
                expected.append("\(keys[place].name) = \(value)")
            }
        }
        #expect(found == expected, "seed \(seed)")
    }
}
