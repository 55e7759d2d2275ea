// A script that `pmap run` runs: as lua itself does, with the modules to require.

package import Bytes
package import Lua

/// A state for a script as in lua, with the `pmap` table.
package final class StandaloneScript {
    private var state: State?
    private let module: PmapModule

    package let stack: Stack

    package init(arguments: [ByteString: ByteString], folders: [ByteString]) throws(LuaError) {
        let state = try State()
        stack = state.stack
        self.state = consume state
        try stack.beginOutput()
        try stack.watchCoroutines()
        try stack.changeRandom(seed: .random(in: 0...UInt64.max))
        try stack.nameScript()
        module = PmapModule(stack, arguments: arguments)
        stack.searchFirst(in: folders)
    }

    /// From now on a SIGINT raises "interrupted!" in the script.
    package func armInterrupts() { stack.armInterrupts() }

    /// Whether one was raised since the last call, and is this error, if there is one.
    package func wasInterrupted(_ error: LuaError? = nil) -> Bool {
        stack.endInterruption() != nil && error?.message.contains("interrupted!") ?? true
    }

    /// Closes the state, as lua does at its end, with all finalizers. Nothing may be called afterwards.
    package func close() { state = nil }

    /// Prepares the state for being shared by forked processes, in a process that runs nothing else any more.
    package func freeze() { state?.freeze() }

    /// As `lua -l NAME`: the module becomes a global.
    package func require(_ name: ByteString) throws(LuaError) { try stack.requireGlobally(name) }

    /// Runs a script's text. `words` are the command line: the script is at `script`, and its arguments follow; they
    /// become `arg`, and the arguments also `...`. Returns whether it has done nothing but define a task.
    package func run(_ source: [UInt8], name: ByteString, words: [ByteString], script: Int) throws(ScriptError) -> Bool
    {
        let text = try ScriptText(source, name: name)
        stack.newTable(list: Int32(words.count))
        for (index, word) in words.enumerated() {
            stack.push(word)
            stack.rawSet(-2, at: index - script)
        }
        stack.pushGlobals()
        stack.insert(at: -2)
        stack.rawSet(-2, field: "arg")
        stack.pop()
        do throws(LuaError) {
            try stack.refuseForeignWords(in: text.bytes)
            try stack.load(text.bytes, name: text.chunkName)
            let arguments = words.dropFirst(script + 1)
            guard stack.reserve(Int32(arguments.count)) else { throw LuaError(message: "too many arguments") }
            for word in arguments { stack.push(word) }
            try stack.call(arguments: Int32(arguments.count), results: 1)
        } catch {
            throw .lua(error)
        }
        defer { stack.pop() }
        return !stack.hasPrinted && (stack.type(-1) == .function || hasTask())
    }

    /// Whether the table on top of the stack, or else the globals, have a function `task`.
    private func hasTask() -> Bool {
        if stack.type(-1) == .table { stack.copy(-1) } else { stack.pushGlobals() }
        defer { stack.pop(2) }
        return stack.rawGet(-1, field: "task") == .function
    }
}
