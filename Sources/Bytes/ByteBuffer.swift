// A growing byte buffer for everything that is encoded or formatted. It can begin in borrowed memory, such as pages
// shared with the host, and moves to memory of its own only when that is full. It grows by realloc(3), which moves long
// buffers by their page tables, so that a gigabyte is neither copied nor in memory twice. When there is no memory, the
// process prints that and exits.

import Glibc

/// A byte buffer.
///
/// `base` is never nil; the bytes from 0 to `count` are initialised. Borrowed memory is not freed here and must outlive
/// the buffer.
///
/// The type is `@usableFromInline` because otherwise nothing of it is inlined into other modules.
@safe @usableFromInline package struct ByteBuffer: ~Copyable {
    @usableFromInline package var base: UnsafeMutableRawPointer
    @usableFromInline package var capacity: Int
    @usableFromInline package var count: Int = 0
    @usableFromInline let borrowed: UnsafeMutableRawBufferPointer?

    package init(capacity: Int = 256) {
        self.capacity = max(capacity, 16)
        unsafe base = ByteBuffer.allocate(self.capacity)
        unsafe borrowed = nil
    }

    /// Begins in `memory`, which must not be empty.
    package init(borrowing memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress else { preconditionFailure("borrowed memory must not be empty") }
        unsafe base = start
        capacity = memory.count
        unsafe borrowed = memory
    }

    deinit {
        if isOwned { unsafe free(base) }
    }

    /// False while the bytes are in borrowed memory.
    @inlinable package var isOwned: Bool { unsafe base != borrowed?.baseAddress }

    /// The bytes written, valid until the next change.
    @inlinable package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

    package var array: [UInt8] { unsafe Array(bytes) }

    // MARK: Append

    @inlinable package mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    @inlinable package mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress else { return }
        if capacity - count < source.count { grow(by: source.count) }
        unsafe (base + count).copyMemory(from: start, byteCount: source.count)
        count &+= source.count
    }

    package mutating func append(_ source: [UInt8]) {
        unsafe source.withUnsafeBytes { unsafe append($0) }
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    package mutating func append(_ source: ArraySlice<UInt8>) {
        unsafe source.withUnsafeBytes { unsafe append($0) }
    }

    package mutating func append(_ source: borrowing ByteBuffer) {
        unsafe append(source.bytes)
    }

    /// Appends the bytes of `source` from `start` on.
    package mutating func append(_ source: borrowing ByteBuffer, from start: Int) {
        unsafe append(UnsafeRawBufferPointer(rebasing: source.bytes[start...]))
    }

    @inlinable package mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        let size = MemoryLayout<Integer>.size
        if capacity - count < size { grow(by: size) }
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: count, as: Integer.self)
        count &+= size
    }

    package mutating func append(zeros size: Int) { insert(zeros: size, at: count) }

    /// Appends up to `size` bytes that `body` writes; it returns their number.
    @inlinable package mutating func append(upTo size: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        if capacity - count < size { grow(by: size) }
        count &+= unsafe body(base + count)
    }

    // MARK: Change

    /// Overwrites bytes.
    package mutating func store<Integer: FixedWidthInteger>(bigEndian value: Integer, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count, "outside what was written")
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Integer.self)
    }

    /// Inserts `size` zero bytes at `offset`.
    package mutating func insert(zeros size: Int, at offset: Int) {
        precondition(offset >= 0 && offset <= count, "outside what was written")
        if capacity - count < size { grow(by: size) }
        unsafe (base + offset + size).copyMemory(from: base + offset, byteCount: count - offset)
        unsafe (base + offset).initializeMemory(as: UInt8.self, repeating: 0, count: size)
        count += size
    }

    @inlinable package mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "a buffer is truncated to less than it holds")
        count = length
    }

    /// Empties the buffer; it returns to its borrowed memory, or keeps at most `keeping` bytes of its own.
    package mutating func reset(keeping limit: Int = 1 << 20) {
        count = 0
        if let memory = unsafe borrowed, let start = memory.baseAddress {
            if isOwned { unsafe free(base) }
            unsafe base = start
            capacity = memory.count
        } else if capacity > limit {
            unsafe free(base)
            unsafe base = ByteBuffer.allocate(limit)
            capacity = limit
        }
    }

    @usableFromInline @inline(never) package mutating func grow(by size: Int) {
        // To twice the size, or as far as there is memory.
        if !reserve(max(capacity, size)) && !reserve(size) {
            ByteBuffer.exitWithoutMemory(for: "\(count + size) bytes")
        }
    }

    /// Ensures capacity for `size` more bytes; false when there is no memory for them.
    package mutating func reserve(_ size: Int) -> Bool {
        if capacity - count >= size { return true }
        guard let moved = unsafe realloc(isOwned ? base : nil, count + size) else { return false }
        if !isOwned { unsafe moved.copyMemory(from: base, byteCount: count) }
        unsafe base = moved
        capacity = count + size
        return true
    }

    private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        if let block = unsafe malloc(size) { return unsafe block }
        exitWithoutMemory(for: "\(size) bytes")
    }

    /// Prints that there is no memory for `thing`, and exits: where an allocation of Swift's own would end the process too.
    package static func exitWithoutMemory(for thing: String) -> Never {
        let line = Array("pmap: the machine has no memory for \(thing)\n".utf8)
        unsafe write(2, line, line.count)
        _exit(3)
    }
}

