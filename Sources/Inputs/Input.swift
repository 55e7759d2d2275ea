// Where items come from, and what a message calls them.

package import Posix
package import Wire

/// One input of a run, known before anything is forked.
package enum Input: Equatable, Sendable {
    /// A file, found again by a worker from the directory the run began in.
    case file(path: ByteString, FileKind)
    case standardInput(FileKind)
    /// The words after `:::`.
    case arguments([ByteString])
    /// The script's `inputs` list, with so many items.
    case list(count: Int)
    /// The script's `inputs` function.
    case iterator

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

    /// Nobody has to wait for its last item.
    var isCountable: Bool {
        switch self {
        case .file(_, let kind): kind.kind == .regular
        case .standardInput: rangedSize != nil  // otherwise counting would read it away
        case .arguments, .list: true
        case .iterator: false
        }
    }

    /// `words.txt:17`, `-:17`, `:::3`, `inputs[3]`
    package func name(ofPlace place: Int) -> String {
        switch self {
        case .file, .standardInput: "\(name):\(place)"
        case .arguments: ":::\(place)"
        case .list, .iterator: "inputs[\(place)]"
        }
    }

    /// `words.txt`, `-`, `:::`, `inputs`
    package var name: ByteString {
        switch self {
        case .file(let path, _): path
        case .standardInput: "-"
        case .arguments: ":::"
        case .list, .iterator: "inputs"
        }
    }

    /// Files in /proc say that they are empty, those in /sys that they are a page.
    private static let page = 4096

    /// The bytes of a file that can be read in ranges; nil for what must be read as it comes, such as pipes and files
    /// that may not have the size they say.
    var rangedSize: Int? {
        switch self {
        case .file(_, let kind), .standardInput(let kind):
            kind.kind == .regular && kind.size > Input.page ? kind.size : nil
        default: nil
        }
    }
}
