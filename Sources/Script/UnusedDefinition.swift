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
        /// There is no such function.
        case unknown
    }

    let name: String
    let reason: Reason

    package var description: String {
        switch reason {
        case .misspelled(let meant): "nothing uses \(name); did you mean \(meant.rawValue)?"
        case .isLocal(let meant):
            "nothing uses \(name): it is local here; write \(meant.isFunction ? "function \(name)()" : "\(name) =")"
        case .notInTable: "nothing uses \(name): it is not in the table that the script returns"
        case .unknown:
            "nothing uses \(name): it is no function that pmap calls; join the results behind it: pmap … | awk …"
        }
    }

    /// What people write who know them from elsewhere.
    private static let unknown: Set<String> = ["reduce", "finish"]

    /// What may be meant by a name, of those that a script has not defined.
    static func reason(_ name: String, lacking: [ScriptName]) -> Reason? {
        if unknown.contains(name.lowercased()) { return .unknown }
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

    /// What is of this type may be meant by it.
    fileprivate func takes(_ type: ValueType) -> Bool {
        type == .function ? self != .options : type == .table && !isFunction
    }
}

extension LoadedScript {
    /// Looks through the table at `table`, which the script returns or which has its globals.
    func findUnused(in table: Int32, _ text: ScriptText) -> [UnusedDefinition] {
        let lacking = ScriptName.allCases.filter { !has($0) }
        var found: [UnusedDefinition] = []
        for (name, type) in stack.definitions(in: table)
        where !ScriptName.allCases.contains(where: { $0.rawValue == name }) {
            let fitting = lacking.filter { $0.takes(type) }
            guard let reason = UnusedDefinition.reason(name, lacking: fitting) else { continue }
            if reason != .unknown || type == .function { found.append(UnusedDefinition(name: name, reason: reason)) }
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
