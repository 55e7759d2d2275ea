// Files and an observer for what delivers to them.

import Posix
import Wire

@testable import ProcessPool

/// Notes what it is told.
final class Listener: RunObserver {
    private(set) var heard: [String] = []
    /// Of failed items.
    private(set) var inputs: [String?] = []
    func failed(_ item: FailedItem) -> [UInt8] {
        inputs.append(item.failure.input)
        heard.append("item \(item.item) failed: \(item.failure.message)")
        return Array("<\(item.item)>".utf8)
    }
    func text(_ bytes: [UInt8]) { heard.append(String(decoding: bytes, as: UTF8.self)) }
    func notice(_ notice: Notice) {}
}

/// A file without a name that output goes to.
struct Paper: ~Copyable {
    private let file: Descriptor

    init() throws { file = try Descriptor(temporaryIn: "/tmp") }

    func queue(spillLimit: Int, folders: [ByteString] = ["/nowhere", "/tmp"]) throws -> OutputQueue {
        OutputQueue(try OutputDescriptor(copying: file.number), spillFolders: folders, spillLimit: spillLimit)
    }

    /// All that was written.
    func written() throws -> [UInt8] { try file.read(count: file.position, at: 0) }
}
