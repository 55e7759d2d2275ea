// The last error that pcall has caught; see caught.h.

import CLua
import CLuaBridge

extension Stack {
    /// Replaces `pcall` by one that can record the errors it catches, before a script is loaded.
    package func changePcall() throws(LuaError) {
        let status = unsafe pmap_change_pcall(thread)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// It records them from now on.
    package func recordCaught() { pmap_record_caught() }

    /// Stack: → the last value, the traceback of where it was raised, whether the last `pcall` has caught
    /// it; or → (nothing), and false
    package func pushCaught() -> Bool { unsafe pmap_push_caught(thread) }
}
