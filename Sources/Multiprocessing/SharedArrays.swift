// Arrays of numbers in shared memory, typed as in C; reading or writing one number is atomic, and nothing else is.

package import Bytes
import Posix

/// The letters of Python's array types.
enum TypeCode: UInt8 {
    case char = 0x63
    case signedByte = 0x62, byte = 0x42
    case short = 0x68, unsignedShort = 0x48
    case int = 0x69, unsignedInt = 0x49
    case long = 0x6c, unsignedLong = 0x4c
    case longLong = 0x71, unsignedLongLong = 0x51
    case float = 0x66, double = 0x64
    case boolean = 0x3f

    var size: Int {
        switch self {
        case .char, .signedByte, .byte, .boolean: 1
        case .short, .unsignedShort: 2
        case .int, .unsignedInt, .float: 4
        case .long, .unsignedLong, .longLong, .unsignedLongLong, .double: 8
        }
    }

    static let letters = "c b B h H i I l L q Q f d ?"
}

/// A number as Lua has it, or a boolean.
package enum Number: Equatable {
    case integer(Int64)
    case float(Double)
    case boolean(Bool)

    static func sum(_ left: Number, _ right: Number) throws(TreeError) -> Number {
        if case .integer(let a) = left, case .integer(let b) = right {
            let (sum, overflows) = a.addingReportingOverflow(b)
            if !overflows { return .integer(sum) }
            throw .misuse("the sum does not fit: the type holds \(Int64.min) to \(Int64.max)")
        }
        guard let a = left.asFloat, let b = right.asFloat else { throw .misuse("a boolean cannot be added to") }
        return .float(a + b)
    }

    /// Nil for a boolean.
    var asFloat: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .float(let value): value
        case .boolean: nil
        }
    }

    /// Nil when it is no whole number.
    var asInteger: Int64? {
        switch self {
        case .integer(let value): value
        case .float(let value): Int64(exactly: value)
        case .boolean: nil
        }
    }

    /// 0 and 1 count.
    var asBoolean: Bool? {
        if case .boolean(let value) = self { return value }
        return asInteger.flatMap { 0...1 ~= $0 ? $0 == 1 : nil }
    }
}

extension ProcessTree {
    /// `count` zeros of the type with this letter.
    package func makeArray(code letter: String, count: Int) throws(TreeError) -> Int {
        guard letter.utf8.count == 1, let byte = letter.utf8.first, let code = TypeCode(rawValue: byte) else {
            throw .misuse("'\(letter)' is no type; the types are \(TypeCode.letters)")
        }
        // More than there can be; so no product below overflows.
        if count > arena.limit {
            throw .memory(
                "the shared memory is exhausted: an array of \(count) numbers, where "
                    + "\(arena.limit >> 20) MB are all there can be")
        }
        let array = try timedChange { memory throws(TreeError) in
            let array = try make(.array, words: SharedArray.bytes.rawValue, bytes: count * code.size, memory)
            memory[array, SharedArray.code] = Int(byte)
            memory[array, SharedArray.count] = count
            return array
        }
        ArenaBytes.zero(array + SharedArray.bytes.offset, count: count * code.size)
        return array
    }

    package func count(ofArray array: Int) throws(TreeError) -> Int {
        guard let (_, count) = shape(array) else { throw .gone("array") }
        return count
    }

    private func shape(_ array: Int) -> (TypeCode, Int)? {
        guard array > Arena.start, ArenaBytes.word(array + Shared.kind.offset) == Kind.array.rawValue else {
            return nil
        }
        let letter = UInt8(truncatingIfNeeded: ArenaBytes.word(array + SharedArray.code.offset))
        return TypeCode(rawValue: letter).map { ($0, ArenaBytes.word(array + SharedArray.count.offset)) }
    }

    /// The number at a place, from 1; nil outside.
    package func number(in array: Int, at place: Int) throws(TreeError) -> Number? {
        guard let (code, count) = shape(array) else { throw .gone("array") }
        guard place >= 1, place <= count else { return nil }
        return load(code, at: array + SharedArray.bytes.offset + (place - 1) * code.size)
    }

