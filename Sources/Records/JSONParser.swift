// simdjson's parser, owned, and the conversion of its tape in C. Unsafe because it passes memory to them.

import Bytes
import CJSONBridge
import Lua

/// Why a text is not JSON.
package enum JSONFault: UInt32, Sendable {
    case structure = 1
    case empty, string, controlCharacter, unclosedString, atom, number, encoding, depth, length, memory
}

/// One parser; it keeps its memory from text to text. Memory for texts is allocated with the first.
@safe struct JSONParser: ~Copyable {
    /// The number of bytes that must be readable after a text.
    static let padding = Int(pmap_json_padding)

    private let reader: OpaquePointer

    init(tags: TableTags, takesFloats: Bool) {
        guard let reader = unsafe pmap_json_create_reader(tags.inC, takesFloats) else {
            ByteBuffer.exitWithoutMemory(for: "a reader of JSON")
        }
        unsafe self.reader = reader
    }

    deinit { unsafe pmap_json_destroy_reader(reader) }

    /// Reads one text, with `padding` readable bytes after it, which stays where it is until it is pushed. In one that is
    /// repaired there is no -0.
    func parse(_ text: RecordBytes, isRepaired: Bool = false) -> JSONFault? {
        let status = unsafe pmap_json_read(reader, text.memory.baseAddress, text.count, isRepaired)
        return status == pmap_json_ok ? nil : JSONFault(rawValue: status.rawValue) ?? .structure
    }

    /// Stack: → value that the last text became; it must have been one without a fault. False when Lua's stack is
    /// full, or an integer is outside 64 bits and may not be a float, or may be -0.
    func push(onto stack: Stack) -> Bool { unsafe pmap_json_push(stack.thread, reader) }

    /// The function of the item loop. Valid as long as the parser.
    var fastPath: FastPath.Reader {
        unsafe FastPath.Reader(pmap_json_push_item, context: UnsafeMutableRawPointer(reader))
    }
}

extension RecordBytes {
    var isUTF8: Bool { unsafe pmap_json_is_utf8(memory.baseAddress, count) }
}
