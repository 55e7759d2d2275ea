// Functions are encoded by name when they are in a module, else as bytecode and upvalues.

import Bytes
import CLua

extension Encoder {
    mutating func openFunction(_ index: Int32, into buffer: inout ByteBuffer) throws(EncodeError) -> Frame? {
        if let entry = try orInterrupted({ () throws(LuaError) in try names.find(index, as: .function, in: stack) }) {
            encodeName(entry, into: &buffer)
            return nil
        }
        if stack.isHostCode(index) {
            throw .cannotSend("a C function", path: "", advice: "it is not directly in a loaded module")
        }
        if encodeReference(to: stack.identity(index), into: &buffer) { return nil }
        let index = ensureStack(for: index)
        let header = buffer.open(.function)
        hasCode = true
        try encodeBytecode(of: index, into: &buffer)
        var upvalues: Int32 = 0
        while stack.hasUpvalue(index, at: upvalues + 1) { upvalues += 1 }
        buffer.appendArray(count: Int(upvalues))
        return frame(.upvalues, index, base: stack.top, count: Int(upvalues), header: header)
    }

    private func encodeBytecode(of index: Int32, into buffer: inout ByteBuffer) throws(EncodeError) {
        let hash = buffer.count
        buffer.append(bigEndian: 0 as UInt64)
        buffer.openBinary()
        let code = buffer.count
        stack.copy(index)
        stack.dumpFunction(into: &buffer)
        stack.pop()
        guard let size = UInt32(exactly: buffer.count - code) else { throw tooLarge("a function") }
        buffer.store(bigEndian: size, at: code - 4)
        let bytecode = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[code...])
        buffer.store(bigEndian: unsafe bytecodeHash(bytecode), at: hash)
    }

    mutating func advanceUpvalues(_ frame: inout Frame, into buffer: inout ByteBuffer) throws(EncodeError) -> Int32? {
        while frame.current < frame.count {
            stack.top = frame.base
            frame.current += 1
            let index = Int32(frame.current)
            let variable = stack.upvalueIdentity(of: frame.index, at: index)
            if encodeReference(to: variable, into: &buffer) { continue }
            _ = stack.pushUpvalue(of: frame.index, at: index)
            if !(try encodeScalar(frame.base + 1, nilIsNull: false, into: &buffer)) { return frame.base + 1 }
        }
        return nil
    }

    /// Writes the name of a known value.
    func encodeName(_ entry: Int, into buffer: inout ByteBuffer) {
        let height = stack.top
        defer { stack.top = height }
        names.pushName(entry, stack)
        guard let name = unsafe stack.bytes(-1) else { return }
        switch names.kind(entry) {
        case .module, .class:
            buffer.append(names.kind(entry) == .module ? .module : .class, count: name.count)
            unsafe buffer.append(name)
        case .member:
            names.pushKey(entry, stack)
            guard let key = unsafe stack.bytes(-1) else { return }
            let start = buffer.open(.member)
            buffer.appendString(count: name.count)
            unsafe buffer.append(name)
            buffer.appendString(count: key.count)
            unsafe buffer.append(key)
            _ = buffer.close(start)
        }
    }
}
