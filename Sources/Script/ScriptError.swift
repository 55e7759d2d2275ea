// Why a script cannot be used: it does not load, or it has no task.

package import Lua

package enum ScriptError: Error, Equatable, CustomStringConvertible {
    /// It does not compile, or its top level failed.
    case lua(LuaError)
    case bytecode(script: String)
    case noTask(script: String, isLocal: Bool)
    case notCallable(script: String, name: String, type: String)
    /// `-e` got a function where the body of one belongs.
    case functionInsteadOfBody

    package var description: String {
        switch self {
        case .lua(let error): error.message
        case .bytecode(let script): "\(script): this is Lua bytecode; give the source text"
        case .noTask(let script, isLocal: true):
            "\(script): no task: it is local here; write function task(item), or return task"
        case .noTask(let script, isLocal: false):
            "\(script): no task: write function task(item) … end, or return a function"
        case .notCallable(let script, let name, let type):
            "\(script): \(name) is a \(type), not a function"
        case .functionInsteadOfBody:
            "-e: write the body, not a function: -e 'item:upper()' or -e 'return item:upper()'"
        }
    }
}
