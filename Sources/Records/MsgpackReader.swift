// The reader of MessagePack in C, owned. Unsafe because it passes memory to it.

import Bytes
import CRecordBridge
import Lua

/// Why a record of MessagePack is not read.
package enum MsgpackFault: Equatable, Sendable {
    case cut
    case noValue(UInt8)
    case unknownExtension(Int8)
    case timestamp
    case key(String)
    case depth
}

/// Reads values of MessagePack: data alone, as the bytes may be anybody's.
@safe struct MsgpackReader: ~Copyable {
    private let reader: OpaquePointer

    init(tags: TableTags, bigIntegers: BigIntegers) {
        let conversion =
            switch bigIntegers {
            case .error: pmap_msgpack_refuse
            case .float: pmap_msgpack_as_float
            case .string: pmap_msgpack_as_string
            }
        guard let reader = unsafe pmap_msgpack_create_reader(tags.inC, conversion) else {
            ByteBuffer.exitWithoutMemory(for: "a reader of MessagePack")
        }
        unsafe self.reader = reader
    }

    deinit { unsafe pmap_msgpack_destroy_reader(reader) }

    /// Stack: → value
    func read(_ record: RecordBytes, onto stack: Stack) throws(RecordError) {
        let height = stack.top
        let start = unsafe record.memory.baseAddress?.assumingMemoryBound(to: CChar.self)
        let status = unsafe pmap_msgpack_push(stack.thread, reader, start, record.count)
        if status == pmap_msgpack_ok { return }
        stack.top = height
        throw error(status)
    }

    private func error(_ status: pmap_msgpack_status) -> RecordError {
        let detail = unsafe pmap_msgpack_detail(reader)
        let fault: MsgpackFault
        switch status {
        case pmap_msgpack_big_integer: return .bigInteger("\(detail)", path: path)
        case pmap_msgpack_no_value: fault = .noValue(UInt8(truncatingIfNeeded: detail))
        case pmap_msgpack_extension: fault = .unknownExtension(Int8(truncatingIfNeeded: detail))
        case pmap_msgpack_timestamp: fault = .timestamp
        case pmap_msgpack_nil_key: fault = .key("nil")
        case pmap_msgpack_nan_key: fault = .key("nan")
        case pmap_msgpack_depth: fault = .depth
        default: fault = .cut
        }
        return .badMsgpack(fault, path: path)
    }

    /// `item.rows[3].id`
    private var path: String {
        var path = "item"
        for index in unsafe 0..<pmap_msgpack_steps(reader) {
            path += unsafe text(of: pmap_msgpack_path_step(reader, index))
        }
        return path
    }

    private func text(of step: pmap_msgpack_step) -> String {
        if unsafe step.is_integer { return unsafe "[\(step.integer)]" }
        guard let name = unsafe step.name else { return "[…]" }
        return unsafe RecordBytes(UnsafeRawBufferPointer(start: name, count: step.length)).step
    }

    /// The function of the item loop. Valid as long as the reader.
    var fastPath: FastPath.Reader {
        unsafe FastPath.Reader(pmap_msgpack_push_item, context: UnsafeMutableRawPointer(reader))
    }
}
