// `_multiprocessing`: the functions that the modules in Lua stand on, as in CPython. They are not for scripts.

package import Lua
import Posix
import Wire

/// The native part of the modules, made when a script first requires one of them. It lives as long as the state.
package final class CoreModule {
    let keeper = HandleKeeper()
    /// Makes what the script has built shared by the workers of a pool, as with those of the main job.
    package var freeze: () -> Void = {}
    private let main: Stack
    private var openTree: ProcessTree?
    /// Taken out while they work: code that runs meanwhile may need another one, and a copy would cost more than the
    /// work.
    private var encoders: [Encoder] = []
    /// The handles in what has been encoded: a message of it has them as well.
    private var carried: Set<Int> = []
    private var lastFunction: (job: Int, reference: Int)?
    let programs = Programs()
    private var decoders: [Decoder] = []
    /// The thread that has called, and the function that runs callbacks.
    private var caller: Stack?
    private var callbacks: Int?
    private var scratch: WireBuffer? = WireBuffer(capacity: 1 << 12)
    /// What the modules in Lua do when the script has ended.
    private var endings: [Int] = []
    private var isFinishing = false
    /// What a worker holds itself, and no item of it.
    private var held: [Int: Holding] = [:]
    /// What a process that is about to leave says it is at: its stack is still that of the process it was forked from.
    var end: String?

    /// Makes `_multiprocessing`, and what stands on it, something that `require` finds.
    package init(_ stack: Stack) throws(LuaError) {
        main = stack
        keeper.send = { [unowned self] handle in carried.insert(handle) }
        keeper.receive = { [unowned self] handle throws(LuaError) in
            let tree = try tree()
            try orRaise { () throws(TreeError) in try tree.receive(handle) }
        }
        keeper.drop = { [unowned self] handle in
            // A process that has not registered has no references.
            if let openTree, !Arena.isUnregistered { openTree.drop(handle) }
        }
        programs.changed = { [unowned self] count in
            if let openTree, !Arena.isUnregistered { openTree.note(programs: count) }
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
        tree.place = { [unowned self] in place }
        tree.answerQuestion = { [unowned self] in answerQuestion() }
        openTree = tree
        tree.callbacks = { [unowned self] () throws(TreeError) in try runCallbacks() }
        tree.interruption = { [unowned self] in caller?.takeInterruption() }
        tree.programs = { [unowned self] in programs.unended }
        tree.note(programs: programs.count)
        return tree
    }

    /// Where in the script this process is.
    private var place: String {
        if let end { return end }
        // What a coroutine has called may be a module's own.
        var position = caller?.position() ?? ""
        if position.isEmpty { position = main.position() }
        return position.isEmpty && isFinishing ? "the script's end" : String(position.dropLast(2))
    }

    /// From now on this process and its forks say who waits where when a signal asks for it.
    package func hearQuestions() {
        Signal.hearQuestions(LuaStep.ask)
        LuaStep.answer(main) { [unowned self] in answerQuestion() }
    }

    func answerQuestion() {
        if Signal.takeQuestion() { answer() }
    }

    /// Says who waits where among the processes of a run's tasks; nothing if there are none but this one, its host.
    package func answerAsHost() { openTree?.answer(isHost: true) }

    /// Says who waits where.
    private func answer() {
        if let openTree, !Arena.isUnregistered { return openTree.answer(isHost: false) }
        let line = "pmap: who waits where\npmap:   MainProcess (pid \(Machine.processNumber())) runs at \(place)\n"
        StandardDescriptor.writeError(Array(line.utf8))
    }

    // MARK: Items of a run

    /// What is held now is the worker's own.
    package func noteHeld() {
        held = TaskHoldings.take() ? ((try? tree())?.allHoldings() ?? [:]) : [:]
    }

    /// What an item has taken and not given back is as if it had been a process.
    package func endItem(hasReturned: Bool) {
        guard TaskHoldings.take(), let tree = try? tree() else { return }
        tree.endTask(hasReturned ? .left : .lost, since: held)
        held = tree.allHoldings()
    }

    /// The script has ended: what it has started is joined, or ended.
    package func finish() {
        isFinishing = true
        while let ending = endings.popLast() {
            main.rawGet(Stack.registry, at: ending)
            do throws(LuaError) { try main.call(arguments: 0, results: 0) } catch {
                StandardDescriptor.writeError(Array("pmap: \(error.message)\n".utf8))
            }
        }
    }

    // MARK: Loading

    /// What a script may require by these names: what it has under them itself, as with plain Lua, comes first.
    private static let modules: Set = ["concurrent.futures", "logging", "multiprocessing", "popen2", "subprocess"]

    /// Nothing is made before it is asked for: most runs require nothing of this.
    private func install(_ stack: Stack) throws(LuaError) {
        let height = stack.top
        defer { stack.top = height }
        stack.pushGlobals()
        stack.rawGet(-1, field: "package")
        let package = stack.top
        // Parts of these modules are found at once.
        stack.rawGet(package, field: "preload")
        stack.newTable(keys: 1)
        stack.push(function: { [unowned self] stack throws(LuaError) in
            let name = stack.string(2) ?? ""
            pushLoader(named: CoreModule.modules.contains(name) ? "" : name, stack)
            return 1
        })
        stack.rawSet(-2, field: "__index")
        stack.setMetatable(-2)
        // The modules after everything that a path leads to.
        stack.rawGet(package, field: "searchers")
        try noteLoads(stack)
        stack.push(function: { [unowned self] stack throws(LuaError) in
            let name = stack.string(1) ?? ""
            pushLoader(named: name, stack)
            if stack.type(-1) == .nil, let refusal = PythonNames.refusal(of: name) { throw LuaError(message: refusal) }
            return 1
        })
        stack.rawSet(-2, at: stack.rawCount(-2) + 1)
    }

    /// The first searcher is called for every module that is not loaded yet. Stack: searchers → searchers
    private func noteLoads(_ stack: Stack) throws(LuaError) {
        let searchers = stack.top
        try stack.load(
            Array("local search, note = ... return function(name) note() return search(name) end".utf8),
            name: "=[pmap]")
        stack.rawGet(searchers, at: 1)
        stack.push(function: { stack in
            stack.noteLoad()
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
            endings.append(stack.makeReference())
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

    /// A function that has to do with the tree.
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

    /// Whether results are out that bring callbacks.
    var bringsCallbacks: Bool { openTree.map { !Arena.isUnregistered && !$0.watched.isEmpty } ?? false }

    /// False when it was called by one of them.
    private func runCallbacks() throws(TreeError) -> Bool {
        guard let caller, let callbacks, caller.reserve(8) else { return false }
        caller.rawGet(Stack.registry, at: callbacks)
        do throws(LuaError) { try caller.call(arguments: 0, results: 1) } catch { throw .raised(error.message) }
        defer { caller.pop() }
        return caller.boolean(-1)
    }

    /// The function on top runs callbacks whose time has come.
    func setCallbacks(_ stack: Stack) { callbacks = stack.makeReference() }

    /// One that answers a new handle.
    func maker(
        _ body: @escaping (ProcessTree, Stack) throws(LuaError) -> Int
    ) -> HostFunction {
        function { [unowned self] tree, stack throws(LuaError) in
            stack.push(handle: try body(tree, stack), of: keeper)
            return 1
        }
    }

    // MARK: Values

    /// Encodes the value at `index` into a buffer that is this module's until the next call, with the handles that are in
    /// it; `mark` is a byte in front of it.
    func withEncoded<Value>(
        _ index: Int32, of stack: Stack, as root: String, mark: UInt8? = nil,
        _ body: (borrowing WireBuffer, Set<Int>) throws(LuaError) -> Value
    ) throws(LuaError) -> Value {
        try withScratch { scratch, encoder throws(LuaError) in
            if let mark { scratch.append(mark) }
            do throws(EncodeError) { try encoder.encode(index, of: stack, into: &scratch, root: root) } catch {
                throw LuaError(message: error.description)
            }
            return try body(scratch, takeCarried())
        }
    }

    /// An empty buffer that is this module's, and an encoder; callbacks that run meanwhile get others.
    func withScratch<Value>(
        _ body: (inout WireBuffer, inout Encoder) throws(LuaError) -> Value
    ) throws(LuaError) -> Value {
        var buffer = scratch.take() ?? WireBuffer(capacity: 1 << 12)
        buffer.reset(keeping: 1 << 20)
        carried.removeAll()
        let result = Result { () throws(LuaError) -> Value in
            try withEncoder { encoder throws(LuaError) in try body(&buffer, &encoder) }
        }
        scratch = consume buffer
        return try result.get()
    }

    /// The handles in what has been encoded since this was last asked.
    func takeCarried() -> Set<Int> {
        defer { if !carried.isEmpty { carried = [] } }
        return carried
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

    /// Both, for a worker.
    func withCodecs<Value>(
        _ body: (inout Encoder, inout Decoder) throws(LuaError) -> Value
    ) throws(LuaError) -> Value {
        try withEncoder { encoder throws(LuaError) in
            try withDecoder { decoder throws(LuaError) in try body(&encoder, &decoder) }
        }
    }

    /// Stack: → value
    func pushDecoded(_ bytes: borrowing WireBuffer, _ stack: Stack) throws(LuaError) {
        try withDecoder { decoder throws(LuaError) in
            do throws(WireError) { _ = try decoder.decode(bytes, at: 0, onto: stack) } catch {
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
        try pushDecoded(tree.bytes(ofBlob: task[.blob]), stack)
        stack.copy(-1)
        lastFunction = (task[.job], stack.makeReference())
    }

    /// A worker that a worker has forked begins without the other pool's function.
    func forgetFunction(_ stack: Stack) {
        if let known = lastFunction { stack.releaseReference(known.reference) }
        lastFunction = nil
    }

    private func makeEncoder() -> Encoder {
        var encoder = Encoder(main)
        encoder.keeper = keeper
        return encoder
    }

    private func makeDecoder() -> Decoder {
        var decoder = Decoder(main)
        decoder.keeper = keeper
        return decoder
    }

    /// Stack: → what was received
    func push(_ received: Received, _ tree: ProcessTree, _ stack: Stack) throws(LuaError) -> Int32 {
        defer { tree.done(with: received) }
        try pushDecoded(received.bytes(), stack)
        return 1
    }
}
