// Buffers to and from the Lua stack, for callers without pointers.

package import Bytes

extension Stack {
    /// Stack: → string
    package func push(_ buffer: borrowing ByteBuffer) { unsafe push(bytes: buffer.bytes) }

    /// Makes the value on top the result of `require(name)`. Stack: value →
    package func setLoaded(_ name: String) {
        rawGet(Stack.registry, field: "_LOADED")
        insert(at: -2)
        rawSet(-2, field: name)
        pop()
    }
}

extension Decoder {
    /// Decodes the string at `index` of `stack`, all of it. Stack: → value
    package mutating func decodeWhole(_ index: Int32, of stack: Stack) throws(DecodeError) {
        guard let bytes = unsafe stack.bytes(index) else { throw .truncated(at: 0, needed: 1) }
        let used = try unsafe decode(bytes, onto: stack)
        if used == bytes.count { return }
        stack.pop()
        throw .overrun(at: used)
    }

    /// Decodes the value that begins at `offset` of `buffer`. Stack: → value
    package mutating func decode(
        _ buffer: borrowing ByteBuffer, at offset: Int, onto stack: Stack
    ) throws(DecodeError) -> Int {
        try unsafe decode(UnsafeRawBufferPointer(rebasing: buffer.bytes[offset...]), onto: stack)
    }
}
