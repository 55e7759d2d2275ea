// A regular file: the host reads each block once, to find the last record end in it and to count its records; the workers
// read the bytes again.

import Bytes
import Posix
import ProcessPool
import Records
import Wire

final class RangeSource: RecordSource {
    private let file: Descriptor
    private var size: Int
    private let splitter: RecordSplitter
    private let workers: Int
    private let name: ByteString
    private let longestRecord: Int

    /// The bytes of the file from `windowStart` on.
    private var window = ByteBuffer(capacity: 4096)
    private var windowStart: Int
    /// The offset of the next chunk.
    private var position: Int

    private static let windowSize = ChunkReader.checkedBytes
    /// The size below which a chunk is not made smaller to distribute the end of the file evenly.
    private static let smallestShare = 16 << 10

    /// Begins at the file's offset: a standard input may have been read before.
    init(
        _ file: consuming Descriptor, size: Int, _ splitter: RecordSplitter, workers: Int, longestRecord: Int = .max,
        name: ByteString
    ) {
        let start = file.position
        self.file = file
        self.size = size
        self.splitter = splitter
        self.workers = max(workers, 1)
        self.name = name
        self.longestRecord = longestRecord
        (windowStart, position) = (start, start)
    }

    var waitsOn: Int32? { nil }
    var rest: SourceRest? { SourceRest(bytes: max(0, size - position)) }
    var descriptors: [Int32] { [file.number] }

    func nextRecords(items: Int) throws(Failure) -> NextRecords {
        if position >= size && !hasGrown() { return .end }
        let share = min(max((size - position) / (2 * workers), RangeSource.smallestShare), longestRecord)
        if let cut = splitWindow(items, share) {
            return advance(by: cut.bytes, records: cut.records, checksum(of: cut))
        }
        try moveWindow()
        guard let cut = splitter.split(RecordBytes(window), records: items, limit: share) else {
            return try findLongRecordEnd()
        }
        return advance(by: cut.bytes, records: cut.records, checksum(of: cut))
    }

    /// Updates the size of a file that is being written to: it is read up to its end at the moment, as a stream is.
    private func hasGrown() -> Bool {
        guard let now = try? FileKind(descriptor: file.number).size, now > size else { return false }
        size = now
        return true
    }

    private func checksum(of cut: RecordSplitter.Block, after before: UInt64 = 0) -> UInt64 {
        let start = position - windowStart
        return RecordBytes(window)[start..<start + cut.bytes].checksum(after: before)
    }

    /// The next records in the rest of the window; nil when there are more of them behind it.
    private func splitWindow(_ items: Int, _ share: Int) -> RecordSplitter.Block? {
        let rest = RecordBytes(window).from(position - windowStart)
        let mayGrow = rest.count < min(share, size - position)
        let cut = splitter.split(rest, records: items, limit: share)
        return mayGrow && cut?.records != items ? nil : cut
    }

    /// One record that continues after the window, or the last one, without its terminator.
    private func findLongRecordEnd() throws(Failure) -> NextRecords {
        let start = position
        var before: UInt64 = 0
        while true {
            if windowStart + window.count < size {
                before = RecordBytes(window).checksum(after: before)
                position = windowStart + window.count
            } else if !hasGrown() {
                before = RecordBytes(window).checksum(after: before)
                position = start
                return advance(by: size - start, records: 1, before)
            }
            try moveWindow()  // or to the same offset again, in a file that has grown
            if let cut = splitter.split(RecordBytes(window), records: 1) {
                let (length, checksum) = (position + cut.bytes - start, checksum(of: cut, after: before))
                position = start
                return advance(by: length, records: 1, checksum)
            }
        }
    }

    private func advance(by bytes: Int, records: Int, _ checksum: UInt64) -> NextRecords {
        defer { position += bytes }
        if records == 1 && bytes > longestRecord { return .records(.tooLong, count: 1) }
        return .records(.range(offset: position, length: bytes, checksum: checksum), count: records)
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
