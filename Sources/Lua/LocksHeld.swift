// The number of locks that the running task holds; see values.h.

import CLuaBridge

/// The locks that the running task has acquired and not released, as far as this process knows.
package enum LocksHeld {
    package static func add(_ more: Int) { pmap_add_locks_held(Int64(more)) }
    /// Whether there may be some; the next task begins with none.
    package static func clear() -> Bool { pmap_clear_locks_held() != 0 }
}
