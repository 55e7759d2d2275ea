// What pcall has caught; see caught.h.

import CLua
import CLuaBridge

extension Stack {
    /// Makes `pcall` one that can note what it catches, before a script is loaded.
    package func changePcall() throws(LuaError) {
        let status = unsafe pmap_change_pcall(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// It does from now on.
    package func noteCaught() { pmap_note_caught() }

    /// Stack: → the last value, the traceback of where it was raised, whether it was just now; or → (nothing), and false
    package func pushCaught() -> Bool { unsafe pmap_push_caught(thread) }
}
