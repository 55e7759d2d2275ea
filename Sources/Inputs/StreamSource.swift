// A pipe, a terminal, a file without a size: read as it comes, never further ahead than a window, and sent to the
// workers in the chunk.

import Posix
import Records
import Wire

final class StreamSource: RecordSource {
    private let file: Descriptor
    private let cutter: RecordCutter
    private let name: ByteString
    private var poller = Poller<Void>()

    /// Bytes read; those before `start` are cut already.
    private var held = WireBuffer(capacity: 4096)
    private var start = 0
    /// Bytes from `start` that are known to have no terminator: a long record is not searched again and again.
    private var searched = 0
    private var isAtEnd = false
    private let longestRecord: Int
    /// What comes next belongs to a record that is too long.
    private var isSkipping = false

    private static let window = 1 << 20
    private static let readSize = 256 << 10

    /// `readAhead` has been read already by somebody else.
    init(
        _ file: consuming Descriptor, _ cutter: RecordCutter, readAhead: [UInt8] = [], longestRecord: Int = .max,
        name: ByteString
    ) {
        self.file = file
        self.longestRecord = longestRecord
        held.append(readAhead)
        self.cutter = cutter
        self.name = name
    }

    var waitsOn: Int32? { file.number }
    var descriptors: [Int32] { [file.number] }

    func cut(items: Int) throws(Failure) -> RecordCut {
        if let cut = next(items) { return cut }
        if isAtEnd { return .end }
        // Of a long record a part at a time: whoever asks hears signals in between.
        if try !fill() { return .nothingYet }
        return next(items) ?? (isAtEnd ? .end : .nothingYet)
    }

    private func next(_ items: Int) -> RecordCut? { isSkipping ? skipHeld() : cutHeld(items) }

    /// Reads what is there; false when there is nothing yet.
    private func fill() throws(Failure) -> Bool {
        var hasRead = false
        held.removeFirst(start)
        start = 0
        do throws(PosixError) {
            repeat {
                guard isReadable else { break }
                let read = try file.read(appendingTo: &held, limit: StreamSource.readSize)
                guard case .bytes(let count) = read else { break }
                hasRead = true
                isAtEnd = count == 0
            } while !isAtEnd && held.count < StreamSource.window
        } catch {
            throw Failure(.error, "\(name): \(error.description)")
        }
        return hasRead
    }

    private var isReadable: Bool {
        poller.removeAll()
        poller.watchReadable(file.number, ())
        return !poller.wait(milliseconds: 0).isEmpty
    }

    private func cutHeld(_ items: Int) -> RecordCut? {
        let rest = RecordBytes(held).from(start + searched)
        let limit = min(StreamSource.window, longestRecord)
        if let cut = cutter.cut(rest, records: searched > 0 ? 1 : items, limit: limit) {
            return take(bytes: searched + cut.bytes, records: cut.records)
        }
        searched = held.count - start
        if searched > longestRecord {
            isSkipping = true
            return skipHeld()
        }
        return isAtEnd && searched > 0 ? take(bytes: searched, records: 1) : nil
    }

    /// Forgets what there is of a record that is too long.
    private func skipHeld() -> RecordCut? {
        let rest = RecordBytes(held).from(start + searched)
        let end = rest.firstIndex(of: cutter.terminator).map { start + searched + $0 + 1 }
        (start, searched) = (end ?? held.count, 0)
        if end == nil && !isAtEnd { return nil }
        isSkipping = false
        return .records(.tooLong, count: 1)
    }

    private func take(bytes: Int, records: Int) -> RecordCut {
        let end = start + bytes
        defer { searched = 0 }
        if records == 1 && bytes > longestRecord {
            start = end
            return .records(.tooLong, count: 1)
        }
        if bytes > StreamSource.window {
            defer { start = 0 }
            return .records(.bytes(FrozenBytes(taking: start..<end, from: &held)), count: records)
        }
        defer { start = end }
        return .records(.bytes(FrozenBytes(copying: start..<end, of: held)), count: records)
    }
}
