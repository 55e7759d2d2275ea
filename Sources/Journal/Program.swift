// What decides what an item comes to, besides the item itself.

/// The script, the modules it loaded, and the options that matter, each under the name a message gives it.
package struct Program: Equatable {
    package private(set) var parts: [String: Digest] = [:]

    package init() {}

    package mutating func add(_ name: String, _ bytes: [UInt8]) { parts[name] = Digest(of: bytes) }

    package var digest: Digest {
        Digest(joining: parts.sorted { $0.key < $1.key }.flatMap { [Digest(of: $0.key), $0.value] })
    }

    /// The names of what is not the same, sorted.
    package func changes(since earlier: Program) -> [String] {
        Set(parts.keys).union(earlier.parts.keys).filter { parts[$0] != earlier.parts[$0] }.sorted()
    }

    init(parts: [String: Digest]) { self.parts = parts }
}