    package func set(_ value: Number, in array: Int, at place: Int) throws(TreeError) {
        guard let (code, count) = shape(array) else { throw .gone("array") }
        guard place >= 1, place <= count else {
            throw .misuse("place \(place) is outside the array, which has 1 to \(count)")
        }
        try store(value, code, at: array + SharedArray.bytes.offset + (place - 1) * code.size)
    }

    /// Adds to the number at a place, as one step; answers the sum.
    package func add(_ value: Number, in array: Int, at place: Int) throws(TreeError) -> Number {
        try timedChange { _ throws(TreeError) in
            guard let before = try number(in: array, at: place) else {
                throw .misuse("place \(place) is outside the array")
            }
            let sum = try Number.sum(before, value)
            try set(sum, in: array, at: place)
            return sum
        }
    }

    /// Whether it is one of single bytes of text.
    func isBytes(_ array: Int) -> Bool { shape(array)?.0 == .char }

    /// All bytes of an array of them.
    package func bytes(ofArray array: Int) throws(TreeError) -> ByteBuffer {
        guard let (code, count) = shape(array), code == .char else { throw .gone("array of bytes") }
        return ArenaBytes.view(array + SharedArray.bytes.offset, count: count)
    }

    /// Replaces its first bytes, as many as it has.
    package func set(_ bytes: [UInt8], inArray array: Int) throws(TreeError) {
        guard let (code, count) = shape(array), code == .char else { throw .gone("array of bytes") }
        var buffer = ByteBuffer(capacity: bytes.count)
        buffer.append(bytes.prefix(count))
        ArenaBytes.copy(buffer, to: array + SharedArray.bytes.offset)
    }

    private func load(_ code: TypeCode, at offset: Int) -> Number {
        func integer<Word: FixedWidthInteger>(_: Word.Type) -> Number {
            .integer(Int64(truncatingIfNeeded: ArenaBytes.load(offset, as: Word.self)))
        }
        return switch code {
        case .signedByte: integer(Int8.self)
        case .char, .byte: integer(UInt8.self)
        case .boolean: .boolean(ArenaBytes.load(offset, as: UInt8.self) != 0)
        case .short: integer(Int16.self)
        case .unsignedShort: integer(UInt16.self)
        case .int: integer(Int32.self)
        case .unsignedInt: integer(UInt32.self)
        case .long, .longLong: integer(Int64.self)
        case .unsignedLong, .unsignedLongLong: integer(UInt64.self)
        case .float: .float(Double(Float(bitPattern: ArenaBytes.load(offset, as: UInt32.self))))
        case .double: .float(Double(bitPattern: ArenaBytes.load(offset, as: UInt64.self)))
        }
    }

    private func store(_ value: Number, _ code: TypeCode, at offset: Int) throws(TreeError) {
        func integer<Word: FixedWidthInteger>(_: Word.Type) throws(TreeError) {
            guard let whole = value.asInteger else { throw .misuse("\(try float()) is no integer") }
            guard let word = Word(exactly: whole) else {
                throw .misuse("\(whole) does not fit: the type holds \(Word.min) to \(Word.max)")
            }
            ArenaBytes.store(word, at: offset)
        }
        func float() throws(TreeError) -> Double {
            guard let float = value.asFloat else { throw .misuse("not a number but a boolean") }
            return float
        }
        switch code {
        case .signedByte: try integer(Int8.self)
        case .char, .byte: try integer(UInt8.self)
        case .boolean:
            guard let boolean = value.asBoolean else { throw .misuse("not a boolean; write true or false") }
            ArenaBytes.store(boolean ? 1 : 0 as UInt8, at: offset)
        case .short: try integer(Int16.self)
        case .unsignedShort: try integer(UInt16.self)
        case .int: try integer(Int32.self)
        case .unsignedInt: try integer(UInt32.self)
        case .long, .longLong, .unsignedLong, .unsignedLongLong: try integer(Int64.self)
        case .float: ArenaBytes.store(Float(try float()).bitPattern, at: offset)
        case .double: ArenaBytes.store(try float().bitPattern, at: offset)
        }
    }
}
