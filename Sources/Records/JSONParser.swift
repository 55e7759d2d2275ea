// simdjson's parser, owned, and the tape it leaves behind. With RecordBytes.swift the fence of this module.

import CJSONBridge

/// Why a text is not JSON.
package enum JSONFault: UInt32, Sendable {
    case structure = 1
    case empty, string, controlCharacter, unclosedString, atom, number, encoding, depth, length, memory
}

/// One parser; it keeps its memory from text to text. Nothing is allocated before the first.
@safe struct JSONParser: ~Copyable {
    /// How many bytes must be readable after a text, whatever they are.
    static let padding = Int(pmap_json_padding)

    private var handle: OpaquePointer?

    init() { unsafe handle = nil }

    deinit { unsafe pmap_json_destroy(handle) }

    /// Reads one text, with `padding` readable bytes after it.
    mutating func parse(_ text: RecordBytes) -> JSONFault? {
        if unsafe handle == nil { unsafe handle = pmap_json_create() }
        guard let handle = unsafe handle else { return .memory }
        let status = unsafe pmap_json_parse(handle, text.memory.baseAddress, text.count)
        return status == pmap_json_ok ? nil : JSONFault(rawValue: status.rawValue) ?? .structure
    }

    /// What the last text became; it must have been one without a fault. Valid until the next.
    var tape: JSONTape {
        guard let handle = unsafe handle, let words = unsafe pmap_json_tape(handle),
            let strings = unsafe pmap_json_strings(handle)
        else { preconditionFailure("there is a tape only after a text was parsed") }
        return unsafe JSONTape(words: words, strings: strings)
    }
}

/// simdjson's tape: words of a tag in the top byte and a payload in the others.
///
/// | tag | payload | after it |
/// | --- | --- | --- |
/// | `r` | place past the end | |
/// | `{` `[` | place past the end, and from bit 32 how many values | the values; keys are strings |
/// | `}` `]` `n` `t` `f` | | |
/// | `l` `u` `d` | | one word: Int64, UInt64, Double |
/// | `"` | place among the strings: 32-bit length, bytes | |
///
/// Places come from the tape itself, which simdjson has made whole.
@safe struct JSONTape {
    private let words: UnsafeRawPointer
    private let strings: UnsafeRawPointer

    init(words: UnsafeRawPointer, strings: UnsafeRawPointer) {
        unsafe self.words = words
        unsafe self.strings = strings
    }

    subscript(_ place: Int) -> UInt64 { unsafe words.load(fromByteOffset: place * 8, as: UInt64.self) }

    func string(at place: Int) -> RecordBytes {
        let start = unsafe strings + place
        let count = unsafe Int(start.loadUnaligned(as: UInt32.self))
        return unsafe RecordBytes(UnsafeRawBufferPointer(start: start + 4, count: count))
    }
}

extension RecordBytes {
    var isUTF8: Bool { unsafe pmap_json_is_utf8(memory.baseAddress, count) }
}
