// A script, loaded once, in the host, before any worker exists: its Lua state and its definitions.

package import Bytes
package import Lua
import Records

/// The names that a script can define.
package enum ScriptName: String, CaseIterable, Sendable {
    case task, inputs, setup, teardown, reduce, finish, options
    case retryIf = "retry_if"
}

/// The calls of a run to the modules that scripts can require; they live as long as the state.
package struct ModuleHooks {
    /// The worker is ready: locks that it holds are its own, and no item's.
    package let begin: () -> Void
    /// An item has ended, which has returned or raised.
    package let endItem: (_ hasReturned: Bool) -> Void
    /// This process is about to end: waits for what it has started, or says what is not waited for.
    /// Processes have so many seconds for that, if a number is given. Returns a message for each that has failed.
    package let finish: (_ limit: Double?) -> [String]
    /// Prints where processes wait, in the host.
    package let answer: () -> Void
    /// From now on this process, without a host, prints that on a signal.
    package let catchQuestions: () -> Void

    package init(
        begin: @escaping () -> Void, endItem: @escaping (_ hasReturned: Bool) -> Void,
        finish: @escaping (_ limit: Double?) -> [String],
        answer: @escaping () -> Void, catchQuestions: @escaping () -> Void
    ) {
        (self.begin, self.endItem, self.finish) = (begin, endItem, finish)
        (self.answer, self.catchQuestions) = (answer, catchQuestions)
    }
}

/// One pair of a script's `options`; a switch that is on has no value.
package struct ScriptOption: Equatable, Sendable {
    package let name: ByteString
    package let value: ByteString?

    package init(name: ByteString, value: ByteString?) { (self.name, self.value) = (name, value) }
}

/// A module in Lua, as another machine gets it.
package struct SentModule: Equatable, Sendable {
    package let name: ByteString
    /// Its file there.
    package let path: ByteString
    package let text: [UInt8]

    package init(name: ByteString, path: ByteString, text: [UInt8]) {
        (self.name, self.path, self.text) = (name, path, text)
    }
}

/// What is done with a command of `--sh`; `show` is for a dry run.
package enum CommandUse: String {
    case run, filter, show
}

