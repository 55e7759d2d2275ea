// A run's journal: when it is opened, the fingerprint of its keys, and the messages about it.

import Bytes
import Journal
import Lua
import Posix
import Records
import Script

/// A journal and the parameters of this run for it.
struct JournalPlan {
    let journal: Journal
    let keys: JournaledInput.KeyFields
    private let scriptName: ByteString
    /// The differences from the last run.
    private let changes: Fingerprint.Changes
    /// Modules whose files are unknown, so that changes of them are not seen.
    private let untraceableModules: [ByteString]

    /// Opens the journal of the option; nil without one, or when `mustExist` and it does not.
    static func open(_ path: ByteString?, mustExist: Bool = false) throws(UsageError) -> Journal? {
        guard let path else { return nil }
        if mustExist && (try? FileKind(path: path)) == nil { return nil }
        do { return try Journal(path: path) { Reporter.print($0) } } catch { throw UsageError("--journal \(error)") }
    }

    /// Begins a run.
    init(
        _ journal: Journal, _ flags: Flags, _ form: TaskRunner.Options, _ script: LoadedScript, seed: UInt64,
        command: [ByteString]
    ) throws(UsageError) {
        self.journal = journal
        scriptName = script.name.baseName
        untraceableModules = script.requestedModules.filter(script.isOfUnknownOrigin).sorted(by: JournalPlan.precedes)
        var fingerprint = try JournalPlan.fingerprint(flags, form, script, seed: seed)
        do throws(JournalError) {
            let definitions = JournalPlan.joined(flags.definitions.sorted(by: JournalPlan.precedes))
            fingerprint.add("-D", [])
            if !definitions.isEmpty { fingerprint.add("-D", secret: definitions, salt: try journal.salt()) }
            changes = try journal.begin(
                fingerprint, command: Secrets(flags.definitions).shown(command: command), seed: seed,
                retriesFailures: flags.retryFailed
            ) { Digest(ofModule: ByteString($0), of: script) }
        } catch {
            throw UsageError("--journal \(error)")
        }
        keys = .init(fingerprint: journal.fingerprint, seed: seed, takesIndex: script.taskTakesIndex)
    }

    /// The fingerprint without the definitions of `-D`.
    private static func fingerprint(
        _ flags: Flags, _ form: TaskRunner.Options, _ script: LoadedScript, seed: UInt64
    ) throws(UsageError) -> Fingerprint {
        var fingerprint = Fingerprint()
        fingerprint.add("\(script.name.baseName)", script.source)
        do throws(PosixError) {
            for (name, path) in script.moduleFiles() {
                fingerprint.add("module \(name)", try Descriptor(reading: path).readAll())
            }
        } catch {
            throw UsageError("--journal: cannot read a module again: \(error)")
        }
        fingerprint.add("-l", JournalPlan.joined(flags.modules))
        var options = form.input.fingerprint
        options["--to"] = try flags.outputFormat().rawValue
        options["--filter"] = "\(flags.filter)"
        options["--seed"] = script.drewRandomNumbers ? "\(seed)" : ""
        if flags.tag { options["--tag"] = "true" }
        if let join = form.join { options["--reduce"] = join.hasKeys ? "by key" : "true" }
        options["--big-integers"] = flags.bigIntegers?.text
        for (name, value) in options { fingerprint.add(name, Array(value.utf8)) }
        return fingerprint
    }

    private static func precedes(_ left: ByteString, _ right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    private static func joined(_ words: [ByteString]) -> [UInt8] { Array(words.map(\.bytes).joined(separator: [0])) }

    var path: ByteString { journal.path }

    /// Messages before the first item.
    var messages: [String] { [changeMessage].compactMap { $0 } + untraceableModules.map(untraceableMessage) }

    /// `lengths.lua and --to have changed since the last run; what they gave is not used`
    private var changeMessage: String? {
        if let other = changes.otherScript {
            return
                "\(path): this is the journal of \(other.escapedName); \(scriptName) uses nothing that one gave"
        }
        guard let last = changes.names.last else { return nil }
        let names = changes.names.count == 1 ? last : changes.names.dropLast().joined(separator: ", ") + " and " + last
        let (verb, pronoun) = changes.names.count == 1 ? ("has", "it") : ("have", "they")
        return
            "\(path): \(names.escapedName) \(verb) changed since the last run; what \(pronoun) gave is not used"
    }

    func untraceableMessage(_ module: ByteString) -> String {
        "\(path): module \(module) is from no file that pmap knows; when it has changed, say so with another journal"
    }
}

extension Digest {
    /// The digest of the module's file; where there is none, of a text that is no Lua.
    init(ofModule name: ByteString, of script: LoadedScript) {
        let bytes = script.moduleFile(name).flatMap { try? Descriptor(reading: $0).readAll() }
        self.init(of: bytes ?? Array("no file".utf8))
    }
}
