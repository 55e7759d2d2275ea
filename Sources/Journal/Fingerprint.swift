// All that an item's result depends on, besides the item itself.

/// Digests of the script, the modules it loaded, and the options that matter, each under its name in messages.
package struct Fingerprint: Equatable {
    package private(set) var parts: [String: Digest] = [:]

    package init() {}

    package mutating func add(_ name: String, _ bytes: [UInt8]) { parts[name] = Digest(of: bytes) }

    /// For a possible secret: it cannot be found by trial without the salt, nor in many journals at a time with it.
    package mutating func add(_ name: String, secret: [UInt8], salt: [UInt8]) {
        parts[name] = Digest(stored: Array(SHA256.hash(salt + secret).prefix(16)))
    }

    /// The script's name, which is neither a module's nor an option's, nor that of words; code of the command line is called
    /// -e, a command --sh.
    var script: String? {
        parts.keys.first { name in
            ["-e", "--sh"].contains(name) || !["-", ":::", "module "].contains(where: name.hasPrefix)
        }
    }

    package var digest: Digest {
        Digest(joining: parts.sorted { $0.key < $1.key }.flatMap { [Digest(of: $0.key), $0.value] })
    }

    package func changes(since earlier: Fingerprint) -> Changes {
        var changes = Changes()
        changes.names = Set(parts.keys).union(earlier.parts.keys).filter { parts[$0] != earlier.parts[$0] }.sorted()
        if script != earlier.script { changes.otherScript = earlier.script }
        return changes
    }

    /// The differences from the last run of a journal.
    package struct Changes: Equatable {
        /// The names of the parts that differ, sorted.
        package var names: [String] = []
        /// The script of that run, if it was another one.
        package var otherScript: String?

        package init() {}
    }

    init(parts: [String: Digest]) { self.parts = parts }
}
