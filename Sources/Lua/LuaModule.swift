// The modules that are written in Lua and part of the program.

import LuaModules

/// A module of the program, with its source.
package struct LuaModule {
    package let name: String
    package let text: [UInt8]

    /// The module that `require` finds under this name.
    package init?(named wanted: String) {
        var index: Int32 = 0
        while let name = unsafe pmap_lua_module_name(index) {
            if unsafe String(cString: name) == wanted {
                var length = 0
                let start = unsafe pmap_lua_module_text(index, &length)
                self.name = wanted
                text = unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
                return
            }
            index += 1
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
