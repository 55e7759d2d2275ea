// `pmap run SCRIPT [ARG …]`: a script as lua runs it, with the modules for processes to require.

import Bytes
import Lua
import Multiprocessing
import Posix
import Script

/// The parsed words after `pmap run`: options end at the script.
struct RunCommand {
    private var definitions: [ByteString] = []
    private var modules: [ByteString] = []
    private var words: [ByteString]
    private var wantsHelp = false

    private static let options = ["-D": "NAME=VALUE", "-l": "[NAME=]MODULE"]

    static let usage = "write pmap run [-D NAME=VALUE] [-l [NAME=]MODULE] SCRIPT [ARG …]"

    init(_ words: [ByteString]) throws(UsageError) {
        var rest = words[...]
        while let option = rest.first, option.hasPrefix("-"), option != "-" {
            rest.removeFirst()
            if option == "--" { break }
            if option == "-h" || option == "--help" {
                wantsHelp = true
                continue
            }
            let name = ByteString(option.bytes.prefix(2)).text
            guard let form = RunCommand.options[name] else {
                throw UsageError("run: unknown option '\(option)'; \(RunCommand.usage)")
            }
            var value = option.dropFirst(2)
            if value.isEmpty {
                guard let next = rest.popFirst(), RunCommand.options[next.text] == nil else {
                    throw UsageError("run: missing value for \(name); write \(name) \(form)")
                }
                value = next
            }
            if name == "-D" { definitions.append(value) } else { modules.append(value) }
        }
        if rest.isEmpty && !wantsHelp { throw UsageError("run: no script; \(RunCommand.usage)") }
        self.words = Array(rest)
    }

    /// Runs the script, and exits with its status: 1 when it ends by an error.
    func run() throws(UsageError) -> Never {
        if wantsHelp { Process.exit(Main.show(Help.run).rawValue) }
        let script = words[0]
        let source: ScriptSource = script == "-" ? .standardInput : .file(script)
        let text = try source.text()
        let arguments = try ScriptSource.arguments(definitions)
        do throws(LuaError) {
            Process.changeExitStatus { Main.status($0) }
            let program = try StandaloneScript(arguments: arguments, folders: source.folders)
            let core = try CoreModule(program.stack)
            core.freeze = { [unowned program] in program.freeze() }
            core.catchQuestions()
            for module in modules { try program.require(module) }
            program.armInterrupts()
            let status = run(program, text, script)
            if status != nil { core.finish() }
            if status == nil || program.wasInterrupted() { Process.die(by: Signal.interrupt) }
            if status != 0 { Process.endPrograms() }
            program.close()
            // The handles that the state drops are the core's.
            withExtendedLifetime(core) { Main.exit(status ?? 0) }
        } catch {
            Reporter.print(error.message, error.traceback)
            Process.endPrograms()
            Main.exit(1)
        }
    }

    /// Returns its status, or nil when Ctrl-C has ended it, with which its processes end.
    private func run(_ program: StandaloneScript, _ text: [UInt8], _ script: ByteString) -> Int32? {
        do throws(ScriptError) {
            let name = script == "-" ? "stdin" : script
            let isOnlyTask = try program.run(text, name: name, words: ["pmap", "run"] + words, script: 2)
            let wasInterrupted = program.wasInterrupted()  // and has caught it
            if isOnlyTask && !wasInterrupted {
                let way = "pmap \(script) calls it for each item"
                Reporter.print("\(name) defines a task, which pmap run does not call; \(way)")
            }
            return 0
        } catch {
            if case .lua(let cause) = error {
                Reporter.print(cause.message, cause.traceback)
                if program.wasInterrupted(cause) { return nil }
            } else {
                Reporter.print(error.description)
            }
            return 1
        }
    }
}
