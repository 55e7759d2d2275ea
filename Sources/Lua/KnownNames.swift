// The values that are sent by name: modules, their members, registered classes. They are found by identity; the names
// stay Lua strings, so that nothing is allocated, and no finalizer can run, while a value is being encoded.

import CLua
import CLuaBridge

struct KnownNames {
    enum Kind { case module, member, `class` }
    /// The use of a value: a module's member is named as a function or as a metatable, not as a mere table.
    enum Role { case value, function, metatable }

    private struct Entry {
        var kind: Kind
        /// Looks like a metatable, so that it is named also as a value.
        var isClass = false
    }

    private static let indexField = 1, nameField = 2, globalsName = 3, firstName = 4
    private static let batch: Int32 = 32

    private let loaded: Int, classes: Int, strings: Int
    private var numbers = IdentityMap()
    private var entries: [Entry] = []
    private var fingerprint: UInt64?
    private var membersFingerprint: UInt64?
    private var isComplete = false

    init(_ stack: Stack) {
        stack.rawGet(Stack.registry, field: "_LOADED")
        loaded = stack.makeReference()
        stack.pushClasses()
        classes = stack.makeReference()
        stack.newTable()
        for (index, text) in [(Self.indexField, "__index"), (Self.nameField, "__name"), (Self.globalsName, "_G")] {
            stack.push(text)
            stack.rawSet(-2, at: index)
        }
        strings = stack.makeReference()
    }

    /// Begins a message: collects the names anew if modules or classes were added since the last one.
    mutating func refresh(_ stack: Stack) throws(LuaError) {
        isComplete = false
        stack.rawGet(Stack.registry, at: loaded)
        stack.rawGet(Stack.registry, at: classes)
        let now = unsafe pmap_tables_fingerprint(stack.thread, -2, -1)
        stack.pop(2)
        if now != fingerprint { try collect(stack) }
        fingerprint = now
    }

    /// The entry of the value at `index`, if it has a name. A member found may have been replaced since, and one not
    /// found may have been added: then, once a message, all names are collected again if any module has changed.
    mutating func find(_ index: Int32, as role: Role, in stack: Stack) throws(LuaError) -> Int? {
        let identity = stack.identity(index)
        if let entry = numbers.number(of: identity), isCurrent(entry, index, stack) { return accepted(entry, as: role) }
        if role == .value && numbers.number(of: identity) == nil || isComplete { return nil }
        if members(stack) == membersFingerprint {
            isComplete = true
            return nil
        }
        try collect(stack)
        return numbers.number(of: identity).flatMap { accepted($0, as: role) }
    }

    /// A fingerprint of the members of all modules.
    private func members(_ stack: Stack) -> UInt64 {
        stack.rawGet(Stack.registry, at: loaded)
        defer { stack.pop() }
        return unsafe pmap_members_fingerprint(stack.thread, -1)
    }

    /// The addresses of all values that have a name, for C.
    func withCells(_ body: (UnsafePointer<pmap_identity>?, UInt32) -> Void) { unsafe numbers.withCells(body) }

    func kind(_ entry: Int) -> Kind { entries[entry].kind }

    /// Stack: → name of the module or class
    func pushName(_ entry: Int, _ stack: Stack) { pushString(Self.firstName + 2 * entry, stack) }
    /// Stack: → key in the module
    func pushKey(_ entry: Int, _ stack: Stack) { pushString(Self.firstName + 2 * entry + 1, stack) }

    private func pushString(_ index: Int, _ stack: Stack) {
        stack.rawGet(Stack.registry, at: strings)
        stack.rawGet(-1, at: index)
        stack.remove(-2)
    }

    private func accepted(_ entry: Int, as role: Role) -> Int? {
        role == .value && entries[entry].kind == .member && !entries[entry].isClass ? nil : entry
    }

    private func isCurrent(_ entry: Int, _ index: Int32, _ stack: Stack) -> Bool {
        guard entries[entry].kind == .member, !isComplete else { return true }
        let index = stack.absolute(index), height = stack.top
        defer { stack.top = height }
        stack.rawGet(Stack.registry, at: loaded)
        pushName(entry, stack)
        guard stack.rawGet(-2) == .table else { return false }
        pushKey(entry, stack)
        stack.rawGet(-2)
        return stack.rawEqual(-1, index)
    }
}

// MARK: Collecting names from the modules

extension KnownNames {
    private mutating func collect(_ stack: Stack) throws(LuaError) {
        let height = stack.top
        defer { stack.top = height }
        membersFingerprint = members(stack)
        numbers = IdentityMap()
        entries.removeAll()
        stack.rawGet(Stack.registry, at: strings)
        stack.rawGet(Stack.registry, at: loaded)
        stack.rawGet(Stack.registry, at: classes)
        let strings = height + 1, loaded = height + 2, classes = height + 3

        stack.pushGlobals()
        stack.rawGet(strings, at: Self.globalsName)
        add(.module, value: height + 4, name: height + 5, key: nil, strings, stack)
        let globals = stack.identity(height + 4)

        try stack.walk(loaded, batch: Self.batch) { name, module in
            add(.module, value: module, name: name, key: nil, strings, stack)
        }
        try stack.walk(classes, batch: Self.batch) { name, metatable in
            add(.class, value: metatable, name: name, key: nil, strings, stack)
        }
        try stack.walk(loaded, batch: Self.batch) { (name, module) throws(LuaError) in
            guard stack.type(module) == .table, stack.identity(module) != globals else { return }
            try addMembers(of: module, name: name, strings, stack)
        }
        try addMembers(of: height + 4, name: height + 5, functionsOfHostOnly: true, strings, stack)
        isComplete = true
    }

    private mutating func addMembers(
        of module: Int32, name: Int32, functionsOfHostOnly: Bool = false, _ strings: Int32, _ stack: Stack
    ) throws(LuaError) {
        try stack.walk(module, batch: Self.batch) { key, value in
            if functionsOfHostOnly && !stack.isHostCode(value) { return }
            add(.member, value: value, name: name, key: key, strings, stack)
        }
    }

    private mutating func add(
        _ kind: Kind, value: Int32, name: Int32, key: Int32?, _ strings: Int32, _ stack: Stack
    ) {
        let type = stack.type(value)
        guard type == .table || type == .function, stack.type(name) == .string, stack.type(key ?? name) == .string,
            numbers.insert(stack.identity(value)) == nil
        else { return }
        let index = Self.firstName + 2 * entries.count
        stack.copy(name)
        stack.rawSet(strings, at: index)
        stack.copy(key ?? name)
        stack.rawSet(strings, at: index + 1)
        let isClass = type == .table && hasMetafield(value, strings, stack)
        entries.append(Entry(kind: kind, isClass: isClass))
    }

    private func hasMetafield(_ table: Int32, _ strings: Int32, _ stack: Stack) -> Bool {
        [Self.indexField, Self.nameField].contains { field in
            stack.rawGet(strings, at: field)
            defer { stack.pop() }
            return stack.rawGet(table) != .nil
        }
    }
}

extension Stack {
    /// Calls `body` with the indices of each key and value.
    func walk(
        _ table: Int32, batch: Int32, _ body: (_ key: Int32, _ value: Int32) throws(LuaError) -> Void
    ) throws(LuaError) {
        let first = top + 1
        pushNil()
        while true {
            let pairs = try nextPairs(table, limit: batch)
            for pair in 0..<pairs { try body(first + 1 + 2 * pair, first + 2 + 2 * pair) }
            if pairs < batch { break }
            copy(first + 2 * pairs - 1)
            replace(first)
            top = first
        }
        top = first - 1
    }
}
