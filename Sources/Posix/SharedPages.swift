// Memory that a forked child shares with its parent.

import Glibc
package import Wire

/// Zeroed pages that are of no file, whose size might be limited; unmapped when this value goes out of scope.
@safe package struct SharedPages: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer

    package init(bytes: Int) throws(PosixError) {
        let kind = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE
        guard let start = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, kind, -1, 0), unsafe start != MAP_FAILED
        else { throw PosixError("mmap") }
        unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: bytes)
    }

    /// The words at the start.
    package func statusWords() -> StatusWords { unsafe StatusWords(in: memory) }

    /// A buffer that begins in what follows the words; the pages must outlive it.
    package func buffer() -> WireBuffer {
        unsafe WireBuffer(borrowing: UnsafeMutableRawBufferPointer(rebasing: memory[StatusWords.size...]))
    }

    /// A copy of the buffer's first bytes; there may be fewer.
    package func copyOfBuffer(bytes count: Int) -> WireBuffer {
        let held = unsafe min(count, memory.count - StatusWords.size)
        var copy = WireBuffer(capacity: held)
        unsafe copy.append(UnsafeRawBufferPointer(rebasing: memory[StatusWords.size..<StatusWords.size + held]))
        return copy
    }

    /// Children that are forked from now on do not have these pages: they do not use them, and a fork with many siblings
    /// need not copy their mappings.
    package func excludeFromForks() { unsafe madvise(memory.baseAddress, memory.count, MADV_DONTFORK) }

    deinit { unsafe munmap(memory.baseAddress, memory.count) }
}
