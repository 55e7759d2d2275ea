// The keys of the tables being written, in the order they are written. Like the Lua stack it has the pairs of all open
// tables on top of one another, so that a key costs no allocation.

import Bytes
import Lua

/// How keys are named and put in order.
enum KeyOrder {
    /// All keys are strings, bytewise.
    case text
    /// Numbers by value, then strings bytewise, then booleans.
    case lua
}

/// Pairs of open tables.
struct SortedPairs: ~Copyable {
    enum Key {
        case text
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
    }

    /// 32 bytes, which sorting moves.
    struct Pair {
        /// Pairs are sorted by rank, then by `order`, then by name.
        fileprivate var order: UInt64 = 0
        fileprivate var nameStart: Int
        fileprivate(set) var key: Key
        fileprivate var rank: UInt8 = 0
        /// The index of the value on Lua's stack, relative to the table's `base`; 0 when it must be looked up.
        fileprivate var offset: Int16
        fileprivate var nameCount: UInt32

        var isOnStack: Bool { offset > 0 }
    }

    /// A table whose pairs are sorted here, until it is closed.
    struct Table {
        let pairs: Range<Int>
        fileprivate let firstName: Int
        fileprivate let index: Int32
        fileprivate let base: Int32
    }

    private let order: KeyOrder
    private var pairs: [Pair] = []
    private var names = ByteBuffer(capacity: 256)

    init(order: KeyOrder) {
        self.order = order
    }

    /// As many pairs as `contents` leaves on the stack; larger tables are read in batches and looked up.
    static let limit: Int32 = 64

    mutating func removeAll() {
        pairs.removeAll(keepingCapacity: true)
        shrink()
    }

    /// Frees the memory of a table with very many keys.
    private mutating func shrink() {
        names.reset()
        if pairs.capacity > 1 << 14 { pairs = [] }
    }

    /// Adds the pairs of the table at `index` (not relative), which `contents` may have left on top.
    mutating func open(_ index: Int32, _ contents: TableContents, on stack: Stack) throws(Unwritable) -> Table {
        let first = pairs.count, firstName = names.count
        let base = stack.top - 2 * Int32(contents.pairs)
        if contents.pairs == contents.entries {
            for pair in 0..<Int32(contents.pairs) {
                try add(key: base + 2 * pair + 1, offset: Int16(2 * pair + 2), on: stack)
            }
        } else {
            try addInBatches(index, on: stack)
        }
        sort(from: first)
        return Table(pairs: first..<pairs.count, firstName: firstName, index: index, base: base)
    }

    mutating func close(_ table: Table) {
        pairs.removeLast(table.pairs.count)
        names.truncate(to: table.firstName)
        if pairs.isEmpty { shrink() }
    }

    subscript(_ index: Int) -> Pair { pairs[index] }
    func name(of pair: Pair) -> RecordBytes { pair.name(in: RecordBytes(names)) }

    /// Whether the pair before has the same name.
    func repeatsName(_ index: Int, in table: Table) -> Bool {
        index > table.pairs.lowerBound && pairs[index].order == pairs[index - 1].order
            && name(of: pairs[index]).order(name(of: pairs[index - 1])) == 0
    }

    /// The stack index of the value. Stack: → value, when it had to be looked up
    func value(of pair: Pair, in table: Table, on stack: Stack) -> Int32 {
        if pair.isOnStack { return table.base + Int32(pair.offset) }
        switch pair.key {
        case .text: stack.push(name(of: pair))
        case .integer(let key): stack.push(key)
        case .float(let key): stack.push(key)
        case .boolean(let key): stack.push(key)
        }
        stack.rawGet(table.index)
        return stack.top
    }

    /// The path from the table to the value: `.name`, `[3]`, `["two words"]`.
    func step(to pair: Pair) -> String {
        let name = name(of: pair)
        guard case .text = pair.key else { return "[\(name.text)]" }
        return name.step
    }

    // MARK: Keys

    private mutating func addInBatches(_ index: Int32, on stack: Stack) throws(Unwritable) {
        stack.pushNil()
        let last = stack.top
        while true {
            let count: Int32
            do { count = try stack.nextPairs(index, limit: SortedPairs.limit) } catch {
                throw .unreadable(error.message)
            }
            if count == 0 { break }
            for pair in 0..<count { try add(key: last + 2 * pair + 1, offset: 0, on: stack) }
            stack.copy(last + 2 * count - 1)
            stack.replace(last)
            stack.top = last
        }
        stack.top = last - 1
    }

    private mutating func add(key index: Int32, offset: Int16, on stack: Stack) throws(Unwritable) {
        let start = names.count
        let type = stack.type(index)
        switch type {
        case .string:
            guard let name = stack.recordBytes(index), UInt32(exactly: name.count) != nil else {
                throw .key("4 GB of text")
            }
            names.append(name)
            append(.text, from: start, offset: offset, rank: 1)
        case .number where stack.isInteger(index):
            let key = stack.integer(index) ?? 0
            names.append(decimal: key)
            append(.integer(key), from: start, offset: offset, number: Double(key))
        case .number:
            let key = stack.number(index)
            names.append(text(of: key))
            append(.float(key), from: start, offset: offset, number: key)
        case .boolean:
            names.append(stack.boolean(index) ? "true" : "false")
            append(.boolean(stack.boolean(index)), from: start, offset: offset, rank: 2)
        default:
            throw .key(type == .table ? "a table" : stack.unwritable(index).description)
        }
    }

    private mutating func append(_ key: Key, from start: Int, offset: Int16, rank: UInt8 = 0, number: Double? = nil) {
        var pair = Pair(nameStart: start, key: key, offset: offset, nameCount: UInt32(names.count - start))
        if order == .lua, let number {
            let bits = number.bitPattern
            pair.order = bits >> 63 == 1 ? ~bits : bits | 1 << 63
        } else {
            pair.order = pair.name(in: RecordBytes(names)).prefix
            pair.rank = order == .lua ? rank : 0
        }
        pairs.append(pair)
    }

    /// By insertion: most tables have few keys, and a slice would be copied.
    private mutating func sort(from first: Int) {
        let names = RecordBytes(names)
        func isBefore(_ left: Pair, _ right: Pair) -> Bool {
            if left.rank != right.rank { return left.rank < right.rank }
            if left.order != right.order { return left.order < right.order }
            return left.name(in: names).order(right.name(in: names)) < 0
        }
        if pairs.count - first > 24 { return pairs[first...].sort { isBefore($0, $1) } }
        for index in pairs.indices.dropFirst(first + 1) {
            let pair = pairs[index]
            var hole = index
            while hole > first, isBefore(pair, pairs[hole - 1]) {
                pairs[hole] = pairs[hole - 1]
                hole -= 1
            }
            pairs[hole] = pair
        }
    }

    private func text(of key: Double) -> String {
        if key.isFinite || order == .text { return key.description }
        return key < 0 ? "-math.huge" : "math.huge"
    }
}

extension RecordBytes {
    /// The path from a table to the value of this key.
    var step: String { isIdentifier ? ".\(text)" : "[\"\(text)\"]" }
}

extension SortedPairs.Pair {
    fileprivate func name(in names: RecordBytes) -> RecordBytes { names[nameStart..<nameStart + Int(nameCount)] }
}
