// Plain values by C; the encoder in Swift is the fallback. See values.h.

package import Bytes
import CLua
import CLuaBridge

extension Encoder {
    /// Appends the value at `index`, as `encode` does.
    package mutating func encodeNext(
        _ index: Int32, of stack: Stack, into buffer: inout ByteBuffer, root: @autoclosure () -> String
    ) throws(EncodeError) {
        let type = unsafe lua_type(stack.thread, index)
        switch type {
        case LUA_TNUMBER, LUA_TSTRING, LUA_TBOOLEAN, LUA_TNIL:
            self.stack = stack
            _ = try encodeScalar(index, type: type, nilIsNull: false, into: &buffer)
        default: try encode(index, of: stack, into: &buffer, root: root())
        }
    }

    /// Appends the values at these indices of a list, each by itself. No Lua code may run meanwhile.
    package mutating func encodeEach(
        of list: Int32, _ indices: ClosedRange<Int>, of stack: Stack, into buffer: inout ByteBuffer, root: String
    ) throws(EncodeError) {
        try prepareToPack(from: stack)
        var index = indices.lowerBound
        while true {
            unsafe pack(into: &buffer) { packer in
                index = unsafe Int(pmap_pack_each(stack.thread, list, Int64(index), Int64(indices.upperBound), &packer))
                return index > indices.upperBound
            }
            if index > indices.upperBound { return }
            stack.rawGet(list, at: index)
            try encodeFallback(stack.top, of: stack, into: &buffer, root: "\(root)[\(index)]")
            stack.pop()
            index += 1
            if index > indices.upperBound { return }
        }
    }

    /// Lets C append to `buffer`, again with more space when it lacks some. `body` returns whether it is done.
    @discardableResult
    mutating func pack(into buffer: inout ByteBuffer, _ body: (inout pmap_packer) -> Bool) -> Bool {
        while true {
            let space = buffer.capacity - buffer.count
            var isDone = false
            unsafe names.withCells { cells, shift in
                unsafe packer.state.named = cells
                unsafe packer.state.named_shift = shift
                unsafe buffer.append(upTo: space) { memory in
                    let start = unsafe memory.assumingMemoryBound(to: UInt8.self)
                    unsafe packer.state.next = start
                    unsafe packer.state.end = start + space
                    isDone = unsafe body(&packer.state)
                    return unsafe packer.state.next - start
                }
            }
            if unsafe isDone || !packer.state.lacks_space { return isDone }
            buffer.grow(by: 2 * space + 4096)
        }
    }
}

/// The state of packing in C: its table of the tables seen is kept from one message to the next.
@safe final class Packer {
    var state = unsafe pmap_packer()
    deinit { unsafe pmap_packer_free(&state) }
}
