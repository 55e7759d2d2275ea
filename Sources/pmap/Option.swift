// One option of the command line, and the parser of a list of words, which is as getopt_long(3): `-uj2` is `-u -j 2`, and
// options may follow other words.

import Bytes
import Records

/// The names of an option, and the function that stores its value.
struct Option: Sendable {
    /// The short ones first.
    let names: [String]
    /// Names that other programs have for it; help does not show them.
    let otherNames: [String]
    /// The name of its value; nil for a switch.
    let value: String?
    /// The value may be left out: it is what stands behind `=`.
    let isValueOptional: Bool
    /// `-` is standard error, where it is the name of a file.
    let takesDash: Bool
    /// The advice for a second one, where that would replace the first; nil where the last one is used.
    let instead: String?
    let help: String
    let set: @Sendable (inout Flags, Typed) -> Void

    /// `names` in help: `-j, --jobs`.
    init(
        _ names: String, also otherNames: [String] = [], value: String? = nil, isValueOptional: Bool = false,
        takesDash: Bool = false, instead: String? = nil, _ help: String,
        set: @escaping @Sendable (inout Flags, Typed) -> Void
    ) {
        self.names = names.split(separator: ", ").map(String.init)
        (self.otherNames, self.value, self.instead, self.help, self.set) = (otherNames, value, instead, help, set)
        (self.isValueOptional, self.takesDash) = (isValueOptional, takesDash)
    }

    static func named(_ name: String) -> Option? {
        all.first { $0.names.contains(name) || $0.otherNames.contains(name) }
    }

    /// Refuses an empty name, as of an empty variable of the shell.
    func check(_ typed: Typed) throws(UsageError) {
        if typed.word == "-", value == "FILE", instead != nil, !takesDash {
            throw typed.wrong("write ./- for a file of that name")
        }
        guard typed.word.isEmpty else { return }
        switch value {
        case "FILE": throw typed.wrong("write the name of a file")
        case "CODE": throw typed.wrong("write an expression of item and index, or the body of a function")
        case "[NAME=]MODULE": throw typed.wrong("write the name of a module")
        case "NAME,…|CODE": throw typed.wrong("write count, sum, top:10 or the like, or an expression of a and b")
        case "COMMAND": throw typed.wrong("write a command for the shell, as in --sh 'gzip {}'")
        default: break
        }
    }

    /// What a script that is loaded already cannot choose.
    static let onlyTyped = ["--eval", "--sh", "--shell", "--arg-file", "--help", "--version"]

    /// The long name that was probably meant.
    static func nearest(to name: String) -> String? {
        let known = all.flatMap(\.names).filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
        let meant = String(name.dropFirst(2))
        let guess = Records.nearest(to: meant, among: known) ?? known.first { meant.count > 2 && $0.hasPrefix(meant) }
        return guess.map { "--\($0)" }
    }
}

extension Flags {
    /// Parses `words`; the others are words.
    mutating func read(_ words: some Sequence<ByteString>) throws(UsageError) {
        var (rest, isBehindCommand) = (Array(words)[...], false)
        while let word = rest.popFirst() {
            if word == "--" {
                self.words += rest
                return
            }
            let hadCommand = command != nil
            defer { isBehindCommand = command != nil && !hadCommand }
            if !word.isOption {
                self.words.append(word)
            } else if isBehindCommand, let command, command.isOneWord {
                throw Flags.unquoted(command, word, rest)
            } else if word.hasPrefix("--") {
                try readLong(word, &rest)
            } else {
                try readCluster(word, &rest)
            }
        }
    }

    /// A pair of a script's `options`; nil is a switch that is on.
    mutating func read(scriptOption name: ByteString, _ value: ByteString?) throws(UsageError) {
        let long = "--" + name.text.replacing("_", with: "-")
        guard let option = Option.named(long) else {
            if let advice = foreignOptions[long] { throw UsageError("options.\(name): \(advice)") }
            let guess = Option.nearest(to: long).map { $0.dropFirst(2).replacing("-", with: "_") }
            throw UsageError("options.\(name): no such option" + (guess.map { "; did you mean \($0)?" } ?? ""))
        }
        if Option.onlyTyped.contains(long) {
            throw UsageError("options.\(name): write it on the command line: \(long)")
        }
        switch (option.value, value) {
        case (_?, nil) where option.isValueOptional: option.set(&self, Typed(option: "options.\(name):", word: ""))
        case (nil, let value?): throw UsageError("options.\(name): \(value): write true or false")
        case (let value?, nil): throw UsageError("options.\(name): a value is missing; write \(name) = \(value)")
        case (_, let value):
            let typed = Typed(option: "options.\(name):", word: value ?? "")
            try option.check(typed)
            option.set(&self, typed)
        }
    }

