// Extensions are decoded here: see the table in `MessagePackExtension`.

extension Decoder {
    /// Pushes a value that is neither table nor function and returns true; else pushes and reads nothing.
    mutating func pushExtension(_ code: Int8, count: Int, _ reader: inout MessagePackReader) throws(DecodeError) -> Bool
    {
        let start = reader.offset
        guard let kind = MessagePackExtension(rawValue: code), kind != .graph else {
            throw .unknownExtension(code, at: start)
        }
        try reader.require(count)
        switch kind {
        case .array, .object, .instance, .function, .table: return false
        case .graph: throw .malformed(kind, at: start)
        case .null:
            if count != 0 { throw .malformed(kind, at: start) }
            stack.pushNull()
        case .timestamp:
            let time = try reader.readTimestamp(count: count)
            if time.nanoseconds == 0 {
                stack.push(time.seconds)
            } else {
                stack.push(Double(time.seconds) + Double(time.nanoseconds) / 1e9)
            }
        case .reference:
            guard count == 4, let graph, graph.pushObject(Int(try reader.read(UInt32.self)), stack) else {
                throw .malformed(kind, at: start)
            }
        case .module, .class:
            unsafe stack.push(bytes: try reader.readBytes(count))
            if kind == .class { try resolveClass(at: start) } else { try resolveModule(at: start) }
        case .member: try pushMember(end: start + count, &reader)
        case .handle:
            guard count == 8, let handleRegistry else { throw .malformed(kind, at: start) }
            let handle = Int(try reader.read(Int64.self))
            do throws(LuaError) { try handleRegistry.receive(handle) } catch {
                throw .unresolved(error.message, at: start)
            }
            stack.push(handle: handle, of: handleRegistry)
        }
        return true
    }

    /// Begins a tagged table, an instance or a function, whose payload is complete. Stack: → it
    mutating func openExtension(
        _ code: Int8, count: Int, awaited: Int, _ reader: inout MessagePackReader
    ) throws(DecodeError) -> Frame {
        let start = reader.offset, end = start + count, outerEnd = reader.payloadEnd
        guard let kind = MessagePackExtension(rawValue: code) else { throw .unknownExtension(code, at: start) }
        reader.payloadEnd = end
        var frame: Frame
        switch kind {
        case .function: frame = try openFunction(awaited: awaited, &reader)
        case .table:
            guard case .integer(let length) = try reader.readToken() else { throw .malformed(kind, at: start) }
            frame = try openShaped(kind, at: start, length: length, awaited: awaited, &reader)
        default: frame = try openWithMetatable(kind, awaited: awaited, &reader)
        }
        frame.end = end
        frame.outerEnd = outerEnd
        return frame
    }

    /// Stack: → table
    private mutating func openWithMetatable(
        _ kind: MessagePackExtension, awaited: Int, _ reader: inout MessagePackReader
    ) throws(DecodeError) -> Frame {
        let start = reader.offset
        try pushMetatable(kind, &reader)
        let frame: Frame
        switch try reader.readToken() {
        case .array(let count): frame = try openTable(.list, count: count, awaited: awaited, &reader)
        case .map(let count): frame = try openTable(.pairs, count: 2 * count, awaited: awaited, &reader)
        case .integer(let length):
            frame = try openShaped(kind, at: start, length: length, awaited: awaited, &reader)
        default: throw .malformed(kind, at: start)
        }
        stack.insert(at: -2)
        stack.setMetatable(-2)
        return frame
    }

    /// Stack: → metatable
    private mutating func pushMetatable(_ kind: MessagePackExtension, _ reader: inout MessagePackReader)
        throws(DecodeError)
    {
        let start = reader.offset
        switch kind {
        case .array: tags.pushMetatable(.array, in: stack)
        case .object: tags.pushMetatable(.object, in: stack)
        default:
            guard case .extension(let code, let count) = try reader.readToken(),
                code >= MessagePackExtension.module.rawValue, try pushExtension(code, count: count, &reader),
                stack.type(-1) == .table
            else { throw .malformed(kind, at: start) }
        }
    }
}

// MARK: Values that are sent by name

extension Decoder {
    /// Stack: name → metatable
    private func resolveClass(at offset: Int) throws(DecodeError) {
        stack.rawGet(Stack.registry, at: classes)
        stack.copy(-2)
        guard stack.rawGet(-2) == .table else {
            let name = stack.string(-3) ?? ""
            throw .unresolved(
                "no class is registered here as \(name); register it before the process is made that receives it",
                at: offset)
        }
        stack.replace(-3)
        stack.pop()
    }

    /// Requires the module if it is not loaded. Stack: name → module
    private func resolveModule(at offset: Int) throws(DecodeError) {
        if stack.string(-1) == "_G" {
            stack.pop()
            return stack.pushGlobals()
        }
        stack.rawGet(Stack.registry, at: loaded)
        stack.copy(-2)
        if stack.rawGet(-2) == .nil {
            stack.pop()
            try requireModule(at: offset)
        }
        guard isNameable(-1) else {
            throw .unresolved("module \(stack.string(-3) ?? "") is no table or function here", at: offset)
        }
        stack.replace(-3)
        stack.pop()
    }

    /// Another value could be a nan, which raises an error as a key.
    private func isNameable(_ index: Int32) -> Bool {
        stack.type(index) == .table || stack.type(index) == .function
    }

    /// Stack: name, loaded → name, loaded, module
    private func requireModule(at offset: Int) throws(DecodeError) {
        stack.pushGlobals()
        stack.rawGet(-1, field: "require")
        stack.remove(-2)
        stack.copy(-3)
        do throws(LuaError) {
            try stack.call(arguments: 1, results: 1)
        } catch {
            throw .unresolved(error.message, at: offset)
        }
    }

    /// Stack: → the member of the module
    private mutating func pushMember(end: Int, _ reader: inout MessagePackReader) throws(DecodeError) {
        let start = reader.offset
        try pushText(end: end, &reader)
        try pushText(end: end, &reader)
        guard reader.offset == end else { throw .malformed(.member, at: start) }
        stack.copy(-2)
        try resolveModule(at: start)
        stack.copy(-2)
        guard stack.type(-2) == .table, stack.rawGet(-2) != .nil, isNameable(-1) else {
            let module = stack.string(-4) ?? "", key = stack.string(-3) ?? ""
            throw .unresolved("module \(module) has no \(key) here", at: start)
        }
        stack.replace(-4)
        stack.pop(2)
    }

    /// Stack: → string
    private func pushText(end: Int, _ reader: inout MessagePackReader) throws(DecodeError) {
        guard reader.offset < end, case .string(let count) = try reader.readToken(), count <= end - reader.offset else {
            throw .malformed(.member, at: reader.offset)
        }
        unsafe stack.push(bytes: try reader.readBytes(count))
    }
}
