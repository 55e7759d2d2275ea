// The modules that are written in Lua, as they are in the program.

import LuaModules

/// One of them.
package struct LuaModule {
    package let name: String
    package let text: [UInt8]

    /// The one that `require` finds under this name.
    package init?(named wanted: String) {
        var place: Int32 = 0
        while let name = unsafe pmap_lua_module_name(place) {
            if unsafe String(cString: name) == wanted {
                var length = 0
                let start = unsafe pmap_lua_module_text(place, &length)
                self.name = wanted
                text = unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
                return
            }
            place += 1
        }
        return nil
    }

    /// What editors and `pmap help` read of the modules, a text each.
    package static var definitions: [[UInt8]] {
        var texts: [[UInt8]] = []
        var length = 0
        while let start = unsafe pmap_lua_module_definitions(Int32(texts.count), &length) {
            unsafe texts.append(Array(UnsafeRawBufferPointer(start: start, count: length)))
        }
        return texts
    }
}
