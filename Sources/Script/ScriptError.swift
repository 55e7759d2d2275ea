// The reason why a script cannot be used: it does not load, or it has no task.

package import Bytes
package import Lua

package enum ScriptError: Error, Equatable, CustomStringConvertible {
    /// It does not compile, or its top level failed.
    case lua(LuaError)
    case bytecode(script: ByteString)
    /// `found` is nearly one.
    case noTask(script: ByteString, isLocal: Bool, found: String?)
    case noTaskInTable(script: ByteString, found: String?)
    case returns(script: ByteString, type: String)
    case wrongType(script: ByteString, ScriptName, type: String)
    /// `-e` got a function instead of the body of one.
    case functionInsteadOfBody

    package var description: String {
        switch self {
        case .lua(let error): error.message
        case .bytecode(let script): "\(script): this is Lua bytecode; give the source text"
        case .noTask(let script, isLocal: true, _):
            "\(script): no task: it is local here; write function task(item), or return task"
        case .noTask(let script, _, let found?), .noTaskInTable(let script, let found?):
            "\(script): no task: \(found) is none; write task"
        case .noTask(let script, isLocal: false, nil):
            "\(script): no task: write function task(item) … end, or return a function"
        case .noTaskInTable(let script, nil):
            "\(script): no task in the table it returns; write task = function(item) … end"
        case .returns(let script, let type):
            "\(script): it returns a \(type); return a function, or a table with task, inputs, …"
        case .wrongType(let script, .inputs, let type):
            "\(script): inputs is a \(type); write a list, or a function that returns the next item"
        case .wrongType(let script, .options, let type):
            "\(script): options is a \(type); write a table, as in { jobs = 2 }"
        case .wrongType(let script, let name, let type):
            "\(script): \(name.rawValue) is a \(type), not a function"
        case .functionInsteadOfBody:
            "-e: write the body, not a function: -e 'item:upper()' or -e 'return item:upper()'"
        }
    }
}
