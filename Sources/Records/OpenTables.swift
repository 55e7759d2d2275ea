// The tables that are being written, for both writers: a limit of depth, and a check for cycles.

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
