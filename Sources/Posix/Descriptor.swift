// Owned file descriptors: opened close-on-exec, and closed when they go out of scope.

package import Bytes
import CPosixBridge
import Glibc

/// A file descriptor, owned by this value.
package struct Descriptor: ~Copyable {
    package let number: Int32

    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// The lowest number of a descriptor of ours, out of reach of a script that guesses small numbers.
    static let privateFloor: Int32 = 200

    /// Closes, in a forked child, descriptors that values of its parent own; numbers below 0 are none.
    package static func closeInherited(_ numbers: [Int32]) {
        var ranges: [ClosedRange<Int32>] = []  // there may be thousands, and they follow one another
        for number in numbers.sorted() where number >= 0 {
            if let last = ranges.last, number <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        for range in ranges { pmap_close_range(UInt32(range.lowerBound), UInt32(range.upperBound)) }
    }

    /// The same for this one.
    package borrowing func closeInherited() { close(number) }

    /// Raises the limit of this process to `count` descriptors, as far as it may; children have the limit of before.
    package static func raiseLimit(to count: Int) { pmap_raise_descriptor_limit(rlim_t(count)) }

    /// Whether reading would not wait now.
    static func isReadable(_ number: Int32) -> Bool {
        var descriptor = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) > 0
    }

    /// All descriptors this process has open.
    package static func openNumbers() -> [Int32] {
        guard let folder = unsafe opendir("/proc/self/fd") else {
            return (0..<Int32(min(sysconf(Int32(_SC_OPEN_MAX)), 1 << 16))).filter { fcntl($0, F_GETFD) >= 0 }
        }
        defer { unsafe closedir(folder) }
        var numbers: [Int32] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if let number = Int32(name), unsafe number != dirfd(folder) { numbers.append(number) }
        }
        return numbers
    }

    // MARK: Open

    /// Opens `path` for reading, relative to the directory `directory`, or to the current one. A named pipe is opened without
    /// waiting for a writer; it is not readable until there was one.
    package init(
        reading path: ByteString, in directory: Int32 = AT_FDCWD, isPipe: Bool = false
    ) throws(PosixError) {
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (isPipe ? O_NONBLOCK : 0)
        let number = retrying { unsafe openat(directory, path.terminated, flags) }
        if number < 0 { throw PosixError("open", "\(path)") }
        if isPipe { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) & ~O_NONBLOCK) }
        self.init(owning: number)
    }

    /// The descriptor that a path such as /dev/stdout or /dev/fd/3 means.
    package static func number(named path: ByteString) -> Int32? {
        let standard: [ByteString: Int32] = ["/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2]
        if let number = standard[path] { return number }
        let prefix = ["/dev/fd/", "/proc/self/fd/"].first(where: path.hasPrefix)
        return prefix.flatMap { Int32(path.dropFirst($0.utf8.count).text) }
    }

    /// Creates or empties `path` for writing; a descriptor that is open already goes on where it is.
    package init(writing path: ByteString) throws(PosixError) {
        if let number = Descriptor.number(named: path) {
            do throws(PosixError) { try self.init(copying: number) } catch { throw PosixError("open", "\(path)") }
            return
        }
        let number = retrying {
            unsafe open(path.terminated, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0o666)
        }
        if number < 0 { throw PosixError("open", "\(path)") }
        self.init(owning: number)
    }

    /// Opens `path` for reading and writing, and creates it if need be.
    package init(updating path: ByteString) throws(PosixError) {
        let number = retrying { unsafe open(path.terminated, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o666) }
        if number < 0 { throw PosixError("open", "\(path)") }
        self.init(owning: number)
    }

    /// A copy of `number` for our own use, with a high number where the limit allows it.
    package init(copying number: Int32) throws(PosixError) {
        var copy = fcntl(number, F_DUPFD_CLOEXEC, Descriptor.privateFloor)
        if copy < 0 { copy = fcntl(number, F_DUPFD_CLOEXEC, 3) }
        if copy < 0 { throw PosixError("dup") }
        self.init(owning: copy)
    }

    /// A file in `folder` that has no name and goes with its last descriptor.
    package init(temporaryIn folder: ByteString) throws(PosixError) {
        let number = unsafe pmap_open_temporary(folder.terminated)
        if number < 0 { throw PosixError("create a temporary file in", "\(folder)") }
        self.init(owning: number)
    }

    /// A file in memory that goes with its last descriptor; `name` is for /proc.
    package init(inMemory name: ByteString) throws(PosixError) {
        let number = unsafe pmap_open_in_memory(name.terminated)
        if number < 0 { throw PosixError("memfd_create") }
        defer { close(number) }
        try self.init(copying: number)
    }

    /// The directory the process is in now, to open files relative to it later.
    package static func currentDirectory() throws(PosixError) -> Descriptor {
        let number = retrying { pmap_open_current_directory() }
        if number < 0 { throw PosixError("open", "the current directory") }
        defer { close(number) }
        return try Descriptor(copying: number)
    }

    /// A pipe of up to a megabyte, both ends high and close-on-exec.
    package static func pipe() throws(PosixError) -> PipeEnds { try pipe { unsafe pmap_pipe(&$0, &$1) } }

    /// The same of ordinary size.
    package static func smallPipe() throws(PosixError) -> PipeEnds { try pipe { unsafe pmap_small_pipe(&$0, &$1) } }

    private static func pipe(_ open: (inout Int32, inout Int32) -> Int32) throws(PosixError) -> PipeEnds {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        if open(&reading, &writing) < 0 { throw PosixError("pipe") }
        defer {
            close(reading)
            close(writing)
        }
        return PipeEnds(reading: try Descriptor(copying: reading), writing: try Descriptor(copying: writing))
    }

    // MARK: Read and write

    /// The result of reading or writing.
    package enum Transfer: Equatable {
        case bytes(Int)
        /// The other side has nothing, or no room, just now.
        case wouldBlock
    }

    /// Appends the bytes that are there to `buffer`, at most `limit`; 0 bytes is the end.
    package borrowing func read(appendingTo buffer: inout ByteBuffer, limit: Int) throws(PosixError) -> Transfer {
        let number = number
        var count = 0
        unsafe buffer.append(upTo: limit) { room in
            count = retrying { unsafe Glibc.read(number, room, limit) }
            return max(count, 0)
        }
        if count >= 0 { return .bytes(count) }
        if errno == EAGAIN { return .wouldBlock }
        throw PosixError("read")
    }

    /// The same, where reading would wait if there is nothing.
    package borrowing func readAtOnce(appendingTo buffer: inout ByteBuffer, limit: Int) throws(PosixError) -> Transfer {
        Descriptor.isReadable(number) ? try read(appendingTo: &buffer, limit: limit) : .wouldBlock
    }

    /// Appends up to `limit` bytes from `offset` on; answers how many, 0 at the end of the file.
    package borrowing func read(
        appendingTo buffer: inout ByteBuffer, at offset: Int, limit: Int
    ) throws(PosixError) -> Int {
        let number = number
        var count = 0
        unsafe buffer.append(upTo: limit) { room in
            count = retrying { unsafe pread(number, room, limit, offset) }
            return max(count, 0)
        }
        if count < 0 { throw PosixError("read") }
        return count
    }

    /// The `count` bytes from `offset` on, or fewer at the end of the file.
    package borrowing func read(count: Int, at offset: Int) throws(PosixError) -> [UInt8] {
        var buffer = ByteBuffer(capacity: count)
        while buffer.count < count {
            let size = try read(appendingTo: &buffer, at: offset + buffer.count, limit: count - buffer.count)
            if size == 0 { break }
        }
        return buffer.array
    }

    /// Reads up to the end, however long that takes.
    package borrowing func readAll() throws(PosixError) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 4096)
        while case .bytes(let count) = try read(appendingTo: &buffer, limit: 64 << 10), count > 0 {}
        return buffer.array
    }

    /// Writes some of `buffer` from `start` on.
    package borrowing func write(_ buffer: borrowing ByteBuffer, from start: Int) throws(PosixError) -> Transfer {
        try unsafe write(UnsafeRawBufferPointer(rebasing: buffer.bytes[start...]))
    }

    /// Writes some of a part of `buffer`.
    package borrowing func write(_ buffer: borrowing ByteBuffer, _ range: Range<Int>) throws(PosixError) -> Transfer {
        try unsafe write(UnsafeRawBufferPointer(rebasing: buffer.bytes[range]))
    }

    /// Writes all of `buffer` on a blocking descriptor.
    package borrowing func writeAll(_ buffer: borrowing ByteBuffer) throws(PosixError) {
        try unsafe writeAll(buffer.bytes)
    }

    /// Writes some of `bytes`.
    borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(PosixError) -> Transfer {
        let number = number
        let count = retrying { unsafe Glibc.write(number, bytes.baseAddress, bytes.count) }
        if count >= 0 { return .bytes(count) }
        if errno == EAGAIN { return .wouldBlock }
        throw PosixError("write")
    }

    /// Writes all of `bytes` on a blocking descriptor.
    borrowing func writeAll(_ bytes: UnsafeRawBufferPointer) throws(PosixError) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            guard case .bytes(let count) = try unsafe write(rest) else { continue }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    package borrowing func writeAll(_ bytes: [UInt8]) throws(PosixError) {
        var result = Result<Void, PosixError>.success(())
        unsafe bytes.withUnsafeBytes { memory in
            do throws(PosixError) { try unsafe writeAll(memory) } catch { result = .failure(error) }
        }
        try result.get()
    }

    /// The offset at which a file is read next; 0 for what has none.
    package var position: Int {
        get { max(0, lseek(number, 0, SEEK_CUR)) }
        nonmutating set { lseek(number, newValue, SEEK_SET) }
    }

    package borrowing func setNonBlocking() {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }

    /// Locks the file, as flock(2) does, and waits `seconds` for another process to unlock it; false when that one does
    /// not.
    package borrowing func lockFile(waiting seconds: Int) -> Bool {
        let deadline = Clock.now() + seconds * 1_000_000_000
        while flock(number, LOCK_EX | LOCK_NB) != 0 {
            if Clock.now() > deadline { return false }
            usleep(10_000)
        }
        return true
    }

    /// Whether a process has locked the file by `lockFile`.
    package var isLocked: Bool {
        if flock(number, LOCK_SH | LOCK_NB) != 0 { return errno == EWOULDBLOCK }
        flock(number, LOCK_UN)
        return false
    }

    /// Empties the file and goes to its start.
    package borrowing func empty() {
        ftruncate(number, 0)
        lseek(number, 0, SEEK_SET)
    }
}

/// Both ends of a pipe, to be taken apart once.
package struct PipeEnds: ~Copyable {
    private var reading: Descriptor?
    private var writing: Descriptor?

    init(reading: consuming Descriptor, writing: consuming Descriptor) {
        readingNumber = reading.number
        writingNumber = writing.number
        self.reading = consume reading
        self.writing = consume writing
    }

    /// The numbers, for a forked child that owns its end from then on.
    package let readingNumber: Int32
    package let writingNumber: Int32

    package mutating func takeReading() -> Descriptor { take(reading.take()) }
    package mutating func takeWriting() -> Descriptor { take(writing.take()) }

    private func take(_ end: consuming Descriptor?) -> Descriptor {
        guard let end else { preconditionFailure("an end of a pipe is taken once") }
        return end
    }
}