// MARK: Read

extension ByteBuffer {
    /// The number at `offset`, in this machine's byte order.
    @inlinable package func load<Integer: FixedWidthInteger>(_: Integer.Type, at offset: Int) -> Integer {
        precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count, "outside what was written")
        return unsafe base.loadUnaligned(fromByteOffset: offset, as: Integer.self)
    }

    /// The byte at an offset that has been written.
    package func byte(at offset: Int) -> UInt8 { load(UInt8.self, at: offset) }

    /// Overwrites a number in this machine's byte order.
    @inlinable package mutating func store<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count, "outside what was written")
        unsafe base.storeBytes(of: value, toByteOffset: offset, as: Integer.self)
    }

    @inlinable package mutating func append<Integer: FixedWidthInteger>(native value: Integer) {
        unsafe append(upTo: MemoryLayout<Integer>.size) { memory in
            unsafe memory.storeBytes(of: value, as: Integer.self)
            return MemoryLayout<Integer>.size
        }
    }

    package mutating func append(_ source: borrowing ByteBuffer, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= source.count, "outside what was written")
        unsafe append(UnsafeRawBufferPointer(rebasing: source.bytes[range]))
    }

    package func array(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside what was written")
        return unsafe Array(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    /// Removes the first `size` bytes.
    package mutating func removeFirst(_ size: Int) {
        precondition(size >= 0 && size <= count, "more removed than was written")
        if size == 0 { return }
        unsafe base.copyMemory(from: base + size, byteCount: count - size)
        count -= size
        if isOwned, capacity > 1 << 20, count < capacity / 4 {  // a buffer that has been long shrinks again
            let less = max(count, 1 << 20)
            guard let moved = unsafe realloc(base, less) else { return }
            unsafe base = moved
            capacity = less
        }
    }
}

// MARK: Integers as decimal text

extension ByteBuffer {
    package mutating func append(decimal value: Int64) {
        if (0..<10).contains(value) { return append(0x30 + UInt8(value)) }
        if value < 0 { append(UInt8(ascii: "-")) }
        append(value.magnitude, digits: ByteBuffer.digits(of: value.magnitude))
    }

    /// In so many digits, which are enough; the first ones may be 0, and `value` is not negative.
    package mutating func append(decimal value: Int, digits: Int) { append(UInt64(value), digits: digits) }

    private static func digits(of value: UInt64) -> Int {
        var (digits, rest) = (1, value)
        while rest >= 10_000 {
            digits &+= 4
            rest /= 10_000
        }
        return digits &+ (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
    }

    /// Two digits at a time, from the last ones on.
    private mutating func append(_ value: UInt64, digits: Int) {
        unsafe append(upTo: digits) { memory in
            var (rest, place) = (value, digits)
            while place >= 2 {
                let pair = Int(truncatingIfNeeded: rest % 100)
                rest /= 100
                place &-= 2
                let text = unsafe UnsafeRawPointer(ByteBuffer.pairs.utf8Start)
                    .loadUnaligned(fromByteOffset: 2 &* pair, as: UInt16.self)
                unsafe memory.storeBytes(of: text, toByteOffset: place, as: UInt16.self)
            }
            if place == 1 { unsafe memory.storeBytes(of: 0x30 + UInt8(truncatingIfNeeded: rest % 10), as: UInt8.self) }
            return digits
        }
    }

    private static let pairs: StaticString = """
        00010203040506070809101112131415161718192021222324252627282930313233343536373839\
        40414243444546474849505152535455565758596061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """
}
