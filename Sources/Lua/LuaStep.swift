// A call between two instructions of Lua, which a signal handler can ask for; see interruption.h.

import CLuaBridge

/// A call at the next step of Lua after a signal.
@safe package enum LuaStep {
    /// Asks for the call; for a signal handler.
    package static let ask: @convention(c) () -> Void = { pmap_step() }

    /// Sets what is called from now on. It may read the stack, and raises nothing.
    package static func answer(_ stack: Stack, _ answer: @escaping () -> Void) {
        final class Answer {
            let body: () -> Void
            init(_ body: @escaping () -> Void) { self.body = body }
        }
        let answer = unsafe Unmanaged.passRetained(Answer(answer)).toOpaque()
        unsafe pmap_at_step(
            stack.thread,
            { answer in
                if let answer = unsafe answer {
                    unsafe Unmanaged<Answer>.fromOpaque(answer).takeUnretainedValue().body()
                }
            }, answer)
    }
}
