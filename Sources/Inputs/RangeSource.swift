// A regular file: the host looks at each block once, to cut it after a record and to count its records; the bytes
// themselves are read by the workers.

import Posix
import Records
import Wire

final class RangeSource: RecordSource {
    private let file: Descriptor
    private let size: Int
    private let cutter: RecordCutter
    private let workers: Int
    private let name: ByteString

    /// The bytes of the file from `windowStart` on.
    private var window = WireBuffer(capacity: 4096)
    private var windowStart: Int
    /// Where the next chunk begins.
    private var position: Int

    private static let windowSize = 1 << 20
    /// Below this a chunk is not made smaller for the sake of an even end.
    private static let smallestShare = 16 << 10

    /// A standard input that was read before goes on where it is.
    init(_ file: consuming Descriptor, size: Int, _ cutter: RecordCutter, workers: Int, name: ByteString) {
        let start = file.position
        self.file = file
        self.size = size
        self.cutter = cutter
        self.workers = max(workers, 1)
        self.name = name
        (windowStart, position) = (start, start)
    }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [file.number] }

    func cut(items: Int) throws(Failure) -> RecordCut {
        if position >= size { return .end }
        let share = max((size - position) / (2 * workers), RangeSource.smallestShare)
        if let cut = cutWindow(items, share) { return advance(by: cut.bytes, records: cut.records) }
        try moveWindow()
        guard let cut = cutter.cut(RecordBytes(window), records: items, limit: share) else {
            return try cutLongRecord()
        }
        return advance(by: cut.bytes, records: cut.records)
    }

    /// What the rest of the window gives; nil when more of the file would give more.
    private func cutWindow(_ items: Int, _ share: Int) -> RecordCutter.Cut? {
        let rest = RecordBytes(window).from(position - windowStart)
        let mayGrow = rest.count < min(share, size - position)
        let cut = cutter.cut(rest, records: items, limit: share)
        return mayGrow && cut?.records != items ? nil : cut
    }

    /// One record that goes on behind the window, or the last one, without its terminator.
    private func cutLongRecord() throws(Failure) -> RecordCut {
        let start = position
        while windowStart + window.count < size {
            position = windowStart + window.count
            try moveWindow()
            if let cut = cutter.cut(RecordBytes(window), records: 1) {
                let length = windowStart + cut.bytes - start
                position = start
                return advance(by: length, records: 1)
            }
        }
        position = start
        return advance(by: size - start, records: 1)
    }

    private func advance(by bytes: Int, records: Int) -> RecordCut {
        defer { position += bytes }
        return .records(.range(offset: position, length: bytes), count: records)
    }

    /// Makes the window begin at `position`.
    private func moveWindow() throws(Failure) {
        window.reset()
        windowStart = position
        let wanted = min(RangeSource.windowSize, size - position)
        do throws(PosixError) {
            while window.count < wanted {
                let count = try file.read(
                    appendingTo: &window, at: windowStart + window.count, limit: wanted - window.count)
                if count == 0 { throw PosixError("read", code: 0) }
            }
        } catch {
            let reason = error.code == 0 ? "the file changed while it was read" : error.description
            throw Failure(.error, "\(name): \(reason)")
        }
    }
}
