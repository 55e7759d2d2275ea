// This process: its command line, its end, and its forks.

package import Bytes
import CPosixBridge
import Glibc

package enum Process {
    /// The words of the command line, as they are.
    package static var arguments: [ByteString] {
        var words: [ByteString] = []
        while let word = unsafe pmap_command_word(Int32(words.count)) { words.append(unsafe ByteString(cString: word)) }
        return words
    }

    /// Flushes C's streams, waits for programs that read what this process has written, and exits; nothing else is run or
    /// freed.
    package static func exit(_ status: Int32) -> Never {
        pmap_end_shells(-1)
        fflush(nil)
        pmap_liveness_note_exit(status)
        _exit(status)
    }

    /// C's exit ends this process with the status that `change` makes of its own from now on.
    package static func changeExitStatus(_ change: @convention(c) (Int32) -> Int32) { pmap_change_exit_status(change) }

    /// A memory barrier in this process and all forked children; false when the kernel has none.
    package static func memoryBarrier() -> Bool { pmap_memory_barrier() }

    /// From now on this process runs items, and a copy that an item forks ends when it comes back from the item.
    package static func markAsOriginal() { pmap_be_original() }

    /// Exits if this process is a copy, which has come back from `what`.
    package static func exitIfCopy(backFrom what: String) {
        if !pmap_is_original() { unsafe pmap_leave_as_copy(what) }
    }

    /// Ends programs and flushes streams, and ends this process by a signal.
    package static func die(by signal: Int32) -> Never {
        endPrograms()
        fflush(nil)
        Signal.die(by: signal)
    }

    /// Gives programs that read what this process has written half a second to end, after a failure.
    package static func endPrograms() { pmap_end_shells(500) }

    package static func sleep(milliseconds: Int) { usleep(useconds_t(milliseconds * 1000)) }

    /// Sleeps so long, whatever signals arrive, after each of which `meanwhile` is called.
    package static func sleep(seconds: Double, meanwhile: () -> Void) {
        guard seconds > 0 else { return }  // nan too
        let end = Clock.now() + Int(min(seconds, 1e9) * 1e9)
        while case let rest = end - Clock.now(), rest > 0 {
            var time = timespec(tv_sec: rest / 1_000_000_000, tv_nsec: rest % 1_000_000_000)
            if unsafe nanosleep(&time, nil) != 0 { meanwhile() }
        }
    }
}

extension ByteString {
    init(cString text: UnsafePointer<CChar>) {
        unsafe self.init(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}

extension Process {
    /// The files of the shared libraries that are loaded here.
    package static func libraries() -> [ByteString] {
        guard let maps = try? Descriptor(reading: "/proc/self/maps").readAll() else { return [] }
        let paths = maps.split(separator: UInt8(ascii: "\n")).compactMap { line in
            line.firstIndex(of: UInt8(ascii: "/")).map { ByteString(Array(line[$0...])) }
        }
        return Set(paths.filter { $0.contains(".so") }).sorted { $0.text < $1.text }
    }
}
