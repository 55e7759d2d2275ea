// Values of a list, one by one, by C; the decoder in Swift is the fallback. See values.h.

package import Bytes
import CLuaBridge

extension Decoder {
    /// Decodes values into a list, from `offset` on, which moves to their end. Returns the index of the value that only
    /// `decodeNext` can read, or the one after the last.
    package func decodeEach(
        _ buffer: borrowing ByteBuffer, at offset: inout Int, into list: Int32, from first: Int, to last: Int,
        _ stack: Stack
    ) -> Int {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[offset...])
        guard let start = bytes.baseAddress else { return first }
        var read = 0
        defer { offset += read }
        return unsafe Int(
            pmap_unpack_each(
                stack.thread, list, Int64(first), Int64(last), start.assumingMemoryBound(to: UInt8.self), bytes.count,
                &read))
    }

    /// Decodes the value at `offset`, which moves to its end. Stack: → value
    package mutating func decodeNext(
        _ buffer: borrowing ByteBuffer, at offset: inout Int, onto stack: Stack
    ) throws(DecodeError) {
        offset += try unsafe decode(UnsafeRawBufferPointer(rebasing: buffer.bytes[offset...]), onto: stack)
    }
}
