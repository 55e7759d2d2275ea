// Memory that a forked child shares with its parent.

package import Bytes
import Glibc

/// Zeroed pages that are of no file, whose size might be limited; unmapped when this value goes out of scope.
@safe package struct SharedPages: ~Copyable {
    let memory: UnsafeMutableRawBufferPointer

    package init(bytes: Int) throws(PosixError) {
        let kind = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE
        guard let start = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, kind, -1, 0), unsafe start != MAP_FAILED
        else { throw PosixError("mmap") }
        unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: bytes)
    }

    /// A buffer that begins in them, at `start`; the pages must outlive it.
    package func buffer(from start: Int = 0) -> ByteBuffer {
        unsafe ByteBuffer(borrowing: UnsafeMutableRawBufferPointer(rebasing: memory[start...]))
    }

    /// A copy of the bytes from `start` on; there may be fewer.
    package func copy(from start: Int, bytes count: Int) -> ByteBuffer {
        let held = unsafe min(count, memory.count - start)
        var copy = ByteBuffer(capacity: held)
        unsafe copy.append(UnsafeRawBufferPointer(rebasing: memory[start..<start + held]))
        return copy
    }

    /// Children that are forked from now on do not have these pages: they do not use them, and a fork with many siblings
    /// need not copy their mappings.
    package func excludeFromForks() { unsafe madvise(memory.baseAddress, memory.count, MADV_DONTFORK) }

    deinit { unsafe munmap(memory.baseAddress, memory.count) }
}
