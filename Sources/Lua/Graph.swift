// The objects that a message with references has had so far. They stay in a Lua table, where the collector sees them.

/// The numbered tables, functions and upvalues of a graph.
struct Graph {
    /// The table of the objects, in the registry.
    let reference: Int
    private var count = 0
    /// The function that a numbered variable belongs to, and its index there.
    private var upvalues: [Int: (function: Int, index: Int32)] = [:]

    init(_ stack: Stack) {
        stack.newTable()
        reference = stack.makeReference()
    }

    /// Numbers the table or function on top.
    mutating func add(_ stack: Stack) -> Int {
        defer { count += 1 }
        stack.rawGet(Stack.registry, at: reference)
        stack.copy(-2)
        stack.rawSet(-2, at: count + 1)
        stack.pop()
        return count
    }

    mutating func addUpvalue(of function: Int, at index: Int32, _ stack: Stack) {
        upvalues[count] = (function, index)
        count += 1
    }

    func upvalue(_ number: Int) -> (function: Int, index: Int32)? { upvalues[number] }

    /// Stack: → the object with this number, or nothing and false
    func pushObject(_ number: Int, _ stack: Stack) -> Bool {
        guard number < count, upvalues[number] == nil else { return false }
        stack.rawGet(Stack.registry, at: reference)
        stack.rawGet(-1, at: number + 1)
        stack.remove(-2)
        return true
    }
}
