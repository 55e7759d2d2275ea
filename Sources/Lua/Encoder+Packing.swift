// Whole values by C, which knows the plain ones; what it gives up is encoded and decoded here in Swift. See values.h.

import CLua
import CLuaBridge
package import Wire

extension Encoder {
    /// Appends the value at `index`, as `encode` does.
    package mutating func encodeNext(
        _ index: Int32, of stack: Stack, into buffer: inout WireBuffer, root: @autoclosure () -> String
    ) throws(EncodeError) {
        let type = unsafe lua_type(stack.thread, index)
        switch type {
        case LUA_TNUMBER, LUA_TSTRING, LUA_TBOOLEAN, LUA_TNIL:
            self.stack = stack
            _ = try encodeScalar(index, type: type, nilIsNull: false, into: &buffer)
        default: try encode(index, of: stack, into: &buffer, root: root())
        }
    }

    /// Appends the values at these places of a list, each by itself. No Lua code may run meanwhile.
    package mutating func encodeEach(
        of list: Int32, _ places: ClosedRange<Int>, of stack: Stack, into buffer: inout WireBuffer, root: String
    ) throws(EncodeError) {
        self.stack = stack
        try refreshNames()
        var place = places.lowerBound
        while true {
            unsafe pack(into: &buffer) { packer in
                place = unsafe Int(pmap_pack_each(stack.thread, list, Int64(place), Int64(places.upperBound), &packer))
                return place > places.upperBound
            }
            if place > places.upperBound { return }
            stack.rawGet(list, at: place)
            try encodeGivenUp(stack.top, of: stack, into: &buffer, root: "\(root)[\(place)]")
            stack.pop()
            place += 1
            if place > places.upperBound { return }
        }
    }

    /// Lets C append what it can, with more and more room for what lacks it. `body` answers whether all is done.
    @discardableResult
    mutating func pack(into buffer: inout WireBuffer, _ body: (inout pmap_packer) -> Bool) -> Bool {
        while true {
            let room = buffer.capacity - buffer.count
            var isDone = false
            unsafe names.withSlots { slots, shift in
                unsafe packer.state.named = slots
                unsafe packer.state.named_shift = shift
                unsafe buffer.append(upTo: room) { memory in
                    let start = unsafe memory.assumingMemoryBound(to: UInt8.self)
                    unsafe packer.state.next = start
                    unsafe packer.state.end = start + room
                    isDone = unsafe body(&packer.state)
                    return unsafe packer.state.next - start
                }
            }
            if unsafe isDone || !packer.state.lacks_room { return isDone }
            buffer.grow(by: 2 * room + 4096)
        }
    }
}

/// What C packs with: its memory of the tables it has met is kept from one message to the next.
@safe final class Packer {
    var state = unsafe pmap_packer()
    deinit { unsafe pmap_packer_free(&state) }
}

extension Decoder {
    /// Puts values from `offset` on into a list, and moves it behind them; answers the place of what only `decodeNext` can
    /// read, or the one after the last.
    package func decodeEach(
        _ buffer: borrowing WireBuffer, at offset: inout Int, into list: Int32, from first: Int, to last: Int,
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

    /// Decodes the value at `offset`, which moves behind it. Stack: → value
    package mutating func decodeNext(
        _ buffer: borrowing WireBuffer, at offset: inout Int, onto stack: Stack
    ) throws(WireError) {
        offset += try unsafe decode(UnsafeRawBufferPointer(rebasing: buffer.bytes[offset...]), onto: stack)
    }
}

extension WireBuffer {
    /// The byte at a place that has been written.
    package func byte(at offset: Int) -> UInt8 { load(UInt8.self, at: offset) }
}
