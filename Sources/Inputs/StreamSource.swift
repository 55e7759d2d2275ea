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

    private static let window = 1 << 20
    private static let readSize = 256 << 10

    init(_ file: consuming Descriptor, _ cutter: RecordCutter, name: ByteString) {
        self.file = file
        self.cutter = cutter
        self.name = name
    }

    var waitsOn: Int32? { file.number }
    var descriptors: [Int32] { [file.number] }

    func cut(items: Int) throws(Failure) -> RecordCut {
        while true {
            if let cut = cutHeld(items) { return cut }
            if isAtEnd { return .end }
            if try !fill() { return .nothingYet }
        }
    }

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
        if let cut = cutter.cut(rest, records: searched > 0 ? 1 : items, limit: StreamSource.window) {
            return take(bytes: searched + cut.bytes, records: cut.records)
        }
        searched = held.count - start
        return isAtEnd && searched > 0 ? take(bytes: searched, records: 1) : nil
    }

    private func take(bytes: Int, records: Int) -> RecordCut {
        let end = start + bytes
        defer { searched = 0 }
        if bytes > StreamSource.window {
            defer { start = 0 }
            return .records(.bytes(FrozenBytes(taking: start..<end, from: &held)), count: records)
        }
        defer { start = end }
        return .records(.bytes(FrozenBytes(copying: start..<end, of: held)), count: records)
    }
}
