// Swift functions that Lua can call. A thrown error becomes a Lua error, raised in C when the Swift frame is gone.

import CLua
import CLuaBridge

/// Its arguments are on the stack, from index 1; it returns the number of results it has pushed.
package typealias HostFunction = (Stack) throws(LuaError) -> Int32

private final class HostFunctionBox {
    let body: HostFunction
    init(_ body: @escaping HostFunction) { self.body = body }
}

extension Stack {
    /// Stack: → function. A thrown message gets the caller's position in front, as under `luaL_error`.
    package func push(function body: @escaping HostFunction) {
        let box = unsafe Unmanaged.passRetained(HostFunctionBox(body)).toOpaque()
        unsafe pmap_push_function(thread, callHostFunction, box, releaseHostFunction)
    }
}

private func callHostFunction(_ thread: OpaquePointer?, _ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let thread = unsafe thread, let context = unsafe context else { return 0 }
    let stack = unsafe Stack(thread)
    let box = unsafe Unmanaged<HostFunctionBox>.fromOpaque(context).takeUnretainedValue()
    do throws(LuaError) {
        return try box.body(stack)
    } catch {
        stack.push(stack.position() + error.message)
        return Int32(PMAP_RAISE)
    }
}

private func releaseHostFunction(_ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<HostFunctionBox>.fromOpaque(context).release()
}
