// The source of the script: a file, standard input, -e or --sh.

import Bytes
import Lua
import Multiprocessing
import Posix
import Records
import Script

/// The script of the command line.
enum ScriptSource {
    /// The words after the file are for the advice when it is no script.
    case file(ByteString, followers: [ByteString] = [])
    case standardInput
    case inline(ByteString)
    /// The template of `--sh`.
    case command(ByteString)

    /// Loads it into a fresh state. What a host has `sent` is not read from files.
    func load(_ flags: Flags, seed: UInt64, _ sent: RemoteJob? = nil) throws(UsageError) -> LoadedScript {
        var settings = LoadedScript.Settings()
        settings.seed = seed
        settings.isSeedFinal = flags.seed != nil
        settings.modules = flags.modules
        settings.arguments = try ScriptSource.arguments(flags.definitions)
        settings.folders = folders
        settings.sentModules = sent?.modules ?? []
        settings.watchesCoroutines = flags.timeout != nil || flags.jobs?.text == "0"
        settings.installModules = { stack throws(LuaError) in
            let core = try CoreModule(stack)
            return ModuleHooks(
                begin: core.recordHoldings, endItem: core.endItem(hasReturned:), finish: { core.finish(limit: $0) },
                answer: core.answerAsHost, catchQuestions: core.catchQuestions)
        }
        let source = if let sent { sent.script } else { try text() }
        let isBatch = try flags.inputLayout().batch != nil
        let script: LoadedScript
        do throws(ScriptError) {
            script = try LoadedScript(name: name, settings)
            switch self {
            case .inline(let code): try script.load(inline: code)
            case .command(let template):
                let shell = Environment.value("PMAP_SHELL") ?? "/bin/sh"
                let use: CommandUse = flags.dryRun ? .show : flags.filter ? .filter : .run
                try script.load(command: template, shell: shell, use: use, isBatch: isBatch)
            case .file, .standardInput: try script.load(source)
            }
        } catch {
            throw explained(error)
        }
        if case .inline(let code) = self, let error = ScriptSource.unreplaced(in: code.text) { throw error }
        return script
    }

    var isStandardInput: Bool {
        switch self {
        case .standardInput: true
        case .file(let path, _): Descriptor.number(named: path) == StandardDescriptor.input
        case .inline, .command: false
        }
    }

    /// Its name in messages.
    private var name: ByteString {
        switch self {
        case .file(let path, _): path
        case .standardInput: "-"
        case .inline: "-e"
        case .command: "--sh"
        }
    }

    /// The folders where `require` searches first: that of the script's path, and that of the file behind a link.
    var folders: [ByteString] {
        guard case .file(let path, _) = self else { return [] }
        let named = path.folder
        guard let real = path.resolved?.folder, real != named.resolved else { return [named] }
        return [named, real]
    }

    func text() throws(UsageError) -> [UInt8] {
        do throws(PosixError) {
            switch self {
            case .inline, .command: return []
            case .standardInput: return try Descriptor(copying: StandardDescriptor.input).readAll()
            case .file(let path, _):
                if try FileKind(path: path).kind == .directory {
                    throw PosixError("open", "\(path)", code: PosixError.isADirectory)
                }
                return try Descriptor(reading: path).readAll()
            }
        } catch {
            throw missing(error)
        }
    }

    static func arguments(_ definitions: [ByteString]) throws(UsageError) -> [ByteString: ByteString] {
        var arguments: [ByteString: ByteString] = [:]
        for definition in definitions {
            let sides = definition.split(separator: "=", limit: 2)
            guard sides.count == 2, !sides[0].isEmpty else {
                let shown = definition.isEmpty ? "''" : sides[0].isEmpty ? "=…" : "\(definition)"
                throw UsageError("-D \(shown): write NAME=VALUE")
            }
            arguments[sides[0]] = sides[1]
        }
        return arguments
    }
}
