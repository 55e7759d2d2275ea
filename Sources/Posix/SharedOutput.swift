// A stream that several processes write whole lines to.

import CPosixBridge

package enum SharedOutput {
    /// Writes all bytes atomically.
    package static func write(_ bytes: [UInt8], to number: Int32) throws(PosixError) {
        let isWritten = unsafe bytes.withUnsafeBytes { unsafe pmap_write_atomically(number, $0.baseAddress, $0.count) }
        if !isWritten { throw PosixError("write") }
    }
}
