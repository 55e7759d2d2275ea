// Handles: userdata with numbers of things outside of Lua, and Lua files on descriptors.

import CLua
import CLuaBridge

extension Stack {
    /// Stack: → handle; the same number gives the same userdata as long as that lives.
    package func push(handle number: Int, of registry: HandleRegistry) {
        let context = unsafe Unmanaged.passUnretained(registry).toOpaque()
        unsafe pmap_push_handle(thread, UInt64(number), dropHandle, context)
    }

    /// The number of the handle at `index`, or nil.
    package func handle(_ index: Int32) -> Int? {
        let number = unsafe pmap_handle_number(thread, index)
        return number == 0 ? nil : Int(number)
    }

    /// Detaches the handle at `index` from its number, which may get another userdata.
    package func forgetHandle(_ index: Int32) { unsafe pmap_forget_handle(thread, index) }

    /// Stack: → Lua file, which owns the descriptor.
    package func pushFile(_ descriptor: Int32, mode: String) { unsafe pmap_push_file(thread, descriptor, mode) }
}

private func dropHandle(_ context: UnsafeMutableRawPointer?, _ number: UInt64) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<HandleRegistry>.fromOpaque(context).takeUnretainedValue().drop(Int(number))
}
