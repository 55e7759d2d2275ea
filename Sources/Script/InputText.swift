// The item of a failure as text, where it is a value: JSON, for whoever reads the file of errors.

package import Bytes
import Lua
import Records

extension LoadedScript {
    /// The value at `index` of the stack; nil for what JSON has no words for.
    func inputText(at index: Int32) -> String? {
        let height = stack.top
        defer { stack.top = height }
        var writer = RecordWriter(.jsonl, tags: module.tags)
        var text = ByteBuffer()
        do { try writer.append(1, from: index, of: stack, to: &text) } catch { return nil }
        text.truncate(to: text.count - 1)
        return String(decoding: text.array, as: UTF8.self)
    }

    /// The item at `place` of the `inputs` list.
    package func inputText(listed place: Int) -> String? {
        push(.inputs)
        stack.rawGet(-1, at: place)
        defer { stack.pop(2) }
        return inputText(at: stack.top)
    }

    /// The value on the wire that begins at `offset`. One that would load a module here, or has functions in it, has no text.
    package func inputText(_ values: borrowing ByteBuffer, at offset: Int) -> String? {
        let height = stack.top
        defer { stack.top = height }
        stack.newTable(keys: 0)
        let list = stack.top
        var end = offset
        guard decoder.decodeEach(values, at: &end, into: list, from: 1, to: 1, stack) == 2 else { return nil }
        stack.rawGet(list, at: 1)
        return inputText(at: stack.top)
    }
}
