// Reads bytes in order, never past their end. Unsafe because it reads memory that it does not own.

/// A position in bytes that its caller keeps alive.
@safe package struct WireReader {
    @usableFromInline let base: UnsafeRawPointer?
    @usableFromInline package var offset: Int = 0
    /// Nothing is read from here on.
    @usableFromInline package private(set) var limit: Int
    @usableFromInline let count: Int
    /// The end of the extension that is being read; more bytes would not help then.
    package var payloadEnd: Int? {
        didSet { limit = payloadEnd ?? count }
    }

    package init(_ bytes: UnsafeRawBufferPointer) {
        unsafe base = bytes.baseAddress
        count = bytes.count
        limit = bytes.count
    }

    @inlinable package var remaining: Int { limit &- offset }
    /// The bytes left of the message, beyond the extension too.
    package var remainingOfMessage: Int { count - offset }

    /// The bytes left to be read.
    package var rest: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + offset }, count: remaining)
    }

    /// Checks that `size` bytes are left.
    @inlinable package func require(_ size: Int) throws(WireError) {
        if size > remaining { throw shortage(of: size - remaining) }
    }

    @usableFromInline func shortage(of size: Int) -> WireError {
        payloadEnd == nil ? .truncated(at: offset, needed: size) : .overrun(at: offset)
    }

    @inlinable package mutating func readByte() throws(WireError) -> UInt8 {
        try require(1)
        defer { offset &+= 1 }
        return unsafe base.unsafelyUnwrapped.load(fromByteOffset: offset, as: UInt8.self)
    }

    @inlinable package mutating func read<Integer: FixedWidthInteger>(_: Integer.Type) throws(WireError) -> Integer {
        let size = MemoryLayout<Integer>.size
        try require(size)
        defer { offset &+= size }
        return Integer(bigEndian: unsafe base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// The next `size` bytes, valid as long as the message.
    @inlinable package mutating func readBytes(_ size: Int) throws(WireError) -> UnsafeRawBufferPointer {
        try require(size)
        defer { offset &+= size }
        return unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + offset }, count: size)
    }
}
