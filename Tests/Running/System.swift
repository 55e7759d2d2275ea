// The system calls behind a run. The only unsafe code of the tests.

import Glibc
import Synchronization

/// An open descriptor, closed with its last owner.
final class Descriptor {
    let number: Int32
    init(number: Int32) { self.number = number }
    deinit { close(number) }

    fileprivate func doNotBlock() throws {
        guard fcntl(number, F_SETFL, O_NONBLOCK) == 0 else { throw RunError.system(call: "fcntl", errno: errno) }
    }

    /// How many bytes were read; 0 at the end.
    func read(into bytes: inout [UInt8]) -> Int {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe block.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
        bytes += block.prefix(max(count, 0))
        return max(count, 0)
    }

    /// How many bytes the pipe took; the reader being gone is told by `poll`.
    func write(_ bytes: [UInt8]) -> Int {
        max(0, unsafe bytes.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) })
    }

    struct Ready {
        var readable: [Bool]
        var writable = false
        var writeFailed = false
    }

    static func poll(reading: [Descriptor?], writing: Descriptor?, milliseconds: Int32) -> Ready {
        var polls = reading.map { pollfd(fd: $0?.number ?? -1, events: Int16(POLLIN), revents: 0) }
        polls.append(pollfd(fd: writing?.number ?? -1, events: Int16(POLLOUT), revents: 0))
        unsafe polls.withUnsafeMutableBufferPointer {
            _ = unsafe Glibc.poll($0.baseAddress, nfds_t($0.count), milliseconds)
        }
        let answer = polls.removeLast().revents
        var ready = Ready(readable: polls.map { $0.revents != 0 })
        ready.writeFailed = answer & Int16(POLLERR) != 0
        ready.writable = answer & Int16(POLLOUT) != 0 && !ready.writeFailed
        return ready
    }
}

private struct Pipe {
    let readEnd: Descriptor
    let writeEnd: Descriptor

    fileprivate init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw RunError.system(call: "pipe", errno: errno) }
        (readEnd, writeEnd) = (Descriptor(number: ends[0]), Descriptor(number: ends[1]))
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
}

/// A process and the other ends of its standard descriptors.
struct Spawned {
    var process: Int32
    var input: Descriptor
    var output: Descriptor
    var errors: Descriptor

    /// One at a time: between `pipe` and FD_CLOEXEC another child would inherit the pipe and keep it open.
    private static let one = Mutex(())

    init(_ arguments: [String], environment: [String: String]) throws {
        self = try Self.one.withLock { _ in
            let (input, output, errors) = (try Pipe(), try Pipe(), try Pipe())
            let process = try spawn(
                arguments, environment: environment,
                descriptors: [input.readEnd.number, output.writeEnd.number, errors.writeEnd.number])
            return Spawned(
                process: process, input: input.writeEnd, output: output.readEnd, errors: errors.readEnd)
        }
        signal(SIGPIPE, SIG_IGN)
        try input.doNotBlock()
    }

    private init(process: Int32, input: Descriptor, output: Descriptor, errors: Descriptor) {
        (self.process, self.input, self.output, self.errors) = (process, input, output, errors)
    }
}

/// Starts a program as the leader of a process group of its own, with every signal as by default.
private func spawn(_ arguments: [String], environment: [String: String], descriptors: [Int32]) throws -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in descriptors.enumerated() {
        unsafe posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var (all, none) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe release(words + variables) }
    var process: Int32 = 0
    let failure = unsafe posix_spawn(&process, arguments[0], &actions, &attributes, &words, &variables)
    guard failure == 0 else { throw RunError.system(call: "posix_spawn", errno: failure) }
    return process
}

private func release(_ strings: [UnsafeMutablePointer<CChar>?]) {
    for index in unsafe strings.indices { unsafe free(strings[index]) }
}

/// How a child ended; nil while it runs and `block` is false.
func reap(_ process: Int32, block: Bool) -> Ending? {
    var status: Int32 = 0
    guard unsafe waitpid(process, &status, block ? 0 : WNOHANG) == process else { return nil }
    return status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
}

/// A file of /proc, whose size says nothing; empty when it cannot be read.
func contents(of path: String) -> [UInt8] {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    let file = Descriptor(number: number)
    var bytes: [UInt8] = []
    while file.read(into: &bytes) > 0 {}
    return bytes
}

func numbersInProc() -> [Int32] {
    guard let folder = unsafe opendir("/proc") else { return [] }
    defer { unsafe closedir(folder) }
    var numbers: [Int32] = []
    while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { field in
            unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if let number = Int32(name) { numbers.append(number) }
    }
    return numbers
}
