// What `pmap help` knows of the Lua modules: the definitions that editors read, laid out by pmap/definitions.lua in a Lua state
// of its own.

import Bytes
import Lua

enum Reference {
    enum Answer {
        case text(String)
        /// Nothing has the name; these are all that there are.
        case unknown([String])
    }

    /// All that is known of a name such as `Pool:map`, in lines of at most `width` characters.
    static func article(on name: String, width: Int) throws(LuaError) -> Answer {
        let state = try State(), stack = state.stack
        try pushFunction("help", stack)
        stack.push(name)
        stack.push(Int64(width))
        try stack.call(arguments: 3, results: 2)
        if let text = stack.string(-2) { return .text(text) }
        return .unknown(strings(stack))
    }

    /// Each module, and the first sentence about it.
    static func topics() throws(LuaError) -> [(String, String)] {
        let state = try State(), stack = state.stack
        try pushFunction("topics", stack)
        try stack.call(arguments: 1, results: 1)
        let words = strings(stack)
        return stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
    }

    /// Those in the list on top of the stack.
    private static func strings(_ stack: Stack) -> [String] {
        (0..<stack.rawCount(-1)).compactMap { place in
            stack.rawGet(-1, at: place + 1)
            defer { stack.pop() }
            return stack.string(-1)
        }
    }

    /// Stack: → function, definitions
    private static func pushFunction(_ name: String, _ stack: Stack) throws(LuaError) {
        guard let module = LuaModule(named: "pmap.definitions") else {
            throw LuaError(message: "pmap.definitions is not in the program")
        }
        try stack.load(module.text, name: ByteString("=[\(module.name)]"))
        try stack.call(arguments: 0, results: 1)
        stack.rawGet(-1, field: name)
        stack.newTable()
        for (place, text) in LuaModule.definitions.enumerated() {
            stack.push(text)
            stack.rawSet(-2, at: place + 1)
        }
    }
}
