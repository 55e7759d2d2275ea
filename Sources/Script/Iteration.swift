// The script's `inputs` function, called until it returns nil alone; or an object that is called as by a generic `for`.

package import Bytes
import Lua
package import Wire

extension LoadedScript {
    package func makeIteration(writesText: Bool) throws(Failure) -> Iteration {
        try Iteration(self, writesText: writesText)
    }
}

/// One pass over the items that a script produces.
package struct Iteration: ~Copyable {
    private let stack: Stack
    private var encoder: Encoder
    private var itemText: ItemText?
    /// The last item as text by `ItemText`, if that is wanted; empty when it has none.
    package private(set) var text = ByteBuffer()

    init(_ script: LoadedScript, writesText: Bool) throws(Failure) {
        if writesText { itemText = ItemText(script) }
        stack = script.stack
        encoder = Encoder(stack)
        stack.top = 0
        do throws(LuaError) { try stack.beginProducing() } catch { throw Failure(.error, "inputs: \(error.message)") }
        script.push(.inputs)
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
        // Stack: inputs, the value before
        let isObject = stack.type(1) != .function
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
        defer { stack.top = 2 }
        if let failure = stack.returnedFailure(above: 2) {
            throw Failure(.error, "inputs: \(failure.message)\(failure.isReturned ? Iteration.returnedAdvice : "")")
        }
        stack.pop(2)
        if isObject {
            stack.copy(-1)
            stack.replace(2)
        }
        if stack.type(-1) == .nil { return .end }
        do throws(EncodeError) {
            try encoder.encode(-1, of: stack, into: &buffer, root: "item")
        } catch {
            return .unsendable(error.description)
        }
        text.reset()
        _ = itemText?.append(stack.top, of: stack, to: &text)
        return .value
    }
}
