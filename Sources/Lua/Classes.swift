// The classes a script has registered: names to metatables and metatables to names, in one table of the registry.

extension Stack {
    /// Objects with this metatable are sent under `name`, which the receiver must know too. A name or a metatable
    /// that is registered again loses its earlier counterpart. Stack: metatable →
    package func registerClass(name: String) {
        let metatable = top
        pushClasses()
        let classes = top
        copy(metatable)
        removeClass(in: classes)
        push(name)
        removeClass(in: classes)
        copy(metatable)
        rawSet(classes, field: name)
        copy(metatable)
        push(name)
        rawSet(classes)
        top = metatable - 1
    }

    /// Removes the entry of a name or metatable. Stack: name or metatable →
    private func removeClass(in classes: Int32) {
        guard rawGet(classes) != .nil else { return pop() }
        pushNil()
        rawSet(classes)
    }

    /// Stack: → classes
    func pushClasses() {
        if rawGet(Stack.registry, field: "pmap.classes") == .table { return }
        pop()
        newTable()
        copy(-1)
        rawSet(Stack.registry, field: "pmap.classes")
    }
}
