// From the words of the command line to flags: what `:::` cuts off, what users of other programs type, and errors in
// one line that say what to write.

import ArgumentParser

/// The command line, taken apart.
struct CommandWords {
    let flags: Flags
    /// The words after `:::`, if it is there.
    let arguments: [String]?

    static let otherProgram = "the pmap that shows the memory map of a process is another program, from procps"

    /// Options that mean something elsewhere, and what to write here.
    private static let elsewhere = [
        "-o": "write to a file with > FILE", "--output": "write to a file with > FILE",
        "--results": "write to a file with > FILE", "-a": "write the file behind the script: pmap SCRIPT FILE",
        "--arg-file": "write the file behind the script: pmap SCRIPT FILE",
        "-I": "the item is the variable item in the task", "-i": "the item is the variable item in the task",
        "--dry-run": "try the task on one item: pmap -j0 SCRIPT ::: ITEM", "--colsep": "split the item in the task",
        "--quote": "nothing is passed through a shell here", "--pipepart": "files are read in parallel anyway",
        "--resume": "write --journal FILE; the same command goes on from there",
        "--resume-failed": "write --journal FILE --retry-failed",
        "--block": "chunks adapt by themselves; --chunk N fixes them",
    ]
    private static let sameThing = [
        "--max-procs": "--jobs", "--chunksize": "--chunk", "--maxtasksperchild": "--max-tasks",
        "--halt-on-error": "--halt",
    ]

    /// What an option's value looks like, for the message that it is missing.
    private static let values = [
        "-j": "N", "-P": "N", "--jobs": "N", "-f": "FORMAT", "--from": "FORMAT", "-t": "FORMAT", "--to": "FORMAT",
        "-e": "CODE", "--eval": "CODE", "-D": "NAME=VALUE", "-l": "NAME", "--chunk": "N",
        "--on-error": "drop|keep|stop", "--max-tasks": "N", "--memory": "SIZE", "--timeout": "SECONDS",
        "--retries": "N", "--backoff": "SECONDS", "--halt": "WHEN,WHY=N",
        "--seed": "N", "--errors": "FILE", "--spill": "SIZE", "--journal": "FILE",
        "--chaos": "kill=5%,delay=10%,error=1%",
    ]

    /// `scriptOptions` come from the script named `script`; what the command line says wins over them.
    init(_ words: [String], scriptOptions: [String] = [], of script: String = "") throws(UsageError) {
        let cut = words.firstIndex(of: ":::")
        arguments = cut.map { Array(words[($0 + 1)...]) }
        if arguments?.contains(":::") == true {
            throw UsageError("a second ':::'; items of one kind stand behind one ':::'")
        }
        let own = words[..<(cut ?? words.endIndex)].map(CommandWords.translated)
        if !scriptOptions.isEmpty {
            do throws(UsageError) { try CommandWords.parse(scriptOptions).readValues() } catch {
                throw UsageError("\(script): \(CommandWords.asScriptOption(error.description))")
            }
        }
        flags = try CommandWords.parse(scriptOptions + own)
    }

    // MARK: Parsing

    private static func parse(_ words: [String]) throws(UsageError) -> Flags {
        if let word = words.first(where: { elsewhere[name($0)] != nil }), let advice = elsewhere[name(word)] {
            throw UsageError("\(name(word)): \(advice)")
        }
        do { return try Flags.parse(words) } catch {
            throw UsageError(reworded(Flags.message(for: error), words))
        }
    }

    /// ArgumentParser's message as pmap words its own.
    private static func reworded(_ message: String, _ words: [String]) -> String {
        let quoted =
            message.split(separator: "'", omittingEmptySubsequences: false).dropFirst().first.map(String.init) ?? ""
        let option = String(quoted.prefix { $0 != " " })
        if message.hasPrefix("Missing value") {
            return "missing value for \(option); write \(option) \(values[option] ?? "VALUE")"
        }
        if message.hasPrefix("Unknown option") {
            if words.count == 2, words.contains(where: { Int($0) ?? -1 > 0 }), option.count == 2 {
                return "unknown option '\(option)'; \(otherProgram)"
            }
            guard let guess = message.firstRange(of: "Did you mean ") else {
                return "unknown option '\(option)'; pmap --help lists them"
            }
            return "unknown option '\(option)'; did you mean \(message[guess.upperBound...])"
        }
        return message.prefix(1).lowercased() + message.dropFirst()
    }

    /// A message about an option, as one about a key of the script's `options`.
    private static func asScriptOption(_ message: String) -> String {
        var text = message
        if let quote = text.firstRange(of: "unknown option '--") {
            let rest = text[quote.upperBound...]
            let name = rest.prefix { $0 != "'" }.replacing("-", with: "_")
            let guess = rest.firstRange(of: "did you mean '--").map { rest[$0.upperBound...].prefix { $0 != "'" } }
            return "options.\(name): no such option"
                + (guess.map { "; did you mean \($0.replacing("-", with: "_"))?" } ?? "")
        }
        if text.hasPrefix("--") {
            let name = text.dropFirst(2).prefix { $0 != " " && $0 != ":" }
            text = "\(name.replacing("-", with: "_")):\(text.dropFirst(2 + name.count))"
        }
        return "options.\(text)"
    }

    private static func translated(_ word: String) -> String {
        guard let same = sameThing[name(word)] else { return word }
        return same + word.dropFirst(name(word).count)
    }

    /// An option without its `=VALUE`.
    private static func name(_ word: String) -> String { String(word.prefix { $0 != "=" }) }
}