    /// Sets what was typed of `other`, and its words.
    mutating func `repeat`(_ other: Flags) {
        for (option, value) in other.typed { option.set(&self, value) }
        typed = other.typed
        words = other.words
    }

    /// `value` is nil where it was left out.
    private mutating func take(_ option: Option, _ name: String, _ value: ByteString?) throws(UsageError) {
        if let instead = option.instead, typed.contains(where: { $0.option.instead == instead }) {
            throw UsageError("\(name) twice; \(instead)")
        }
        let isLeftOut = value == nil
        let value = Typed(option: name, word: value ?? "")
        if !isLeftOut { try option.check(value) }
        option.set(&self, value)
        typed.append((option, value))
    }

    /// `--jobs=2` or `--jobs 2`
    private mutating func readLong(_ word: ByteString, _ rest: inout ArraySlice<ByteString>) throws(UsageError) {
        let sides = word.split(separator: "=", limit: 2)
        let name = sides[0].text
        guard let option = Option.named(name) else { throw unknown(name) }
        if option.isValueOptional, sides.count == 1 {
            try take(option, name, nil)
        } else if option.value == nil {
            if sides.count > 1 { throw UsageError("\(word): \(name) takes no value; write \(name)") }
            try take(option, name, "")
        } else {
            let value = sides.count > 1 ? sides[1] : try takeValue(of: option, name, &rest)
            try take(option, name, value)
        }
    }

    /// `-u`, `-j2`, `-uj2`, `-uj 2`
    private mutating func readCluster(_ word: ByteString, _ rest: inout ArraySlice<ByteString>) throws(UsageError) {
        if Option.named("-\(word)") != nil { throw unknown("\(word)", guess: "-\(word)") }
        for (place, byte) in word.bytes.enumerated().dropFirst() {
            let name = "-\(ByteString([byte]))"
            guard let option = Option.named(name) else { throw unknown(byte < 0x80 ? name : "\(word)") }
            if option.value == nil {
                try take(option, name, "")
                continue
            }
            let glued = word.dropFirst(place + 1)
            let value = glued.isEmpty ? try takeValue(of: option, name, &rest) : glued
            return try take(option, name, value)
        }
    }

    /// The next word, unless there is none, or it is an option itself.
    private func takeValue(
        of option: Option, _ name: String, _ rest: inout ArraySlice<ByteString>
    ) throws(UsageError) -> ByteString {
        if let next = rest.popFirst(), next != "--", Option.named(next.split(separator: "=")[0].text) == nil {
            return next
        }
        throw UsageError("missing value for \(name); write \(name) \(option.value ?? "")")
    }

    /// Of `--sh gzip -k` GNU parallel takes all for the command, and getopt_long(3) `-k` for an option of pmap.
    private static func unquoted(
        _ command: ByteString, _ option: ByteString, _ rest: ArraySlice<ByteString>
    ) -> UsageError {
        let options = [option] + rest.prefix { $0.isOption }
        let whole = ByteString(Array(([command] + options).map(\.bytes).joined(separator: [UInt8(ascii: " ")])))
        let end = options.count <= rest.count ? " …" : ""
        return UsageError(
            "--sh \(command) \(option): quote the command: --sh \(Secrets.quoted(whole + ByteString(end))); an option of pmap stands in front of --sh"
        )
    }

    private func unknown(_ name: String, guess: String? = nil) -> UsageError {
        if let advice = foreignOptions[name] { return UsageError("\(name): \(advice)") }
        if let command, !command.contains(" ") {
            return UsageError(
                "unknown option '\(name)'; if it is one of the command's, quote that: --sh '\(command) \(name) …'")
        }
        guard let guess = guess ?? Option.nearest(to: name) else {
            return UsageError("unknown option '\(name)'; pmap --help lists them")
        }
        return UsageError("unknown option '\(name)'; did you mean '\(guess)'?")
    }
}

extension ByteString {
    fileprivate var isOption: Bool { hasPrefix("-") && self != "-" && self != "--" }

    /// A command that the shell may have split.
    fileprivate var isOneWord: Bool { !bytes.contains { [0x20, 0x09, 0x0a].contains($0) } }
}
