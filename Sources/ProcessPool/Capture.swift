// Where a worker keeps what it and its programs print, so that the host has it when the worker dies; see printed.h.

package import Bytes
import CPosixBridge
import Posix

/// The worker's side: the ends of a pipe for programs, open for as long as the process, and memory that the host shares.
package struct Capture: ~Copyable {
    package let reading, writing: Int32
    package let memory: ByteBuffer
}

/// The host's side.
struct PrintedText {
    private(set) var bytes: [UInt8] = []
    /// Programs have written some of it.
    private(set) var hasPrograms: Bool

    static let size = MemoryLayout<pmap_printed>.size
    private static let held = Int(pmap_printed_size)
    private static let headerSize = size - 2 * held
    /// More than a pipe holds.
    private static let mostRead = 1 << 20

    /// What a dead worker has left at `start` of `pages`, and in the pipe that its programs wrote to.
    init(in pages: borrowing SharedPages, at start: Int, _ programs: borrowing Descriptor) {
        let header = pages.copy(from: start, bytes: PrintedText.headerSize)
        let words = (0..<4).map { Int(truncatingIfNeeded: header.load(UInt64.self, at: 8 * $0)) }
        let (length, collectedLength) = (max(words[0], 0), max(words[2], 0))
        let text = start + PrintedText.headerSize
        hasPrograms = words[1] != 0
        append(pages, text, length)
        guard words[3] != 0 else { return }
        var collected = ByteBuffer()
        if collectedLength < PrintedText.held {
            // What was read last may not be counted.
            let rest = pages.copy(from: text + PrintedText.held, bytes: PrintedText.held)
            let bytes = rest.array(0..<rest.count)
            let end = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
            collected.append(Array(bytes[..<max(end, collectedLength)]))
        } else {
            append(pages, text + PrintedText.held, collectedLength)
        }
        programs.setNonBlocking()
        while collected.count < PrintedText.mostRead,
            case .bytes(let count)? = try? programs.read(appendingTo: &collected, limit: 64 << 10), count > 0
        {}
        bytes += collected.array(0..<collected.count)
        hasPrograms = hasPrograms || collectedLength > 0 || collected.count > 0
    }

    private mutating func append(_ pages: borrowing SharedPages, _ start: Int, _ length: Int) {
        if length == 0 { return }
        let copy = pages.copy(from: start, bytes: min(length, PrintedText.held))
        bytes += copy.array(0..<copy.count)
        let lost = length - copy.count
        if lost > 0 { bytes += Array("\npmap: \(lost) more bytes of this were lost with the worker\n".utf8) }
    }
}
