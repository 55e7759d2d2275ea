// What both writers of tables need to know on their way down: how deep they are, and in which tables.

import Lua

/// The tables around the value being written.
struct OpenTables {
    let limit: Int
    private var identities: [UInt] = []

    init(limit: Int) {
        self.limit = limit
    }

    mutating func removeAll() { identities.removeAll(keepingCapacity: true) }

    /// Steps into the table at `index`; refuses one that it is in already.
    mutating func enter(_ index: Int32, of stack: Stack) throws(Unwritable) {
        guard identities.count < limit, stack.reserve(8) else { throw .depth(limit) }
        let identity = stack.identity(index)
        if identities.contains(identity) { throw .cycle }
        identities.append(identity)
    }

    mutating func leave() { identities.removeLast() }
}
