// An error of a Lua call, as plain data.

/// An error raised in Lua: its message as text, and where it was raised.
package struct LuaError: Error, Equatable, CustomStringConvertible {
    package var message: String
    /// As `debug.traceback` writes it; nil when there was no memory for one, or nothing was running.
    package var traceback: String?

    package init(message: String, traceback: String? = nil) {
        self.message = message
        self.traceback = traceback
    }

    package var description: String { message }
}
