// The reason why a value was not encoded.

package enum EncodeError: Error, Equatable, CustomStringConvertible {
    /// `value` is its kind, `path` where it is, `advice` the way out.
    case cannotSend(_ value: String, path: String, advice: String? = nil)
    /// Lua raised an error meanwhile, which only a debug hook can.
    case interrupted(LuaError)

    package var description: String {
        switch self {
        case .cannotSend(let value, let path, let advice):
            "cannot send \(value) at \(path)" + (advice.map { ": \($0)" } ?? "")
        case .interrupted(let error): error.message
        }
    }
}
