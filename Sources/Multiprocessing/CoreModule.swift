// `_multiprocessing`: the functions that the modules in Lua are made of, as in CPython. They are not for scripts.

import Bytes
package import Lua
import Posix

/// The native part of the modules, made when a script first requires one of them. It lives as long as the state.
package final class CoreModule {
    let registry = HandleRegistry()
    /// Keeps the script's values shared by the workers of a pool, as with those of the main job.
    package var freeze: () -> Void = {}
    private let main: Stack
    private var openTree: ProcessTree?
    /// Encoders that are not in use: code that runs while one works may need another one, and a copy would cost more than
    /// the work.
    private var encoders: [Encoder] = []
    /// The handles in the values that were encoded, for the message that they go into.
    private var encodedHandles: Set<Int> = []
    private var lastFunction: (job: Int, reference: Int)?
    let programs = Programs()
    private var decoders: [Decoder] = []
    /// The thread of Lua that has called, and the function that runs callbacks.
    private var caller: Stack?
    private var callbacks: Int?
    private var scratch: ByteBuffer? = ByteBuffer(capacity: 1 << 12)
    /// Functions of the modules in Lua that run when the script has ended.
    private var exitHandlers: [Int] = []
    private var isFinishing = false
    /// What a worker itself holds, and no item of it.
    private var held: [Int: Holding] = [:]
    /// The position of a process that is about to exit: its stack is still that of the process it was forked from.
    var finalPosition: String?

    /// Makes `require` find `_multiprocessing` and the modules that are made of it.
    package init(_ stack: Stack) throws(LuaError) {
        main = stack
        registry.send = { [unowned self] handle in encodedHandles.insert(handle) }
        registry.receive = { [unowned self] handle throws(LuaError) in
            let tree = try tree()
            try orRaise { () throws(TreeError) in try tree.receive(handle) }
        }
        registry.drop = { [unowned self] handle in
            // A process that has not registered has no references.
            if let openTree, !Arena.isUnregistered { openTree.drop(handle) }
        }
        programs.changed = { [unowned self] count in
            if let openTree, !Arena.isUnregistered { openTree.setProgramCount(count) }
        }
        try install(stack)
        try stack.changePcall()
    }

    /// The tree this process belongs to; the arena is mapped when it is first needed.
    func tree() throws(LuaError) -> ProcessTree {
        if let openTree {
            try orRaise { () throws(TreeError) in try openTree.registerIfNeeded() }
            return openTree
        }
        let tree = try orRaise { () throws(TreeError) in try ProcessTree() }
        tree.position = { [unowned self] in position }
        tree.answerQuestion = { [unowned self] in answerQuestion() }
        openTree = tree
        tree.callbacks = { [unowned self] () throws(TreeError) in try runCallbacks() }
        tree.interruption = { [unowned self] in caller?.receiveInterruption() }
        tree.programs = { [unowned self] in programs.unended }
        tree.setProgramCount(programs.count)
        return tree
    }

    /// The position of this process in the script.
    private var position: String {
        if let finalPosition { return finalPosition }
        // A coroutine may have been made by a module, without a line of the script.
        var prefix = caller?.position() ?? ""
        if prefix.isEmpty { prefix = main.position() }
        return prefix.isEmpty && isFinishing ? "the script's end" : String(prefix.dropLast(2))
    }

    /// From now on this process and its forks report who waits where when a signal asks for it.
    package func catchQuestions() {
        Signal.catchQuestions(LuaStep.request)
        LuaStep.handle(main) { [unowned self] in answerQuestion() }
    }

    func answerQuestion() {
        if Signal.takeQuestion() { answer() }
    }

    /// Reports who waits where among the processes of a run's tasks; nothing if there are none but this one, its host.
    package func answerAsHost() { openTree?.answer(isHost: true) }

    /// Reports who waits where.
    private func answer() {
        if let openTree, !Arena.isUnregistered { return openTree.answer(isHost: false) }
        let line = "pmap: who waits where\npmap:   MainProcess (pid \(Machine.processNumber())) runs at \(position)\n"
        StandardDescriptor.writeError(Array(line.utf8))
    }

    // MARK: Items of a run

    /// Records what is held now as the worker's own.
    package func recordHoldings() {
        held = LocksHeld.clear() ? ((try? tree())?.allHoldings() ?? [:]) : [:]
    }

    /// Releases what an item has acquired and not released, as at the end of a process.
    package func endItem(hasReturned: Bool) {
        guard LocksHeld.clear(), let tree = try? tree() else { return }
        tree.endTask(hasReturned ? .completed : .failed, since: held)
        held = tree.allHoldings()
    }

    /// Joins or ends what the script has started, when it has ended; processes have so many seconds, if there is a `limit`.
    /// Returns a message for each that has failed, and that the script has not looked at.
    @discardableResult
    package func finish(limit: Double? = nil) -> [String] {
        isFinishing = true
        var failures: [String] = []
        while let ending = exitHandlers.popLast() {
            main.rawGet(Stack.registry, at: ending)
            if let limit { main.push(limit) } else { main.pushNil() }
            do throws(LuaError) {
                try main.call(arguments: 1, results: 1)
                let count = main.type(-1) == .table ? main.rawCount(-1) : 0
                for place in 0..<count {
                    main.rawGet(-1, at: place + 1)
                    failures.append(main.string(-1) ?? "")
                    main.pop()
                }
                main.pop()
            } catch {
                StandardDescriptor.writeError(Array("pmap: \(error.message)\n".utf8))
            }
        }
        return failures
    }

    // MARK: Loading

    /// Modules for scripts: a module of the script's own with the same name comes first, as with plain Lua.
    private static let modules: Set = ["concurrent.futures", "logging", "multiprocessing", "popen2", "subprocess"]

    /// Installs loaders, which make nothing before it is required: most runs require nothing of this.
    private func install(_ stack: Stack) throws(LuaError) {
        let height = stack.top
        defer { stack.top = height }
        stack.pushGlobals()
        stack.rawGet(-1, field: "package")
        let package = stack.top
        // Parts of these modules are found before the script's path is searched.
        stack.rawGet(package, field: "preload")
        stack.newTable(keys: 1)
        stack.push(function: { [unowned self] stack throws(LuaError) in
            let name = stack.string(2) ?? ""
            pushLoader(named: CoreModule.modules.contains(name) ? "" : name, stack)
            return 1
        })
        stack.rawSet(-2, field: "__index")
        stack.setMetatable(-2)
        // The modules themselves are found after it.
        stack.rawGet(package, field: "searchers")
        try recordLoads(stack)
        stack.push(function: { [unowned self] stack throws(LuaError) in
            let name = stack.string(1) ?? ""
            pushLoader(named: name, stack)
            if stack.type(-1) == .nil, let message = PythonNames.message(requiring: name) {
                throw LuaError(message: message)
            }
            return 1
        })
        stack.rawSet(-2, at: stack.rawCount(-2) + 1)
    }

    /// The first searcher is called for every module that is not loaded yet. Stack: searchers → searchers
    private func recordLoads(_ stack: Stack) throws(LuaError) {
        let searchers = stack.top
        try stack.load(
            Array("local search, note = ... return function(name) note() return search(name) end".utf8),
            name: "=[pmap]")
        stack.rawGet(searchers, at: 1)
        stack.push(function: { stack in
            stack.countModuleLoad()
            return 0
        })
        try stack.call(arguments: 2, results: 1)
        stack.rawSet(searchers, at: 1)
    }

    /// Stack: → function that makes the module, or nil
    private func pushLoader(named name: String, _ stack: Stack) {
        if name == "_multiprocessing" {
            stack.push(function: { [unowned self] stack throws(LuaError) in
                pushFunctions(stack)
                return 1
            })
        } else if let module = LuaModule(named: name) {
            stack.push(function: { stack throws(LuaError) in
                try stack.load(module.text, name: ByteString("=[\(module.name)]"))
                stack.push(module.name)
                try stack.call(arguments: 1, results: 1)
                return 1
            })
        } else {
            stack.pushNil()
        }
    }

    private func pushFunctions(_ stack: Stack) {
        let families = [
            semaphoreFunctions, barrierFunctions, channelFunctions, pipeFunctions, arrayFunctions, processFunctions,
            poolFunctions, programFunctions, lineFunctions,
        ]
        stack.newTable(keys: 64)
        let table = stack.top
        stack.push(function: { [unowned self] stack throws(LuaError) in
            stack.top = 1
            exitHandlers.append(stack.makeReference())
            return 0
        })
        stack.rawSet(table, field: "at_exit")
        stack.push(function: { [unowned self] _ throws(LuaError) in
            finish()
            return 0
        })
        stack.rawSet(table, field: "finish")
        for family in families {
            for (name, function) in family {
                stack.push(function: function)
                stack.rawSet(table, field: name)
            }
        }
    }

    /// A function of the core module that uses the tree.
    func function(
        _ body: @escaping (ProcessTree, Stack) throws(LuaError) -> Int32
    ) -> HostFunction {
        { [unowned self] stack throws(LuaError) in
            let before = caller
            caller = stack
            defer { caller = before }
            return try body(try tree(), stack)
        }
    }

    /// Whether results are awaited that bring callbacks.
    var bringsCallbacks: Bool { openTree.map { !Arena.isUnregistered && !$0.watched.isEmpty } ?? false }

    /// Runs callbacks; false when it was called by one of them.
    private func runCallbacks() throws(TreeError) -> Bool {
        guard let caller, let callbacks, caller.reserve(8) else { return false }
        caller.rawGet(Stack.registry, at: callbacks)
        do throws(LuaError) { try caller.call(arguments: 0, results: 1) } catch { throw .raised(error.message) }
        defer { caller.pop() }
        return caller.boolean(-1)
    }

    /// Stack: function that runs the callbacks that are due →
    func setCallbacks(_ stack: Stack) { callbacks = stack.makeReference() }

    /// A function that answers a new handle.
    func constructor(
        _ body: @escaping (ProcessTree, Stack) throws(LuaError) -> Int
    ) -> HostFunction {
        function { [unowned self] tree, stack throws(LuaError) in
            stack.push(handle: try body(tree, stack), of: registry)
            return 1
        }
    }

    // MARK: Values

    /// Encodes the value at `index` into a buffer that is this module's until the next call, and gives it to `body`
    /// with its handles; `mark` is a byte in front of it.
    func withEncoded<Value>(
        _ index: Int32, of stack: Stack, as root: String, mark: UInt8? = nil,
        _ body: (borrowing ByteBuffer, Set<Int>) throws(LuaError) -> Value
    ) throws(LuaError) -> Value {
        try withScratch { scratch, encoder throws(LuaError) in
            if let mark { scratch.append(mark) }
            do throws(EncodeError) { try encoder.encode(index, of: stack, into: &scratch, root: root) } catch {
                throw LuaError(message: error.description)
            }
            return try body(scratch, takeHandles())
        }
    }

    /// Gives `body` an empty buffer, which is this module's, and an encoder; callbacks that run meanwhile get others.
    func withScratch<Value>(
        _ body: (inout ByteBuffer, inout Encoder) throws(LuaError) -> Value
    ) throws(LuaError) -> Value {
        var buffer = scratch.take() ?? ByteBuffer(capacity: 1 << 12)
        buffer.reset(keeping: 1 << 20)
        encodedHandles.removeAll()
        let result = Result { () throws(LuaError) -> Value in
            try withEncoder { encoder throws(LuaError) in try body(&buffer, &encoder) }
        }
        scratch = consume buffer
        return try result.get()
    }

    /// The handles in the values that were encoded since the last call.
    func takeHandles() -> Set<Int> {
        defer { if !encodedHandles.isEmpty { encodedHandles = [] } }
        return encodedHandles
    }

    private func withEncoder<Value>(_ body: (inout Encoder) throws(LuaError) -> Value) throws(LuaError) -> Value {
        var encoder = encoders.popLast() ?? makeEncoder()
        defer { encoders.append(encoder) }
        return try body(&encoder)
    }

    func withDecoder<Value>(_ body: (inout Decoder) throws(LuaError) -> Value) throws(LuaError) -> Value {
        var decoder = decoders.popLast() ?? makeDecoder()
        defer { decoders.append(decoder) }
        return try body(&decoder)
    }

    /// Gives `body` an encoder and a decoder, for a worker.
    func withCodecs<Value>(
        _ body: (inout Encoder, inout Decoder) throws(LuaError) -> Value
    ) throws(LuaError) -> Value {
        try withEncoder { encoder throws(LuaError) in
            try withDecoder { decoder throws(LuaError) in try body(&encoder, &decoder) }
        }
    }

    /// Stack: → value
    func pushDecoded(_ bytes: borrowing ByteBuffer, _ stack: Stack) throws(LuaError) {
        try withDecoder { decoder throws(LuaError) in
            do throws(DecodeError) { _ = try decoder.decode(bytes, at: 0, onto: stack) } catch {
                throw LuaError(message: "cannot receive the value: \(error)")
            }
        }
    }

    /// Stack: → the function of a task; the last one is kept, as tasks of one call follow one another.
    func pushFunction(of task: PoolTask, _ tree: ProcessTree, _ stack: Stack) throws(LuaError) {
        if let known = lastFunction, known.job == task[.job] {
            stack.rawGet(Stack.registry, at: known.reference)
            return
        }
        forgetFunction(stack)
        try pushDecoded(tree.bytes(ofFunction: task[.function]), stack)
        stack.copy(-1)
        lastFunction = (task[.job], stack.makeReference())
    }

    /// Forgets the function: a worker that a worker has forked begins without that of the other pool.
    func forgetFunction(_ stack: Stack) {
        if let known = lastFunction { stack.releaseReference(known.reference) }
        lastFunction = nil
    }

    private func makeEncoder() -> Encoder {
        var encoder = Encoder(main)
        encoder.handleRegistry = registry
        return encoder
    }

    private func makeDecoder() -> Decoder {
        var decoder = Decoder(main)
        decoder.handleRegistry = registry
        return decoder
    }

    /// Stack: → received value
    func push(_ received: ReceivedMessage, _ tree: ProcessTree, _ stack: Stack) throws(LuaError) -> Int32 {
        defer { tree.done(with: received) }
        try pushDecoded(received.bytes(), stack)
        return 1
    }
}
