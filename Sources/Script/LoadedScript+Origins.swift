// What results depend on besides the items, for whoever wants to know whether they still hold.

import Lua
import Records
package import Wire

extension LoadedScript {
    /// The results may depend on the run's seed from the start: its top level drew random numbers. To be asked before
    /// the first item.
    package var drewRandomNumbers: Bool { stack.usesSeed }

    /// The task may look at the item's number.
    package var taskTakesIndex: Bool {
        if isInline { return ["index", "..."].contains(where: ByteString(source).contains) }
        push(.task)
        return stack.popParameters().map { $0.count > 1 || $0.isVariable } ?? true
    }

    /// The paths of the modules that were loaded from files, by name.
    package func moduleFiles() -> [ByteString: ByteString] {
        var files: [ByteString: ByteString] = [:]
        for name in stack.loadedModules() {
            if let path = stack.searchModule(name) { files[name] = path }
        }
        return files
    }

    /// The text of the item at `place` of the `inputs` list, as `ItemText` has it.
    package func listedText(at place: Int) -> [UInt8]? {
        push(.inputs)
        stack.rawGet(-1, at: place)
        defer { stack.pop(2) }
        var writer = ItemText(self)
        var text = WireBuffer()
        return writer.append(stack.top, of: stack, to: &text) ? text.array : nil
    }
}

/// Writes items so that equal ones give equal bytes, in every process.
struct ItemText: ~Copyable {
    private var writer: RecordWriter

    init(_ script: LoadedScript) { writer = RecordWriter(.lua, marks: script.module.marks) }

    /// False for what cannot be written, such as functions.
    mutating func append(_ index: Int32, of stack: Stack, to buffer: inout WireBuffer) -> Bool {
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

    /// Where `require` would find the module, if in a file.
    fileprivate func searchModule(_ name: ByteString) -> ByteString? {
        let height = top
        defer { top = height }
        for field in ["path", "cpath"] {
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
