// Where the script comes from: a file, standard input, or -e.

import Lua
import Multiprocessing
import Posix
import Script
import Wire

/// The script as the command line names it.
enum ScriptSource {
    case file(String)
    case standardInput
    case inline(String)

    /// Loads it into a fresh state.
    func load(_ flags: Flags, seed: UInt64) throws(UsageError) -> LoadedScript {
        var settings = LoadedScript.Settings()
        settings.seed = seed
        settings.modules = flags.modules
        settings.arguments = try ScriptSource.arguments(flags.definitions)
        settings.folder = folder
        settings.watchesCoroutines = flags.timeout != nil
        settings.furnish = { stack throws(LuaError) in
            let core = try CoreModule(stack)
            return Furniture(
                begin: core.noteHeld, endItem: core.endItem(hasReturned:), answer: core.answerAsHost,
                hearQuestions: core.hearQuestions)
        }
        let source = try text()
        do throws(ScriptError) {
            let script = try LoadedScript(name: name, settings)
            if case .inline(let code) = self { try script.load(inline: code) } else { try script.load(source) }
            return script
        } catch {
            guard case .lua(let cause) = error else { throw UsageError(error.description) }
            throw UsageError(cause.message, traceback: cause.traceback)
        }
    }

    private var name: String {
        switch self {
        case .file(let path): String(path.split(separator: "/").last ?? "script")
        case .standardInput: "-"
        case .inline: "-e"
        }
    }

    /// The folder of the script, for `require`.
    var folder: String? {
        guard case .file(let path) = self else { return nil }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    func text() throws(UsageError) -> [UInt8] {
        do throws(PosixError) {
            switch self {
            case .inline: return []
            case .standardInput: return try Descriptor(copying: StandardDescriptor.input).readAll()
            case .file(let path):
                if try FileKind(path: path).kind == .directory {
                    throw PosixError("open", path, code: PosixError.isADirectory)
                }
                return try Descriptor(reading: path).readAll()
            }
        } catch {
            throw UsageError(missing(error))
        }
    }

    /// `pmap 1234` means the other pmap.
    private func missing(_ error: PosixError) -> String {
        guard case .file(let path) = self else { return "-: cannot read the script: \(error.reason)" }
        if Int(path) != nil { return "\(path): no such script; \(CommandWords.otherProgram)" }
        if error.isMissing { return "\(path): no such script" }
        if error.isDirectory {
            return "\(path): a folder is not a script; name the script in it, as in \(path)/NAME.lua"
        }
        return "\(path): cannot read the script: \(error.reason)"
    }

    static func arguments(_ definitions: [String]) throws(UsageError) -> [String: String] {
        var arguments: [String: String] = [:]
        for definition in definitions {
            guard let equals = definition.firstIndex(of: "="), equals != definition.startIndex else {
                throw UsageError("-D \(definition): write NAME=VALUE")
            }
            arguments[String(definition[..<equals])] = String(definition[definition.index(after: equals)...])
        }
        return arguments
    }
}
