// What decides what an item comes to, besides the item itself.

/// The script, the modules it loaded, and the options that matter, each under the name a message gives it.
package struct Program: Equatable {
    package private(set) var parts: [String: Digest] = [:]

    package init() {}

    package mutating func add(_ name: String, _ bytes: [UInt8]) { parts[name] = Digest(of: bytes) }

    /// For what may be a secret: nobody finds it by trying without the salt, or many journals at a time with it.
    package mutating func add(_ name: String, secret: [UInt8], salt: [UInt8]) {
        parts[name] = Digest(stored: Array(SHA256.hash(salt + secret).prefix(16)))
    }

    /// The script's name: what is neither a module nor an option; code of the command line is called -e.
    var script: String? { parts.keys.first { $0 == "-e" || !$0.hasPrefix("-") && !$0.hasPrefix("module ") } }

    package var digest: Digest {
        Digest(joining: parts.sorted { $0.key < $1.key }.flatMap { [Digest(of: $0.key), $0.value] })
    }

    package func changes(since earlier: Program) -> Changes {
        var changes = Changes()
        changes.names = Set(parts.keys).union(earlier.parts.keys).filter { parts[$0] != earlier.parts[$0] }.sorted()
        if script != earlier.script { changes.otherScript = earlier.script }
        return changes
    }

    /// What the last run of a journal had otherwise.
    package struct Changes: Equatable {
        /// What is not the same, sorted.
        package var names: [String] = []
        /// The other script whose run it was.
        package var otherScript: String?

        package init() {}
    }

    init(parts: [String: Digest]) { self.parts = parts }
}
