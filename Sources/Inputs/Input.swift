// The inputs of a run, and their names in messages.

package import Bytes
package import Posix
import ProcessPool

/// One input of a run, known before anything is forked.
package enum Input: Equatable, Sendable {
    /// A file, which a worker opens relative to the directory the run began in.
    case file(path: ByteString, FileKind, Compression? = nil)
    case standardInput(FileKind, Compression? = nil)
    /// The words behind `:::` and its relatives.
    case words(Combinations)
    /// The script's `inputs` list, with so many items.
    case list(count: Int)
    /// The script's `inputs` function.
    case iterator
    /// That of a host, whose remote this is.
    case elsewhere(InputElsewhere)

    /// Checks that `path` can be read; `-` is standard input.
    package init(path: ByteString) throws(PosixError) {
        if path == "-" || path == "/dev/stdin" || path == "/dev/fd/0" {
            if !StandardDescriptor.isReadable(StandardDescriptor.input) {
                throw PosixError("open", "\(path)", code: PosixError.isNoDescriptor)
            }
            let kind = try FileKind(descriptor: StandardDescriptor.input)
            if kind.kind == .directory { throw PosixError("open", "\(path)", code: PosixError.isADirectory) }
            self = .standardInput(kind)
            return
        }
        let kind = try FileKind(path: path)
        if kind.kind == .directory { throw PosixError("open", "\(path)", code: PosixError.isADirectory) }
        try FileKind.isReadable(path).get()
        self = .file(path: path, kind)
    }

    /// The same, with the compression that a regular file's first bytes say it has. Its offset stays where it is.
    package var recognized: Input {
        switch self {
        case .file(let path, let kind, _) where kind.kind == .regular:
            .file(path: path, kind, try? Input.compression(of: Descriptor(reading: path)))
        case .standardInput(let kind, _) where kind.kind == .regular:
            .standardInput(kind, try? Input.compression(of: Descriptor(copying: StandardDescriptor.input)))
        default: self
        }
    }

    private static func compression(of file: consuming Descriptor) throws(PosixError) -> Compression? {
        let bytes = try file.read(count: Compression.magicSize, at: file.position)
        return if case .compressed(let compression) = Compression.recognize(bytes) { compression } else { nil }
    }

    /// Of a regular file, as far as it was recognized.
    package var compression: Compression? {
        switch self {
        case .file(_, _, let compression), .standardInput(_, let compression): compression
        default: nil
        }
    }

    /// How it is read as a stream; a terminal's lines are plain.
    func streamReading(recognizing: Bool) -> ByteStream.Reading {
        switch self {
        case .file(_, _, let compression?), .standardInput(_, let compression?): .compressed(compression)
        case .file(_, let kind, nil), .standardInput(let kind, nil):
            recognizing && kind.kind != .regular && kind.kind != .terminal ? .undecided : .plain
        default: .plain
        }
    }

    /// The items can be counted without waiting.
    var isCountable: Bool {
        switch self {
        case .file(_, let kind, let compression): kind.kind == .regular && compression == nil
        case .standardInput: rangedSize != nil  // else counting would consume it
        case .words, .list: true
        case .iterator, .elsewhere: false
        }
    }

    /// `words.txt:17`, `words.txt:17-19`, `-:17`, `:::3`, `inputs[3]`
    package func name(of positions: ClosedRange<Int>) -> String {
        let (before, after) = nameAround
        return "\(before)\(positions.shown)\(after)"
    }

    /// What stands before and after the position in the name of an item.
    package var nameAround: (before: String, after: String) {
        switch self {
        case .file, .standardInput: ("\(name):", "")
        case .words: (":::", "")
        case .list, .iterator: ("inputs[", "]")
        case .elsewhere(let input): (input.before, input.after)
        }
    }

    /// `words.txt`, `-`, `:::`, `inputs`
    package var name: ByteString {
        switch self {
        case .file(let path, _, _): path
        case .standardInput: "-"
        case .words: ":::"
        case .list, .iterator: "inputs"
        case .elsewhere(let input): input.name
        }
    }

    /// Of a regular file; those in /proc do not say, and those of compressed files say nothing about the items.
    var fileSize: Int? {
        switch self {
        case .file(_, let kind, nil), .standardInput(let kind, nil):
            kind.kind == .regular && kind.size > 0 ? kind.size : nil
        default: nil
        }
    }

    /// What it has, as far as that is known.
    var rest: SourceRest? {
        switch self {
        case .words(let combinations): SourceRest(items: combinations.count)
        case .list(let count): SourceRest(items: count)
        case .file, .standardInput: fileSize.map { SourceRest(bytes: $0) }
        case .iterator, .elsewhere: nil
        }
    }

    /// The size that files in /sys report; those in /proc report 0.
    private static let page = 4096

    /// The size of a file that can be read in ranges; nil for one that must be read as a stream, such as a pipe or a file
    /// whose size may be wrong.
    var rangedSize: Int? {
        fileSize.flatMap { $0 > Input.page ? $0 : nil }
    }

    /// Its items are values of the script, each after its length.
    package var hasValues: Bool {
        switch self {
        case .list, .iterator: true
        case .elsewhere(let input): input.hasValues
        case .file, .standardInput, .words: false
        }
    }
}

/// What a remote knows of an input of its host's.
package struct InputElsewhere: Equatable, Sendable {
    package let name: ByteString
    /// What stands around the position in the name of an item.
    package let before, after: String
    package let hasValues: Bool
    /// Words of an item, where items are words of a command line; else 0.
    package let words: Int

    package init(name: ByteString, before: String, after: String, hasValues: Bool, words: Int) {
        (self.name, self.before, self.after, self.hasValues, self.words) = (name, before, after, hasValues, words)
    }
}
