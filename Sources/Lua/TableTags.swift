// Tags of tables that were declared, or read, as an array or as an object: a metatable shared by all tables of a kind.

package import CLuaBridge

/// The two tagging metatables of a state, in its registry.
package struct TableTags {
    package enum Kind: String, CaseIterable, Sendable { case array, object }

    private var references: [Int] = []
    private var identities: [UInt] = []

    /// Finds them in the registry, or makes them.
    package init(_ stack: Stack) {
        for kind in Kind.allCases {
            let name = "pmap.\(kind)"
            if stack.rawGet(Stack.registry, field: name) != .table {
                stack.pop()
                stack.newTable(keys: 1)
                stack.push(name)
                stack.rawSet(-2, field: "__name")
                stack.copy(-1)
                stack.rawSet(Stack.registry, field: name)
            }
            identities.append(stack.identity(-1))
            references.append(stack.makeReference())
        }
    }

    /// The tag of the table at `index`, if it has one.
    package func kind(_ index: Int32, in stack: Stack) -> Kind? {
        guard stack.pushMetatable(index) else { return nil }
        defer { stack.pop() }
        return kind(ofMetatable: stack.identity(-1))
    }

    package var inC: pmap_table_tags {
        unsafe pmap_table_tags(
            array: Int32(references[0]), object: Int32(references[1]),
            array_identity: UnsafeRawPointer(bitPattern: identities[0]),
            object_identity: UnsafeRawPointer(bitPattern: identities[1]))
    }

    func kind(ofMetatable identity: UInt) -> Kind? {
        identity == identities[0] ? .array : identity == identities[1] ? .object : nil
    }

    /// Stack: → the metatable of all tables with this tag
    func pushMetatable(_ kind: Kind, in stack: Stack) {
        stack.rawGet(Stack.registry, at: references[kind == .array ? 0 : 1])
    }

    /// Tags the table at `index`.
    package func tag(_ index: Int32, as kind: Kind, in stack: Stack) {
        let table = stack.absolute(index)
        pushMetatable(kind, in: stack)
        stack.setMetatable(table)
    }
}
