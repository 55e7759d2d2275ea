// Which bytes are those of a compressed file, and what the end of its program means.

import Bytes
import Posix
import Records
import Testing

@testable import Inputs

private let magics: [(Compression, [UInt8])] = [
    (.gzip, [0x1f, 0x8b, 8]), (.xz, [0xfd] + Array("7zXZ\0".utf8)), (.zstd, [0x28, 0xb5, 0x2f, 0xfd]),
    (.zstd, Array("P*M\u{18}".utf8)), (.zstd, Array("_*M\u{18}".utf8)), (.lz4, [4] + Array("\"M\u{18}".utf8)),
    (.bzip2, Array("BZh91AY&SY".utf8)), (.bzip2, Array("BZh1".utf8) + [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]),
]

@Test(arguments: magics)
func `a format is recognized at the last byte of its magic, and at none before`(
    compression: Compression, magic: [UInt8]
) {
    for count in 0..<magic.count { #expect(Compression.recognize(Array(magic[..<count])) == .undecided) }
    for rest in [[], [0], [0xff, 10]] as [[UInt8]] {
        #expect(Compression.recognize(magic + rest) == .compressed(compression))
    }
    for place in magic.indices {
        var other = magic
        other[place] = UInt8(ascii: "\n")
        #expect(Compression.recognize(other) == .plain)
    }
    #expect(magic.count <= Compression.magicSize)
}

@Test(arguments: ["a", "BZip", "BZh0", "BZh91AY&SX", "`*M\u{18}", "{}", "\n", "\u{1f}a"])
func `other bytes are plain`(text: String) { #expect(Compression.recognize(Array(text.utf8)) == .plain) }

@Test(
    arguments: [
        (.gzip, .exited(0), "", .whole(warning: nil)),
        (.gzip, .exited(2), "\ngzip: stdin: decompression OK\n", .whole(warning: "gzip: decompression OK")),
        (.bzip2, .exited(0), "bzip2: (stdin): ignored\n", .whole(warning: "bzip2: ignored")),
        (.bzip2, .exited(2), "\nbzip2: it ends;\n\tperhaps.\n", .broken("bzip2: it ends")),
        (.xz, .exited(2), "xz: (stdin): a warning.\n", .broken("xz: a warning")),
        (.zstd, .exited(1), "zstd: /*stdin*\\: unsupported \n", .broken("zstd: unsupported")),
        (.lz4, .exited(1), "", .broken("lz4: exited with status 1")),
        (.gzip, .killed(signal: Signal.kill), "", .broken("gzip: was killed by SIGKILL")),
    ] as [(Compression, Posix.ExitStatus, String, Compression.Verdict)])
func `a program's end is told by its status and its words`(
    compression: Compression, status: Posix.ExitStatus, words: String, verdict: Compression.Verdict
) {
    #expect(compression.verdict(status, words: Array(words.utf8), hasOutput: true) == verdict)
    guard case .broken(let why) = verdict else { return }
    #expect(
        compression.verdict(status, words: Array(words.utf8), hasOutput: false)
            == .broken("\(why); if it is not compressed, write --plain"))
}

@Test func `a pipe that is not compressed is read byte by byte, once that is sure`() throws {
    var ends = try Descriptor.pipe()
    let end = ends.takeWriting()
    let source = StreamSource(ends.takeReading(), .lines, reading: .undecided, name: "-")
    for byte in Array("BZh91AY&S".utf8) {
        try end.writeAll([byte])
        #expect(try source.nextRecords(items: 9) == .dry)
    }
    try end.writeAll(Array("\nb".utf8))
    guard case .records(let line, count: 1, _) = try source.nextRecords(items: 9) else {
        Issue.record("no record")
        return
    }
    #expect(source.bytes(of: line) == Array("BZh91AY&S\n".utf8))
    #expect(try source.nextRecords(items: 9) == .dry)
}
