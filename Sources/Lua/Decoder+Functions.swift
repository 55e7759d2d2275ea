// Functions on their way in, and the numbers by which a graph refers back.

import Wire

extension Decoder {
    /// Stack: → function
    func openFunction(awaited: Int, _ reader: inout WireReader) throws(WireError) -> Frame {
        let start = reader.offset
        let hash = try reader.read(UInt64.self)
        guard case .string(let size) = try reader.readToken() else { throw .malformed(.function, at: start) }
        let bytecode = unsafe try reader.readBytes(size)
        guard unsafe bytecodeHash(bytecode) == hash, unsafe stack.loadBytecode(bytecode) else {
            throw .foreignFunction(at: start)
        }
        var upvalues = 0
        while stack.hasUpvalue(-1, at: Int32(upvalues + 1)) { upvalues += 1 }
        guard try reader.readToken() == .array(count: upvalues) else { throw .malformed(.function, at: start) }
        return Frame(.upvalues, count: upvalues, awaited: awaited)
    }

    mutating func advanceUpvalues(_ frame: inout Frame, _ reader: inout WireReader) throws(WireError) -> WireToken? {
        while frame.current < frame.count {
            frame.current += 1
            let place = Int32(frame.current)
            if try joinUpvalue(frame, at: place, &reader) { continue }
            graph?.addUpvalue(of: frame.number, at: place, stack)
            let token = try reader.readToken()
            guard try push(token, nilIsNull: false, &reader) else { return token }
            stack.setUpvalue(of: frame.slot, at: place)
        }
        return nil
    }

    /// Whether the upvalue is a variable of an earlier function: then it becomes that, and the reference is read.
    private func joinUpvalue(_ frame: Frame, at place: Int32, _ reader: inout WireReader) throws(WireError) -> Bool {
        guard let graph else { return false }
        let start = reader.offset
        if case .extension(WireExtension.reference.rawValue, 4) = try reader.readToken(),
            let (function, upvalue) = graph.upvalue(Int(try reader.read(UInt32.self))),
            graph.pushThing(function, stack)
        {
            stack.joinUpvalue(of: frame.slot, at: place, to: -1, at: upvalue)
            stack.pop()
            return true
        }
        reader.offset = start
        return false
    }

    /// Reads the head of a graph, if the message is one, and answers where it ends.
    mutating func openGraph(_ reader: inout WireReader) throws(WireError) -> Int? {
        let start = reader.offset
        guard case .extension(WireExtension.graph.rawValue, let count) = try reader.readToken() else {
            reader.offset = start
            return nil
        }
        try reader.require(count)
        graph = Graph(stack)
        reader.payloadEnd = reader.offset + count
        return reader.payloadEnd
    }
}

/// What has been numbered so far in a graph.
struct Graph {
    /// The table of the things, in the registry.
    let reference: Int
    private var count = 0
    /// The function that a numbered variable belongs to, and its place there.
    private var upvalues: [Int: (function: Int, place: Int32)] = [:]

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

    mutating func addUpvalue(of function: Int, at place: Int32, _ stack: Stack) {
        upvalues[count] = (function, place)
        count += 1
    }

    func upvalue(_ number: Int) -> (function: Int, place: Int32)? { upvalues[number] }

    /// Stack: → the thing with this number, or nothing and false
    func pushThing(_ number: Int, _ stack: Stack) -> Bool {
        guard number < count, upvalues[number] == nil else { return false }
        stack.rawGet(Stack.registry, at: reference)
        stack.rawGet(-1, at: number + 1)
        stack.remove(-2)
        return true
    }
}
