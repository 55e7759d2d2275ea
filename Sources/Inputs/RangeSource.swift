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
    var framing: RecordFraming
    private var splitter: RecordSplitter { RecordSplitter(framing) }
    private let workers: Int
    private let name: ByteString
    private let longestRecord: Int
    /// What follows cannot be told apart.
    private var isBroken = false

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
        _ file: consuming Descriptor, size: Int, _ framing: RecordFraming, workers: Int, longestRecord: Int = .max,
        name: ByteString
    ) {
        let start = file.position
        self.file = file
        self.size = size
        self.framing = framing
        self.workers = max(workers, 1)
        self.name = name
        self.longestRecord = longestRecord
        (windowStart, position) = (start, start)
    }

    var waitsOn: Int32? { nil }
    var rest: SourceRest? { SourceRest(bytes: max(0, size - position)) }
    var descriptors: [Int32] { [file.number] }

    func nextRecords(items: Int) throws(Failure) -> NextRecords {
        if isBroken { throw .broken(name) }
        if position >= size && !hasGrown() { return .end }
        let share = min(max((size - position) / (2 * workers), RangeSource.smallestShare), longestRecord)
        if let cut = splitWindow(items, share) { return try advance(by: cut) }
        try moveWindow(to: position)
        guard let cut = splitter.split(RecordBytes(window), records: items, limit: share) else {
            return try takeLongItem()
        }
        return try advance(by: cut)
    }

    /// Updates the size of a file that is being written to: it is read up to its end at the moment, as a stream is.
    private func hasGrown() -> Bool {
        guard let now = try? FileKind(descriptor: file.number).size, now > size else { return false }
        size = now
        return true
    }

    /// The next records in the rest of the window; nil when there are more of them behind it.
    private func splitWindow(_ items: Int, _ share: Int) -> RecordSplitter.Block? {
        let rest = RecordBytes(window).from(position - windowStart)
        let mayGrow = rest.count < min(share, size - position)
        let cut = splitter.split(rest, records: items, limit: share)
        return mayGrow && cut?.records != items ? nil : cut
    }

    private func advance(by cut: RecordSplitter.Block) throws(Failure) -> NextRecords {
        if framing.isRow && cut.records == 1 && cut.bytes > longestRecord { return try skipLine() }
        isBroken = cut.isBroken
        let start = position - windowStart
        let bytes = RecordBytes(window)[start..<start + cut.bytes]
        return advance(by: cut.bytes, cut.records, framing.lines(of: bytes, items: cut.records), bytes.checksum())
    }

    private func advance(by bytes: Int, _ records: Int, _ lines: Int, _ checksum: UInt64) -> NextRecords {
        defer { position += bytes }
        if records == 1 && bytes > longestRecord { return .records(.tooLong, count: 1, positions: lines) }
        return .records(
            .range(offset: position, length: bytes, checksum: checksum), count: records, positions: lines)
    }

    // MARK: Items over several windows

    /// One item that continues after the window, or the last one, without its end.
    private func takeLongItem() throws(Failure) -> NextRecords {
        let (end, records) = try longItemEnd()
        if framing.isRow && end - position > longestRecord { return try skipLine() }
        // The windows in which the end was searched are gone.
        var (lines, checksum, isEnded) = (0, 0 as UInt64, true)
        for start in stride(from: position, to: end, by: RangeSource.windowSize) {
            try moveWindow(to: start)
            let bytes = RecordBytes(window)[0..<min(window.count, end - start)]
            checksum = bytes.checksum(after: checksum)
            lines += bytes.occurrences(of: framing.terminator)
            isEnded = bytes[bytes.count - 1] == framing.terminator
        }
        let positions = framing.hasUnevenLines ? lines + (isEnded ? 0 : 1) : records
        return advance(by: end - position, 1, positions, checksum)
    }

    /// The end of the item at `position`, and how many records it has; of a row that is too long, a place behind that. One
    /// that is not closed at the file's end is its first line alone.
    private func longItemEnd() throws(Failure) -> (end: Int, records: Int) {
        var search = ItemSearch(framing)
        var next = position
        while true {
            try moveWindow(to: next)
            if let end = search.end(in: RecordBytes(window)) {
                isBroken = search.isBroken
                return (next + end, search.records)
            }
            next += window.count
            if framing.isRow && next - position > longestRecord { return (next, 1) }
            if next < size || hasGrown() { continue }
            guard let row = search.openRow() else { return (size, search.records) }
            next = try lineEnd(from: position + row)
            framing.closeRows()
            if search.closeRow(at: next - position) || next == size { return (next, search.records) }
        }
    }

    /// A row that is too long is its first line alone, as what follows a quote that nobody closes is no part of it.
    private func skipLine() throws(Failure) -> NextRecords {
        position = try lineEnd(from: position)
        return .records(.tooLong, count: 1, positions: 1)
    }

    private func lineEnd(from start: Int) throws(Failure) -> Int {
        var next = start
        while next < size {
            try moveWindow(to: next)
            if let end = RecordBytes(window).firstIndex(of: framing.terminator) { return next + end + 1 }
            next += window.count
        }
        return size
    }

    func bytes(of records: Payload.Records) throws(Failure) -> [UInt8]? {
        guard case .range(let offset, let length, _) = records else { return nil }
        var bytes = ByteBuffer(capacity: length)
        do throws(PosixError) {
            while bytes.count < length,
                try file.read(appendingTo: &bytes, at: offset + bytes.count, limit: length - bytes.count) > 0
            {}
        } catch {
            throw Failure(.error, "\(name): \(error.description)")
        }
        return bytes.array
    }

    private func moveWindow(to start: Int) throws(Failure) {
        window.reset()
        windowStart = start
        let wanted = min(RangeSource.windowSize, size - start)
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
