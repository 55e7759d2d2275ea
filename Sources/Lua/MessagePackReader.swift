// Reads bytes in order, never past their end. Unsafe because it reads memory that it does not own.

/// A position in bytes that its caller keeps alive.
@safe struct MessagePackReader {
    let base: UnsafeRawPointer?
    var offset: Int = 0
    /// Nothing is read from here on.
    private(set) var limit: Int
    let count: Int
    /// The end of the extension that is being read; more bytes would not help then.
    var payloadEnd: Int? {
        didSet { limit = payloadEnd ?? count }
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe base = bytes.baseAddress
        count = bytes.count
        limit = bytes.count
    }

    var remaining: Int { limit &- offset }
    /// The bytes left of the message, beyond the extension too.
    var remainingOfMessage: Int { count - offset }

    /// The bytes left to be read.
    var rest: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + offset }, count: remaining)
    }

    /// Checks that `size` bytes are left.
    func require(_ size: Int) throws(DecodeError) {
        if size > remaining { throw shortage(of: size - remaining) }
    }

    func shortage(of size: Int) -> DecodeError {
        payloadEnd == nil ? .truncated(at: offset, needed: size) : .overrun(at: offset)
    }

    mutating func readByte() throws(DecodeError) -> UInt8 {
        try require(1)
        defer { offset &+= 1 }
        return unsafe base.unsafelyUnwrapped.load(fromByteOffset: offset, as: UInt8.self)
    }

    mutating func read<Integer: FixedWidthInteger>(_: Integer.Type) throws(DecodeError) -> Integer {
        let size = MemoryLayout<Integer>.size
        try require(size)
        defer { offset &+= size }
        return Integer(bigEndian: unsafe base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// The next `size` bytes, valid as long as the message.
    mutating func readBytes(_ size: Int) throws(DecodeError) -> UnsafeRawBufferPointer {
        try require(size)
        defer { offset &+= size }
        return unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + offset }, count: size)
    }
}
