// The harness for tests of values: encodes and decodes a value, and compares both.

import Bytes
import Testing

@testable import Lua

/// A state with an encoder and a decoder, and Lua functions that compare values.
final class RoundTripHarness {
    let state: State
    var encoder: Encoder
    var decoder: Decoder
    var buffer = ByteBuffer()
    /// Whether values are decoded in Swift, as those that C refuses.
    let isReadInSwift: Bool

    init(isReadInSwift: Bool = false) throws {
        self.isReadInSwift = isReadInSwift
        state = try State()
        encoder = Encoder(state.stack)
        decoder = Decoder(state.stack)
        try run(deepEqual, results: 1)
        state.stack.rawSet(registryField: "same")
    }

    var stack: Stack { state.stack }

    /// Stack: → results
    func run(_ source: String, results: Int32) throws {
        let source = Array(source.utf8)
        try unsafe source.withUnsafeBytes { try unsafe stack.load($0, name: "=test") }
        try stack.call(arguments: 0, results: results)
    }

    /// Stack: value → value, decoded value
    func roundTrip() throws {
        buffer.reset()
        try encoder.encode(-1, of: stack, into: &buffer, root: "result")
        var inSwift = ByteBuffer()
        encoder.hasFreshNames = false
        try encoder.encodeFallback(-1, of: stack, into: &inSwift, root: "result")
        try #require(buffer.array == inSwift.array, "C and Swift write the same")
        let size =
            isReadInSwift
            ? try unsafe decoder.decodeFallback(buffer.bytes, onto: stack)
            : try unsafe decoder.decode(buffer.bytes, onto: stack)
        try #require(size == buffer.count)
    }

    /// Why the bytes are refused, or nil. Stack: → value, or on error → (nothing)
    func refusal(of bytes: [UInt8]) -> DecodeError? {
        unsafe bytes.withUnsafeBytes { raw in
            do throws(DecodeError) {
                _ = try unsafe decoder.decode(raw, onto: stack)
                return nil
            } catch { return error }
        }
    }

    /// Stack: a, b → ; how they differ, or nil
    func difference() throws -> String? {
        stack.rawGet(Stack.registry, field: "same")
        stack.insert(at: -3)
        try stack.call(arguments: 2, results: 1)
        defer { stack.pop() }
        return stack.string(-1)
    }
}

extension Stack {
    /// Stack: value →
    func rawSet(registryField name: String) { rawSet(Stack.registry, field: name) }
}

/// Compares structure: integers with floats, -0.0, nan, metatables, sharing and cycles included.
let deepEqual = """
    local pair_of, same = {}, nil
    local function number(a, b)
      if math.type(a) ~= math.type(b) then return "number type" end
      if a ~= a then return b == b and "nan" or nil end
      if a ~= b or (a == 0 and 1 / a ~= 1 / b) then return tostring(a) .. " ~= " .. tostring(b) end
    end
    local function simple(v) return type(v) ~= "table" and type(v) ~= "function" end
    local function tables(a, b, todo)
      if debug.getmetatable(a) ~= debug.getmetatable(b) then return "metatable" end
      local size = 0
      for k, v in next, a do
        size = size + 1
        if simple(k) then
          local w = rawget(b, k)
          if w == nil then return "missing key " .. tostring(k) end
          todo[#todo + 1] = { v, w }
        end
      end
      for k in next, b do size = size - 1 end
      if size ~= 0 then return "size" end
    end
    return function(a, b)
      local todo, seen, back = { { a, b } }, {}, {}
      while #todo > 0 do
        local x, y = table.unpack(table.remove(todo), 1, 2)
        local why
        if type(x) ~= type(y) then why = type(x) .. " ~= " .. type(y)
        elseif type(x) == "number" then why = number(x, y)
        elseif type(x) == "table" then
          if seen[x] or back[y] then
            if not (rawequal(seen[x], y) and rawequal(back[y], x)) then why = "sharing" end
          else
            seen[x], back[y] = y, x
            why = tables(x, y, todo)
          end
        elseif type(x) ~= "function" and x ~= y then why = tostring(x) .. " ~= " .. tostring(y)
        end
        if why then return why end
      end
    end
    """
