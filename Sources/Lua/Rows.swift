// Many values one after the other, most of them numbers and strings: what the encoder and the decoder do for a whole
// value costs more than such a value.

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
}

extension Decoder {
    /// Decodes the value at `offset`, which moves behind it. Stack: → value
    package mutating func decodeNext(
        _ buffer: borrowing WireBuffer, at offset: inout Int, onto stack: Stack
    ) throws(WireError) {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[offset...])
        var reader = unsafe WireReader(bytes)
        switch try reader.readToken() {
        case .integer(let value): stack.push(value)
        case .float(let value): stack.push(value)
        case .boolean(let value): stack.push(value)
        case .nil: stack.pushNil()
        case .string(let count): unsafe stack.push(bytes: try reader.readBytes(count))
        default:
            offset += try unsafe decode(bytes, onto: stack)
            return
        }
        offset += reader.offset
    }
}

extension WireBuffer {
    /// The byte at a place that has been written.
    package func byte(at offset: Int) -> UInt8 { load(UInt8.self, at: offset) }
}

extension Stack {
    /// Stack: function, arguments… → results…, or → what the handler at `handler` made of the error, and false.
    package func tryCall(arguments: Int32, results: Int32, handler: Int32) -> Bool {
        unsafe pmap_call_handled(thread, arguments, results, handler) == LUA_OK
    }
}
