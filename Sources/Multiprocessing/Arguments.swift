// The arguments of the core module's functions on Lua's stack, and their results.

import Lua
import Posix

extension Stack {
    /// A timeout: nothing or `true` for ever, `false` for not at all, or seconds; where it is the last argument, Python's
    /// pair `true, 5` too.
    func timeout(_ index: Int32, isLast: Bool = true) throws(LuaError) -> Timeout {
        let second = isLast ? try timeout(index + 1, isLast: false) : .forever
        switch type(index) {
        case .none, .nil: return second
        case .boolean: return boolean(index) ? second : .none
        case .number: return try seconds(index)
        case let other: throw LuaError(message: "a timeout is a number of seconds, true or false, not a \(other)")
        }
    }

    private func seconds(_ index: Int32) throws(LuaError) -> Timeout {
        let seconds = number(index)
        if seconds.isNaN { throw LuaError(message: "a timeout is a number of seconds, not nan") }
        return .seconds(seconds)
    }

    func handleArgument(_ index: Int32) throws(LuaError) -> Int {
        guard let handle = handle(index) else {
            throw LuaError(message: "not a handle but a \(type(index)); call methods with a colon")
        }
        return handle
    }

    func integerArgument(_ index: Int32, default fallback: Int? = nil, _ name: String) throws(LuaError) -> Int {
        if let fallback, type(index) == .nil || type(index) == .none { return fallback }
        guard type(index) == .number, let value = integer(index) else {
            throw LuaError(message: "\(name) is an integer, not a \(type(index))")
        }
        return Int(value)
    }

    /// An integer that is a C int: a process's number, a signal.
    func smallIntegerArgument(
        _ index: Int32, default fallback: Int? = nil, _ name: String
    ) throws(LuaError) -> Int32 {
        let value = try integerArgument(index, default: fallback, name)
        guard let small = Int32(exactly: value) else { throw LuaError(message: "\(value) is not \(name)") }
        return small
    }

    func numberArgument(_ index: Int32) throws(LuaError) -> Number {
        if type(index) == .boolean { return .boolean(boolean(index)) }
        guard type(index) == .number else { throw LuaError(message: "not a number but a \(type(index))") }
        if isInteger(index), let value = integer(index) { return .integer(value) }
        return .float(number(index))
    }

    /// A number, or of an array of characters a string of one byte.
    func elementArgument(_ index: Int32, isByte: Bool) throws(LuaError) -> Number {
        guard isByte, type(index) == .string else { return try numberArgument(index) }
        guard rawCount(index) == 1, let byte = byteArray(index)?.first else {
            throw LuaError(message: "one place holds one byte; write array.value for a string")
        }
        return .integer(Int64(byte))
    }

    func push(_ value: Number?) {
        switch value {
        case .integer(let value): push(value)
        case .float(let value): push(value)
        case .boolean(let value): push(value)
        case nil: pushNil()
        }
    }

    /// Stack: → nil, reason
    func pushNil(reason: Reason) -> Int32 {
        pushNil()
        push(reason.rawValue)
        return 2
    }
}

/// Runs `body`, whose error is raised at the script's line that called.
func orRaise<Value: ~Copyable>(_ body: () throws(TreeError) -> Value) throws(LuaError) -> Value {
    do throws(TreeError) { return try body() } catch { throw LuaError(message: error.description) }
}
