// The script's `inputs` function, called until it returns nil.

import Lua
package import Wire

extension LoadedScript {
    package func makeIteration() -> Iteration { Iteration(self) }
}

/// One pass over the items a script makes.
package struct Iteration {
    private let stack: Stack
    private let scriptName: String
    private var encoder: Encoder
    private var calls = 0

    init(_ script: LoadedScript) {
        stack = script.stack
        scriptName = script.name
        encoder = Encoder(stack)
        stack.top = 0
        script.push(.inputs)
    }

    /// Appends the next item as a value on the wire; false after the last one.
    package mutating func appendNext(to buffer: inout WireBuffer) throws(Failure) -> Bool {
        calls += 1
        stack.copy(1)
        do throws(LuaError) {
            try stack.call(arguments: 0, results: 1)
        } catch {
            throw Failure(.error, "\(scriptName): inputs failed at item \(calls): \(error.message)", traceback: error.traceback)
        }
        defer { stack.top = 1 }
        if stack.type(-1) == .nil { return false }
        do throws(EncodeError) {
            try encoder.encode(-1, of: stack, into: &buffer, root: "inputs[\(calls)]")
        } catch {
            throw Failure(.unsendable, "\(scriptName): \(error)")
        }
        return true
    }
}
