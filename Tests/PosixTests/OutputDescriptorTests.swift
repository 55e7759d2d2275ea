// Standard output of any kind, written without waiting.

import Bytes
import Glibc
import Testing

@testable import Posix

/// As much as is taken at once.
private func fill(_ output: borrowing OutputDescriptor, _ bytes: [UInt8]) throws -> Int {
    var written = 0
    while written < bytes.count, case .bytes(let count) = try output.write(bytes, from: written) { written += count }
    return written
}

@Test func `a pipe takes what it can, and stays blocking for those who share it`() throws {
    var ends = try Descriptor.pipe()
    let reading = ends.takeReading()
    let writing = ends.takeWriting()
    let output = try OutputDescriptor(copying: writing.number)
    let written = try fill(output, Array(repeating: 7, count: 5 << 20))
    #expect(written > 0 && written < 5 << 20)
    #expect(output.mayRepeat && output.number != writing.number)
    #expect(fcntl(writing.number, F_GETFL) & O_NONBLOCK == 0)
    var received = ByteBuffer()
    _ = try reading.read(appendingTo: &received, limit: 1 << 20)
    #expect(try fill(output, [1, 2, 3]) == 3)
}

@Test func `a socket takes what it can, and stays blocking for those who share it`() throws {
    let (left, right) = try sockets()
    let ours = Descriptor(owning: left)
    let theirs = Descriptor(owning: right)
    let output = try OutputDescriptor(copying: ours.number)
    let written = try fill(output, Array(repeating: 7, count: 20 << 20))
    #expect(written > 0 && written < 20 << 20)
    #expect(fcntl(ours.number, F_GETFL) & O_NONBLOCK == 0)
    var received = ByteBuffer()
    #expect(try theirs.read(appendingTo: &received, limit: 10) == .bytes(10))
}

@Test func `a socket whose reader is gone is a broken pipe, and no signal`() throws {
    let (left, right) = try sockets()
    let ours = Descriptor(owning: left)
    close(right)
    let output = try OutputDescriptor(copying: ours.number)
    #expect(throws: PosixError("write", code: EPIPE)) { try output.write([1], from: 0) }
}

@Test func `a file takes everything`() throws {
    let file = try Descriptor(temporaryIn: "/tmp")
    let output = try OutputDescriptor(copying: file.number)
    #expect(try fill(output, Array(0..<200)) == 200)
    #expect(try output.write([9, 8, 7], from: 1) == .bytes(2))
    #expect(try file.read(count: 300, at: 0) == Array(0..<200) + [8, 7])
}
