// A program that is to be run, its environment and its streams.

import Bytes

/// Words and names are bytes, which need not be UTF-8.
package struct ProgramPlan {
    package enum Stream: Equatable {
        case null
        /// A pipe to this process.
        case pipe
        /// The same as standard output.
        case output
        case descriptor(Int32)
    }

    package var words: [[UInt8]]
    /// NAME=VALUE each; nil for those of this process.
    package var environment: [[UInt8]]?
    package var folder: [UInt8]?
    package var streams: [Stream] = [.null, .descriptor(1), .descriptor(2)]

    /// It is in a process group of its own, out of reach of the terminal's Ctrl-C; when this process ends, it is killed
    /// without its own children.
    package var isApart = false

    package init(words: [[UInt8]]) { self.words = words }

    /// The paths where the program may be, as with execvp(3).
    var paths: [[UInt8]] {
        let name = words.first ?? []
        if name.contains(UInt8(ascii: "/")) || name.isEmpty { return [name] }
        let prefix = Array("PATH=".utf8)
        let ours = Environment.value("PATH")?.bytes
        let given = environment.map { $0.last { $0.starts(with: prefix) }.map { Array($0.dropFirst(5)) } } ?? ours
        return (given ?? Array("/bin:/usr/bin".utf8)).split(
            separator: UInt8(ascii: ":"), omittingEmptySubsequences: false
        )
        .map { $0.isEmpty ? name : Array($0) + [UInt8(ascii: "/")] + name }
    }
}
