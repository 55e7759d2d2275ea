// Results that have columns in common, which are known only when the first one leaves the run.

package import Bytes
package import Wire

/// The columns, for whoever writes the output. Workers describe what they make until they are told.
package protocol ResultTable: AnyObject {
    /// As workers are told; nil until the first row has left.
    var columns: FrozenBytes? { get }
    /// The rows of an item that was described.
    func rows(of described: [UInt8]) throws(Failure) -> [UInt8]
    /// What stands in front of the first row: once, and then nothing.
    func takeHeader() -> [UInt8]
    /// Every row has left.
    func end()
}
