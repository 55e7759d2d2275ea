// The values without a form in a text format, by their names in messages.

import Lua

/// A value without a form in any format, or in this one.
package enum Unwritable: Error, Equatable, Sendable, CustomStringConvertible {
    case function, coroutine, table
    case userdata(name: String?)
    case number(String)
    case stringNotUTF8
    /// Of more bytes or entries than a format counts.
    case long(String)
    case key(String)
    case equalKeys(String)
    case keyNotUTF8
    case keyInArray
    case sparseArray
    case cycle
    case depth(Int)
    /// Lua's message.
    case unreadable(String)

    package var description: String {
        switch self {
        case .function: "a function"
        case .coroutine: "a coroutine"
        case .table: "a table in a field"
        case .userdata(let name): name.map { "userdata (\($0))" } ?? "userdata"
        case .number(let text): text
        case .stringNotUTF8: "a string that is not UTF-8"
        case .long(let type): "\(type) of 4294967296 or more"
        case .key(let type): "a table with \(type) as a key"
        case .equalKeys(let name): "a table with two keys that read \"\(name)\""
        case .keyNotUTF8: "a table with a key that is not UTF-8"
        case .keyInArray: "an array with a key that is no place in it"
        case .sparseArray: "an array that is mostly holes"
        case .cycle: "a table that contains itself"
        case .depth(let limit): "tables in tables more than \(limit) deep"
        case .unreadable(let message): "a table that cannot be read (\(message))"
        }
    }
}

extension Stack {
    /// The value at `index`, which has no form in a text format.
    func unwritable(_ index: Int32) -> Unwritable {
        switch type(index) {
        case .function: .function
        case .thread: .coroutine
        default: .userdata(name: typeName(index))
        }
    }

    /// A metatable's `__name`.
    private func typeName(_ index: Int32) -> String? {
        guard type(index) != .lightUserdata, pushMetatable(index) else { return nil }
        defer { pop(2) }
        rawGet(-1, field: "__name")
        return string(-1)
    }
}
