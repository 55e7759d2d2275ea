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
    static func open(_ path: String?, mustExist: Bool = false) throws(UsageError) -> Journal? {
        guard let path else { return nil }
        if mustExist && (try? FileKind(path: path)) == nil { return nil }
        do { return try Journal(path: path) } catch { throw UsageError("--journal \(error)") }
    }

    /// Begins a run.
    init(_ journal: Journal, _ flags: Flags, _ script: LoadedScript, seed: UInt64, command: [String]) throws(UsageError)
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
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,%+@".contains($0)) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }

    private static func program(
        _ flags: Flags, _ script: LoadedScript, seed: UInt64
    ) throws(UsageError) -> Program {
        var program = Program()
        program.add(script.name, script.source)
        do throws(PosixError) {
            for (name, path) in script.moduleFiles() {
                program.add("module \(name)", try Descriptor(reading: path).readAll())
            }
        } catch {
            throw UsageError("--journal: cannot read a module again: \(error)")
        }
        let options = [
            "-D": flags.definitions.sorted().joined(separator: "\0"), "-l": flags.modules.joined(separator: "\0"),
            "--from": try flags.inputFormat().rawValue, "--to": try flags.outputFormat().rawValue,
            "--filter": "\(flags.filter)", "--seed": script.drewRandomNumbers ? "\(seed)" : "",
        ]
        for (name, value) in options { program.add(name, Array(value.utf8)) }
        return program
    }

    var path: String { journal.path }

    /// `lengths.lua and --to have changed since the last run; what they gave is not used`
    var changeMessage: String? {
        guard let last = changes.last else { return nil }
        let names = changes.count == 1 ? last : changes.dropLast().joined(separator: ", ") + " and " + last
        let (verb, pronoun) = changes.count == 1 ? ("has", "it") : ("have", "they")
        return "\(journal.path): \(names) \(verb) changed since the last run; what \(pronoun) gave is not used"
    }
}
