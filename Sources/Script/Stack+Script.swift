// Helpers on the Lua stack for loading a script.

import Bytes
import Lua
import Wire

extension Stack {
    /// Whether the value at `index` can be called through its metatable.
    func isCallable(_ index: Int32) -> Bool {
        guard pushMetatable(index) else { return false }
        defer { pop(2) }
        return rawGet(-1, field: "__call") != .nil
    }

    /// nil and a string are a failure, as under `assert`; of `nil, "exit", 3` the number is part of the message.
    func returnedFailure(above base: Int32) -> Failure? {
        guard top > base + 1, type(base + 1) == .nil, type(base + 2) == .string else { return nil }
        let message = byteString(base + 2)?.text ?? ""
        if ["exit", "signal"].contains(message), type(base + 3) == .number, let code = integer(base + 3) {
            return Failure(.error, "\(message) \(code)")
        }
        var failure = Failure(.error, message)
        failure.isReturned = true
        return failure
    }

    /// Whether the table at `index` has no item of its own, and a first one by its metatable.
    func hasMadeItems(_ index: Int32) -> Bool {
        let (table, height) = (absolute(index), top)
        defer { top = height }
        if rawGet(table, at: 1) != .nil || !pushMetatable(table) { return false }
        do throws(LuaError) {
            try load(Array("local list = ... return list[1]".utf8), name: "=[pmap]")
            copy(table)
            try call(arguments: 1, results: 1)
        } catch {
            return false
        }
        return type(-1) != .nil
    }

    /// The number of items of a list: up to its end, or by table.pack's n.
    func countItems(_ list: Int32) -> Int {
        let (list, count) = (absolute(list), rawCount(list))
        if count == 0 { return 0 }
        rawGet(list, field: "n")
        defer { pop() }
        return isInteger(-1) ? max(Int(integer(-1) ?? 0), count) : count
    }

    /// Makes `require` look in `folders` before anywhere else.
    func searchFirst(in folders: [ByteString]) {
        pushGlobals()
        rawGet(-1, field: "package")
        let package = top
        for (field, patterns) in [("path", ["?.lua", "?/init.lua"]), ("cpath", ["?.so"])] {
            rawGet(package, field: field)
            let before = byteString(-1) ?? ""
            pop()
            push(folders.flatMap { folder in patterns.map { folder + ByteString("/\($0);") } }.reduce("", +) + before)
            rawSet(package, field: field)
        }
        pop(2)
    }

    /// Makes `require` find these modules before any files.
    func search(sent modules: [SentModule]) throws(LuaError) {
        if modules.isEmpty { return }
        let height = top
        defer { top = height }
        let code = """
            local name, path, text = ...
            table.insert(package.searchers, 2, function(wanted)
              if wanted ~= name then return nil end
              local load, message = load(text, "@" .. path)
              if not load then error("error loading module '" .. name .. "' from file '" .. path .. "':\\n\\t" .. message, 0) end
              return load, path
            end)
            """
        for module in modules {
            top = height
            try load(Array(code.utf8), name: "=[pmap]")
            push(module.name)
            push(module.path)
            push(module.text)
            try call(arguments: 3, results: 0)
        }
    }

    /// Calls `record` with each name that `require` searches for: the first searcher gets all of them.
    func recordSearches(_ record: @escaping (ByteString) -> Void) throws(LuaError) {
        let height = top
        defer { top = height }
        pushGlobals()
        rawGet(-1, field: "package")
        rawGet(-1, field: "searchers")
        let searchers = top
        try load(
            Array("local search, note = ... return function(name) note(name) return search(name) end".utf8),
            name: "=[pmap]")
        rawGet(searchers, at: 1)
        push(function: { stack in
            record(stack.byteString(1) ?? "")
            return 0
        })
        try call(arguments: 2, results: 1)
        rawSet(searchers, at: 1)
    }

    /// `__name__` is "__main__", and in a module while `require` loads it its name.
    func nameScript() throws(LuaError) {
        let text = """
            local naming = { __close = function(before) __name__ = before.name end }
            __name__ = "__main__"
            for place = 1, 2 do
              local search = package.searchers[place]
              package.searchers[place] = function(name)
                local loader, data = search(name)
                if type(loader) ~= "function" then return loader, data end
                return function(...)
                  local _ <close> = setmetatable({ name = __name__ }, naming)
                  __name__ = name
                  return loader(...)
                end, data
              end
            end
            """
        try load(Array(text.utf8), name: "=[pmap]")
        try call(arguments: 0, results: 0)
    }

