// Advice for a script that is none: a program, an expression, a file of data, a command of GNU parallel.

import Bytes
import Lua
import Posix
import Script

extension ScriptSource {
    /// There is no such file. `pmap 1234` means the other pmap, `pmap gzip ::: a` another parallel.
    func missing(_ error: PosixError) -> UsageError {
        guard case .file(let path, let followers) = self else {
            return UsageError("-: cannot read the script: \(error.reason)")
        }
        if path.isEmpty { return UsageError("\(CommandLine.emptyName) the script") }
        if Int(path.text) != nil { return UsageError("\(path): no such script; \(CommandLine.otherProgram)") }
        if error.isDirectory {
            return UsageError("\(path): a folder is not a script; name the script in it, as in \(path)/NAME.lua")
        }
        if !error.isMissing { return UsageError("\(path): cannot read the script: \(error.reason)") }
        if LuaWords(path.text).names.contains(where: { ["item", "index"].contains($0) }) {
            return UsageError("\(path): no such script; CODE stands behind -e: pmap -e CODE")
        }
        let takesItem = followers.contains { $0.contains("{}") }
        if takesItem || path.isCommand {
            let words = [path] + (takesItem ? followers : [])
            let command = ByteString(Array(words.map(\.bytes).joined(separator: [UInt8(ascii: " ")])))
            return UsageError("\(path): no such script; \(ScriptSource.advice(for: command))")
        }
        return UsageError("\(path): no such script")
    }

    private static func advice(for command: ByteString) -> String {
        "a command for the shell stands behind --sh: pmap --sh \(Secrets.quoted(command))"
    }

    /// `"gzip " .. item` for `gzip {}`
    private static func replaced(_ text: String) -> String {
        let parts = text.components(of: "{}").map { $0.isEmpty ? nil : "\"\($0)\"" }
        let pieces = parts.dropFirst().reduce(into: parts.prefix(1).map { $0 }) { $0 += ["item", $1] }
        return pieces.compactMap(\.self).joined(separator: " .. ")
    }

    /// The script does not load, or has no task.
    func explained(_ error: ScriptError) -> UsageError {
        var (message, traceback) = (error.description, nil as String?)
        if case .lua(let cause) = error { (message, traceback) = (cause.message, cause.traceback) }
        switch self {
        case .command: traceback = nil
        case .inline(let code) where ScriptSource.replacements.contains(where: code.contains):
            message += "; \(ScriptSource.advice(for: code))"
        case .file(let path, let followers) where !path.hasSuffix(".lua"):
            if let script = followers.first(where: { $0.hasSuffix(".lua") }) {
                message += "; the script comes first: pmap \(script) \(path)"
            }
        default: break
        }
        return UsageError(message, traceback: traceback)
    }

    /// The shell has split the command of --sh, of which the first word is `command`; nil where that is not seen from the words.
    static func unquoted(_ command: ByteString, _ words: [ByteString], hasSources: Bool) -> UsageError? {
        let isSplit =
            hasSources ? !words.isEmpty : words.contains { word in replacements.contains(where: word.contains) }
        if !isSplit { return nil }
        let whole = ByteString(Array(([command] + words).map(\.bytes).joined(separator: [UInt8(ascii: " ")])))
        return UsageError("--sh \(command): the command is one word; write --sh \(Secrets.quoted(whole))")
    }

    /// The script has come from there, so that no item can.
    static let readsStandardInput = UsageError(
        "standard input is the script already; name a FILE, or write ::: ITEM …")

    /// The replacement strings of GNU parallel.
    private static let replacements = ["{}", "{.}", "{/}", "{//}", "{/.}", "{#}", "{%}", "{1}"]

    /// A program gets `{}` itself, and the item is not used at all.
    static func unreplaced(in code: String) -> UsageError? {
        let words = LuaWords(code)
        guard let text = words.strings.first(where: { $0.contains("{}") }),
            words.names.contains(where: { ["execute", "popen", "sh"].contains($0) }), !words.names.contains("item"),
            !code.contains("..."), !text.contains("-exec"), !text.contains("xargs")
        else { return nil }
        return UsageError("-e: {} in a string stays as it is; write \(replaced(text))")
    }
}

/// The names of a piece of Lua, and its strings in quotes.
private struct LuaWords {
    private(set) var names: [String] = []
    private(set) var strings: [String] = []

    init(_ code: String) {
        var (quote, isEscaped, text) = (nil as Character?, false, "")
        for character in code + " " {
            if let open = quote {
                if character == open && !isEscaped {
                    strings.append(text)
                    (quote, text) = (nil, "")
                } else {
                    text.append(character)
                }
                isEscaped = character == "\\" && !isEscaped
            } else if character.isLetter || character.isNumber || character == "_" {
                text.append(character)
            } else {
                if !text.isEmpty { names.append(text) }
                text = ""
                if character == "\"" || character == "'" { quote = character }
            }
        }
    }
}

extension String {
    fileprivate func components(of separator: String) -> [String] {
        var (parts, rest) = ([String](), self[...])
        while let cut = rest.firstRange(of: separator) {
            parts.append(String(rest[..<cut.lowerBound]))
            rest = rest[cut.upperBound...]
        }
        return parts + [String(rest)]
    }
}

extension ByteString {
    /// A program, or a whole command in one word, as GNU parallel takes it.
    fileprivate var isCommand: Bool {
        let words = split(separator: " ").filter { !$0.isEmpty }
        return words.count > 1 && contains("{}") || words.first?.isProgram ?? false
    }
}
