// Items that are in a list of the script.

import ProcessPool

/// The script's list, which is in every worker: the items' numbers are enough.
final class ListSource: RecordSource {
    private var left: Int
    /// Values of an item.
    private let batch: Int

    init(count: Int, batch: Int) { (left, self.batch) = (count, batch) }

    var waitsOn: Int32? { nil }
    var descriptors: [Int32] { [] }
    var rest: SourceRest? { SourceRest(items: (left + batch - 1) / batch) }

    func nextRecords(items: Int) -> NextRecords {
        let values = min(items, (left + batch - 1) / batch) * batch
        let taken = min(values, left)
        left -= taken
        return taken == 0 ? .end : .records(.listed, count: (taken + batch - 1) / batch, positions: taken)
    }
}
