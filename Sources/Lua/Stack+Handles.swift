// Handles: numbers of things that are outside of Lua, held by userdata that tell when they are collected.

import CLua
import CLuaBridge

/// Keeps the things that handles stand for, and knows how they travel. It lives as long as the state.
package final class HandleKeeper {
    /// The handle is in what has been encoded.
    package var send: (Int) -> Void = { _ in }
    /// A message had the handle, which will be pushed.
    package var receive: (Int) throws(LuaError) -> Void = { _ in }
    /// No userdata of this process has the handle any more.
    package var drop: (Int) -> Void = { _ in }

    package init() {}
}

extension Stack {
    /// Stack: → handle; the same number is the same userdata as long as it lives.
    package func push(handle number: Int, of keeper: HandleKeeper) {
        let context = unsafe Unmanaged.passUnretained(keeper).toOpaque()
        unsafe pmap_push_handle(thread, UInt64(number), dropHandle, context)
    }

    /// The number of the handle at `index`, or nil.
    package func handle(_ index: Int32) -> Int? {
        let number = unsafe pmap_handle_number(thread, index)
        return number == 0 ? nil : Int(number)
    }

    /// What the handle at `index` stands for is given up: the userdata stands for nothing any more, whatever gets the
    /// number next.
    package func forgetHandle(_ index: Int32) { unsafe pmap_forget_handle(thread, index) }

    /// Stack: → Lua file on the descriptor, which is the file's from now on.
    package func pushFile(_ descriptor: Int32, mode: String) { unsafe pmap_push_file(thread, descriptor, mode) }
}

private func dropHandle(_ context: UnsafeMutableRawPointer?, _ number: UInt64) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<HandleKeeper>.fromOpaque(context).takeUnretainedValue().drop(Int(number))
}
