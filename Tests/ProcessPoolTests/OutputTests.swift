// Bytes that wait: in the spill file, for a slow reader, for an earlier item.

import Bytes
import Chance
import Posix
import Testing

@testable import ProcessPool

private func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] { Array(repeating: byte, count: count) }

private func place(_ stored: OutputBytes?) -> Range<Int>? {
    if case .spilled(let offset, let count)? = stored { offset..<offset + count } else { nil }
}

@Test func `spilled bytes are read back in any order, and then the file is empty`() throws {
    var spill = SpillFile(folders: ["/nowhere", "/tmp"], limit: 100)
    #expect(spill.number == nil)
    for _ in 0..<3 {
        #expect(place(spill.store(bytes(1, 10))) == 0..<10)
        #expect(place(spill.store(bytes(2, 20))) == 10..<30)
        #expect(place(spill.store(bytes(3, 30))) == 30..<60)
        #expect(try spill.read(offset: 10, count: 20) == bytes(2, 20))
        #expect(try spill.read(offset: 0, count: 5) == bytes(1, 5))
        #expect(try spill.read(offset: 30, count: 30) == bytes(3, 30))
        #expect(try spill.read(offset: 5, count: 5) == bytes(1, 5))
    }
}

@Test func `a full spill file takes nothing until it has been emptied`() throws {
    var spill = SpillFile(folders: ["/tmp"], limit: 25)
    #expect(place(spill.store(bytes(1, 20))) == 0..<20)
    #expect(place(spill.store(bytes(2, 6))) == nil)
    #expect(place(spill.store(bytes(3, 1))) == nil, "what comes later must not overtake")
    #expect(try spill.read(offset: 0, count: 20) == bytes(1, 20))
    #expect(place(spill.store(bytes(4, 25))) == 0..<25)
}

@Test(arguments: [[], ["/nowhere", "/proc"]] as [[ByteString]])
func `without a folder nothing is spilled`(folders: [ByteString]) {
    var spill = SpillFile(folders: folders, limit: 100)
    #expect(place(spill.store([1])) == nil)
}

@Test func `a queue writes bytes of memory and of the spill file in order`() throws {
    for seed in 0..<20 {
        var random = Seeded(seed)
        let paper = try Paper()
        var queue = try paper.queue(spillLimit: 6 << 20)
        var expected: [UInt8] = []
        for _ in 0..<random.below(30) {
            let piece = bytes(UInt8(random.below(256)), random.below(random.once(in: 10) ? 3 << 20 : 1000))
            queue.append(random.once(in: 2) ? queue.spill(piece) : .memory(piece))
            expected += piece
            if random.once(in: 4) { try queue.write() }
        }
        try queue.write()
        #expect(queue.isEmpty && queue.bytesWaiting == 0)
        #expect(try paper.written() == expected, "seed \(seed)")
    }
}

@Test func `a queue never waits for a slow reader, and says when it has enough`() throws {
    var pipe = try Descriptor.pipe()
    let reading = pipe.takeReading()
    var queue = OutputQueue(try OutputDescriptor(copying: pipe.writingNumber), spillFolders: ["/tmp"], spillLimit: 0)
    var expected: [UInt8] = []
    for piece in 0..<60 {
        queue.append(.memory(bytes(UInt8(piece), 100_000)))
        expected += bytes(UInt8(piece), 100_000)
        try queue.write()
    }
    #expect(queue.isFull && !queue.isEmpty)
    var read = ByteBuffer()
    while read.count < expected.count {
        guard case .bytes(let count) = try reading.read(appendingTo: &read, limit: 70_000), count > 0 else { break }
        try queue.write()
    }
    #expect(queue.isEmpty && !queue.isFull)
    #expect(read.array == expected)
}
