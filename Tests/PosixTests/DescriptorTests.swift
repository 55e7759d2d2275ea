// Pipes, files and what leads to them.

import Bytes
import Chance
import Glibc
import Testing

@testable import Posix

private func buffer(_ bytes: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.append(bytes)
    return buffer
}

@Test func `bytes come through a pipe as they are, whatever sizes they are written and read in`() throws {
    for seed in 0..<50 {
        var random = Seeded(seed)
        var ends = try Descriptor.pipe()
        let reading = ends.takeReading()
        let writing = ends.takeWriting()
        writing.setNonBlocking()
        reading.setNonBlocking()
        let sent = buffer(random.bytes(random.below(300_000)))
        var received = ByteBuffer(capacity: 16)
        var start = 0
        while received.count < sent.count {
            if start < sent.count, case .bytes(let count) = try writing.write(sent, from: start) { start += count }
            let limit = 1 + random.below(100_000)
            guard case .bytes(let count) = try reading.read(appendingTo: &received, limit: limit) else { continue }
            #expect(count > 0 && count <= limit)
        }
        #expect(received.array == sent.array)
        #expect(try reading.read(appendingTo: &received, limit: 10) == .wouldBlock)
    }
}

@Test func `a full pipe takes nothing, a closed one ends`() throws {
    var ends = try Descriptor.pipe()
    let reading = ends.takeReading()
    var writing: Descriptor? = ends.takeWriting()
    writing?.setNonBlocking()
    let block = buffer(Array(repeating: 1, count: 4 << 20))
    var written = 0
    while case .bytes(let count)? = try writing?.write(block, from: written) { written += count }
    #expect(written > 0 && written < block.count)
    writing = nil
    var received = ByteBuffer()
    while case .bytes(let count) = try reading.read(appendingTo: &received, limit: 50_000), count > 0 {}
    #expect(received.count == written)
}

@Test func `our descriptors are high and close on exec`() throws {
    let ends = try Descriptor.pipe()
    let small = try Descriptor.smallPipe()
    let copy = try Descriptor(copying: 0)
    let folder = try Descriptor.currentDirectory()
    for number in [ends.readingNumber, ends.writingNumber, small.readingNumber, copy.number, folder.number] {
        #expect(number >= Descriptor.privateFloor)
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    }
}

@Test func `a file is read at a place, up to its end`() throws {
    let file = try Descriptor(temporaryIn: "/tmp")
    try file.writeAll(Array(0..<100))
    #expect(file.position == 100)
    #expect(try file.read(count: 3, at: 10) == [10, 11, 12])
    #expect(try file.read(count: 10, at: 95) == Array(95..<100))
    #expect(try file.read(count: 10, at: 100) == [])
    #expect(file.position == 100)
    file.empty()
    #expect(file.position == 0)
    #expect(try file.read(count: 1, at: 0) == [])
}

@Test(
    arguments: [
        ("/", .directory, false), ("/dev/null", .other, false), ("/proc/self/status", .regular, false),
        (ByteString(#filePath), .regular, true),
    ] as [(ByteString, FileKind.Kind, Bool)])
func `what a path leads to is known without reading it`(path: ByteString, kind: FileKind.Kind, hasSize: Bool) throws {
    let found = try FileKind(path: path)
    #expect(found.kind == kind)
    #expect((found.size > 0) == hasSize)
    let descriptor = try Descriptor(reading: path)
    #expect(try FileKind(descriptor: descriptor.number).inode == found.inode || path.hasPrefix("/proc"))
    #expect(throws: Never.self) { try FileKind.isReadable(path).get() }
}

@Test func `what a descriptor leads to is known`() throws {
    let pipe = try Descriptor.pipe()
    #expect(try FileKind(descriptor: pipe.readingNumber).kind == .pipe)
    let (left, right) = try sockets()
    #expect(try FileKind(descriptor: left).kind == .socket)
    close(left)
    close(right)
    let file = try Descriptor(temporaryIn: "/tmp")
    try file.writeAll([1, 2, 3])
    #expect(try FileKind(descriptor: file.number).size == 3)
}

func sockets() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    let status = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    try #require(status == 0)
    return (ends[0], ends[1])
}

private func refusal(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch { return "\(error)" }
}

@Test func `a refusal names the call, the thing and the reason`() {
    #expect(PosixError("read", code: EIO).description == "read: Input/output error")
    #expect(PosixError("open", "a b", code: ENOENT).description == "open a b: No such file or directory")
    #expect(refusal { _ = try Descriptor(reading: "/nowhere/x") } == "open /nowhere/x: No such file or directory")
    #expect(refusal { _ = try Descriptor(writing: "/") } == "open /: Is a directory")
    #expect(
        refusal { _ = try Descriptor(temporaryIn: "/nowhere") }
            == "create a temporary file in /nowhere: No such file or directory")
    #expect(refusal { _ = try Descriptor(copying: -1) } == "dup: Bad file descriptor")
    #expect(refusal { _ = try FileKind(path: "/nowhere") } == "open /nowhere: No such file or directory")
    #expect(refusal { _ = try FileKind(descriptor: -1) } == "fstat: Bad file descriptor")
    #expect(refusal { try FileKind.isReadable("/nowhere").get() } == "open /nowhere: No such file or directory")
}

@Test(arguments: [
    (ENOENT, [true, false, false]), (EISDIR, [false, true, false]), (EPIPE, [false, false, true]),
    (ECONNRESET, [false, false, true]), (EIO, [false, false, false]),
])
func `an error knows what it means`(code: Int32, meanings: [Bool]) {
    let error = PosixError("call", code: code)
    #expect([error.isMissing, error.isDirectory, error.isBrokenPipe] == meanings)
}
