// Where results wait that memory should not hold: an unlinked file, made at the first use, emptied whenever nothing
// in it is wanted any more.

package import Bytes
package import Posix

/// Bytes of the output, in memory or in the spill file.
package enum OutputBytes {
    case memory([UInt8])
    case spilled(offset: Int, count: Int)

    package var count: Int {
        switch self {
        case .memory(let bytes): bytes.count
        case .spilled(_, let count): count
        }
    }
}

/// Appends on one side, reads back on the other.
package struct SpillFile: ~Copyable {
    private let folders: [ByteString]
    private let limit: Int
    private var file: Descriptor?
    private(set) var number: Int32?
    private var end = 0
    private var wanted = 0
    /// Full, or the disk is: no more until it has been emptied.
    private var isFull = false

    package init(folders: [ByteString], limit: Int) {
        self.folders = folders
        self.limit = limit
    }

    /// Nil when it is full.
    package mutating func store(_ bytes: [UInt8]) -> OutputBytes? {
        if isFull || end + bytes.count > limit || !open() {
            isFull = true
            return nil
        }
        do throws(PosixError) {
            try file?.writeAll(bytes)
        } catch {
            isFull = true
            return nil
        }
        defer { end += bytes.count }
        wanted += bytes.count
        return .spilled(offset: end, count: bytes.count)
    }

    private mutating func open() -> Bool {
        if file != nil { return true }
        for folder in folders {
            if let made = try? Descriptor(temporaryIn: folder) {
                number = made.number
                file = consume made
                return true
            }
        }
        return false
    }

    package mutating func read(offset: Int, count: Int) throws(PosixError) -> [UInt8] {
        let bytes = try file?.read(count: count, at: offset) ?? []
        if bytes.count < count { throw PosixError("read", "the spill file", code: PosixError.isBroken) }
        wanted -= count
        if wanted == 0 {
            file?.empty()
            end = 0
            isFull = false
        }
        return bytes
    }
}