    /// Python's words for true and false are errors in a script that has one of them, instead of nil.
    func refuseForeignWords(in source: [UInt8]) throws(LuaError) {
        guard ["True", "False"].contains(where: { source.firstRange(of: $0.utf8) != nil }) else { return }
        let text = """
            if getmetatable(_G) then return end
            setmetatable(_G, { __index = function(_, name)
              if name == "True" or name == "False" then error(("%s is written %s in Lua"):format(name, name:lower()), 2) end
            end })
            """
        try load(Array(text.utf8), name: "=[pmap]")
        try call(arguments: 0, results: 0)
    }

    /// As `lua -l NAME`, or `lua -l NAME=MODULE`: the module becomes a global.
    func requireGlobally(_ words: ByteString) throws(LuaError) {
        let sides = words.split(separator: "=", limit: 2)
        let (global, module) = (sides[0], sides[sides.count - 1])
        if global.isEmpty || module.isEmpty { throw LuaError(message: "-l \(words): write MODULE, or NAME=MODULE") }
        pushGlobals()
        let globals = top
        defer { pop() }
        rawGet(globals, field: "require")
        push(module)
        try call(arguments: 1, results: 1)
        push(global)
        insert(at: -2)
        rawSet(globals)
    }

    /// Stack: → function of `item` and `index`. Tries the code as an expression, then as a body. Returns whether it is
    /// several expressions.
    func loadInline(_ code: ByteString) throws(ScriptError) -> Bool {
        let text = code.text
        let words = text.drop(while: \.isWhitespace).split(maxSplits: 3) { " \t\n(".contains($0) }
        let isFunction = text.drop(while: \.isWhitespace).hasPrefix("function") && words.first == "function"
        let definesTask =
            words.starts(with: ["function", "task"]) || words.starts(with: ["local", "function", "task"])
        let (expression, asExpression) = tryInline("return " + code)
        if isFunction && (expression == nil || definesTask) { throw .functionInsteadOfBody }
        guard let expression else {
            nameParameters("return " + code)
            return isList(code)
        }
        let (body, asBody) = tryInline(code)
        if body == nil {
            if definesTask { throw .functionInsteadOfBody }
            nameParameters(code)
            return false
        }
        // The error of the attempt that was read further.
        throw .lua(asExpression - "return ".utf8.count >= asBody ? expression : body ?? expression)
    }

    /// Stack: → the function of `item` and `index` that runs a command
    func pushCommandTask(_ template: ByteString, shell: ByteString, use: CommandUse, isBatch: Bool) throws(LuaError) {
        try requireModule("pmap.shell")
        rawGet(-1, field: "task")
        remove(-2)
        push(template)
        push(shell)
        push(use.rawValue)
        push(isBatch)
        try call(arguments: 4, results: 1)
    }

    /// Whether the code is several expressions, which do not compile in parentheses; a comment may end before the closing one.
    private func isList(_ code: ByteString) -> Bool {
        if !code.bytes.contains(UInt8(ascii: ",")) { return false }
        guard tryInline("return (" + code + "\n)").0 == nil else { return true }
        pop()
        return false
    }

    /// Stack: → function, or nothing and the error, with how far the text was read
    private func tryInline(_ code: ByteString) -> (LuaError?, read: Int) {
        var read = 0
        do throws(LuaError) {
            try load("local item, index = ...; " + code, name: "=-e", read: &read)
            return (nil, read)
        } catch {
            return (error, read)
        }
    }

    /// Stack: function of any arguments → function of two, which is faster; unless it uses `...`
    private func nameParameters(_ code: ByteString) {
        do throws(LuaError) {
            try load(("return function(item, index) " + code + "\nend").bytes, name: "=-e")
            try call(arguments: 0, results: 1)
            remove(-2)
        } catch {}
    }

    /// The pairs of the table at `table`, sorted by name.
    func options(_ table: Int32) throws(LuaError) -> [ScriptOption] {
        var options: [ScriptOption] = []
        pushNil()
        while try nextPairs(table, limit: 1) > 0 {
            // Stack: …, previous key, key, value
            defer {
                remove(-3)
                pop()
            }
            guard type(-2) == .string, let name = byteString(-2) else {
                throw LuaError(message: "options: a key is a \(type(-2)), not the name of an option")
            }
            switch type(-1) {
            case .boolean: if boolean(-1) { options.append(ScriptOption(name: name, value: nil)) }
            case .string: options.append(ScriptOption(name: name, value: byteString(-1)))
            // Not by `tostring`, which writes a comma in some locales.
            case .number:
                let text = integer(-1).map(\.description) ?? number(-1).description
                options.append(ScriptOption(name: name, value: ByteString(text)))
            default: throw LuaError(message: "options.\(name) is a \(type(-1)); write a string, number or boolean")
            }
        }
        pop()
        return options.sorted { $0.name.text < $1.name.text }
    }
}
