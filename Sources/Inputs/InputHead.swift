// What is in front of an input's records: lines that are left out, and a header.

import Bytes
import ProcessPool
import Records
import Wire

/// Takes the head of an input, as far as it is there.
final class InputHead {
    private let name: ByteString
    private let framing: RecordFraming
    private let hasHeader: Bool
    private var linesLeft: Int
    /// Lines before the first record.
    private(set) var positions = 0
    private(set) var header: FrozenBytes?
    private(set) var isPassed = false

    /// Nil for what has none.
    init?(of input: Input, _ layout: InputLayout) {
        switch input {
        case .file, .standardInput: break
        case .words, .list, .iterator, .elsewhere: return nil
        }
        (linesLeft, hasHeader, framing) = (layout.skippedLines, layout.hasHeader, layout.framing)
        name = input.name
    }

    /// Takes what is there; whether that was all. `problem` says what is wrong with a header, if something is.
    func pass(_ source: any RecordSource, _ problem: ([UInt8]) -> String?) throws(Failure) -> Bool {
        source.framing = framing.skipped
        while linesLeft > 0 {
            switch try source.nextRecords(items: linesLeft) {
            case .dry: return false
            case .end: linesLeft = 0
            case .records(_, let count, let lines):
                linesLeft -= count
                positions += lines
            }
        }
        if hasHeader {
            source.framing = RecordFraming(framing.record)
            switch try source.nextRecords(items: 1) {
            case .dry: return false
            case .end: break
            case .records(let records, _, let lines):
                let place = "\(name):\(positions + 1)"
                positions += lines
                guard let row = try source.bytes(of: records) else {
                    throw Failure(.error, "\(place): the header is longer than a record may be; see --max-record")
                }
                let header = row.last == UInt8(ascii: "\n") ? Array(row.dropLast()) : row
                if let problem = problem(header) { throw Failure(.error, "\(place): \(problem)") }
                self.header = FrozenBytes(header)
            }
        }
        source.framing = framing
        isPassed = true
        return true
    }
}
