// A run's journal: when it is opened, what its keys stand for, what is said of it.

import Journal
import Posix
import Records
import Script
import Wire

/// A journal and what this run asks of it.
struct JournalPlan {
    let journal: Journal
    let keys: JournaledInput.KeyMaker
    private let scriptName: ByteString
    /// What is not as it was in the last run.
    private let changes: Fingerprint.Changes
    /// Modules of which nobody can know whether they have changed.
    private let strangeModules: [ByteString]

    /// Opens the journal that is asked for; nil when none is, or when `mustExist` and it does not.
    static func open(_ path: ByteString?, mustExist: Bool = false) throws(UsageError) -> Journal? {
        guard let path else { return nil }
        if mustExist && (try? FileKind(path: path)) == nil { return nil }
        do { return try Journal(path: path) { Reporter.print($0) } } catch { throw UsageError("--journal \(error)") }
    }

    /// Begins a run.
    init(_ journal: Journal, _ flags: Flags, _ script: LoadedScript, seed: UInt64, command: [ByteString])
        throws(UsageError)
    {
        self.journal = journal
        scriptName = script.name.baseName
        strangeModules = script.soughtModules.filter(script.isOfUnknownOrigin)
        var program = try JournalPlan.program(flags, script, seed: seed)
        let words = Secrets(flags.definitions).hidden(inCommand: command).map(JournalPlan.quoted)
        do throws(JournalError) {
            let definitions = JournalPlan.joined(flags.definitions.sorted(by: JournalPlan.precedes))
            program.add("-D", [])
            if !definitions.isEmpty { program.add("-D", secret: definitions, salt: try journal.salt()) }
            changes = try journal.begin(
                program, command: words.joined(separator: " "), seed: seed, retriesFailures: flags.retryFailed
            ) { Digest(ofModule: ByteString($0), of: script) }
        } catch {
            throw UsageError("--journal \(error)")
        }
        keys = .init(program: journal.fingerprint, seed: seed, tellsPlace: script.taskTakesIndex)
    }

    /// A word as a shell reads it back.
    private static func quoted(_ word: ByteString) -> String {
        let text = word.text
        if text != "\(word)" || ByteString(text) != word {
            return "$'\(word.bytes.map(escaped).joined())'"
        }
        let isPlain =
            !text.isEmpty
            && text.allSatisfy { $0 == "…" || $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,%+@".contains($0)) }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }

    /// A byte as bash has it between `$'` and `'`.
    private static func escaped(_ byte: UInt8) -> String {
        let isPlain = (0x20..<0x7f).contains(byte) && ![UInt8(ascii: "'"), UInt8(ascii: "\\")].contains(byte)
        if isPlain { return String(Unicode.Scalar(byte)) }
        return (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
    }

    /// All but what `-D` defines.
    private static func program(_ flags: Flags, _ script: LoadedScript, seed: UInt64) throws(UsageError) -> Fingerprint
    {
        var program = Fingerprint()
        program.add("\(script.name.baseName)", script.source)
        do throws(PosixError) {
            for (name, path) in script.moduleFiles() {
                program.add("module \(name)", try Descriptor(reading: path).readAll())
            }
        } catch {
            throw UsageError("--journal: cannot read a module again: \(error)")
        }
        program.add("-l", JournalPlan.joined(flags.modules))
        var options = [
            "--from": try flags.inputFormat().rawValue, "--to": try flags.outputFormat().rawValue,
            "--filter": "\(flags.filter)", "--seed": script.drewRandomNumbers ? "\(seed)" : "",
        ]
        options["--big-integers"] = flags.bigIntegers?.text
        for (name, value) in options { program.add(name, Array(value.utf8)) }
        return program
    }

    private static func precedes(_ left: ByteString, _ right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    private static func joined(_ words: [ByteString]) -> [UInt8] { Array(words.map(\.bytes).joined(separator: [0])) }

    var path: ByteString { journal.path }

    /// What the user should know before the first item.
    var messages: [String] { [changeMessage].compactMap { $0 } + strangeModules.map(strangeMessage) }

    /// `lengths.lua and --to have changed since the last run; what they gave is not used`
    private var changeMessage: String? {
        if let other = changes.otherScript {
            return
                "\(path): this is the journal of \(other.shownAsName); \(scriptName) uses nothing that one gave"
        }
        guard let last = changes.names.last else { return nil }
        let names = changes.names.count == 1 ? last : changes.names.dropLast().joined(separator: ", ") + " and " + last
        let (verb, pronoun) = changes.names.count == 1 ? ("has", "it") : ("have", "they")
        return
            "\(path): \(names.shownAsName) \(verb) changed since the last run; what \(pronoun) gave is not used"
    }

    func strangeMessage(_ module: ByteString) -> String {
        "\(path): module \(module) is from no file that pmap knows; when it has changed, say so with another journal"
    }
}

extension Digest {
    /// Of the file in which the module is now; nil when there is none.
    init?(ofModule name: ByteString, of script: LoadedScript) {
        guard let path = script.moduleFile(name), let bytes = try? Descriptor(reading: path).readAll() else {
            return nil
        }
        self.init(of: bytes)
    }
}
