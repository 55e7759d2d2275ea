// The tables that are being written, for all writers: a limit of depth, a check for cycles, and which of them are arrays.

import Lua

/// The tables around the value being written.
struct OpenTables {
    let limit: Int
    private var identities: [UInt] = []

    init(limit: Int) {
        self.limit = limit
    }

    mutating func removeAll() { identities.removeAll(keepingCapacity: true) }

    /// Begins the table at `index`; refuses one that is being written already.
    mutating func push(_ index: Int32, of stack: Stack) throws(Unwritable) {
        guard identities.count < limit, stack.reserve(8) else { throw .depth(limit) }
        let identity = stack.identity(index)
        if identities.contains(identity) { throw .cycle }
        identities.append(identity)
    }

    mutating func pop() { identities.removeLast() }
}

extension TableContents {
    /// The length of the array that the table is; nil for an object. One that is tagged as an array may have holes, but not
    /// more of them than values.
    func arrayLength(tag: TableTags.Kind?) throws(Unwritable) -> Int? {
        guard tag == .array else { return tag == nil && isList ? entries : nil }
        guard let largest else { throw .keyInArray }
        guard largest <= 2 * entries + 8 else { throw .sparseArray }
        return largest
    }
}
