// The script's `inputs` function, called until it returns nil alone; or an object that is called as by a generic `for`.

package import Bytes
import Lua
package import Wire

extension LoadedScript {
    /// With a `batch`, an item is a list of so many values.
    package func makeIteration(batch: Int?, writesText: Bool) throws(Failure) -> Iteration {
        try Iteration(self, batch: batch, writesText: writesText)
    }
}

/// One pass over the items that a script produces.
package struct Iteration: ~Copyable {
    private let stack: Stack
    private var encoder: Encoder
    private var itemText: ItemText?
    private let batch: Int?
    /// Why there are no more values, which is told behind those of the last batch.
    private var end: Result<Void, Failure>?
    /// The last item as text by `ItemText`, if that is wanted; empty when it has none.
    package private(set) var text = ByteBuffer()
    /// The values of the last item.
    package private(set) var values = 1

    init(_ script: LoadedScript, batch: Int?, writesText: Bool) throws(Failure) {
        self.batch = batch
        if writesText { itemText = ItemText(script) }
        stack = script.stack
        encoder = Encoder(stack)
        stack.top = 0
        do throws(LuaError) { try stack.beginProducing() } catch { throw Failure(.error, "inputs: \(error.message)") }
        script.push(.inputs)
        if let count = script.listedItems {
            do throws(LuaError) { try stack.iterate(overList: count) } catch { throw Failure(.error, error.message) }
        }
        stack.pushNil()
    }

    package enum Item {
        case value
        /// It was produced and cannot be sent.
        case unsendable(String)
        case end
    }

    private static let returnedAdvice = " (nil and a string is a failure; at the end return nil alone)"

    /// Appends the next item as an encoded value.
    package mutating func appendNext(to buffer: inout ByteBuffer) throws(Failure) -> Item {
        defer { stack.top = 2 }
        let hasNext = if let batch { try pushBatch(batch) } else { try pushNext() }
        if !hasNext { return .end }
        do throws(EncodeError) {
            try encoder.encode(-1, of: stack, into: &buffer, root: "item")
        } catch {
            return .unsendable(error.description)
        }
        text.reset()
        _ = itemText?.append(stack.top, of: stack, to: &text)
        return .value
    }

    /// Stack: inputs, the value before → inputs, the value before, list of the next values; false when there are none.
    private mutating func pushBatch(_ most: Int) throws(Failure) -> Bool {
        stack.newTable()
        stack.insert(at: 3)
        var count = 0
        while count < most, end == nil {
            do throws(Failure) {
                if try pushNext() {
                    count += 1
                    stack.rawSet(3, at: count)
                } else {
                    end = .success(())
                }
            } catch {
                end = .failure(error)
            }
        }
        stack.top = 3
        values = count
        if count == 0 { try end?.get() }
        return count > 0
    }

    /// Stack: inputs, the value before, … → the same, the next value; false when there are no more.
    private mutating func pushNext() throws(Failure) -> Bool {
        let isObject = stack.type(1) != .function
        let height = stack.top
        stack.copy(1)
        if isObject {
            stack.pushNil()
            stack.copy(2)
        }
        do throws(LuaError) {
            try stack.call(arguments: isObject ? 2 : 0, results: 3)
        } catch {
            throw Failure(.error, "inputs: \(error.message)", traceback: error.traceback)
        }
        if let failure = stack.returnedFailure(above: height) {
            throw Failure(.error, "inputs: \(failure.message)\(failure.isReturned ? Iteration.returnedAdvice : "")")
        }
        stack.pop(2)
        if isObject {
            stack.copy(-1)
            stack.replace(2)
        }
        return stack.type(-1) != .nil
    }
}

extension Stack {
    /// … list → …, a function that returns its values one after the other.
    fileprivate func iterate(overList count: Int) throws(LuaError) {
        let code = """
            local list, count = ...
            local place = 0
            return function()
              place = place + 1
              if place > count then return nil end
              local value = list[place]
              if value == nil then error("inputs[" .. place .. "] is nil, which cannot be sent elsewhere", 0) end
              return value
            end
            """
        try load(Array(code.utf8), name: "=[pmap]")
        insert(at: -2)
        push(Int64(count))
        try call(arguments: 2, results: 1)
    }
}
