// MessagePack heads, read and written.

import Bytes
import Testing

@testable import Lua

@Test func `the extension codes are those of the table`() {
    #expect(MessagePackExtension.allCases.map(\.rawValue) == [-1] + Array(80...91))
}

@Test(
    arguments: [
        (0, [0x00]), (127, [0x7f]), (128, [0xcc, 0x80]), (256, [0xcd, 1, 0]), (65536, [0xce, 0, 1, 0, 0]),
        (1 << 32, [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]), (-1, [0xff]), (-32, [0xe0]), (-33, [0xd0, 0xdf]),
        (-129, [0xd1, 0xff, 0x7f]), (-32769, [0xd2, 0xff, 0xff, 0x7f, 0xff]),
        (.min, [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]), (.max, [0xcf, 0x7f, 255, 255, 255, 255, 255, 255, 255]),
    ] as [(Int64, [UInt8])])
func `an integer takes its shortest form`(value: Int64, bytes: [UInt8]) throws {
    var buffer = ByteBuffer()
    buffer.append(integer: value)
    #expect(buffer.array == bytes)
    var reader = unsafe MessagePackReader(buffer.bytes)
    #expect(try reader.readToken() == .integer(value))
}

@Test(arguments: [0, 15, 16, 31, 32, 255, 256, 65535, 65536, 0xffff_ffff])
func `a count is read as it was written`(count: Int) throws {
    var buffer = ByteBuffer()
    buffer.appendString(count: count)
    buffer.appendArray(count: count)
    buffer.appendMap(count: count)
    buffer.append(.object, count: count)
    var reader = unsafe MessagePackReader(buffer.bytes)
    #expect(try reader.readToken() == .string(count: count))
    #expect(try reader.readToken() == .array(count: count))
    #expect(try reader.readToken() == .map(count: count))
    #expect(try reader.readToken() == .extension(code: MessagePackExtension.object.rawValue, count: count))
    #expect(reader.remaining == 0)
}

@Test(arguments: [0.0, -0.0, 1.5, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 1.7976931348623157e308])
func `a float keeps its bits`(value: Double) throws {
    var buffer = ByteBuffer()
    buffer.append(float: value)
    var reader = unsafe MessagePackReader(buffer.bytes)
    guard case .float(let back) = try reader.readToken() else { return #expect(Bool(false)) }
    #expect(back.bitPattern == value.bitPattern)
}

@Test func `every head that is cut off asks for more, from where it began`() {
    for tag in UInt8.min...UInt8.max where tag != 0xc1 {
        unsafe withUnsafeBytes(of: tag) { raw in
            var reader = unsafe MessagePackReader(raw)
            do throws(DecodeError) {
                _ = try reader.readToken()
            } catch .truncated(let offset, let needed) {
                #expect(offset == 1 && needed > 0 && reader.offset == 0)
            } catch {
                Issue.record(error)
            }
        }
    }
}
