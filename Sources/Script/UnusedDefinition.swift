// What a script defines and nobody calls: under nearly the right name, or in the wrong place. To Lua a misspelled setup is
// no error, and nobody would see that it is not called.

import Lua
import Records

/// A definition that was meant to be used by pmap.
package struct UnusedDefinition: Equatable, CustomStringConvertible {
    enum Reason: Equatable {
        case misspelled(ScriptName)
        case isLocal(ScriptName)
        case notInTable
        /// Nothing joins the results.
        case notJoined
        /// The script calls it itself.
        case isOwn
    }

    let name: String
    let reason: Reason

    package var description: String {
        switch reason {
        case .misspelled(let meant): "nothing uses \(name); did you mean \(meant.rawValue)?"
        case .isLocal(let meant):
            "nothing uses \(name): it is local here; write \(meant.isFunction ? "function \(name)()" : "\(name) =")"
        case .notInTable: "nothing uses \(name): it is not in the table that the script returns"
        case .notJoined: "nothing uses \(name): it is called when results are joined; define reduce, or write --reduce"
        case .isOwn:
            "\(name) is taken as the script's own, as it is called there; to have results joined return { task = task, reduce = reduce }"
        }
    }

    /// What may be meant by a name, of those that a script has not defined.
    static func reason(_ name: String, lacking: [ScriptName]) -> Reason? {
        return lacking.first { isNear(name, $0) }.map { .misspelled($0) }
    }

    /// But for capitals and `_`, for two letters that have changed places, or for a letter or two of a long name.
    static func isNear(_ name: String, _ meant: ScriptName) -> Bool {
        let meant = meant.rawValue
        let mayBe = name.utf8.first.map { $0 | 0x20 } == meant.utf8.first && abs(name.count - meant.count) < 4
        if !mayBe { return false }  // as nearly all, at little cost
        let (name, plainly) = (plain(name), plain(meant))
        return name.sorted() == plainly.sorted() || differences(name, plainly) <= (plainly.count > 5 ? 2 : 1)
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
}

extension ScriptName {
    fileprivate var isFunction: Bool { self != .inputs && self != .options }
    /// Many scripts have such a function for themselves.
    fileprivate var isCommon: Bool { self == .reduce || self == .finish }

    /// What is of this type may be meant by it.
    fileprivate func takes(_ type: ValueType) -> Bool {
        type == .function ? self != .options : type == .table && !isFunction
    }
}

extension LoadedScript {
    /// Of its globals those are the script's own that it calls itself, and a `reduce` that joins nothing. Answers what may have
    /// been meant nevertheless.
    func leaveOwn(_ text: ScriptText) -> [UnusedDefinition] {
        let common = ScriptName.allCases.filter { $0.isCommon && has($0) }
        if common.isEmpty { return [] }
        let words = ScriptWords(text.bytes, counting: common.map(\.rawValue))
        var left: [UnusedDefinition] = []
        for name in common {
            push(name)
            let (isTable, joinsNothing) = (stack.type(-1) == .table, !hasMerge)
            let takesTwo = stack.popParameters().map { $0.count == 2 } ?? false
            if isTable ? joinsNothing : words.calls.contains(name.rawValue) {
                references[name] = nil
                if takesTwo { left.append(UnusedDefinition(name: name.rawValue, reason: .isOwn)) }
            }
        }
        return left
    }

    /// Whether it is a reducer, or a list of them. Stack: value → the same
    private var hasMerge: Bool {
        guard stack.type(-1) == .table else { return false }
        let height = stack.top
        defer { stack.top = height }
        if stack.isCallable(-1) || stack.rawGet(-1, field: "merge") != .nil { return true }
        return stack.rawGet(height, at: 1) == .table && stack.rawGet(-1, field: "merge") != .nil
    }

    /// Looks through the table at `table`, which the script returns or which has its globals.
    func findUnused(in table: Int32, _ text: ScriptText) -> [UnusedDefinition] {
        let lacking = ScriptName.allCases.filter { !has($0) }
        var found: [UnusedDefinition] = []
        for (name, type) in stack.definitions(in: table)
        where !ScriptName.allCases.contains(where: { $0.rawValue == name }) {
            let fitting = lacking.filter { $0.takes(type) }
            guard let reason = UnusedDefinition.reason(name, lacking: fitting) else { continue }
            found.append(UnusedDefinition(name: name, reason: reason))
        }
        stack.pushGlobals()
        for name in lacking {
            let isGlobal = name.takes(stack.rawGet(-1, field: name.rawValue))
            stack.pop()
            let reason = isGlobal ? UnusedDefinition.Reason.notInTable : .isLocal(name)
            found.append(UnusedDefinition(name: name.rawValue, reason: reason))
        }
        stack.pop()
        let words = ScriptWords(text.bytes, counting: found.map(\.name))
        return found.filter { unused in
            if case .isLocal = unused.reason, !words.locals.contains(unused.name) { return false }
            return words.count(of: unused.name) == 1  // to define it
        }
    }
}

extension Stack {
    /// The functions and tables that have a name in the table at `table`, by name.
    fileprivate func definitions(in table: Int32) -> [(String, ValueType)] {
        let height = top
        defer { top = height }
        var found: [(String, ValueType)] = []
        pushNil()
        while let pairs = try? nextPairs(table, limit: 1), pairs > 0 {
            // Stack: …, previous key, key, value
            let type = type(-1)
            if type == .function || type == .table, self.type(-2) == .string, let name = string(-2) {
                found.append((name, type))
            }
            pop()
            remove(-2)
        }
        return found.sorted { $0.0 < $1.0 }
    }
}
