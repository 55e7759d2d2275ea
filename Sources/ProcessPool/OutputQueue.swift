// What may leave, on its way to standard output: written as fast as the reader takes it, never waited for.

package import Bytes
package import Posix

/// Bytes in their final order.
package struct OutputQueue: ~Copyable {
    private let output: OutputDescriptor
    private var spill: SpillFile
    private var waiting: [OutputBytes] = []
    private var first = 0
    /// Of the first: bytes written already.
    private var written = 0
    package private(set) var bytesWaiting = 0

    /// What the queue holds in memory for a slow reader before feeding pauses.
    private static let enough = 4 << 20
    private static let spillPiece = 1 << 20

    /// `spillFolders` are tried in turn; at most `spillLimit` bytes go there.
    package init(_ output: consuming OutputDescriptor, spillFolders: [ByteString], spillLimit: Int) {
        self.output = output
        spill = SpillFile(folders: spillFolders, limit: spillLimit)
    }

    package var number: Int32 { output.number }
    /// What a forked worker closes.
    var descriptors: [Int32] { [output.number] + (spill.number.map { [$0] } ?? []) }
    package var isEmpty: Bool { bytesWaiting == 0 }
    /// The reader is slow: nothing more should be made for now.
    package var isFull: Bool { bytesWaiting > OutputQueue.enough }

    /// Puts bytes that have to wait for an earlier item out of memory, if there is room.
    mutating func spill(_ bytes: [UInt8]) -> OutputBytes { spill.store(bytes) ?? .memory(bytes) }

    mutating func append(_ bytes: OutputBytes) {
        guard bytes.count > 0 else { return }
        bytesWaiting += bytes.count
        if case .spilled(var offset, var count) = bytes {
            while count > 0 {  // in pieces, so that memory never holds it whole
                let piece = min(count, OutputQueue.spillPiece)
                waiting.append(.spilled(offset: offset, count: piece))
                offset += piece
                count -= piece
            }
        } else {
            waiting.append(bytes)
        }
    }

    /// Writes what is taken without waiting.
    package mutating func write() throws(PosixError) {
        while first < waiting.count {
            if case .spilled(let offset, let count) = waiting[first] {
                waiting[first] = .memory(try spill.read(offset: offset, count: count))
            }
            guard case .memory(let bytes) = waiting[first],
                case .bytes(let count) = try output.write(bytes, from: written)
            else { return }
            written += count
            bytesWaiting -= count
            if written == bytes.count {
                waiting[first] = .memory([])
                first += 1
                written = 0
            }
            if !output.mayRepeat { break }
        }
        if first == waiting.count || first > 1024 {
            waiting.removeFirst(first)
            first = 0
        }
    }
}
