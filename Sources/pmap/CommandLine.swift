// From the words of the command line to flags: the sources behind `:::` and its relatives, and the script's own options.

import Bytes
import Script

/// The parsed command line.
struct CommandLine {
    let words: [ByteString]
    let flags: Flags
    /// What stands behind `:::` and its relatives; empty without them.
    let sources: [TypedSource]

    static let otherProgram = "the pmap that shows the memory map of a process is another program, from procps"

    static let emptyName = "'' is the name of no file; an empty variable of the shell may stand there, as"

    init(_ words: [ByteString]) throws(UsageError) {
        self.words = words
        let end = words.firstIndex { TypedSource.Separator(rawValue: $0.text) != nil } ?? words.endIndex
        sources = TypedSource.sources(words[end...])
        if let first = sources.first, first.separator.isLinked {
            throw UsageError(
                "\(first.separator.rawValue) goes along with the words in front of it; the first ones stand behind \(first.separator.unlinked)"
            )
        }
        let own = words[..<end]
        if own.count == 2, own.contains(where: { Int($0.text) ?? -1 > 0 }),
            let option = own.first(where: { $0.hasPrefix("-") && Option.named($0.text) == nil })
        {
            throw UsageError("unknown option '\(option)'; \(CommandLine.otherProgram)")
        }
        var flags = Flags()
        try flags.read(own)
        try flags.readValues()
        self.flags = flags
    }

    /// The options of the script named `script`, under those of the command line, which take precedence.
    func flags(over options: [ScriptOption], of script: ByteString) throws(UsageError) -> Flags {
        if options.isEmpty { return flags }
        var merged = Flags()
        do throws(UsageError) {
            for option in options { try merged.read(scriptOption: option.name, option.value) }
            try merged.readValues()
        } catch {
            throw UsageError("\(script): \(error)")
        }
        merged.leaveOut(whatContradicts: flags)
        merged.repeat(flags)
        try merged.readValues()
        return merged
    }
}

extension Flags {
    /// Of two options that exclude each other the script's is dropped.
    fileprivate mutating func leaveOut(whatContradicts typed: Flags) {
        if typed.null { from = nil }
        if typed.from != nil { null = false }
        if typed.halt != nil, onError?.text == OnError.stop.rawValue { onError = nil }
        if typed.onError?.text == OnError.stop.rawValue { halt = nil }
    }
}
