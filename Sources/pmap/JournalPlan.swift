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
    /// What is not as it was in the last run.
    let changes: [String]

    /// Opens the journal that is asked for; nil when none is, or when `mustExist` and it does not.
    static func open(_ path: ByteString?, mustExist: Bool = false) throws(UsageError) -> Journal? {
        guard let path else { return nil }
        if mustExist && (try? FileKind(path: path)) == nil { return nil }
        do { return try Journal(path: path) } catch { throw UsageError("--journal \(error)") }
    }

    /// Begins a run.
    init(_ journal: Journal, _ flags: Flags, _ script: LoadedScript, seed: UInt64, command: [ByteString])
        throws(UsageError)
    {
        self.journal = journal
        let program = try JournalPlan.program(flags, script, seed: seed)
        keys = .init(program: program.digest, seed: seed, tellsPlace: script.taskTakesIndex)
        do throws(JournalError) {
            changes = try journal.begin(
                program, command: command.map(JournalPlan.quoted).joined(separator: " "), seed: seed,
                retriesFailures: flags.retryFailed)
        } catch {
            throw UsageError("--journal \(error)")
        }
    }

    /// A word as a shell reads it back.
    private static func quoted(_ word: ByteString) -> String {
        let text = word.text
        if text != "\(word)" || ByteString(text) != word {
            return "$'\(word.bytes.map(escaped).joined())'"
        }
        let isPlain =
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,%+@".contains($0)) }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }

    /// A byte as bash has it between `$'` and `'`.
    private static func escaped(_ byte: UInt8) -> String {
        let isPlain = (0x20..<0x7f).contains(byte) && ![UInt8(ascii: "'"), UInt8(ascii: "\\")].contains(byte)
        if isPlain { return String(Unicode.Scalar(byte)) }
        return (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
    }

    private static func program(
        _ flags: Flags, _ script: LoadedScript, seed: UInt64
    ) throws(UsageError) -> Program {
        var program = Program()
        program.add("\(script.name.baseName)", script.source)
        do throws(PosixError) {
            for (name, path) in script.moduleFiles() {
                program.add("module \(name)", try Descriptor(reading: path).readAll())
            }
        } catch {
            throw UsageError("--journal: cannot read a module again: \(error)")
        }
        program.add(
            "-D",
            JournalPlan.joined(
                try ScriptSource.arguments(flags.definitions).map { $0 + "=" + $1 }.sorted(by: JournalPlan.precedes)))
        program.add("-l", JournalPlan.joined(flags.modules))
        let options = [
            "--from": try flags.inputFormat().rawValue, "--to": try flags.outputFormat().rawValue,
            "--filter": "\(flags.filter)", "--seed": script.drewRandomNumbers ? "\(seed)" : "",
        ]
        for (name, value) in options { program.add(name, Array(value.utf8)) }
        return program
    }

    private static func precedes(_ left: ByteString, _ right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    private static func joined(_ words: [ByteString]) -> [UInt8] { Array(words.map(\.bytes).joined(separator: [0])) }

    var path: ByteString { journal.path }

    /// `lengths.lua and --to have changed since the last run; what they gave is not used`
    var changeMessage: String? {
        guard let last = changes.last else { return nil }
        let names = changes.count == 1 ? last : changes.dropLast().joined(separator: ", ") + " and " + last
        let (verb, pronoun) = changes.count == 1 ? ("has", "it") : ("have", "they")
        return "\(journal.path): \(names) \(verb) changed since the last run; what \(pronoun) gave is not used"
    }
}
