// From the words of the command line to flags: what `:::` cuts off, what users of other programs type, and errors in
// one line.

import ArgumentParser

/// The command line, taken apart.
struct CommandWords {
    let flags: Flags
    /// The words after `:::`, if it is there.
    let arguments: [String]?

    /// Options that mean something elsewhere, and what to write here.
    private static let elsewhere = [
        "-o": "write to a file with > FILE", "--output": "write to a file with > FILE",
        "--results": "write to a file with > FILE", "-a": "name the file behind the script: pmap SCRIPT FILE",
        "--arg-file": "name the file behind the script: pmap SCRIPT FILE",
        "-I": "the item is the variable item in the task", "-i": "the item is the variable item in the task",
        "--dry-run": "try the task on one item: pmap -j0 SCRIPT ::: ITEM", "--colsep": "split the item in the task",
        "--quote": "nothing is passed through a shell here", "--pipepart": "files are read in parallel anyway",
        "--block": "chunks adapt by themselves; --chunk N fixes them",
    ]
    private static let sameThing = [
        "--max-procs": "--jobs", "--keepgoing": "--on-error=drop", "--chunksize": "--chunk",
        "--maxtasksperchild": "--max-tasks", "--zero": "--null",
    ]

    /// `scriptOptions` come from the script; what the command line says wins over them.
    init(_ words: [String], scriptOptions: [String] = []) throws(UsageError) {
        let cut = words.firstIndex(of: ":::")
        arguments = cut.map { Array(words[($0 + 1)...]) }
        if arguments?.contains(":::") == true { throw UsageError("a second ::: has no meaning; put all items behind one") }
        let own = words[..<(cut ?? words.endIndex)].map(CommandWords.translated)
        flags = try CommandWords.parse(scriptOptions.map(CommandWords.translated) + own)
    }

    private static func parse(_ words: [String]) throws(UsageError) -> Flags {
        if let word = words.first(where: { elsewhere[name($0)] != nil }), let advice = elsewhere[name(word)] {
            throw UsageError("there is no option \(name(word)): \(advice)")
        }
        do { return try Flags.parse(words) } catch {
            let message = Flags.message(for: error)
            throw UsageError(message.prefix(1).lowercased() + message.dropFirst())
        }
    }

    private static func translated(_ word: String) -> String {
        guard let same = sameThing[name(word)] else { return word }
        return same + word.dropFirst(name(word).count)
    }

    /// An option without its `=VALUE`.
    private static func name(_ word: String) -> String { String(word.prefix { $0 != "=" }) }
}

extension Flags {
    /// A whole number that an option takes, at least `least`.
    static func count(_ text: String?, _ option: String, least: Int = 1) throws(UsageError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= least else {
            throw UsageError("\(option) takes a whole number from \(least) on, not “\(text)”")
        }
        return number
    }

    /// Bytes: a whole number, or one with k, M or G for powers of 1024.
    static func size(_ text: String?, _ option: String) throws(UsageError) -> Int? {
        guard let text else { return nil }
        let units: [Character: Int] = ["k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard let number = Int(digits), number >= 0, case let (size, false) = number.multipliedReportingOverflow(by: unit ?? 1)
        else { throw UsageError("\(option) takes a size such as 500M or 10G, not “\(text)”") }
        return size
    }

    /// `N`, `N%`, `+N` or `-N` of `processors`; 0 means no worker at all.
    static func workers(_ text: String?, processors: Int) throws(UsageError) -> Int {
        guard let text else { return processors }
        let wrong = UsageError("-j takes N, N%, +N or -N, not “\(text)”")
        if text.hasSuffix("%") {
            guard let percent = Int(text.dropLast()), percent > 0 else { throw wrong }
            return max(1, processors * percent / 100)
        }
        guard let number = Int(text) else { throw wrong }
        if text.hasPrefix("+") || text.hasPrefix("-") { return max(1, processors + number) }
        if number > mostWorkers { throw UsageError("-j \(number): at most \(mostWorkers) workers") }
        return number
    }

    private static let mostWorkers = 4096
}
