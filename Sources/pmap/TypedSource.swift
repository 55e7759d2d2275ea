// Sources of words as they are typed, by the separators of GNU parallel.

import Bytes
import Inputs
import Posix

/// One separator, and the words behind it.
struct TypedSource: Equatable {
    enum Separator: String {
        case words = ":::"
        case linkedWords = ":::+"
        case files = "::::"
        case linkedFiles = "::::+"

        /// Each word goes along with one of the source before.
        var isLinked: Bool { self == .linkedWords || self == .linkedFiles }
        var namesFiles: Bool { self == .files || self == .linkedFiles }
        var unlinked: String { namesFiles ? Separator.files.rawValue : Separator.words.rawValue }
    }

    let separator: Separator
    var words: [ByteString] = []

    /// The words of a command line from its first separator on.
    static func sources(_ words: some Sequence<ByteString>) -> [TypedSource] {
        var sources: [TypedSource] = []
        for word in words {
            if let separator = Separator(rawValue: word.text) {
                sources.append(TypedSource(separator: separator))
            } else if !sources.isEmpty {
                sources[sources.count - 1].words.append(word)
            }
        }
        return sources
    }

    /// The files whose lines are words.
    var files: [ByteString] { separator.namesFiles ? words : [] }
}

extension [TypedSource] {
    /// The file whose lines are the items, as if it stood behind the script.
    var onlyFile: ByteString? { count == 1 && self[0].files.count == 1 ? self[0].files[0] : nil }

    /// Every combination of the words. `lines` reads the words of a file; `notice` is told why there are none.
    func combinations(
        lines: (ByteString) throws(UsageError) -> [ByteString], notice: (String) -> Void
    ) throws(UsageError) -> Combinations {
        var lists: [WordList] = []
        var names: [String] = []
        for source in self {
            let isLinked = source.separator.isLinked
            if !source.separator.namesFiles {
                lists.append(WordList(source.words, isLinked: isLinked))
                names.append("nothing stands behind '\(source.separator.rawValue)' number \(lists.count)")
            } else if source.words.isEmpty {
                throw UsageError("\(source.separator.rawValue) write the file whose lines are the words")
            }
            for file in source.files {
                lists.append(WordList(try lines(file), isLinked: isLinked))
                names.append("\(file) has no lines")
            }
        }
        if lists.contains(where: { !$0.words.isEmpty }), let empty = lists.firstIndex(where: \.words.isEmpty) {
            notice("no items: \(names[empty]), and each combination has a word of every source")
        }
        guard let combinations = Combinations(lists) else {
            throw UsageError("there are more than 2^53 combinations of the words; leave out a ':::'")
        }
        return combinations
    }
}

/// The words of files, each ended by a byte.
struct WordFiles {
    let terminator: UInt8
    /// Bytes that the script has read ahead from standard input.
    let readAhead: () -> [UInt8]

    func words(_ file: ByteString) throws(UsageError) -> [ByteString] {
        let input = try Job.reading(file) { () throws(PosixError) in try Input(path: file).recognized }
        switch input {
        case .file(_, _, let compression?), .standardInput(_, let compression?):
            throw UsageError("\(file): \(compression.rawValue) among several sources; decompress it, and write :::: -")
        default: break
        }
        let bytes = try Job.reading(file) { () throws(PosixError) in
            guard case .standardInput = input else { return try Descriptor(reading: file).readAll() }
            return readAhead() + (try Descriptor(copying: StandardDescriptor.input).readAll())
        }
        var words = bytes.split(separator: terminator, omittingEmptySubsequences: false).map { ByteString($0) }
        if words.last?.isEmpty == true { words.removeLast() }
        if terminator != 0, let place = words.firstIndex(where: { $0.bytes.contains(0) }) {
            throw UsageError("\(file):\(place + 1): a NUL, which no word has; -0 takes it as the end of a word")
        }
        return words
    }
}
