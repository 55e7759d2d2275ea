// All that results depend on besides the items.

package import Bytes
import Lua
import Records

extension LoadedScript {
    /// The results may depend on the run's seed from the start: its top level drew random numbers. To be asked before
    /// the first item.
    package var drewRandomNumbers: Bool { stack.usesSeed }

    /// The task may use the item's number.
    package var taskTakesIndex: Bool {
        if isInline { return ["index", "..."].contains(where: ByteString(source).contains) }
        if runsCommands { return ["{#}", "{%}"].contains(where: ByteString(source).contains) }
        push(.task)
        return stack.popParameters().map { $0.count > 1 || $0.isVariable } ?? true
    }

    /// The paths of the modules that were loaded from files, or failed to load, by name.
    package func moduleFiles() -> [ByteString: ByteString] {
        var files: [ByteString: ByteString] = [:]
        for name in requestedModules.union(stack.loadedModules()) {
            if let path = moduleFile(name) { files[name] = path }
        }
        return files
    }

    package func isLoaded(_ name: ByteString) -> Bool { stack.isLoaded(name) }

    /// The file in which `require` finds the module now; one in C may be in that of the module before its first dot.
    package func moduleFile(_ name: ByteString) -> ByteString? {
        stack.searchModule(name, in: ["path", "cpath"])
            ?? (name.contains(".") ? stack.searchModule(name.split(separator: ".")[0], in: ["cpath"]) : nil)
    }

    /// The modules that were required and not found.
    package var missingModules: [ByteString] {
        requestedModules.filter { !stack.isLoaded($0) && moduleFile($0) == nil }
    }

    /// A module that was required and loaded, but not from a file, the script or this program.
    package func isOfUnknownOrigin(_ name: ByteString) -> Bool {
        let isOurs = LuaModule(named: name.text) != nil || name.text == "_multiprocessing"
        return !isOurs && stack.isLoaded(name) && !stack.isPreloaded(name) && moduleFile(name) == nil
    }

    /// The text of the values at these places of the `inputs` list, by `ItemText`.
    package func listedText(at places: ClosedRange<Int>) -> [UInt8]? {
        let height = stack.top
        defer { stack.top = height }
        push(.inputs)
        var writer = ItemText(self)
        var text = ByteBuffer()
        let isWritten = places.allSatisfy { place in
            stack.rawGet(height + 1, at: place)
            return writer.append(stack.top, of: stack, to: &text)
        }
        return isWritten ? text.array : nil
    }
}

/// Writes items so that equal ones give equal bytes, in every process.
struct ItemText: ~Copyable {
    private var writer: RecordWriter

    init(_ script: LoadedScript) { writer = RecordWriter(.lua, tags: script.module.tags) }

    /// False for a value that cannot be written, such as a function.
    mutating func append(_ index: Int32, of stack: Stack, to buffer: inout ByteBuffer) -> Bool {
        do { try writer.append(1, from: index, of: stack, to: &buffer) } catch { return false }
        return true
    }
}

extension Stack {
    /// The names in `package.loaded`, Lua's own libraries among them.
    fileprivate func loadedModules() -> [ByteString] {
        let height = top
        defer { top = height }
        pushPackageField("loaded")
        let loaded = top
        var names: [ByteString] = []
        pushNil()
        while let pairs = try? nextPairs(loaded, limit: 1), pairs > 0 {
            // Stack: …, previous key, key, value
            pop()
            remove(-2)
            if let name = byteString(-1) { names.append(name) }
        }
        return names
    }

    fileprivate func isLoaded(_ name: ByteString) -> Bool { has(name, in: "loaded") }
    fileprivate func isPreloaded(_ name: ByteString) -> Bool { has(name, in: "preload") }

    private func has(_ name: ByteString, in field: String) -> Bool {
        let height = top
        defer { top = height }
        pushPackageField(field)
        push(name)
        return rawGet(-2) != .nil
    }

    /// The file in which `require` would find the module.
    fileprivate func searchModule(_ name: ByteString, in fields: [String]) -> ByteString? {
        let height = top
        defer { top = height }
        for field in fields {
            pushPackageField("searchpath")
            push(name)
            pushPackageField(field)
            if (try? call(arguments: 2, results: 1)) != nil, let path = byteString(-1) { return path }
        }
        return nil
    }

    /// Stack: → package[field]
    private func pushPackageField(_ field: String) {
        pushGlobals()
        rawGet(-1, field: "package")
        remove(-2)
        rawGet(-1, field: field)
        remove(-2)
    }
}
