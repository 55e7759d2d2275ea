// The terminal of this session, which can be lent to a child's group.

import CPosixBridge
import Glibc

package enum Terminal {
    /// Saves the terminal's modes, which `takeBack` can restore.
    package static func saveModes() { pmap_save_terminal_modes() }

    /// Lets a stopped child and its group go on in the foreground; false where this process is not there itself.
    package static func lend(to child: Int32) -> Bool { pmap_lend_terminal(child) }

    package static func takeBack(from child: Int32, restoringModes: Bool) {
        pmap_take_terminal_back(child, restoringModes)
    }

    package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Whether this process may write to it without being in anybody's way: its group is in the foreground, and no pager or
    /// editor has taken the keys.
    package static func isFree(_ descriptor: Int32) -> Bool {
        var modes = termios()
        guard unsafe tcgetattr(descriptor, &modes) == 0 else { return false }
        return modes.c_lflag & tcflag_t(ICANON) != 0 && tcgetpgrp(descriptor) == getpgrp()
    }

    /// How wide it is in characters; nil for what is no terminal, or one that does not say.
    package static func columns(_ descriptor: Int32) -> Int? {
        let columns = pmap_terminal_columns(descriptor)
        return columns > 0 ? Int(columns) : nil
    }
}
