// The `pmap` table of scripts: emit, null, args, array and object, dumps and loads, register; and by its metatable the
// functions of pmap/functions.lua.

import Bytes
import Lua

/// A field of the item that runs, which is made when it is asked for.
enum ItemField: String {
    case source, line, index

    var outsideTask: LuaError { LuaError(message: "pmap.\(rawValue) is there inside a task only") }

    /// The keys of a journal do not have it.
    var inJournaledRun: LuaError {
        let way =
            self == .index ? "; the task's second parameter is" : ", which uses a result again wherever its item stands"
        return LuaError(message: "pmap.\(rawValue) is not there with --journal\(way)")
    }
}

/// Its functions refer to this object, so it lives as long as the state.
package final class PmapModule {
    static let emitOutsideTask = "pmap.emit works inside a task only"
    static let emitInFork = "pmap.emit in a process of the task's own: return the value to the task, which can emit it"
    static let emitInTeardown = "pmap.emit in teardown: records belong to items; return it from the task"

    let tags: TableTags
    private let main: Stack
    /// Made for the first call, as that takes longer than a short run. Removed while they work, as a module that a value
    /// names may be loaded meanwhile, and need another one.
    private var encoder: Encoder?
    private var decoder: Decoder?
    /// Called by `pmap.emit` with its arguments on the given stack from 1 on; nil outside a task.
    var emit: ((Stack) throws(LuaError) -> Void)?
    /// Stack: → the field of the item that runs; nil before there is one
    var pushItemField: ((ItemField, Stack) throws(LuaError) -> Void)?

    /// Makes the table a loaded module and a global.
    init(_ stack: Stack, arguments: [ByteString: ByteString]) {
        tags = TableTags(stack)
        main = stack
        stack.newTable(keys: 8)
        let table = stack.top
        stack.pushNull()
        stack.rawSet(table, field: "null")
        stack.newTable(keys: Int32(arguments.count))
        for (name, value) in arguments {
            stack.push(name)
            stack.push(value)
            stack.rawSet(-3)
        }
        stack.rawSet(table, field: "args")
        let identity = stack.identity(table)
        for (name, function) in functions {
            stack.push(function: { stack throws(LuaError) in
                if stack.type(1) == .table, stack.identity(1) == identity {
                    throw LuaError(message: "write pmap.\(name)(…), with a dot")
                }
                return try function(stack)
            })
            stack.rawSet(table, field: name)
        }
        stack.newTable(keys: 1)
        stack.push(function: { [unowned self] stack throws(LuaError) in
            guard stack.type(2) == .string, let field = stack.string(2).flatMap(ItemField.init) else {
                try PmapModule.findFunction(stack)
                return 1
            }
            guard let pushItemField else { throw field.outsideTask }
            try pushItemField(field, stack)
            return 1
        })
        stack.rawSet(-2, field: "__index")
        stack.setMetatable(table)
        stack.copy(table)
        stack.setLoaded("pmap")
        stack.pushGlobals()
        stack.insert(at: -2)
        stack.rawSet(-2, field: "pmap")
        stack.pop()
    }

    /// The functions in Lua are loaded when a script first uses a name that is not in the table.
    /// Stack: table, key → table, key, value or nil
    private static func findFunction(_ stack: Stack) throws(LuaError) {
        stack.top = 2
        stack.pushGlobals()
        stack.rawGet(3, field: "require")
        stack.push("pmap.functions")
        try stack.call(arguments: 1, results: 1)
        stack.copy(2)
        stack.rawGet(4)
    }

    /// Sets `pmap.worker.id`, the number of the worker that this process is.
    func setWorker(_ id: Int) {
        let height = main.top
        defer { main.top = height }
        main.rawGet(Stack.registry, field: "_LOADED")
        guard main.rawGet(-1, field: "pmap") == .table else { return }
        main.newTable(keys: 1)
        main.push(Int64(id))
        main.rawSet(-2, field: "id")
        main.rawSet(-2, field: "worker")
    }

    private var functions: [String: HostFunction] {
        [
            "emit": { [unowned self] stack throws(LuaError) in
                guard let emit else { throw LuaError(message: PmapModule.emitOutsideTask) }
                if (0..<stack.top).contains(where: { stack.type($0 + 1) != .nil }) { try emit(stack) }
                return 0
            },
            "array": { [unowned self] stack throws(LuaError) in try tag(stack, .array) },
            "object": { [unowned self] stack throws(LuaError) in try tag(stack, .object) },
            "dumps": { [unowned self] stack throws(LuaError) in try dump(stack) },
            "loads": { [unowned self] stack throws(LuaError) in try load(stack) },
            "register": { stack throws(LuaError) in
                guard let name = stack.string(1), stack.type(2) == .table else {
                    throw LuaError(message: "write pmap.register(name, metatable)")
                }
                stack.top = 2
                stack.registerClass(name: name)
                return 0
            },
        ]
    }

    /// Tags the table at 1, or a new one. Stack: → it
    private func tag(_ stack: Stack, _ kind: TableTags.Kind) throws(LuaError) -> Int32 {
        if stack.top == 0 { stack.newTable() }
        guard stack.type(1) == .table else {
            throw LuaError(message: "pmap.\(kind) takes a table, not a \(stack.type(1))")
        }
        tags.tag(1, as: kind, in: stack)
        stack.top = 1
        return 1
    }

    private func dump(_ stack: Stack) throws(LuaError) -> Int32 {
        var buffer = ByteBuffer()
        if stack.top == 0 { stack.pushNil() }
        var encoder = self.encoder.take() ?? Encoder(main)
        defer { self.encoder = encoder }
        do { try encoder.encode(1, of: stack, into: &buffer, root: "value") } catch {
            throw LuaError(message: error.description)
        }
        stack.push(buffer)
        return 1
    }

    private func load(_ stack: Stack) throws(LuaError) -> Int32 {
        guard stack.type(1) == .string else {
            throw LuaError(message: "pmap.loads takes a string, not a \(stack.type(1))")
        }
        var decoder = self.decoder.take() ?? Decoder(main)
        defer { self.decoder = decoder }
        do { try decoder.decodeWhole(1, of: stack) } catch { throw LuaError(message: error.description) }
        return 1
    }
}
