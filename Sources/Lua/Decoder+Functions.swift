// Functions and references are decoded here.

extension Decoder {
    /// Stack: → function
    func openFunction(awaited: Int, _ reader: inout MessagePackReader) throws(DecodeError) -> Frame {
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

    mutating func advanceUpvalues(_ frame: inout Frame, _ reader: inout MessagePackReader) throws(DecodeError)
        -> MessagePackToken?
    {
        while frame.current < frame.count {
            frame.current += 1
            let index = Int32(frame.current)
            if try joinUpvalue(frame, at: index, &reader) { continue }
            graph?.addUpvalue(of: frame.number, at: index, stack)
            let token = try reader.readToken()
            guard try push(token, nilIsNull: false, &reader) else { return token }
            stack.setUpvalue(of: frame.index, at: index)
        }
        return nil
    }

    /// Joins the upvalue to a variable of an earlier function, if a reference to one follows; returns whether it has.
    private func joinUpvalue(_ frame: Frame, at index: Int32, _ reader: inout MessagePackReader) throws(DecodeError)
        -> Bool
    {
        guard let graph else { return false }
        let start = reader.offset
        if case .extension(MessagePackExtension.reference.rawValue, 4) = try reader.readToken(),
            let (function, upvalue) = graph.upvalue(Int(try reader.read(UInt32.self))),
            graph.pushObject(function, stack)
        {
            stack.joinUpvalue(of: frame.index, at: index, to: -1, at: upvalue)
            stack.pop()
            return true
        }
        reader.offset = start
        return false
    }

    /// Reads the head of a graph, if the message is one, and returns its end.
    mutating func openGraph(_ reader: inout MessagePackReader) throws(DecodeError) -> Int? {
        let start = reader.offset
        guard case .extension(MessagePackExtension.graph.rawValue, let count) = try reader.readToken() else {
            reader.offset = start
            return nil
        }
        try reader.require(count)
        graph = Graph(stack)
        reader.payloadEnd = reader.offset + count
        return reader.payloadEnd
    }
}
