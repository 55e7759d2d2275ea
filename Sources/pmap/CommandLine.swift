// From the words of the command line to flags: the arguments after `:::`, and the script's own options.

import Bytes
import Script

/// The parsed command line.
struct CommandLine {
    let words: [ByteString]
    let flags: Flags
    /// The words after `:::`, if it is there.
    let arguments: [ByteString]?

    static let otherProgram = "the pmap that shows the memory map of a process is another program, from procps"

    static let emptyName = "'' is the name of no file; an empty variable of the shell may stand there, as"

    init(_ words: [ByteString]) throws(UsageError) {
        self.words = words
        let separator = words.firstIndex(of: ":::")
        arguments = separator.map { Array(words[($0 + 1)...]) }
        for word in words[((separator ?? -1) + 1)...] {
            if let advice = CommandLine.otherSources[word.text] { throw UsageError("\(advice)") }
        }
        let own = words[..<(separator ?? words.endIndex)]
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

    /// Other ways of GNU parallel to name inputs.
    private static let otherSources = [
        ":::": "a second ':::'; items of one kind stand behind one ':::'",
        ":::+": "':::+': an item is one word; put what belongs together into one line of a file, or into one word",
        "::::": "'::::': write the file behind the script: pmap SCRIPT FILE",
        "::::+": "'::::+': an item is one line; paste FILE FILE | pmap SCRIPT puts lines together",
    ]
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
