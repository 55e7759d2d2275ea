// The modules that are written in Lua, as they are in the program.

import LuaModules

/// One of them.
package struct LuaModule {
    package let name: String
    package let text: [UInt8]

    package static let all: [LuaModule] = {
        var modules: [LuaModule] = []
        var place: Int32 = 0
        while let name = unsafe pmap_lua_module_name(place) {
            var length = 0
            let text = unsafe pmap_lua_module_text(place, &length)
            unsafe modules.append(
                LuaModule(
                    name: String(cString: name), text: Array(UnsafeRawBufferPointer(start: text, count: length))))
            place += 1
        }
        return modules
    }()
}
