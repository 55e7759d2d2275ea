// The columns of a run's output, between the values that decide and the loop that writes.

import Bytes
import ProcessPool
import Records
import Wire

/// The output as csv or tsv.
final class RowTable: ResultTable {
    private var output: OutputTable
    /// The columns of the input, once its header is read.
    private let inputNames: () -> [[UInt8]]?
    private(set) var columns: FrozenBytes?

    init(_ output: consuming OutputTable, inputNames: @escaping () -> [[UInt8]]?) {
        self.output = output
        self.inputNames = inputNames
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

    func takeHeader() -> [UInt8] { output.takeHeader() }

    func end() { output.end(inputNames: inputNames()) }
}
