// `pmap run SCRIPT [ARG …]`: a Lua program, with the modules for processes to require.

import ArgumentParser
import Lua
import Multiprocessing
import Posix
import Script

/// The words after `pmap run`, taken apart: options end at the script.
struct RunCommand {
    private var definitions: [String] = []
    private var modules: [String] = []
    private var words: [String]

    static let usage = "write pmap run [-D NAME=VALUE] [-l NAME] SCRIPT [ARG …]"

    init(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let option = rest.first, option.hasPrefix("-"), option != "-" {
            rest.removeFirst()
            if option == "--" { break }
            let name = String(option.prefix(2))
            guard name == "-D" || name == "-l" else {
                throw UsageError("run: unknown option '\(option)'; \(RunCommand.usage)")
            }
            var value = String(option.dropFirst(2))
            if value.isEmpty {
                guard let next = rest.popFirst() else { throw UsageError("run: missing value for \(name)") }
                value = next
            }
            if name == "-D" { definitions.append(value) } else { modules.append(value) }
        }
        if rest.isEmpty { throw UsageError("run: no script; \(RunCommand.usage)") }
        self.words = Array(rest)
    }

    /// Runs the program, and leaves with its status: 1 when it ends by an error.
    func run() throws(UsageError) -> Never {
        let script = words[0]
        let source: ScriptSource = script == "-" ? .standardInput : .file(script)
        let text = try source.text()
        let arguments = try ScriptSource.arguments(definitions)
        do throws(LuaError) {
            let program = try LuaProgram(arguments: arguments, folder: source.folder)
            let core = try CoreModule(program.stack)
            core.freeze = { [unowned program] in program.freeze() }
            core.hearQuestions()
            for module in modules { try program.require(module) }
            let status = run(program, text, script)
            core.finish()
            end(consume program, core)
            Process.exit(status)
        } catch {
            Reporter.print(error.message, error.traceback)
            Process.exit(1)
        }
    }

    /// Closes the state as lua does at its end; the handles it then drops are the core module's.
    private func end(_ program: consuming LuaProgram, _ core: CoreModule) {
        _ = consume program
        withExtendedLifetime(core) {}
    }

    private func run(_ program: LuaProgram, _ text: [UInt8], _ script: String) -> Int32 {
        do throws(ScriptError) {
            try program.run(text, name: script == "-" ? "stdin" : script, words: ["pmap", "run"] + words, script: 2)
            return 0
        } catch {
            if case .lua(let cause) = error {
                Reporter.print(cause.message, cause.traceback)
            } else {
                Reporter.print(error.description)
            }
            return 1
        }
    }
}
