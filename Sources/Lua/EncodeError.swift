// Why a value was not encoded.

package enum EncodeError: Error, Equatable, CustomStringConvertible {
    /// `thing` is what it is, `path` where, `advice` the way out.
    case cannotSend(_ thing: String, path: String, advice: String? = nil)
    /// Lua raised an error meanwhile, which only a debug hook can.
    case interrupted(LuaError)

    package var description: String {
        switch self {
        case .cannotSend(let thing, let path, let advice):
            "cannot send \(thing) at \(path)" + (advice.map { ": \($0)" } ?? "")
        case .interrupted(let error): error.message
        }
    }
}
