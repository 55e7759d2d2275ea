// A Lua thread for Swift: pushes, reads, calls. It owns nothing; `State` does.
//
// Swift calls only functions that the Lua manual marks `-` or `m` (`m` is safe because allocation does not fail while
// Swift is on the stack, see heap.h). The others are in CLuaBridge, under lua_pcall.

package import Bytes
import CLua
import CLuaBridge

/// The type of a value on the stack.
package enum ValueType: Int32, Sendable {
    case none = -1
    case `nil`, boolean, lightUserdata, number, string, table, function, userdata, thread
}

/// A Lua thread's stack. Indices are Lua's own: from 1 at the bottom, from -1 at the top.
@safe package struct Stack {
    /// For C functions.
    package let thread: OpaquePointer

    init(_ thread: OpaquePointer) {
        unsafe self.thread = thread
    }

    package static var registry: Int32 { pmap_registry() }

    /// The index of an upvalue of the running host function; they are numbered from 1.
    package static func upvalue(_ number: Int32) -> Int32 { pmap_upvalue(number) }

    // MARK: The stack itself

    package var top: Int32 {
        get { unsafe lua_gettop(thread) }
        nonmutating set { unsafe lua_settop(thread, newValue) }
    }

    package func pop(_ count: Int32 = 1) { unsafe lua_settop(thread, -count - 1) }
    package func absolute(_ index: Int32) -> Int32 { unsafe lua_absindex(thread, index) }
    package func copy(_ index: Int32) { unsafe lua_pushvalue(thread, index) }

    /// Stack: …, value → value moved to `index`, those above shifted up.
    package func insert(at index: Int32) { unsafe lua_rotate(thread, index, 1) }

    package func remove(_ index: Int32) {
        unsafe lua_rotate(thread, index, -1)
        pop()
    }

    /// Stack: …, value → …, with the value at `index` replaced by it.
    package func replace(_ index: Int32) {
        unsafe lua_copy(thread, -1, index)
        pop()
    }

    /// Makes the stack hold `count` more values; false when Lua's limit (1,000,000) is reached.
    package func reserve(_ count: Int32) -> Bool { unsafe lua_checkstack(thread, count) != 0 }

    // MARK: Push

    package func pushNil() { unsafe lua_pushnil(thread) }
    package func push(_ value: Bool) { unsafe lua_pushboolean(thread, value ? 1 : 0) }
    package func push(_ value: Int64) { unsafe lua_pushinteger(thread, value) }
    package func push(_ value: Double) { unsafe lua_pushnumber(thread, value) }
    package func push(_ text: String) {
        var text = text
        text.withUTF8 { unsafe push(bytes: UnsafeRawBufferPointer($0)) }
    }
    package func push(bytes: UnsafeRawBufferPointer) {
        unsafe lua_pushlstring(thread, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    package func push(_ text: ByteString) { push(text.bytes) }
    package func push(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe push(bytes: $0) }
    }
    package func pushGlobals() {
        unsafe lua_rawgeti(thread, Stack.registry, lua_Integer(pmap_globals_slot()))
    }

    /// JSON's null as Lua sees it: the light userdata NULL, which is also lua-cjson's.
    package func pushNull() { unsafe lua_pushlightuserdata(thread, nil) }
    package func isNull(_ index: Int32) -> Bool {
        unsafe type(index) == .lightUserdata && lua_touserdata(thread, index) == nil
    }

    // MARK: Read

    package func type(_ index: Int32) -> ValueType {
        unsafe ValueType(rawValue: lua_type(thread, index)) ?? .none
    }

    package func isInteger(_ index: Int32) -> Bool { unsafe lua_isinteger(thread, index) != 0 }
    package func boolean(_ index: Int32) -> Bool { unsafe lua_toboolean(thread, index) != 0 }
    /// The integer at `index`; a float with an integral value and a numeric string count.
    package func integer(_ index: Int32) -> Int64? {
        var isNumber: Int32 = 0
        let value = unsafe lua_tointegerx(thread, index, &isNumber)
        return isNumber != 0 ? value : nil
    }
    package func number(_ index: Int32) -> Double { unsafe lua_tonumberx(thread, index, nil) }

    /// The bytes of the string at `index`, valid while it stays on the stack. A number there becomes a string.
    package func bytes(_ index: Int32) -> UnsafeRawBufferPointer? {
        var count = 0
        guard let start = unsafe lua_tolstring(thread, index, &count) else { return nil }
        return unsafe UnsafeRawBufferPointer(start: start, count: count)
    }

    /// The string at `index`; bytes that are not UTF-8 are repaired.
    package func string(_ index: Int32) -> String? {
        guard type(index) == .string, let bytes = unsafe bytes(index) else { return nil }
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// A copy of the bytes of the string at `index`.
    package func byteString(_ index: Int32) -> ByteString? {
        guard type(index) == .string, let bytes = unsafe bytes(index) else { return nil }
        return unsafe ByteString(bytes)
    }

    /// The identity of a table, function, thread or userdata.
    package func identity(_ index: Int32) -> UInt { unsafe UInt(bitPattern: lua_topointer(thread, index)) }
    package func rawEqual(_ left: Int32, _ right: Int32) -> Bool { unsafe lua_rawequal(thread, left, right) != 0 }

    // MARK: Tables, without metamethods

    package func newTable(list: Int32 = 0, keys: Int32 = 0) { unsafe lua_createtable(thread, list, keys) }
    package func rawCount(_ index: Int32) -> Int { unsafe Int(lua_rawlen(thread, index)) }

    /// Stack: key → value
    @discardableResult
    package func rawGet(_ table: Int32) -> ValueType {
        unsafe ValueType(rawValue: lua_rawget(thread, table)) ?? .none
    }
    /// Stack: → value
    @discardableResult
    package func rawGet(_ table: Int32, at index: Int) -> ValueType {
        unsafe ValueType(rawValue: lua_rawgeti(thread, table, lua_Integer(index))) ?? .none
    }
    /// Stack: → value
    @discardableResult
    package func rawGet(_ table: Int32, field: String) -> ValueType {
        let table = absolute(table)
        push(field)
        return rawGet(table)
    }
    /// Stack: key, value →. The key must be neither nil nor nan.
    package func rawSet(_ table: Int32) { unsafe lua_rawset(thread, table) }
    /// Stack: value →
    package func rawSet(_ table: Int32, at index: Int) { unsafe lua_rawseti(thread, table, lua_Integer(index)) }
    /// Stack: value →
    package func rawSet(_ table: Int32, field: String) {
        let table = absolute(table)
        push(field)
        insert(at: -2)
        rawSet(table)
    }

    /// Stores the value on top in the registry, where `rawGet(Stack.registry, at:)` finds it. Stack: value →
    package func makeReference() -> Int { unsafe Int(luaL_ref(thread, Stack.registry)) }

    package func releaseReference(_ reference: Int) { unsafe luaL_unref(thread, Stack.registry, Int32(reference)) }

    /// Stack: → metatable, or nothing and false.
    package func pushMetatable(_ index: Int32) -> Bool { unsafe lua_getmetatable(thread, index) != 0 }
    /// Stack: metatable or nil →
    package func setMetatable(_ index: Int32) { unsafe lua_setmetatable(thread, index) }

    /// Stack: key → key, value, key, value, …: at most `limit` pairs of the table that follow `key`, which is nil
    /// for the first ones. Returns their number.
    package func nextPairs(_ table: Int32, limit: Int32) throws(LuaError) -> Int32 {
        let pairs = unsafe pmap_next(thread, table, limit)
        if pairs < 0 { throw popError(status: LUA_ERRRUN) }
        return pairs
    }

    /// Stack: → the first key that is neither one of 1…`count` nor table.pack's n, or nil.
    package func pushNonIndexKey(_ table: Int32, count: Int) {
        unsafe pmap_push_non_index_key(thread, table, Int64(count))
    }

    // MARK: Calls

    /// Stack: function, arguments… → results…; `results` of -1 keeps all.
    package func call(arguments: Int32, results: Int32) throws(LuaError) {
        let status = unsafe pmap_call(thread, arguments, results)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Stack: → handler, for `call(…, handler:)` in a loop.
    package func pushHandler() { unsafe pmap_push_handler(thread) }

    /// The same with a message handler that is on the stack already, at `handler`.
    package func call(arguments: Int32, results: Int32, handler: Int32) throws(LuaError) {
        let status = unsafe pmap_call_handled(thread, arguments, results, handler)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// All results of a call, instead of a number of them.
    package static let all = LUA_MULTRET

    /// Stack: function, arguments… → results…; or → what the handler at `handler` made of the error, and false
    package func tryCall(arguments: Int32, results: Int32, handler: Int32) -> Bool {
        unsafe pmap_call_handled(thread, arguments, results, handler) == LUA_OK
    }

    /// Stack: value → string, as `tostring` makes it
    package func convertToString() throws(LuaError) {
        let status = unsafe pmap_tostring(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Stack: → function. `name` appears in messages; with a leading `@` it is a file. Bytecode is refused.
    package func load(_ source: UnsafeRawBufferPointer, name: String) throws(LuaError) {
        let start = unsafe source.baseAddress?.assumingMemoryBound(to: CChar.self)
        let status = unsafe luaL_loadbufferx(thread, start, source.count, name, "t")
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Stack: → function. The source is read byte by byte; on a syntax error `read` is how far.
    package func load(_ source: ByteString, name: String, read: inout Int) throws(LuaError) {
        var count = 0
        let status = unsafe source.bytes.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe pmap_load_counting(thread, start, bytes.count, name, &count)
        }
        read = count
        if status != LUA_OK { throw popError(status: status) }
    }

    /// Stack: → function, as above, in one go.
    package func load(_ source: [UInt8], name: ByteString) throws(LuaError) {
        let name = name.terminated
        let status = unsafe source.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe luaL_loadbufferx(thread, start, bytes.count, name, "t")
        }
        if status != LUA_OK { throw popError(status: status) }
    }

    /// The line of the script that has called the running host function, as `lengths.lua:9: `, or an empty string.
    package func position() -> String {
        unsafe pmap_push_position(thread)
        defer { pop() }
        return string(-1) ?? ""
    }

    /// Stack: message →
    func popError(status: Int32) -> LuaError {
        let message = byteString(-1)?.text ?? "(no message)"
        pop()
        var traceback: String?
        if status == LUA_ERRRUN {
            unsafe pmap_push_traceback(thread)
            traceback = byteString(-1)?.text
            pop()
        }
        return LuaError(message: message, traceback: traceback)
    }
}
