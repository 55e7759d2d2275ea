// What the process does with handles: numbers of things outside of Lua.

/// Callbacks for the handles in messages and for handles that Lua collects. It lives as long as the state.
package final class HandleRegistry {
    /// The handle is in a value that was encoded.
    package var send: (Int) -> Void = { _ in }
    /// A message had the handle, which will be pushed.
    package var receive: (Int) throws(LuaError) -> Void = { _ in }
    /// No userdata of this process has the handle any more.
    package var drop: (Int) -> Void = { _ in }

    package init() {}
}
