// The columns of a run's output, between the values that decide and the loop that writes.

import Bytes
import ProcessPool
import Records
import Wire

/// The output as csv or tsv.
final class RowTable: ResultTable {
    private var output: OutputTable
    /// The header of the input, once it is read.
    private let inputHeader: () -> (names: [[UInt8]], bytes: [UInt8])?
    /// Rows are those of the input.
    private let isUnchanged: Bool
    private(set) var columns: FrozenBytes?

    init(
        _ output: consuming OutputTable, isUnchanged: Bool,
        inputHeader: @escaping () -> (names: [[UInt8]], bytes: [UInt8])?
    ) {
        self.output = output
        (self.isUnchanged, self.inputHeader) = (isUnchanged, inputHeader)
        columns = self.output.columns.map { FrozenBytes($0.bytes) }
    }

    func rows(of described: [UInt8]) throws(Failure) -> [UInt8] {
        do throws(RowRefusal) {
            let rows = try output.rows(of: described)
            if columns == nil { columns = output.columns.map { FrozenBytes($0.bytes) } }
            return rows
        } catch {
            throw Failure(.error, error.description)
        }
    }

    func takeHeader() -> [UInt8] { output.takeHeader(of: isUnchanged ? inputHeader() : nil) }

    func end() { output.end(inputNames: inputHeader()?.names) }
}