/// The one Lua state of a run.
package final class LoadedScript {
    /// Its name in messages: a base name, so that no outcome depends on a folder.
    package let name: ByteString
    package let module: PmapModule
    let state: State
    package let hooks: ModuleHooks?
    private var watchesCoroutines: Bool
    var references: [ScriptName: Int] = [:]
    /// The text it was loaded from.
    package private(set) var source: [UInt8] = []
    package private(set) var isInline = false
    /// What the task names of its item, if it does nothing else.
    private(set) var selection: ItemSelection?
    /// The task runs commands of `--sh`.
    package private(set) var runsCommands = false
    /// The task is written as a list of fields: nil is an empty one.
    private(set) var listsFields = false
    /// What it defines and nothing uses.
    package internal(set) var unused: [UnusedDefinition] = []
    /// The names that `require` was called with.
    package private(set) var requestedModules: Set<ByteString> = []

    var stack: Stack { state.stack }
    lazy var decoder = Decoder(stack)

    /// The parameters of loading.
    package struct Settings {
        package var seed: UInt64 = 0
        /// The script's own `math.randomseed` does not change it.
        package var isSeedFinal = false
        /// `pmap.args`
        package var arguments: [ByteString: ByteString] = [:]
        /// Modules to be required first.
        package var modules: [ByteString] = []
        /// Tasks will have a time limit, so running coroutines must be known.
        package var watchesCoroutines = false
        /// Modules that come from another machine.
        package var sentModules: [SentModule] = []
        /// The folders of the script, for `require`.
        package var folders: [ByteString] = []
        /// Installs the modules that scripts can require, before the first is required.
        package var installModules: (Stack) throws(LuaError) -> ModuleHooks? = { _ in nil }

        package init() {}
    }

    /// Prepares a state; nothing of the script runs yet.
    package init(name: ByteString, _ settings: Settings) throws(ScriptError) {
        self.name = name
        do throws(LuaError) {
            state = try State()
            try state.stack.beginOutput()
            try state.stack.changeLibrary(script: name)
            try state.stack.changeRandom(seed: settings.seed)
            if settings.isSeedFinal { state.stack.seedRandom(settings.seed) }
            if settings.watchesCoroutines { try state.stack.watchCoroutines() }
            watchesCoroutines = settings.watchesCoroutines
            try state.stack.nameScript()
            module = PmapModule(state.stack, arguments: settings.arguments)
            hooks = try settings.installModules(state.stack)
            try state.stack.recordSearches { [unowned self] in requestedModules.insert($0) }
            state.stack.searchFirst(in: settings.folders)
            try state.stack.search(sent: settings.sentModules)
            for module in settings.modules { try state.stack.requireGlobally(module) }
        } catch {
            throw .lua(error)
        }
    }

    // MARK: Loading

    /// Runs the script's text and stores its definitions.
    package func load(_ source: [UInt8]) throws(ScriptError) {
        self.source = source
        let text = try ScriptText(source, name: name)
        let height = stack.top
        do throws(LuaError) {
            try stack.refuseForeignWords(in: text.bytes)
            try stack.load(text.bytes, name: text.chunkName)
            try stack.call(arguments: 0, results: 1)
        } catch {
            throw .lua(
                text.isNamed(in: error.message)
                    ? error : LuaError(message: "\(name): \(error.message)", traceback: error.traceback))
        }
        defer { stack.top = height }
        switch stack.type(-1) {
        case .table:
            try collect(from: stack.top)
            unused = findUnused(in: stack.top, text)
            if !has(.task) { throw .noTaskInTable(script: name, found: nearTask) }
        case .function:
            let task = stack.makeReference()
            stack.pushGlobals()
            try collect(from: stack.top)
            references[.task] = task
            unused = leaveOwn(text) + findUnused(in: stack.top, text)
        case .nil:
            stack.pushGlobals()
            try collect(from: stack.top)
            unused = leaveOwn(text) + findUnused(in: stack.top, text)
            if !has(.task) { throw .noTask(script: name, isLocal: text.hasLocalTask, found: nearTask) }
        case let other: throw .returns(script: name, type: "\(other)")
        }
    }

    /// What was meant to be the task.
    private var nearTask: String? { unused.first { $0.reason == .misspelled(.task) }?.name }

    /// Makes an expression or a body of `item` and `index` the task.
    package func load(inline code: ByteString) throws(ScriptError) {
        do throws(LuaError) { try stack.refuseForeignWords(in: code.bytes) } catch { throw .lua(error) }
        listsFields = try stack.loadInline(code)
        (self.source, isInline, selection) = (code.bytes, true, ItemSelection(code))
        references[.task] = stack.makeReference()
    }

    /// Makes commands for `shell` the task.
    package func load(command template: ByteString, shell: ByteString, use: CommandUse, isBatch: Bool)
        throws(ScriptError)
    {
        do throws(LuaError) { try stack.pushCommandTask(template, shell: shell, use: use, isBatch: isBatch) } catch {
            throw .lua(error)
        }
        (source, runsCommands) = (shell.bytes + [0] + template.bytes, true)
        references[.task] = stack.makeReference()
    }

    /// Stores the definitions of the table at `table`.
    private func collect(from table: Int32) throws(ScriptError) {
        for name in ScriptName.allCases {
            let type = stack.rawGet(table, field: name.rawValue)
            if type == .nil {
                stack.pop()
                continue
            }
            try check(type, of: name)
            references[name] = stack.makeReference()
        }
    }

    private func check(_ type: ValueType, of definition: ScriptName) throws(ScriptError) {
        let isRight =
            switch definition {
            case .task, .setup, .teardown, .finish, .retryIf: type == .function || stack.isCallable(-1)
            case .reduce: type == .function || type == .table || stack.isCallable(-1)
            case .inputs: type == .function || type == .table
            case .options: type == .table
            }
        if !isRight { throw .wrongType(script: name, definition, type: "\(type)") }
        if definition == .inputs, type == .table, !isIterator { try checkList() }
    }

    /// Whether the table on top of the stack is called for items. One that has items is a list, whatever its metatable.
    private var isIterator: Bool { stack.isCallable(-1) && stack.countItems(-1) == 0 }

    /// Refuses an `inputs` table on top of the stack that is no list: some of its items would be missed.
    private func checkList() throws(ScriptError) {
        if stack.hasMadeItems(-1) { throw .wrongType(script: name, .inputs, type: "table whose metatable makes items") }
        stack.pushNonIndexKey(-1, count: stack.countItems(-1))
        defer { stack.pop() }
        let type: String
        switch stack.type(-1) {
        case .nil: return
        case .number where stack.isInteger(-1) && (stack.integer(-1) ?? 0) > 0:
            type = "list with a hole before \(stack.integer(-1) ?? 0)"
        case .string: type = "table with the key \(stack.byteString(-1) ?? "")"
        case let other: type = "table with a key that is a \(other)"
        }
        throw .wrongType(script: name, .inputs, type: type)
    }

    // MARK: Definitions

    package func has(_ name: ScriptName) -> Bool { references[name] != nil }

    /// Stack: → the script's definition of `name`, or nil
    func push(_ name: ScriptName) {
        if let reference = references[name] {
            stack.rawGet(Stack.registry, at: reference)
        } else {
            stack.pushNil()
        }
    }

    /// The number of items of the `inputs` list; nil when there is a function, or nothing.
    package var listedItems: Int? {
        push(.inputs)
        defer { stack.pop() }
        return stack.type(-1) == .table && !isIterator ? stack.countItems(-1) : nil
    }

    /// The script's `options`, by name.
    package func options() throws(ScriptError) -> [ScriptOption] {
        push(.options)
        defer { stack.pop() }
        guard stack.type(-1) == .table else { return [] }
        do { return try stack.options(stack.top) } catch {
            throw .lua(LuaError(message: "\(name): \(error.message)"))
        }
    }

    /// The script's own options have a time limit: as with the setting, but without the library's functions that the script
    /// has in its variables.
    func watchCoroutines() {
        if !watchesCoroutines { watchesCoroutines = (try? stack.watchCoroutines()) != nil }
    }

    /// The seed that its top level has chosen by `math.randomseed(n)`.
    package var chosenSeed: UInt64? { stack.chosenSeed }

    /// The run's seed, known when it is loaded.
    package func seedRandom(_ seed: UInt64) { stack.seedRandom(seed) }

    /// Makes the loaded state ready to be shared by forked workers.
    package func freeze() { state.freeze() }
}
