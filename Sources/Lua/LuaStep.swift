// A call between two instructions of Lua, which a signal handler can ask for; see interruption.h.

import CLuaBridge

/// A call at the next step of Lua after a signal.
@safe package enum LuaStep {
    /// Requests the call; for a signal handler.
    package static let request: @convention(c) () -> Void = { pmap_step() }

    /// Sets the function that is called from now on. It may read the stack, and raises nothing.
    package static func handle(_ stack: Stack, _ body: @escaping () -> Void) {
        final class Handler {
            let body: () -> Void
            init(_ body: @escaping () -> Void) { self.body = body }
        }
        let context = unsafe Unmanaged.passRetained(Handler(body)).toOpaque()
        unsafe pmap_at_step(
            stack.thread,
            { context in
                if let context = unsafe context {
                    unsafe Unmanaged<Handler>.fromOpaque(context).takeUnretainedValue().body()
                }
            }, context)
    }
}
