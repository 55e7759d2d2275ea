// Ranges of numbers, strings and booleans in a list with other values too: crossing from Swift to Lua and back for each
// scalar costs more than the scalar.

import Bytes
import CLua
import CLuaBridge

extension ByteBuffer {
    /// Bytes for the next scalars: what space there is, so that borrowed memory is not left without need.
    private var scalarSpace: Int { max(min(8 << 10, capacity - count), 256) }

    /// Appends numbers, strings and booleans of a list; returns the index of another value, or the one after
    /// the last.
    mutating func appendScalars(of list: Int32, from first: Int, to last: Int, _ stack: Stack) -> Int {
        var index = first
        while index <= last {
            let start = index, space = scalarSpace
            unsafe append(upTo: space) { memory in
                var written = 0
                index = unsafe Int(
                    pmap_pack_scalars(
                        stack.thread, list, Int64(start), Int64(last), memory.assumingMemoryBound(to: UInt8.self),
                        space, &written))
                return written
            }
            // Full: the rest goes into new space.
            if index == start { break }
        }
        return index
    }
}

extension MessagePackReader {
    /// Reads numbers, strings and booleans into a list, while they are all there.
    mutating func readScalars(into list: Int32, from first: Int, to last: Int, _ stack: Stack) -> Int {
        var read = 0
        let rest = unsafe self.rest
        guard first <= last, let start = rest.baseAddress else { return first }
        let index = unsafe pmap_unpack_scalars(
            stack.thread, list, Int64(first), Int64(last), start.assumingMemoryBound(to: UInt8.self), rest.count, &read)
        offset += read
        return Int(index)
    }
}
