// Runs of numbers, strings and booleans in a list that is not C's altogether: crossing from Swift to Lua and back for each
// costs more than it is.

import CLua
import CLuaBridge
import Wire

extension WireBuffer {
    /// Bytes that one run of scalars takes: what room there is, so that a lent buffer is not left without need.
    private var run: Int { max(min(8 << 10, capacity - count), 256) }

    /// Appends numbers, strings and booleans of a list; answers the place where something else stands, or the one after
    /// the last.
    mutating func appendScalars(of list: Int32, from first: Int, to last: Int, _ stack: Stack) -> Int {
        var place = first
        while place <= last {
            let start = place, run = run
            unsafe append(upTo: run) { room in
                var written = 0
                place = unsafe Int(
                    pmap_pack_scalars(
                        stack.thread, list, Int64(start), Int64(last), room.assumingMemoryBound(to: UInt8.self),
                        run, &written))
                return written
            }
            // A run that was full goes on.
            if place == start { break }
        }
        return place
    }
}

extension WireReader {
    /// Reads numbers, strings and booleans into a list, while they are all there.
    mutating func readScalars(into list: Int32, from first: Int, to last: Int, _ stack: Stack) -> Int {
        var read = 0
        let rest = unsafe self.rest
        guard first <= last, let start = rest.baseAddress else { return first }
        let place = unsafe pmap_unpack_scalars(
            stack.thread, list, Int64(first), Int64(last), start.assumingMemoryBound(to: UInt8.self), rest.count, &read)
        offset += read
        return Int(place)
    }
}
