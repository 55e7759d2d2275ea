// A pipe, a terminal, a compressed file, a file without a size: read as it arrives, at most a window ahead, and sent to
// the workers in the chunk.

import Bytes
import Posix
import ProcessPool
import Records
import Wire

final class StreamSource: RecordSource {
    private let stream: ByteStream
    var framing: RecordFraming { didSet { forgetSearch() } }

    /// Bytes read; those before `start` are in earlier chunks.
    private var buffer = ByteBuffer(capacity: 4096)
    private var start = 0
    /// Bytes from `start` in which no item ends: a long one is not searched again and again.
    private var searched = 0
    private var search: ItemSearch
    private var isAtEnd = false
    /// Of a file, as far as one is known; nil of what has none.
    private let size: Int?
    private var bytesRead = 0
    private let longestRecord: Int
    /// The next bytes belong to an item that is too long, of which so many lines were skipped.
    private var isSkipping = false
    /// What follows cannot be told apart.
    private var isBroken = false
    private let name: ByteString
    private var linesSkipped = 0

    private static let window = 1 << 20
    private static let readSize = 256 << 10

    /// `readAhead` are bytes that the script has read from the stream.
    init(
        _ file: consuming Descriptor, _ framing: RecordFraming, reading: ByteStream.Reading = .plain,
        readAhead: [UInt8] = [], longestRecord: Int = .max, name: ByteString, size: Int? = nil,
        warn: @escaping (String) -> Void = { _ in }
    ) {
        stream = ByteStream(file, reading, readAhead: readAhead, name: name, warn: warn)
        (self.size, self.name) = (size, name)
        self.longestRecord = longestRecord
        self.framing = framing
        search = ItemSearch(framing)
    }

    var waitsOn: Int32? { stream.waitsOn }
    var descriptors: [Int32] { stream.descriptors }
    var rest: SourceRest? {
        size.map { SourceRest(bytes: buffer.count - start + (isAtEnd ? 0 : max(0, $0 - bytesRead))) }
    }

    func nextRecords(items: Int) throws(Failure) -> NextRecords {
        if isBroken { throw .broken(name) }
        if let cut = bufferedRecords(items) { return cut }
        if isAtEnd { return .end }
        // One part of a long record at a time: the caller handles signals in between.
        if try !fill() { return .dry }
        return bufferedRecords(items) ?? (isAtEnd ? .end : .dry)
    }

    private func bufferedRecords(_ items: Int) -> NextRecords? { isSkipping ? skipLongRecord() : splitBuffer(items) }

    /// Reads the bytes that have arrived; false when there are none.
    private func fill() throws(Failure) -> Bool {
        var hasRead = false
        buffer.removeFirst(start)
        start = 0
        do throws(Failure) {
            repeat {
                let read = try stream.read(appendingTo: &buffer, limit: StreamSource.readSize)
                guard case .bytes(let count) = read else { break }
                hasRead = true
                bytesRead += count
                isAtEnd = count == 0
            } while !isAtEnd && buffer.count < StreamSource.window
        } catch {
            if !hasRead { throw error }  // else the items in front of it come first, and then it once more
        }
        return hasRead
    }

    private func splitBuffer(_ items: Int) -> NextRecords? {
        let rest = RecordBytes(buffer).from(start)
        let limit = min(StreamSource.window, longestRecord)
        if searched == 0, let cut = RecordSplitter(framing).split(rest, records: items, limit: limit) {
            isBroken = cut.isBroken
            return records(bytes: cut.bytes, records: cut.records)
        }
        if let end = search.end(in: rest.from(searched)) {
            isBroken = search.isBroken
            return records(bytes: searched + end, records: 1)
        }
        searched = rest.count
        if searched > longestRecord { return beginSkipping() }
        if !isAtEnd || searched == 0 { return nil }
        var last = framing
        let bytes = last.lastItem(of: rest)
        defer { if last != framing { framing = last } }
        return records(bytes: bytes, records: 1)
    }

    private func forgetSearch() {
        searched = 0
        search = ItemSearch(framing)
    }

    /// Of a row that is too long, the first line is the failure.
    private func beginSkipping() -> NextRecords? {
        isSkipping = true
        if framing.isRow { searched = 0 }
        return skipLongRecord()
    }

    /// Discards the buffered bytes of an item that is too long.
    private func skipLongRecord() -> NextRecords? {
        let rest = RecordBytes(buffer).from(start + searched)
        let end = framing.isRow ? rest.firstIndex(of: framing.terminator).map { $0 + 1 } : search.end(in: rest)
        let next = end.map { start + searched + $0 } ?? buffer.count
        linesSkipped += RecordBytes(buffer)[start..<next].occurrences(of: framing.terminator)
        (start, searched) = (next, 0)
        if end == nil && !isAtEnd { return nil }
        isBroken = search.isBroken
        let positions = framing.hasUnevenLines ? max(linesSkipped, 1) : search.records
        (isSkipping, linesSkipped) = (false, 0)
        forgetSearch()
        return .records(.tooLong, count: 1, positions: positions)
    }

    func bytes(of records: Payload.Records) -> [UInt8]? {
        if case .bytes(let bytes) = records { bytes.array } else { nil }
    }

    private func records(bytes: Int, records: Int) -> NextRecords? {
        if framing.isRow && records == 1 && bytes > longestRecord { return beginSkipping() }
        let end = start + bytes
        let lines = framing.lines(of: RecordBytes(buffer)[start..<end], items: records)
        defer { forgetSearch() }
        if records == 1 && bytes > longestRecord {
            start = end
            return .records(.tooLong, count: 1, positions: lines)
        }
        if bytes > StreamSource.window {
            defer { start = 0 }
            return .records(.bytes(FrozenBytes(taking: start..<end, from: &buffer)), count: records, positions: lines)
        }
        defer { start = end }
        return .records(.bytes(FrozenBytes(copying: start..<end, of: buffer)), count: records, positions: lines)
    }
}
