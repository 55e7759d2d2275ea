// Compressed inputs: which program undoes their compression, how they are recognized, and what that program's end means.

package import Bytes
import Posix

/// A format of compression, by the name of its program.
package enum Compression: String, Sendable {
    case gzip, bzip2, xz, zstd, lz4

    /// What the first bytes of an input say.
    enum Recognition: Equatable {
        case plain
        case compressed(Compression)
        /// More bytes are needed.
        case undecided
    }

    /// The most bytes that are needed.
    static let magicSize = 10

    static func recognize(_ bytes: [UInt8]) -> Recognition {
        var isUndecided = false
        for (compression, magic) in magics where zip(bytes, magic).allSatisfy({ $1.contains($0) }) {
            if bytes.count >= magic.count { return .compressed(compression) }
            isUndecided = true
        }
        return isUndecided ? .undecided : .plain
    }

    private static let magics: [(Compression, [ClosedRange<UInt8>])] = [
        (.gzip, magic(0x1f, 0x8b, 0x08)),
        // A level, and the first block or the end of the stream.
        (.bzip2, magic(0x42, 0x5a, 0x68) + [0x31...0x39] + magic(0x31, 0x41, 0x59, 0x26, 0x53, 0x59)),
        (.bzip2, magic(0x42, 0x5a, 0x68) + [0x31...0x39] + magic(0x17, 0x72, 0x45, 0x38, 0x50, 0x90)),
        (.xz, magic(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)),
        (.zstd, magic(0x28, 0xb5, 0x2f, 0xfd)),
        (.zstd, [0x50...0x5f] + magic(0x2a, 0x4d, 0x18)),  // a frame that is skipped
        (.lz4, magic(0x04, 0x22, 0x4d, 0x18)),
    ]

    private static func magic(_ bytes: UInt8...) -> [ClosedRange<UInt8>] { bytes.map { $0...$0 } }

    // MARK: Its program

    package var isInstalled: Bool { ByteString(rawValue).isProgram }

    /// The package of Debian that has the program.
    private var package: String { self == .xz ? "xz-utils" : rawValue }

    /// What is wrong with an input whose program is missing.
    package func missingProgram(for input: ByteString) -> String {
        "\(input): it is compressed, and there is no program \(rawValue) in PATH: install the package \(package), or write --plain to read it as it is"
    }

    enum Verdict: Equatable {
        /// Everything was read; the program may have had something to say.
        case whole(warning: String?)
        case broken(String)
    }

    /// Judges the program by how it has ended, and what it wrote to standard error.
    func verdict(_ status: ExitStatus, words: [UInt8], hasOutput: Bool) -> Verdict {
        let reason = reason(in: words)
        let isWhole = status == .exited(0) || self == .gzip && status == .exited(2)  // which is a warning
        if status == .exited(0), reason == nil { return .whole(warning: nil) }
        let message = "\(rawValue): \(reason ?? status.description)"
        if isWhole { return .whole(warning: message) }
        return .broken(hasOutput ? message : "\(message); if it is not compressed, write --plain")
    }

    /// The first line of what it says, without the names of the program and of its input.
    private func reason(in words: [UInt8]) -> String? {
        guard let first = words.split(separator: UInt8(ascii: "\n")).first else { return nil }
        var line = ByteString(Array(first)).text[...]
        for name in ["\(rawValue): ", "stdin: ", "(stdin): ", "/*stdin*\\: ", "/*stdin*\\ : "]
        where line.hasPrefix(name) {
            line = line.dropFirst(name.count)
        }
        while let last = line.last, " ;.".contains(last) { line = line.dropLast() }
        return line.isEmpty ? nil : String(line)
    }
}
