// Functions as values: their bytecode and their upvalues.

import Bytes
import CLua
import CLuaBridge

extension Stack {
    package func isHostCode(_ index: Int32) -> Bool { unsafe lua_iscfunction(thread, index) != 0 }

    /// The parameters of the function on top, or nil if it is none. Stack: value →
    package func popParameters() -> (count: Int, isVariable: Bool)? {
        guard type(-1) == .function else {
            pop()
            return nil
        }
        var record = unsafe lua_Debug()
        unsafe lua_getinfo(thread, ">u", &record)
        return unsafe (Int(record.nparams), record.isvararg != 0)
    }

    /// Appends the bytecode of the Lua function on top of the stack, with its line numbers for messages.
    func dumpFunction(into buffer: inout ByteBuffer) {
        unsafe withUnsafeMutablePointer(to: &buffer) { pointer in
            let write: lua_Writer = { _, bytes, count, context in
                guard let buffer = unsafe context?.assumingMemoryBound(to: ByteBuffer.self) else { return 1 }
                unsafe buffer.pointee.append(UnsafeRawBufferPointer(start: bytes, count: count))
                return 0
            }
            unsafe lua_dump(thread, write, pointer, 0)
        }
    }

    /// Stack: → function, or → message and false. Bytecode that Lua did not write can crash it.
    func loadBytecode(_ bytecode: UnsafeRawBufferPointer) -> Bool {
        let start = unsafe bytecode.baseAddress?.assumingMemoryBound(to: CChar.self)
        return unsafe luaL_loadbufferx(thread, start, bytecode.count, "=?", "b") == LUA_OK
    }

    /// Returns the name of the upvalue. Stack: → value, or nothing and nil when the function has no such upvalue
    func pushUpvalue(of function: Int32, at index: Int32) -> String? {
        unsafe lua_getupvalue(thread, function, index).map { unsafe String(cString: $0) }
    }

    /// Stack: value →
    func setUpvalue(of function: Int32, at index: Int32) {
        if unsafe lua_setupvalue(thread, function, index) == nil { pop() }
    }

    func hasUpvalue(_ function: Int32, at index: Int32) -> Bool {
        guard unsafe lua_getupvalue(thread, function, index) != nil else { return false }
        pop()
        return true
    }

    /// The identity of the variable itself: functions that share it have the same.
    func upvalueIdentity(of function: Int32, at index: Int32) -> UInt {
        unsafe UInt(bitPattern: lua_upvalueid(thread, function, index))
    }

    /// Makes an upvalue of `function` the same variable as one of `other`.
    func joinUpvalue(of function: Int32, at index: Int32, to other: Int32, at otherIndex: Int32) {
        unsafe lua_upvaluejoin(thread, function, index, other, otherIndex)
    }
}
